"""Development chains: real ledgers on loopback, for the demo, for tests and for trying things out."""
