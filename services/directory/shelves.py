"""The question if a store has goods, which stock answers and other services ask.

Neither knows the other: the composition root gives what answers it to all (`Parts.ask_shelf`).
"""

from collections.abc import Awaitable, Callable, Collection
from typing import NamedTuple


class Shelf(NamedTuple):
    """What a store has of some products, by SKU. The rest it lacks."""

    available: frozenset[str]
    """At least one unit can be promised now."""
    unknown: frozenset[str]
    """No feed has stated a level within the freshness limit, or it cannot be read now."""


AskShelf = Callable[[str, Collection[str]], Awaitable[Shelf]]
"""Asks for products, by SKU, at the store of an id."""


async def unknown_shelf(_store: str, skus: Collection[str]) -> Shelf:
    """The answer where nobody knows."""
    return Shelf(frozenset(), frozenset(skus))
