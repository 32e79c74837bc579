"""Converts between `geodata` and messages of the contracts, for services and channels alike.

These modules are pure: they import the contracts, `geodata`, `keys` and `chassis.messages` only.
"""
