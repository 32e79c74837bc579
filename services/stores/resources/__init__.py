"""Stores: their changes, the searches over them, and changes as watchers follow them."""
