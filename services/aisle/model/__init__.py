"""Decisions of the aisle service, without a clock or a store of their own."""
