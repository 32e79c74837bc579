"""Logs, metrics and traces. None of them carries a coordinate or a device id."""
