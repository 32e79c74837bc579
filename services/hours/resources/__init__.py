"""Store hours with their closures, store events, open states, and formats of others."""
