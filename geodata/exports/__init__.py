"""Writes stores into files: tables that carry all of a store, and Google Business Profile."""
