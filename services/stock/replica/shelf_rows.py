"""Shelves by the rows of the stores' index, so that a nearest search can filter by them."""

from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import NDArray

from geodata.nearest import Rows
from services.directory.directory import Directory
from services.directory.filters import Mask
from services.stock.model.shelves import has_bits
from services.stock.replica.follower import Follower


class ShelfRows:
    """Maps rows of the index to numbers of the shelves; the map is renewed when either changes."""

    def __init__(self, directory: Directory, follower: Follower) -> None:
        self._directory = directory
        self._follower = follower
        self._key: tuple[object, ...] = ()
        self._numbers = np.zeros(0, np.int64)

    def filter(self, skus: Iterable[str], *, every: bool) -> Callable[[Rows], Mask] | None:
        """Accepts rows whose store has every product on the shelf, or any; None if not loaded.

        Dated futures lie on no shelf: stores that sell ahead are found only by their levels.
        """
        if not self._follower.is_loaded:
            return None
        shelves = self._follower.shelves
        bits = shelves.all_of(skus) if every else shelves.any_of(skus)
        numbers = self._renewed()

        def accept(rows: Rows) -> Mask:
            return has_bits(bits, numbers[rows])

        return accept

    def _renewed(self) -> NDArray[np.int64]:
        """For each row of the index the number of its store in the shelves, -1 if it has none."""
        shelves, feed = self._follower.shelves, self._directory.stores
        replica = feed.replica
        key = (id(shelves), len(shelves.stores), id(replica), feed.sequence)
        if key != self._key:
            self._numbers = np.full(replica.index.row_count, -1)
            for number, store in enumerate(shelves.stores):
                if (row := replica.row(store)) is not None:
                    self._numbers[row] = number
            self._key = key
        return self._numbers
