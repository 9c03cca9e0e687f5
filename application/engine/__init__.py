"""Drives operations from their plan to a proven outcome, against any chain."""
