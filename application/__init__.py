"""The write side: commands, accounts and the engine. No third-party package."""
