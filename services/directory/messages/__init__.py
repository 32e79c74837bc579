"""Converts data of `geodata` to messages of the contracts, for services and channels alike.

These modules are pure: they import the contracts, `geodata` and `keys` only.
"""
