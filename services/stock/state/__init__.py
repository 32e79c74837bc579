"""All that the stock service says to Redis."""
