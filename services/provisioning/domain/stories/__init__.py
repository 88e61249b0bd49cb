"""The story of an order in words that sales can read, each statement with the fact that says so."""
