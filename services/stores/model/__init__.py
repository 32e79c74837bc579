"""Decisions of the stores service, without a clock, a network or a database."""
