"""Nearest-place search for many points at once, in which neighbouring points share a search."""

from math import dist, inf

import numpy as np
from numpy.typing import ArrayLike

from geodata.columns import lengths, positions_in_runs
from geodata.distance import (
    LONGEST_CHORD_M,
    SLACK_M,
    Floats,
    distances_m,
    ecef_many,
    widened_chord_m,
)
from geodata.nearest.blocks import NEIGHBOURS, BlockCache
from geodata.nearest.places import Accept, Mask, Places, Rows, cells, degrees, passing
from geodata.nearest.query import bounds_m
from geodata.nearest.tree import BallTree

_MIN_RUN, _MAX_RUN = 8, 256
"""Points per shared search; with fewer points, single searches cost no more."""

_MAX_ROWS = 1_024
"""Candidates of a shared search; with more, the run is made shorter."""

_MAX_PAIRS = 1 << 14
"""Pairs of point and candidate that are measured at a time."""


class Batch:
    """Many queries with one limit, measured and ranked together.

    A point whose cell has a block takes the rows of the block as candidates. The other points
    are sorted by H3 cell and searched in runs. Let m be the middle of a run, r the largest chord
    from m to a point of the run, and d the chord within which m has `limit` neighbours. By the
    triangle inequality each point has its neighbours within d + r, so all candidates of the run
    lie within d + 2r of m. The proof for each point is that of a single query; points without a
    proof go to `left_over`.
    """

    def __init__(
        self,
        latitudes: ArrayLike,
        longitudes: ArrayLike,
        limit: int,
        max_distance_m: float | None,
        accept: Accept | None,
    ) -> None:
        self.latitudes, self.longitudes = degrees(latitudes, longitudes, np.size(latitudes))
        self._limit = limit
        self._max_distance_m, self._outer_m = bounds_m(limit, max_distance_m)
        self._accept = accept
        self._xyz = ecef_many(self.latitudes, self.longitudes)
        self._pending: list[tuple[int, Rows, float]] = []
        self._pending_pairs = 0
        self._pairs: list[tuple[Rows, Rows]] = []
        self.left_over: list[int] = []
        """Indices of the points that need a single search."""

    def answer(self, places: Places, tree: BallTree, blocks: BlockCache) -> tuple[Rows, Floats]:
        """Rows and distances, shape (points, limit), padded with -1 and infinity."""
        self._places, self._tree = places, tree
        self._search_runs(self._look_up(blocks))
        self._measure()
        return self._rank()

    def _look_up(self, blocks: BlockCache) -> list[int]:
        """Take candidates from blocks; returns the points without a block."""
        if self._limit > NEIGHBOURS:
            return list(range(len(self._xyz)))
        without = []
        positions = zip(
            self.latitudes.tolist(), self.longitudes.tolist(), self._xyz.tolist(), strict=True
        )
        for number, (latitude, longitude, xyz) in enumerate(positions):
            block = blocks.find(latitude, longitude)
            if block is None:
                without.append(number)
            else:
                off_m = dist(block.centre, xyz)
                self._consider(number, block.rows, block.radius_m - off_m - SLACK_M)
        return without

    def _search_runs(self, numbers: list[int]) -> None:
        order = np.array(numbers, dtype=np.intp)
        order = order[cells(self.latitudes[order], self.longitudes[order]).argsort()]
        start, size = 0, 4 * _MIN_RUN
        while start < len(order):
            run = order[start : start + size]
            if len(run) < _MIN_RUN:
                self.left_over += run.tolist()
            elif self._search_run(run):
                size = min(2 * size, _MAX_RUN)
            elif size > _MIN_RUN:
                size //= 2
                continue
            else:
                self.left_over += run.tolist()
            start += len(run)

    def _search_run(self, run: Rows) -> bool:
        """Find candidates for a run of points; False if there are more than `_MAX_ROWS`."""
        xyz = self._xyz[run]
        middle = (xyz.min(axis=0) + xyz.max(axis=0)) / 2
        off_m = lengths(xyz - middle)
        reach_m = float(off_m.max()) + SLACK_M
        outer_m = self._outer_m + reach_m
        _, _, near_m = self._tree.nearest(middle, self._limit, outer_m)
        if near_m < LONGEST_CHORD_M:
            outer_m = min(outer_m, widened_chord_m(near_m + reach_m) + reach_m)
        rows, _, complete_m = self._tree.nearest(middle, _MAX_ROWS, outer_m)
        if complete_m < outer_m:
            return False
        for number, complete in zip(run.tolist(), (complete_m - off_m).tolist(), strict=True):
            self._consider(number, rows, complete - SLACK_M)
        return True

    def _consider(self, number: int, rows: Rows, complete_m: float) -> None:
        self._pending.append((number, rows, complete_m))
        self._pending_pairs += len(rows)
        if self._pending_pairs > _MAX_PAIRS:
            self._measure()

    def _measure(self) -> None:
        """Measure the pending candidates and keep those that may be hits."""
        if not self._pending:
            return
        numbers, each, complete_m = zip(*self._pending, strict=True)
        self._pending, self._pending_pairs = [], 0
        points, rows = np.array(numbers), np.concatenate(each)
        which = np.arange(len(points)).repeat([len(rows) for rows in each])
        if self._accept is not None:
            accepted = passing(rows, self._accept)
            which, rows = which[accepted], rows[accepted]
        chords = lengths(
            self._places.xyz.take(rows, axis=0) - self._xyz[points].take(which, axis=0)
        )
        sizes = np.bincount(which, minlength=len(points))
        table = np.full((len(points), max(self._limit, int(sizes.max()))), inf)
        table[which, positions_in_runs(sizes)] = chords
        kth = np.partition(table, self._limit - 1)[:, self._limit - 1].tolist()
        bounds = np.array([min(self._outer_m, widened_chord_m(chord)) for chord in kth])
        proved = bounds <= np.array(complete_m)
        self.left_over += points[~proved].tolist()
        kept = (chords <= bounds[which]) & proved[which]
        self._pairs.append((points[which[kept]], rows[kept]))

    def _rank(self) -> tuple[Rows, Floats]:
        points = np.concatenate([np.empty(0, dtype=np.intp), *(pair[0] for pair in self._pairs)])
        rows = np.concatenate([np.empty(0, dtype=np.intp), *(pair[1] for pair in self._pairs)])
        distances = distances_m(
            self.latitudes[points],
            self.longitudes[points],
            self._places.latitude[rows],
            self._places.longitude[rows],
        )
        near = distances <= self._max_distance_m
        points, rows, distances = points[near], rows[near], distances[near]
        order = np.lexsort((distances, points))
        points, rows, distances = points[order], rows[order], distances[order]
        tied = (points[1:] == points[:-1]) & (distances[1:] == distances[:-1])
        if tied.any():
            order = np.lexsort((self._by_id(rows, tied), distances, points))
            rows = rows[order]
        position = positions_in_runs(np.bincount(points))
        first = position < self._limit
        shape = (len(self.latitudes), self._limit)
        all_rows, all_distances = np.full(shape, -1), np.full(shape, inf)
        all_rows[points[first], position[first]] = rows[first]
        all_distances[points[first], position[first]] = distances[first]
        return all_rows, all_distances

    def _by_id(self, rows: Rows, tied: Mask) -> Rows:
        """A sort key for each row that puts tied rows in the order of their ids."""
        involved = np.unique(rows[np.append(tied, False) | np.append(False, tied)])
        ids = self._places.ids(involved.tolist())
        rank = np.empty(len(ids), dtype=np.intp)
        rank[sorted(range(len(ids)), key=ids.__getitem__)] = np.arange(len(ids))
        return rank[np.minimum(involved.searchsorted(rows), len(ids) - 1)]
