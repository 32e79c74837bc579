"""Background loops, and how far one of them has come."""
