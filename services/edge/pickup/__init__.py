"""Where to fetch a basket, in one call: near, open, in stock, ready by when, and on which shelf.

It joins what stores, hours, stock and in-store say. A service that fails takes only its own part
away; `unreachable` names it.
"""
