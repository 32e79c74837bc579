"""What a process holds in memory of floor plans and placements."""
