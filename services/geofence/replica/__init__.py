"""The fences and subscriptions that a process holds in memory."""
