"""A development node for Algorand: go-algorand's own ledger behind the REST surface of algod."""
