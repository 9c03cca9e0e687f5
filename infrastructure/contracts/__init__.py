"""Our contracts: sources, what was compiled from them, and how to compile it again, byte for byte."""
