"""Unmet demand: a hash for each day, counted by product and coarse H3 cell."""

import datetime as dt
from collections import Counter

import h3

from geodata.points import Point
from services.chassis.database.client import Client
from services.stock.model.demand import Unmet

H3_RESOLUTION = 5
"""Cells of about 250 km2: no cell leads to a person."""
KEPT_S = 100 * 86_400
MOST_WAITING = 100_000
"""Product and cell pairs that wait for `flush`; more are not counted."""


class Demand:
    """Counts in memory, so that no search waits; `flush` writes the counts."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._searches: Counter[tuple[dt.date, str, str]] = Counter()
        self._units: Counter[tuple[dt.date, str, str]] = Counter()

    def note(self, day: dt.date, sku: str, origin: Point, units: int) -> None:
        """Count a search; only the cell of the origin is kept."""
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
        pipeline = self._client.pipeline(transaction=False)
        for (day, sku, cell), count in searches.items():
            pipeline.hincrby(key_of(day), f"{sku} {cell} n", count)
            pipeline.hincrby(key_of(day), f"{sku} {cell} u", units[day, sku, cell])
        for day in {day for day, _, _ in searches}:
            pipeline.expire(key_of(day), KEPT_S)
        await pipeline.execute()

    async def of_day(self, day: dt.date) -> list[Unmet]:
        """The unmet demand of a day, by product and cell."""
        counts: dict[tuple[str, str], dict[str, int]] = {}
        for field, value in (await self._client.hgetall(key_of(day))).items():
            sku, cell, count = field.decode().split(" ")
            counts.setdefault((sku, cell), {})[count] = int(value)
        return [
            Unmet(day, sku, cell, both.get("n", 0), both.get("u", 0))
            for (sku, cell), both in sorted(counts.items())
        ]


def key_of(day: dt.date) -> str:
    """The key of a day. Fields: "SKU cell n" for searches, "SKU cell u" for units."""
    return f"{{demand}}:{day.isoformat()}"
