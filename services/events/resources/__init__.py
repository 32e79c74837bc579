"""Subscriptions, their streams and their dead letters."""
