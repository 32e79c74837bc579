"""The fences that a process holds in memory."""
