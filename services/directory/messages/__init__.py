"""Data of `geodata` as messages of the contracts, for those who send it and those who answer it.

A service and a channel may both import it: it is pure and knows the contracts and geodata alone.
"""
