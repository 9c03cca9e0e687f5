"""Our contracts: sources, artifacts, and how to make these from those, byte for byte."""
