"""Background loops: timers, and the rewriting of the log after erasures."""
