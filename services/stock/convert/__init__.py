"""Converts messages of the contract to the model and back; takes checked requests."""
