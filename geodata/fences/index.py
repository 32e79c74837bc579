"""Which of many fences hold a place, lie on a way, or are nearest to a place."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, repeat
from math import ceil, inf

import numpy as np
from h3.api import basic_int as h3
from numpy.typing import ArrayLike, NDArray

from geodata.distance import SLACK_M, ecef
from geodata.fences.columns import Columns
from geodata.fences.cover import Cover, cover, margin_m
from geodata.fences.grid import LEAF_RESOLUTION, ancestors, leaves
from geodata.fences.positions import Positions, Ways
from geodata.fences.shape import FenceError, Numbers, Shape
from geodata.points import Point

_NONE: tuple[int, ...] = ()
_NO_NUMBERS: Numbers = np.empty(0, np.intp)
_MAX_LEGS = 500
"""A way that has to be searched in more legs than this is compared with all fences instead."""


@dataclass(frozen=True)
class Matches:
    """Pairs of an input row and a fence, ordered by row, in no order within a row."""

    rows: NDArray[np.intp]
    fence_ids: NDArray[np.object_]


@dataclass(frozen=True)
class NearestFences:
    """The fences whose edges are nearest to a place."""

    fences: tuple[tuple[str, float], ...]
    """Fence ids with `distance_to_edge_m` (negative inside), by the size of it, ties by id."""
    ask_again_m: float
    """Until it has moved this far, a device can have met no edge but those of these fences.

    It is the distance to the edge of the nearest fence left out, infinite when none is. Within
    it lies no edge of that fence, nor of any farther one, so a way that meets one is longer.
    """


class FenceIndex:
    """Fences by id, over H3. Changes take effect at once, with no rebuild.

    Each fence is covered with cells (`cover`). A place has one cell at each resolution, so a
    dictionary tells its candidates; inner cells decide at once, under border cells the fence's
    own geometry does. Every answer equals that of asking each fence in turn.

    Not safe for threads: an event loop calls it.
    """

    def __init__(self) -> None:
        self._columns = Columns()
        self._slots: dict[str, int] = {}
        self._covers: dict[str, Cover] = {}
        self._codes: dict[int, tuple[int, ...]] = {}
        """By cell: twice the slot of each fence that it helps to cover, plus 1 where inner."""
        self._resolutions: Counter[int] = Counter()
        """Of how many cells, to know at which resolutions to look..."""
        self._border_resolutions: Counter[int] = Counter()
        """...and of how many covers, to know their smallest margin."""

    def __len__(self) -> int:
        return len(self._slots)

    def __contains__(self, fence_id: str) -> bool:
        return fence_id in self._slots

    def __getitem__(self, fence_id: str) -> Shape:
        shape: Shape = self._columns.shapes[self._slots[fence_id]]
        return shape

    def put(self, fence_id: str, shape: Shape) -> None:
        """Add a fence, or replace the one of that id."""
        covered = cover(shape)
        if fence_id in self._slots:
            self.remove(fence_id)
        slot = self._columns.add(fence_id, shape)
        self._slots[fence_id], self._covers[fence_id] = slot, covered
        self._border_resolutions[covered.resolution] += 1
        for cell, code in _codes(covered, slot):
            self._codes[cell] = (*self._codes.get(cell, _NONE), code)
            self._resolutions[h3.get_resolution(cell)] += 1

    def remove(self, fence_id: str) -> None:
        """Take a fence out.

        Raises:
            KeyError: there is no such fence.
        """
        slot, covered = self._slots.pop(fence_id), self._covers.pop(fence_id)
        self._columns.free(slot)
        _count_down(self._border_resolutions, covered.resolution)
        for cell, code in _codes(covered, slot):
            left = tuple(other for other in self._codes.pop(cell) if other != code)
            if left:
                self._codes[cell] = left
            _count_down(self._resolutions, h3.get_resolution(cell))

    def match(self, point: Point) -> list[str]:
        """The fences that hold a point, sorted by id."""
        leaf = h3.latlng_to_cell(point.latitude, point.longitude, LEAF_RESOLUTION)
        ids, shapes = self._columns.ids, self._columns.shapes
        return sorted(
            ids[code >> 1]
            for resolution in self._resolutions
            for code in self._codes.get(h3.cell_to_parent(leaf, resolution), _NONE)
            if code & 1 or shapes[code >> 1].contains(point)
        )

    def match_line(self, points: Sequence[Point]) -> list[str]:
        """The fences that a line touches, sorted by id.

        Each leg is the geodesic to a circle, and straight in longitude and latitude to others.
        """
        if len(points) == 1:
            return self.match(points[0])
        latitudes = np.array([point.latitude for point in points])
        longitudes = np.array([point.longitude for point in points])
        inside, passed = self.track_many(
            latitudes[:-1], longitudes[:-1], latitudes[1:], longitudes[1:]
        )
        return sorted({*inside.fence_ids, *passed.fence_ids})

    def match_many(self, latitudes: ArrayLike, longitudes: ArrayLike) -> Matches:
        """The fences that hold each of many positions.

        Raises:
            FenceError: a position is not finite or out of range.
        """
        positions = Positions.of(latitudes, longitudes)
        return self._matches(*self._inside(positions, *self._candidates(positions)))

    def track_many(
        self,
        from_latitudes: ArrayLike,
        from_longitudes: ArrayLike,
        latitudes: ArrayLike,
        longitudes: ArrayLike,
    ) -> tuple[Matches, Matches]:
        """For many fixes, each with the one before it: the fences that hold the fix, and those
        that the way to it touches though they do not hold it.

        Raises:
            FenceError: a position is not finite or out of range.
        """
        ways = Ways(
            Positions.of(from_latitudes, from_longitudes), Positions.of(latitudes, longitudes)
        )
        rows, codes = self._candidates(ways.ends)
        inside = self._inside(ways.ends, rows, codes)
        near = self._pairs(rows, codes >> 1), *self._near_ways(ways)
        pairs = np.setdiff1d(np.concatenate(near), self._pairs(*inside))
        rows, slots = np.divmod(pairs, max(1, self._columns.ids.size))
        crossed = self._columns.cross(ways.at(rows), slots)
        return self._matches(*inside), self._matches(rows[crossed], slots[crossed])

    def nearest(self, point: Point, limit: int) -> NearestFences:
        """The `limit` fences with the nearest edges, for a phone to watch by itself.

        Raises:
            FenceError: the limit is not positive.
        """
        if limit < 1:
            raise FenceError("limit", f"must be at least 1, got {limit}")
        columns = self._columns
        place = np.array(ecef(point.latitude, point.longitude))
        # No geodesic is shorter than its chord, so no edge is nearer than this.
        at_least = np.linalg.norm(columns.centers - place, axis=1) - columns.radii_m - SLACK_M
        wanted = min(limit + 1, len(self))
        # These need not be the nearest, but they tell how far away those can be.
        first = np.argpartition(at_least, wanted - 1)[:wanted] if wanted else _NO_NUMBERS
        distances = {slot: self._distance_m(slot, point) for slot in first.tolist()}
        enough = max(map(abs, distances.values()), default=-inf)
        for slot in np.flatnonzero((at_least <= enough) & (columns.radii_m >= 0)).tolist():
            if slot not in distances:
                distances[slot] = self._distance_m(slot, point)
        ranked = sorted((abs(away), columns.ids[slot], away) for slot, away in distances.items())
        return NearestFences(
            tuple((fence_id, away) for _, fence_id, away in ranked[:limit]),
            ranked[limit][0] if len(ranked) > limit else inf,
        )

    def _distance_m(self, slot: int, point: Point) -> float:
        shape: Shape = self._columns.shapes[slot]
        return shape.distance_to_edge_m(point)

    def _candidates(self, positions: Positions) -> tuple[Numbers, Numbers]:
        """Pairs of a row and a code of `_codes`, for all fences that may hold the position."""
        count = positions.latitudes.size
        leaf = leaves(positions.latitudes, positions.longitudes)
        levels = [ancestors(leaf, resolution) for resolution in self._resolutions]
        if not levels:
            return _NO_NUMBERS, _NO_NUMBERS
        cells = np.concatenate(levels).tolist()
        found = list(map(self._codes.get, cells, repeat(_NONE)))
        sizes = np.fromiter(map(len, found), np.intp, len(found))
        codes = np.fromiter(chain.from_iterable(found), np.intp, sizes.sum())
        return np.repeat(np.arange(len(found)) % count, sizes), codes

    def _inside(
        self, positions: Positions, rows: Numbers, codes: Numbers
    ) -> tuple[Numbers, Numbers]:
        """Pairs of a row and a slot: the candidates that do hold the position, ordered by row."""
        slots, inside = codes >> 1, (codes & 1).astype(np.bool_)
        border = np.flatnonzero(~inside)
        inside[border] = self._columns.contain(positions.at(rows[border]), slots[border])
        kept = np.flatnonzero(inside)
        kept = kept[np.argsort(rows[kept], kind="stable")]
        return rows[kept], slots[kept]

    def _near_ways(self, ways: Ways) -> list[Numbers]:
        """Pairs, as numbers, of all fences near the ways and not near their ends.

        A place under no cell of a cover is farther than its margin from the fence. So a fence
        that a way touches has, under its cover, every stop within a margin of the touch: the end
        of the way if the way is no longer than a margin, the start or the end if it is no longer
        than two, else one of enough stops on it.
        """
        pairs = []
        margin = min(map(margin_m, self._border_resolutions), default=inf)
        long = np.flatnonzero(ways.lengths_m > margin)
        rows, codes = self._candidates(ways.starts.at(long))
        pairs.append(self._pairs(long[rows], codes >> 1))
        for row in np.flatnonzero(ways.lengths_m > 2 * margin).tolist():
            legs = ceil(ways.lengths_m[row] / (2 * margin))
            if legs > _MAX_LEGS:
                slots = np.flatnonzero(self._columns.radii_m >= 0)
            else:
                slots = self._candidates(ways.stops(row, legs))[1] >> 1
            pairs.append(self._pairs(np.full(slots.size, row), slots))
        return pairs

    def _pairs(self, rows: Numbers, slots: Numbers) -> Numbers:
        """One number for each pair of a row and a slot, in the order of the rows."""
        pairs: Numbers = rows * self._columns.ids.size + slots
        return pairs

    def _matches(self, rows: Numbers, slots: Numbers) -> Matches:
        return Matches(rows, self._columns.ids[slots])


def _codes(covered: Cover, slot: int) -> chain[tuple[int, int]]:
    return chain(zip(covered.border, repeat(2 * slot)), zip(covered.inner, repeat(2 * slot + 1)))


def _count_down(counter: Counter[int], key: int) -> None:
    counter[key] -= 1
    if not counter[key]:
        del counter[key]
