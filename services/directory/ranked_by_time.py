"""Ranks stores by travel time: those that a router reaches, merged with those of estimates."""

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np

from geodata.nearest import Rows, passing
from geodata.roads.estimates import FALLBACK_SPEEDS, estimated_seconds
from services.directory.arrivals import Arrivals
from services.directory.filters import Mask, StoreFilter
from services.directory.hits import Cursor, Hit

FEW = 2000
"""Stores beside those that the router reaches, up to which each is looked at."""


@dataclass(frozen=True, slots=True)
class RankedByTime:
    """The first stores by (time, estimates last, id), after the end of a page."""

    arrivals: Arrivals
    limit: int
    wanted: StoreFilter
    radius_m: float | None
    after: Cursor
    also: Callable[[Rows], Mask] | None

    def hits(self) -> list[Hit]:
        """The stores of the page."""
        travel = self.arrivals.travel
        timed = list(islice(self._timed(), self.limit))
        speed = FALLBACK_SPEEDS[travel.mode]
        reach_m = [] if self.radius_m is None else [self.radius_m]
        if travel.limit_s is not None:
            reach_m.append(travel.limit_s * speed * (1 + 1e-9))
        if len(timed) == self.limit:
            reach_m.append(timed[-1].seconds * speed)
        guessed = self._guessed(min(reach_m, default=None))
        return list(islice(heapq.merge(timed, guessed, key=lambda hit: hit.order), self.limit))

    def _timed(self) -> Iterator[Hit]:
        """The stores that the router reaches, by time and id."""
        arrivals, after = self.arrivals, self.after.timed
        accept = arrivals.replica.accept(self.wanted, self.also)
        ways, limit_s = arrivals.ways, arrivals.travel.limit_s
        wanted = accept[ways.rows] if isinstance(accept, np.ndarray) else None
        for part, times in ways.by_time(wanted):
            if limit_s is not None and times[0] > limit_s:
                return
            if after is not None:
                later = times >= after[0]
                part, times = part[later], times[later]
            if callable(accept):
                admitted = passing(part, accept)
                part, times = part[admitted], times[admitted]
            admitted = arrivals.in_time(part, times)
            part, times = part[admitted], times[admitted]
            off_m = arrivals.distances_m(part)
            ids = arrivals.replica.ids_of_rows(part)
            found = sorted(zip(times.tolist(), ids, part.tolist(), off_m.tolist(), strict=True))
            for time, id, row, distance in found:
                if (self.radius_m is None or distance <= self.radius_m) and (
                    after is None or (time, id) > after
                ):
                    yield Hit(row, id, distance, time, arrivals.ways)

    def _guessed(self, radius_m: float | None) -> list[Hit]:
        """The stores that the router does not reach, by distance and id."""
        arrivals, also = self.arrivals, self.also
        index, travel, reached = arrivals.replica.index, arrivals.travel, len(arrivals.ways.rows)
        has_limits = travel.limit_s is not None or travel.open_on_arrival

        def accept(rows: Rows) -> Mask:
            result = ~arrivals.find(rows)[1]
            if also is not None:
                result[result] = also(rows[result])
            if has_limits:
                left = rows[result]
                result[result] = arrivals.in_time(left, arrivals.estimates(left))
            return result

        if reached == len(index):
            return []
        if not reached:
            condition = accept if has_limits else also
        elif len(index) - reached > FEW:
            condition = accept
        else:  # most are reached: an index would look through them all for the others
            return self._guessed_of_few(radius_m)
        found = arrivals.replica.nearest(
            arrivals.origin,
            self.limit,
            self.wanted,
            radius_m=radius_m,
            after=self.after.guessed,
            also=condition,
        )
        return [self._guess(index.row(id), id, distance) for id, distance in found]

    def _guessed_of_few(self, radius_m: float | None) -> list[Hit]:
        """The same, by looking at each."""
        arrivals, replica, after = self.arrivals, self.arrivals.replica, self.after.guessed
        rows = np.setdiff1d(replica.index.rows(), arrivals.ways.rows, assume_unique=True)
        rows = rows[passing(rows, replica.accept(self.wanted, self.also))]
        off_m = arrivals.distances_m(rows)
        admitted = arrivals.in_time(rows, off_m / FALLBACK_SPEEDS[arrivals.travel.mode])
        if radius_m is not None:
            admitted &= off_m <= radius_m
        rows, off_m = rows[admitted], off_m[admitted]
        ids = replica.ids_of_rows(rows)
        found = sorted(zip(off_m.tolist(), ids, rows.tolist(), strict=True))
        return [
            self._guess(row, id, distance)
            for distance, id, row in found
            if after is None or (distance, id) > after
        ][: self.limit]

    def _guess(self, row: int, id: str, distance: float) -> Hit:
        return Hit(row, id, distance, estimated_seconds(self.arrivals.travel.mode, distance))
