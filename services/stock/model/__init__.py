"""Levels, policies, holds, baskets and the ledger. Pure: no database, the clock is an argument."""
