"""Pick-up options for a basket in one call: distance, opening state, stock, ready time, shelves.

It joins the answers of stores, hours, stock and aisle. If a service fails, only its part is
missing, and `unreachable` names it.
"""
