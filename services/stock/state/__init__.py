"""Access of the stock service to the database: levels, holds, ledger, alerts, quotas, demand."""

PACKAGE = "services.stock"
"""The package of the Lua files."""
LIBRARY = ("library",)
TAKING = ("library", "taking")
RESERVING = (*TAKING, "services.chassis.database:leases")
WISHES = ("library", "taking", "wishes")
FEEDS = ("library", "feeds")
"""Lua files that stand before a script."""
