"""EVM chains: nodes, what their answers are worth, contracts, evidence and certificates."""
