"""The index of fences: finds those that contain a point, touch a segment, or are nearest."""

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
from geodata.fences.positions import Positions, Segments
from geodata.fences.shape import FenceError, Numbers, Shape
from geodata.points import Point

_NONE: tuple[int, ...] = ()
_NO_NUMBERS: Numbers = np.empty(0, np.intp)
_MAX_LEGS = 500
"""A segment that needs more legs than this is compared with all fences instead."""


@dataclass(frozen=True)
class Matches:
    """Pairs of an input row and a fence, ordered by row, unordered within a row."""

    rows: NDArray[np.intp]
    fence_ids: NDArray[np.object_]


@dataclass(frozen=True)
class NearestFences:
    """The fences whose edges are nearest to a point."""

    fences: tuple[tuple[str, float], ...]
    """Fence ids with `distance_to_edge_m` (negative inside), by absolute distance, then id."""
    ask_again_m: float
    """A device that moves less than this can meet only the edges of these fences.

    It is the distance to the edge of the nearest fence not listed; infinite if all are listed.
    """


class FenceIndex:
    """Fences by id, indexed by H3 cells; a change takes effect at once, without a rebuild.

    `cover` gives the cells of each fence. A point has one cell at each resolution, so one
    dictionary look-up per resolution finds all candidate fences: an inner cell proves that the
    point is inside, under a border cell the geometry of the fence decides. Every answer equals
    that of testing each fence.

    Not thread-safe: use it from one event loop.
    """

    def __init__(self) -> None:
        self._columns = Columns()
        self._slots: dict[str, int] = {}
        self._covers: dict[str, Cover] = {}
        self._codes: dict[int, tuple[int, ...]] = {}
        """By cell, for each fence it covers: 2 * slot, plus 1 if it is an inner cell."""
        self._resolutions: Counter[int] = Counter()
        """Number of cells by resolution: the resolutions to look up."""
        self._border_resolutions: Counter[int] = Counter()
        """Number of covers by border resolution: the finest gives the smallest margin."""

    def __len__(self) -> int:
        return len(self._slots)

    def __contains__(self, fence_id: str) -> bool:
        return fence_id in self._slots

    def __getitem__(self, fence_id: str) -> Shape:
        shape: Shape = self._columns.shapes[self._slots[fence_id]]
        return shape

    def put(self, fence_id: str, shape: Shape, covered: Cover | None = None) -> None:
        """Add a fence, or replace the fence with that id; with its cover, if that is known."""
        covered = covered or cover(shape)
        if fence_id in self._slots:
            self.remove(fence_id)
        slot = self._columns.add(fence_id, shape)
        self._slots[fence_id], self._covers[fence_id] = slot, covered
        self._border_resolutions[covered.resolution] += 1
        for cell, code in _codes(covered, slot):
            self._codes[cell] = (*self._codes.get(cell, _NONE), code)
            self._resolutions[h3.get_resolution(cell)] += 1

    def remove(self, fence_id: str) -> None:
        """Remove a fence.

        Raises:
            KeyError: the id is unknown.
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
        """Ids of the fences that contain a point, sorted."""
        leaf = h3.latlng_to_cell(point.latitude, point.longitude, LEAF_RESOLUTION)
        ids, shapes = self._columns.ids, self._columns.shapes
        return sorted(
            ids[code >> 1]
            for resolution in self._resolutions
            for code in self._codes.get(h3.cell_to_parent(leaf, resolution), _NONE)
            if code & 1 or shapes[code >> 1].contains(point)
        )

    def match_line(self, points: Sequence[Point]) -> list[str]:
        """Ids of the fences that a line touches, sorted.

        A leg is a geodesic for circles, and straight in longitude and latitude for other shapes.
        """
        if len(points) == 1:
            return self.match(points[0])
        latitudes = np.array([point.latitude for point in points])
        longitudes = np.array([point.longitude for point in points])
        inside, passed = self.track_many(
            latitudes[:-1], longitudes[:-1], latitudes[1:], longitudes[1:]
        )
        return sorted({*inside.fence_ids, *passed.fence_ids})

    def track_many(
        self,
        from_latitudes: ArrayLike,
        from_longitudes: ArrayLike,
        latitudes: ArrayLike,
        longitudes: ArrayLike,
    ) -> tuple[Matches, Matches]:
        """For many fixes, each with its previous fix: the fences that contain the fix, and the
        other fences that the segment to it touches.

        Raises:
            FenceError: a position is not finite or out of range.
        """
        segments = Segments(
            Positions.of(from_latitudes, from_longitudes), Positions.of(latitudes, longitudes)
        )
        rows, codes = self._candidates(segments.ends)
        inside = self._inside(segments.ends, rows, codes)
        near = self._pairs(rows, codes >> 1), *self._near_segments(segments)
        pairs = np.setdiff1d(np.concatenate(near), self._pairs(*inside))
        rows, slots = np.divmod(pairs, max(1, self._columns.ids.size))
        crossed = self._columns.cross(segments.at(rows), slots)
        return self._matches(*inside), self._matches(rows[crossed], slots[crossed])

    def nearest(self, point: Point, limit: int) -> NearestFences:
        """The `limit` fences with the nearest edges, which a phone can then monitor itself.

        No edge is nearer than the chord to the fence's bounds. The fences with the smallest
        such bounds are measured first; the largest of their distances limits the others.

        Raises:
            FenceError: the limit is not positive.
        """
        if limit < 1:
            raise FenceError("limit", f"must be at least 1, got {limit}")
        columns = self._columns
        place = np.array(ecef(point.latitude, point.longitude))
        at_least = np.linalg.norm(columns.centers - place, axis=1) - columns.radii_m - SLACK_M
        wanted = min(limit + 1, len(self))
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
        """Pairs of a row and a code of `_codes`, for all fences that may contain the position."""
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
        """Pairs of a row and a slot, ordered by row: the candidates that contain the position."""
        slots, inside = codes >> 1, (codes & 1).astype(np.bool_)
        border = np.flatnonzero(~inside)
        inside[border] = self._columns.contain(positions.at(rows[border]), slots[border])
        kept = np.flatnonzero(inside)
        kept = kept[np.argsort(rows[kept], kind="stable")]
        return rows[kept], slots[kept]

    def _near_segments(self, segments: Segments) -> list[Numbers]:
        """Pairs (as numbers) of a row and a fence that the segment may touch, besides the
        candidates at the end of the segment.

        A position under no cell of a cover is farther than its margin from the fence. So if a
        segment touches a fence, every position within a margin of the touch is under the cover.
        The end of a segment is such a position if the segment is at most one margin long; the
        start or the end is, if it is at most two margins long; else one of the stops is, placed
        at most two margins apart.
        """
        pairs = []
        margin = min(map(margin_m, self._border_resolutions), default=inf)
        long = np.flatnonzero(segments.lengths_m > margin)
        rows, codes = self._candidates(segments.starts.at(long))
        pairs.append(self._pairs(long[rows], codes >> 1))
        for row in np.flatnonzero(segments.lengths_m > 2 * margin).tolist():
            legs = ceil(segments.lengths_m[row] / (2 * margin))
            if legs > _MAX_LEGS:
                slots = np.flatnonzero(self._columns.radii_m >= 0)
            else:
                slots = self._candidates(segments.stops(row, legs))[1] >> 1
            pairs.append(self._pairs(np.full(slots.size, row), slots))
        return pairs

    def _pairs(self, rows: Numbers, slots: Numbers) -> Numbers:
        """One number per pair of a row and a slot; the numbers sort by row."""
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
