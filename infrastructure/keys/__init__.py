"""Keys: where the master key comes from, and everything that is derived or wrapped under it."""
