"""Sources of events, filters and access, gates of endpoints, and their addresses."""
