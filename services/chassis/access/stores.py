"""The stores that the staff of shops is bound to, as keys, tokens and certificates name them."""

import re
from collections.abc import Iterable

STORE_ID = re.compile(r"[a-z0-9][a-z0-9._~-]{0,192}")
STORES_MOST = 100
"""Stores that one caller may be bound to."""


def bound_to(ids: Iterable[object]) -> frozenset[str] | None:
    """The names of stores, `stores/us-1`, by their ids; None if one is no id, or if too many."""
    names: set[str] = set()
    for id in ids:
        if not isinstance(id, str) or not STORE_ID.fullmatch(id) or len(names) == STORES_MOST:
            return None
        names.add(f"stores/{id}")
    return frozenset(names)
