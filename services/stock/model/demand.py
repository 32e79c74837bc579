"""Unmet demand: searches for products that no store had in the wanted quantity."""

import datetime as dt
from typing import NamedTuple


class Unmet(NamedTuple):
    """Searches for a product in an H3 cell on a day that no store could meet."""

    date: dt.date
    sku: str
    h3_cell: str
    searches: int
    units: int
