"""Converts messages of the contract to geodata's types and back; takes checked requests."""
