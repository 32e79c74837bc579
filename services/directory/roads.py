"""Travel times to stores: by a router where one reaches them, else by estimates.

How it works: a search first has the router's times to all stores that it reaches (`Reach`). Those
rank by time; the others rank by their estimates, which grow with the geodesic, so the index gives
them in order. The answer merges the two, so it equals a sort of all stores by (time, estimates
last, id).
"""

import heapq
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple, Protocol

import numpy as np

from geodata.distance import Floats, distances_m
from geodata.nearest import NearestIndex, Rows, passing
from geodata.points import Point
from geodata.roads import Mode
from geodata.roads.estimates import FALLBACK_SPEEDS, estimated_seconds
from services.directory.estimated_journeys import Area, estimate, estimated_area
from services.directory.feed import Feed
from services.directory.filters import Mask, StoreFilter
from services.directory.journeys import Journey, Travel
from services.directory.replicas import Change
from services.directory.schedules import Schedules
from services.directory.service_areas import no_roads
from services.directory.stores import StoresReplica

BLOCK = 64
"""Stores that are looked at together in order of their times."""
FEW = 2000
"""Stores beside those that the router reaches, up to which each is looked at."""
NO_ROWS: Rows = np.zeros(0, np.int64)
NO_SECONDS: Floats = np.zeros(0)


class Ways(NamedTuple):
    """The stores that a router reaches from an origin."""

    rows: Rows = NO_ROWS
    """Ascending."""
    seconds: Floats = NO_SECONDS
    """The times to them, finite."""
    journey: Callable[[int, float, bool], Journey] | None = None
    """The journey to one of the rows, from its seconds and if its length is wanted: that is dear.

    Rows that change later do not change it.
    """


class Router(Protocol):
    """Finds ways between points."""

    @property
    def version(self) -> str:
        """Changes with the roads."""

    @property
    def attribution(self) -> str:
        """The source of the roads, to be shown beside times."""

    async def prepare(self, index: NearestIndex) -> None:
        """Prepare the stores for the first search."""

    def note_change(self) -> None:
        """Note that stores have changed."""

    def seconds(self, mode: Mode, origin: Point, destination: Point) -> float | None:
        """The time between two points, from memory; None where it knows no way."""

    def seconds_to(
        self, mode: Mode, stores: Sequence[Point], destination: Point
    ) -> Sequence[float | None]:
        """The times from stores to a point, from memory; None where it knows no way."""

    async def to_stores(self, index: NearestIndex, mode: Mode, origin: Point) -> Ways:
        """The ways to stores, of which it may reach some only.

        The rows are those of the index when this returns, until it next changes.
        """

    async def matrix(
        self, mode: Mode, origins: Sequence[Point], destinations: Sequence[Point]
    ) -> list[list[Journey | None]]:
        """The ways from each origin to each destination; None where it knows none."""

    async def area(
        self, mode: Mode, center: Point, limit_s: float, *, towards: bool
    ) -> Area | None:
        """The isochrone of a point; None if it does not reach the point."""


class Cursor(NamedTuple):
    """The end of a page that is ranked by time: its last store of each kind, or of pages before."""

    timed: tuple[float, str] | None = None
    """Seconds and id."""
    guessed: tuple[float, str] | None = None
    """Distance in metres and id."""


class Hit(NamedTuple):
    """A found store."""

    row: int
    id: str
    distance_m: float
    seconds: float
    ways: Ways | None = None
    """Those that it is reached by; None if the time is an estimate."""

    @property
    def order(self) -> tuple[float, bool]:
        """Its place among the stores of both kinds."""
        return self.seconds, self.ways is None

    def journey(self, travel: Travel) -> Journey:
        """The journey, with its length if the travel wants that."""
        if self.ways is None or self.ways.journey is None:
            return Journey(self.seconds, True)
        return self.ways.journey(self.row, self.seconds, travel.has_lengths)


@dataclass(frozen=True, slots=True)
class Reach:
    """The stores as a traveller reaches them. Use it before the next await: rows may change."""

    replica: StoresReplica
    schedules: Schedules
    origin: Point
    travel: Travel
    ways: Ways

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
            return self._by_time(limit, wanted, radius_m, after or Cursor(), also)
        assert not isinstance(after, Cursor)
        return self._by_distance(limit, wanted, radius_m, after, also)

    def hits(self, ids: Sequence[str]) -> list[Hit]:
        """The stores of some ids that have a location, in their order, whatever their times."""
        located = [(id, row) for id in ids if (row := self.replica.row(id)) is not None]
        rows = np.array([row for _, row in located], np.int64)
        off_m = self._distances_m(rows)
        seconds, is_timed = self._times(rows)
        return [
            Hit(row, id, distance, time, self.ways if timed else None)
            for (id, row), distance, time, timed in zip(
                located, off_m.tolist(), seconds.tolist(), is_timed.tolist(), strict=True
            )
        ]

    def is_in_time(self, hit: Hit) -> bool:
        """True if a store is reached within the limit."""
        return self.travel.limit_s is None or hit.seconds <= self.travel.limit_s

    def is_open_on_arrival(self, hit: Hit) -> bool:
        """True if a store is open on arrival, or that is not asked for."""
        return bool(self._open(np.array([hit.row]), np.array([hit.seconds]))[0])

    def _by_time(
        self,
        limit: int,
        wanted: StoreFilter,
        radius_m: float | None,
        after: Cursor,
        also: Callable[[Rows], Mask] | None,
    ) -> list[Hit]:
        accept = self.replica.accept(wanted, also)
        timed = list(islice(self._timed(accept, radius_m, after.timed), limit))
        speed = FALLBACK_SPEEDS[self.travel.mode]
        reach_m = [] if radius_m is None else [radius_m]
        if self.travel.limit_s is not None:
            reach_m.append(self.travel.limit_s * speed * (1 + 1e-9))
        if len(timed) == limit:
            reach_m.append(timed[-1].seconds * speed)
        guessed = self._guessed(limit, wanted, min(reach_m, default=None), after.guessed, also)
        return list(islice(heapq.merge(timed, guessed, key=lambda hit: hit.order), limit))

    def _timed(
        self,
        accept: Mask | Callable[[Rows], Mask],
        radius_m: float | None,
        after: tuple[float, str] | None,
    ) -> Iterator[Hit]:
        """The stores that the router reaches, by time and id."""
        rows, seconds = self.ways.rows, self.ways.seconds
        if isinstance(accept, np.ndarray):
            admitted = accept[rows]
            rows, seconds = rows[admitted], seconds[admitted]
        if after is not None:
            later = seconds >= after[0]
            rows, seconds = rows[later], seconds[later]
        order = np.argsort(seconds, kind="stable")
        rows, seconds = rows[order], seconds[order]
        begin = 0
        while begin < len(rows):
            last = seconds[min(begin + BLOCK, len(rows)) - 1]
            end = int(np.searchsorted(seconds, last, side="right"))  # all that are equal
            part, times = rows[begin:end], seconds[begin:end]
            begin = end
            if callable(accept):
                admitted = passing(part, accept)
                part, times = part[admitted], times[admitted]
            admitted = self._in_time(part, times)
            part, times = part[admitted], times[admitted]
            off_m = self._distances_m(part)
            ids = self.replica.ids_of_rows(part)
            found = sorted(zip(times.tolist(), ids, part.tolist(), off_m.tolist(), strict=True))
            for time, id, row, distance in found:
                if (radius_m is None or distance <= radius_m) and (
                    after is None or (time, id) > after
                ):
                    yield Hit(row, id, distance, time, self.ways)

    def _guessed(
        self,
        limit: int,
        wanted: StoreFilter,
        radius_m: float | None,
        after: tuple[float, str] | None,
        also: Callable[[Rows], Mask] | None,
    ) -> list[Hit]:
        """The stores that the router does not reach, by distance and id."""
        index, travel = self.replica.index, self.travel
        has_limits = travel.limit_s is not None or travel.open_on_arrival

        def accept(rows: Rows) -> Mask:
            result = ~self._find(rows)[1]
            if also is not None:
                result[result] = also(rows[result])
            if has_limits:
                left = rows[result]
                result[result] = self._in_time(left, self._estimates(left))
            return result

        if not len(self.ways.rows):
            condition = accept if has_limits else also
        elif len(index) - len(self.ways.rows) > FEW:
            condition = accept
        else:  # most are reached: an index would look through them all for the others
            return self._guessed_of_few(limit, wanted, radius_m, after, also)
        found = self.replica.nearest(
            self.origin, limit, wanted, radius_m=radius_m, after=after, also=condition
        )
        return [self._guess(index.row(id), id, distance) for id, distance in found]

    def _guessed_of_few(
        self,
        limit: int,
        wanted: StoreFilter,
        radius_m: float | None,
        after: tuple[float, str] | None,
        also: Callable[[Rows], Mask] | None,
    ) -> list[Hit]:
        """The same, by looking at each."""
        rows = np.setdiff1d(self.replica.index.rows(), self.ways.rows, assume_unique=True)
        rows = rows[passing(rows, self.replica.accept(wanted, also))]
        off_m = self._distances_m(rows)
        admitted = self._in_time(rows, off_m / FALLBACK_SPEEDS[self.travel.mode])
        if radius_m is not None:
            admitted &= off_m <= radius_m
        rows, off_m = rows[admitted], off_m[admitted]
        ids = self.replica.ids_of_rows(rows)
        found = sorted(zip(off_m.tolist(), ids, rows.tolist(), strict=True))
        return [
            self._guess(row, id, distance)
            for distance, id, row in found
            if after is None or (distance, id) > after
        ][:limit]

    def _by_distance(
        self,
        limit: int,
        wanted: StoreFilter,
        radius_m: float | None,
        after: tuple[float, str] | None,
        also: Callable[[Rows], Mask] | None,
    ) -> list[Hit]:
        def accept(rows: Rows) -> Mask:
            result = np.ones(len(rows), np.bool_) if also is None else also(rows)
            left = rows[result]
            result[result] = self._in_time(left, self._times(left)[0])
            return result

        has_limits = self.travel.limit_s is not None or self.travel.open_on_arrival
        found = self.replica.nearest(
            self.origin,
            limit,
            wanted,
            radius_m=radius_m,
            after=after,
            also=accept if has_limits else also,
        )
        return self.hits([id for id, _ in found])

    def _guess(self, row: int, id: str, distance: float) -> Hit:
        return Hit(row, id, distance, estimated_seconds(self.travel.mode, distance))

    def _times(self, rows: Rows) -> tuple[Floats, Mask]:
        """The seconds to some rows, and for each whether they are no estimate."""
        places, is_timed = self._find(rows)
        seconds = np.empty(len(rows))
        seconds[is_timed] = self.ways.seconds[places[is_timed]]
        seconds[~is_timed] = self._estimates(rows[~is_timed])
        return seconds, is_timed

    def _find(self, rows: Rows) -> tuple[Rows, Mask]:
        """The places of rows in those of the ways, and for each whether it is there."""
        if not len(self.ways.rows):
            return np.zeros(len(rows), np.int64), np.zeros(len(rows), np.bool_)
        places = np.searchsorted(self.ways.rows, rows)
        places[places == len(self.ways.rows)] = 0
        return places, self.ways.rows[places] == rows

    def _estimates(self, rows: Rows) -> Floats:
        return self._distances_m(rows) / FALLBACK_SPEEDS[self.travel.mode]

    def _distances_m(self, rows: Rows) -> Floats:
        index, origin = self.replica.index, self.origin
        return distances_m(
            origin.latitude, origin.longitude, index.latitudes[rows], index.longitudes[rows]
        )

    def _in_time(self, rows: Rows, seconds: Floats) -> Mask:
        """For rows and their times if the limit, and the hours on arrival, admit them."""
        admitted = np.ones(len(rows), np.bool_)
        if self.travel.limit_s is not None:
            admitted = seconds <= self.travel.limit_s
        admitted[admitted] = self._open(rows[admitted], seconds[admitted])
        return admitted

    def _open(self, rows: Rows, seconds: Floats) -> Mask:
        """For rows and their times if they are open on arrival, or that is not asked for."""
        if not self.travel.open_on_arrival:
            return np.ones(len(rows), np.bool_)
        arrivals = [self.travel.arrival(time) for time in seconds.tolist()]
        return self.schedules.open_rows_each(rows, arrivals, self.travel.service)


class Roads:
    """The travel times of one process."""

    def __init__(
        self, stores: Feed[StoresReplica], schedules: Schedules, router: Router | None = None
    ) -> None:
        self._stores = stores
        self._schedules = schedules
        self._router = router
        stores.listen(self._note)

    @property
    def attribution(self) -> str:
        """The source of the roads; empty if there are none."""
        return self._router.attribution if self._router else ""

    @property
    def version(self) -> str:
        """The version of the roads; empty if there are none."""
        return self._router.version if self._router else ""

    async def reach(self, origin: Point, travel: Travel) -> Reach:
        """The stores as a traveller from a point reaches them."""
        replica, ways = self._stores.replica, Ways()
        if self._router is not None:
            ways = await self._router.to_stores(replica.index, travel.mode, origin)
            while replica is not self._stores.replica:  # all were loaded anew meanwhile
                replica = self._stores.replica
                ways = await self._router.to_stores(replica.index, travel.mode, origin)
        return Reach(replica, self._schedules, origin, travel, ways)

    def seconds(self, mode: Mode, origin: Point, destination: Point) -> float | None:
        """The time between two points, from memory; None where no roads are known."""
        return self._router.seconds(mode, origin, destination) if self._router else None

    def seconds_to(
        self, mode: Mode, stores: Sequence[Point], destination: Point
    ) -> Sequence[float | None]:
        """The times from stores to a point, from memory; None where no roads are known."""
        if self._router is None:
            return no_roads(mode, stores, destination)
        return self._router.seconds_to(mode, stores, destination)

    def detours(
        self, mode: Mode, origins: Sequence[Point], destinations: Sequence[Point]
    ) -> list[Journey]:
        """For each pair of points the way there and back. Takes long for many."""
        return [
            self._both_ways(mode, origin, destination)
            for origin, destination in zip(origins, destinations, strict=True)
        ]

    def _both_ways(self, mode: Mode, origin: Point, destination: Point) -> Journey:
        ways = (origin, destination), (destination, origin)
        seconds = [self.seconds(mode, *way) for way in ways]
        known = [each for each in seconds if each is not None]
        if len(known) == len(ways):
            return Journey(sum(known), False)
        return Journey(2 * estimate(mode, origin, destination).seconds, True)

    async def matrix(
        self, mode: Mode, origins: Sequence[Point], destinations: Sequence[Point]
    ) -> list[list[Journey]]:
        """The journeys from each origin to each destination."""
        found: Sequence[Sequence[Journey | None]] = [[None] * len(destinations)] * len(origins)
        if self._router is not None:
            found = await self._router.matrix(mode, origins, destinations)
        return [
            [
                journey or estimate(mode, origin, destination)
                for destination, journey in zip(destinations, row, strict=True)
            ]
            for origin, row in zip(origins, found, strict=True)
        ]

    async def area(self, mode: Mode, center: Point, limit_s: float, *, towards: bool) -> Area:
        """The isochrone of a point."""
        if self._router is not None:
            area = await self._router.area(mode, center, limit_s, towards=towards)
            if area is not None:
                return area
        return estimated_area(mode, center, limit_s)

    async def prepare(self) -> None:
        """Prepare the stores for the first search."""
        if self._router is not None and self._stores.is_loaded:
            await self._router.prepare(self._stores.replica.index)

    def _note(self, _: Change | None) -> None:
        if self._router is not None:
            self._router.note_change()


def cursor_after(hits: Sequence[Hit], before: Cursor) -> Cursor:
    """The end of a page of hits by time; `before` is the end of the page before it."""
    timed, guessed = before
    for hit in hits:
        if hit.ways is None:
            guessed = hit.distance_m, hit.id
        else:
            timed = hit.seconds, hit.id
    return Cursor(timed, guessed)
