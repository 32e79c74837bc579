"""The subscriptions that a process holds in memory."""
