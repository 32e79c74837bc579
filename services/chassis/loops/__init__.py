"""Background tasks that repeat, and tasks that surely end."""
