"""Unmet demand: searches for products that no store had in the wanted quantity."""

import datetime as dt
from typing import NamedTuple


class Unmet(NamedTuple):
    """Searches for a product in an H3 cell on a day that no store could meet.

    Product and cell are empty for all other searches of the day, beyond the pairs that are kept.
    """

    date: dt.date
    sku: str
    h3_cell: str
    searches: int
    units: int

    @property
    def key(self) -> tuple[str, str, str]:
        """The order of a list."""
        return self.date.isoformat(), self.sku, self.h3_cell
