"""The Algorand family: nodes and indexers, what their answers are worth, and proofs."""
