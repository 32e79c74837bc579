"""Child processes on one machine: the supervisor, their end, locks of folders, log files."""
