"""Background loops, followers of changes, and queues that pass changes to readers."""
