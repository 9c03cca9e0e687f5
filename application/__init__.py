"""The write side: commands, accounts and the engine that drives operations. No third-party package."""
