"""Readers of the formats that stores, hours and floor plans come in."""
