"""Development chains: real ledgers on loopback, for the demo, tests and trying things out."""
