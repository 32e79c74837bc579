"""The stores as a traveller reaches them: the nearest by time or distance, and given ones.

How it works: a search first has the router's times to all stores that it reaches. Those rank by
time; the others rank by their estimates, which grow with the geodesic, so the index gives them in
order. The answer merges the two, so it equals a sort of all stores by (time, estimates last, id).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from geodata.nearest import Rows
from services.directory.arrivals import Arrivals
from services.directory.filters import Mask, StoreFilter
from services.directory.hits import Cursor, Hit
from services.directory.journeys import Travel
from services.directory.ranked_by_time import RankedByTime


@dataclass(frozen=True, slots=True)
class Reach:
    """Finds stores. Use it before the next await: rows may change."""

    arrivals: Arrivals

    @property
    def travel(self) -> Travel:
        """The travel that is asked for."""
        return self.arrivals.travel

    def nearest(
        self,
        limit: int,
        wanted: StoreFilter,
        *,
        radius_m: float | None = None,
        after: Cursor | tuple[float, str] | None = None,
        also: Callable[[Rows], Mask] | None = None,
    ) -> list[Hit]:
        """The first stores in the order of the travel.

        Args:
            limit: The largest number of stores.
            wanted: The filter.
            radius_m: The largest geodesic, inclusive.
            after: The end of the page before: a `Cursor` by time, distance and id by distance.
            also: A further condition: for each given row whether it is admitted.
        """
        if self.travel.by_time:
            assert after is None or isinstance(after, Cursor)
            page = after or Cursor()
            return RankedByTime(self.arrivals, limit, wanted, radius_m, page, also).hits()
        assert not isinstance(after, Cursor)
        return self._by_distance(limit, wanted, radius_m, after, also)

    def hits(self, ids: Sequence[str]) -> list[Hit]:
        """The stores of some ids that have a location, in their order, whatever their times."""
        arrivals = self.arrivals
        located = [(id, row) for id in ids if (row := arrivals.replica.row(id)) is not None]
        rows = np.array([row for _, row in located], np.int64)
        off_m = arrivals.distances_m(rows)
        seconds, is_timed = arrivals.times(rows)
        return [
            Hit(row, id, distance, time, arrivals.ways if timed else None)
            for (id, row), distance, time, timed in zip(
                located, off_m.tolist(), seconds.tolist(), is_timed.tolist(), strict=True
            )
        ]

    def is_in_time(self, hit: Hit) -> bool:
        """True if a store is reached within the limit."""
        return self.travel.limit_s is None or hit.seconds <= self.travel.limit_s

    def is_open_on_arrival(self, hit: Hit) -> bool:
        """True if a store is open on arrival, or that is not asked for."""
        return bool(self.arrivals.open(np.array([hit.row]), np.array([hit.seconds]))[0])

    def _by_distance(
        self,
        limit: int,
        wanted: StoreFilter,
        radius_m: float | None,
        after: tuple[float, str] | None,
        also: Callable[[Rows], Mask] | None,
    ) -> list[Hit]:
        arrivals = self.arrivals

        def accept(rows: Rows) -> Mask:
            result = np.ones(len(rows), np.bool_) if also is None else also(rows)
            left = rows[result]
            result[result] = arrivals.in_time(left, arrivals.times(left)[0])
            return result

        has_limits = self.travel.limit_s is not None or self.travel.open_on_arrival
        found = arrivals.replica.nearest(
            arrivals.origin,
            limit,
            wanted,
            radius_m=radius_m,
            after=after,
            also=accept if has_limits else also,
        )
        return self.hits([id for id, _ in found])
