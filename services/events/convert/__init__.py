"""Converts entries of streams to events of the contract, and these to CloudEvents."""
