"""The stores of an index on the roads of a mode, and the ways to them.

How it works: a bucket holds the stores as they were when it was made. Stores that were added or
moved since are timed beside it; when they are many, a new bucket is made in a thread, and the
search that needs it waits. A row whose store moved or went is left out, so the answer is always
that of the present stores.
"""

import asyncio
import functools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from geodata.distance import Floats
from geodata.nearest import NearestIndex, Rows
from geodata.roads import SNAP_LIMIT_M, Bucket, Mode, RoadNetwork, Snapped
from services.chassis.processor import in_thread
from services.directory.filters import Mask
from services.directory.journeys import Journey
from services.directory.router import NO_SECONDS, Block, Ways

BESIDE = 200
"""Stores that are timed beside a bucket, at most."""
METRES_PER_DEGREE = 110_000.0
"""Lower bound of the length of a degree of latitude."""


@dataclass(frozen=True, slots=True)
class Held:
    """A bucket of stores, and where they were."""

    index: NearestIndex
    bucket: Bucket
    rows: Rows
    latitudes: Floats
    longitudes: Floats
    snapped: Sequence[Snapped | None]


@dataclass(frozen=True, slots=True)
class Placed:
    """The stores on the roads of a mode, as they are now: first the valid targets of the bucket,
    then those beside it."""

    network: RoadNetwork
    held: Held
    valid: Rows
    """The numbers of the targets of the bucket whose stores are still there."""
    targets: Sequence[Snapped]
    rows: Rows
    """Of each target."""
    islands: Rows
    order: Rows
    """The numbers of the targets by ascending row."""
    target_of: Mapping[int, Snapped]
    """By row."""

    @classmethod
    def of(
        cls, network: RoadNetwork, held: Held, valid: Rows, found: Sequence[tuple[int, Snapped]]
    ) -> "Placed":
        """The targets of a bucket and those beside them, as rows with their places."""
        rows = np.array([row for row, _ in found], np.int64)
        return cls(
            network,
            held,
            valid,
            [target for _, target in found],
            rows,
            np.array([target.island for _, target in found], np.int64),
            np.argsort(rows),
            dict(found),
        )

    def ways(self, origin: Snapped) -> Ways:
        """The ways to the stores."""
        if not self.targets:
            return Ways()
        journey = JourneysFrom(self.network, origin, self.target_of).to_row
        if not self.held.bucket.is_narrowed:
            seconds = self._seconds(origin)[self.order]
            is_reached = np.isfinite(seconds)
            return Ways(self.rows[self.order][is_reached], seconds[is_reached], journey)
        # Within an island a way leads to each place, so only those on others have to be timed.
        is_reached = self.islands == origin.island
        others = np.flatnonzero(~is_reached)
        if len(others):
            targets = [self.targets[number] for number in others.tolist()]
            is_reached[others] = np.isfinite(self.network.times_from(origin, targets))
        numbers = self.order[is_reached[self.order]]
        return Ways(
            self.rows[numbers],
            lambda: self._seconds(origin)[numbers],
            journey,
            functools.partial(self._narrowed, origin, numbers),
        )

    def _seconds(self, origin: Snapped) -> Floats:
        """The times to all targets."""
        in_bucket = (
            self.held.bucket.times_from(origin)[self.valid] if len(self.valid) else NO_SECONDS
        )
        return np.concatenate((in_bucket, self._seconds_beside(origin)))

    def _seconds_beside(self, origin: Snapped) -> Floats:
        beside = self.targets[len(self.valid) :]
        return self.network.times_from(origin, beside) if beside else NO_SECONDS

    def _narrowed(self, origin: Snapped, numbers: Rows, wanted: Mask | None) -> Iterator[Block]:
        """`Ways.by_time` of the targets with these numbers."""
        chosen = np.zeros(len(self.targets), np.bool_)
        chosen[numbers if wanted is None else numbers[wanted]] = True
        in_bucket = np.zeros(len(self.held.rows), np.bool_)
        in_bucket[self.valid[chosen[: len(self.valid)]]] = True
        beside = np.flatnonzero(chosen[len(self.valid) :])
        times = self._seconds_beside(origin)[beside]
        rows = self.rows[len(self.valid) :][beside]
        order = np.argsort(times, kind="stable")
        rows, times = rows[order], times[order]
        for block in self.held.bucket.by_time(origin, in_bucket):
            end = int(np.searchsorted(times, block.seconds[-1], side="right"))
            all_rows = np.append(self.held.rows[block.indices], rows[:end])
            all_times = np.append(block.seconds, times[:end])
            order = np.argsort(all_times, kind="stable")
            yield all_rows[order], all_times[order]
            rows, times = rows[end:], times[end:]
        if len(rows):
            yield rows, times


class StoresOnRoads:
    """The stores of an index on the roads of a mode."""

    def __init__(self, network: RoadNetwork, mode: Mode) -> None:
        self._network = network
        self._mode = mode
        self.is_current = False
        """False if stores have changed since they were last looked at."""
        self._placed: Placed | None = None
        self._lock = asyncio.Lock()
        self._held: Held | None = None

    async def bring(self, index: NearestIndex) -> None:
        """Bring the stores up to date."""
        if self.is_current:
            return
        async with self._lock:
            while not self.is_current:
                rows = self._near(index)
                others = rows
                if self._held is not None and self._held.index is index:
                    held = self._held
                    valid = index.unchanged(held.rows, held.latitudes, held.longitudes)
                    others = np.setdiff1d(rows, held.rows[valid], assume_unique=True)
                    if len(others) <= BESIDE:
                        self.is_current = True
                        self._take(np.flatnonzero(valid), others)
                        return
                latitudes, longitudes = index.latitudes[rows], index.longitudes[rows]
                self._held = await in_thread(self._hold, index, rows, latitudes, longitudes)

    def ways(self, origin: Snapped) -> Ways:
        """The ways to the stores; they stay what they are when stores change."""
        return self._placed.ways(origin) if self._placed else Ways()

    def _near(self, index: NearestIndex) -> Rows:
        """The rows of the stores that may be near enough to the network."""
        south, west, north, east = self._network.bounds
        more = SNAP_LIMIT_M / METRES_PER_DEGREE
        widest = min(89.0, max(abs(south), abs(north)) + more)
        wider = more / math.cos(math.radians(widest))
        rows = index.rows()
        latitudes, longitudes = index.latitudes[rows], index.longitudes[rows]
        is_near = (south - more <= latitudes) & (latitudes <= north + more)
        if east + wider < 180 and west - wider > -180:
            is_near &= (west - wider <= longitudes) & (longitudes <= east + wider)
        near: Rows = rows[is_near]
        return near

    def _hold(self, index: NearestIndex, rows: Rows, latitudes: Floats, longitudes: Floats) -> Held:
        snapped = self._network.snap_many(self._mode, latitudes, longitudes)
        bucket = self._network.bucket(self._mode, snapped)
        bucket.prepare()
        return Held(index, bucket, rows, latitudes, longitudes, snapped)

    def _take(self, valid: Rows, others: Rows) -> None:
        """Take the targets of the bucket that are valid, and the stores beside them."""
        assert self._held is not None
        held, index = self._held, self._held.index
        on_roads = [number for number in valid.tolist() if held.snapped[number] is not None]
        pairs = [(int(held.rows[number]), held.snapped[number]) for number in on_roads]
        pairs += [
            (
                row,
                self._network.snap(
                    self._mode, index.latitudes.item(row), index.longitudes.item(row)
                ),
            )
            for row in others.tolist()
        ]
        known = [(row, target) for row, target in pairs if target is not None]
        self._placed = Placed.of(self._network, held, np.array(on_roads, np.int64), known)


class JourneysFrom:
    """The journeys from a place on a network, whose times are known to be finite."""

    def __init__(
        self, network: RoadNetwork, origin: Snapped, targets: Mapping[int, Snapped] | None = None
    ) -> None:
        """`targets` are the stores, by row."""
        self._network = network
        self._origin = origin
        self._targets = targets or {}
        self._near_border = network.border_from(origin)

    def to_row(self, row: int, seconds: float, has_length: bool) -> Journey:
        """The journey to the store in a row."""
        return self.to(self._targets[row], seconds, has_length=has_length)

    def to(
        self, target: Snapped, seconds: float, *, has_length: bool, has_line: bool = False
    ) -> Journey:
        """The journey to another place."""
        clipped = self._near_border(target, seconds)
        if has_line and (way := self._network.way(self._origin, target)):
            return Journey(seconds, False, way.distance_m, clipped, way.line)
        length_m = self._network.length_m(self._origin, target) if has_length else None
        return Journey(seconds, False, length_m, clipped)
