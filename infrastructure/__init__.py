"""The only layer that knows products: databases, chains, key stores, processes."""
