"""Measures against references in one run: `make bench`. Nothing here is a test."""
