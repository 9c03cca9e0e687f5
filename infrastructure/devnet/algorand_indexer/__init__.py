"""A small indexer: follows one algod's blocks and answers what an IndexerClient asks."""
