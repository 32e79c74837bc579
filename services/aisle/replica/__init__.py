"""Floor plans and placements in memory."""
