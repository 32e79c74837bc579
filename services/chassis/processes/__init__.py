"""Processes of one machine: the supervisor, lifelines, locks, log files."""
