"""The read side: what the log says, as rows that can be asked. Standard library only."""
