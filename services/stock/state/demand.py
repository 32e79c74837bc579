"""Unmet demand: a hash for each day, counted by product and coarse H3 cell."""

import datetime as dt
from collections import Counter, defaultdict

import h3

from geodata.points import Point
from services.chassis.database.client import Client, Value, script
from services.stock import metrics
from services.stock.model.demand import Unmet
from services.stock.state import PACKAGE

H3_RESOLUTION = 5
"""Cells of about 250 km2: no cell leads to a person."""
KEPT_S = 100 * 86_400
MOST_OF_DAY = 10_000
"""Pairs of a product and a cell of a day; later ones count as one, `OTHERS`. About 1 MB a day."""
OTHERS = "-"
"""Stands for the product and the cell of those."""
MOST_WAITING = 100_000
"""Pairs that wait for `flush`; more are not counted."""
AT_ONCE = 1000
"""Pairs of one script."""


class Demand:
    """Counts in memory, so that no search waits; `flush` writes the counts."""

    def __init__(self, client: Client, most: int = MOST_OF_DAY) -> None:
        self._client = client
        self._most = most
        self._add = script(client, PACKAGE, "demand")
        self._searches: Counter[tuple[dt.date, str, str]] = Counter()
        self._units: Counter[tuple[dt.date, str, str]] = Counter()

    def note(self, day: dt.date, sku: str, origin: Point, units: int) -> None:
        """Count a search; only the cell of the origin is kept."""
        metrics.UNMET.inc()
        cell = h3.latlng_to_cell(origin.latitude, origin.longitude, H3_RESOLUTION)
        key = (day, sku, cell)
        if key in self._searches or len(self._searches) < MOST_WAITING:
            self._searches[key] += 1
            self._units[key] += units

    async def flush(self) -> None:
        """Write the counts. Counts that cannot be written are lost."""
        searches, units = self._searches, self._units
        self._searches, self._units = Counter(), Counter()
        if not searches:
            return
        of_day: defaultdict[dt.date, list[Value]] = defaultdict(list)
        for (day, sku, cell), count in searches.items():
            of_day[day] += (f"{sku} {cell}", count, units[day, sku, cell])
        for day, pairs in of_day.items():
            for start in range(0, len(pairs), 3 * AT_ONCE):
                part = pairs[start : start + 3 * AT_ONCE]
                await self._add([key_of(day)], [self._most, KEPT_S, *part])

    async def of_day(self, day: dt.date) -> list[Unmet]:
        """The unmet demand of a day, by product and cell."""
        counts: dict[tuple[str, str], dict[str, int]] = {}
        for field, value in (await self._client.hgetall(key_of(day))).items():
            sku, cell, count = field.decode().split(" ")
            counts.setdefault((sku, cell), {})[count] = int(value)
        return [
            Unmet(day, *named(sku, cell), both.get("n", 0), both.get("u", 0))
            for (sku, cell), both in sorted(counts.items())
        ]


def named(sku: str, cell: str) -> tuple[str, str]:
    """The product and the cell of a pair; empty for all others of the day."""
    return ("", "") if sku == OTHERS else (sku, cell)


def key_of(day: dt.date) -> str:
    """The key of a day. Fields: "SKU cell n" for searches, "SKU cell u" for units."""
    return f"{{demand}}:{day.isoformat()}"
