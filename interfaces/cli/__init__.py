"""The `proofmint` command. Results on stdout, one a line; what went wrong on stderr."""
