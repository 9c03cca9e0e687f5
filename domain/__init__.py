"""The business: facts, decisions and the ports it needs. Standard library only."""
