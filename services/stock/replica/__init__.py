"""Records that a process holds in memory: shelves and sources, and look-ups in the directory."""
