"""Read models on disk: tables of projections, and the queries that they answer."""
