"""Exact nearest places: H3 narrows, the WGS84 geodesic decides, ties go by id."""

from collections.abc import Sequence
from math import inf

import numpy as np
from numpy.typing import ArrayLike

from geodata.distance import Floats
from geodata.nearest.batch import Batch
from geodata.nearest.blocks import NEIGHBOURS, BlockCache
from geodata.nearest.places import Accept, Places, Rows
from geodata.nearest.query import Hit, Query
from geodata.nearest.tree import BallTree
from geodata.points import Point

_FILTERED = (8, 64)
"""How many neighbours are tried per wanted one before a filter is asked about all places."""


class NearestIndex:
    """Places by id, and the nearest of them to any point on the earth.

    Every answer equals the sort of all places by (WGS84 geodesic, id). Each place has a row, a
    small number that stays until the place is deleted and is then used again, so that a caller
    can keep columns of its own; a mask over rows must have `row_count` entries.

    Not safe for threads: an event loop calls it.
    """

    def __init__(self) -> None:
        self._places = Places()
        self._prepare()

    @classmethod
    def build(
        cls, ids: Sequence[str], latitudes: ArrayLike, longitudes: ArrayLike
    ) -> "NearestIndex":
        """Index many places at once, in rows 0 to n - 1 in their order.

        Raises:
            ValueError: naming what is repeated, out of range, or of another length.
        """
        index = cls()
        index._places = Places.of(ids, latitudes, longitudes)
        index._prepare()
        return index

    def _prepare(self) -> None:
        self._tree = BallTree(self._places)
        self._blocks = BlockCache(self._places, self._tree)

    def __len__(self) -> int:
        return len(self._places)

    def __contains__(self, id: str) -> bool:
        return self._places.find(id) is not None

    @property
    def row_count(self) -> int:
        """Every row is below this number; it never shrinks."""
        return self._places.row_count

    @property
    def latitudes(self) -> Floats:
        """Latitude of each row, in degrees; stale in rows not in use. Not to be changed."""
        return self._places.latitude[: self.row_count]

    @property
    def longitudes(self) -> Floats:
        """Longitude of each row, as `latitudes`."""
        return self._places.longitude[: self.row_count]

    def rows(self) -> Rows:
        """The rows in use, ascending."""
        return self._places.rows()

    def row(self, id: str) -> int:
        """The row of a place. Raises KeyError if it is not there."""
        row = self._places.find(id)
        if row is None:
            raise KeyError(id)
        return row

    def id(self, row: int) -> str:
        """The id of the place in a row. Raises KeyError for a row not in use."""
        return self._places.id(row)

    def point(self, row: int) -> Point:
        """Where the place in a row is."""
        return Point(float(self._places.latitude[row]), float(self._places.longitude[row]))

    def upsert(self, id: str, point: Point) -> int:
        """Add a place or move it; returns its row."""
        row = self._places.find(id)
        if row is None:
            row = self._places.add(id, point)
        elif self.point(row) == point:
            return row
        else:
            self._tree.remove(row)
            self._places.put(row, point)
        self._tree.add(row)
        self._blocks.forget(self._places.xyz[row])
        return row

    def delete(self, id: str) -> int:
        """Take a place away; returns the row that is now free. Raises KeyError if absent."""
        row = self.row(id)
        self._blocks.forget(self._places.xyz[row])
        self._tree.remove(row)
        self._places.remove(id)
        return row

    def nearest(
        self,
        point: Point,
        limit: int,
        *,
        max_distance_m: float | None = None,
        accept: Accept | None = None,
        after: tuple[float, str] | None = None,
    ) -> list[Hit]:
        """Find the nearest places.

        Args:
            point: from where.
            limit: how many at most.
            max_distance_m: inclusive; None is the whole earth.
            accept: which rows may be answered, as a mask over all rows or a function of rows.
            after: (distance in metres, id) of the last hit of the page before.

        Returns:
            (row, distance in metres) by distance, then id.

        Raises:
            ValueError: naming the argument that is out of range.
        """
        self._check(accept)
        query = Query(point, limit, max_distance_m, accept, after)
        if limit <= NEIGHBOURS:
            hits = query.decide(self._places, *self._blocks.candidates(query))
            if hits is not None:
                return hits
        return self._search(query)

    def nearest_batch(
        self,
        latitudes: ArrayLike,
        longitudes: ArrayLike,
        limit: int,
        *,
        max_distance_m: float | None = None,
        accept: Accept | None = None,
    ) -> tuple[Rows, Floats]:
        """Find the nearest places to many points, each as `nearest` would.

        Returns:
            Rows and distances in metres, shape (points, limit), in which a point with fewer hits
            is filled up with rows of -1 and infinite distances.

        Raises:
            ValueError: naming the argument that is out of range.
        """
        self._check(accept)
        batch = Batch(latitudes, longitudes, limit, max_distance_m, accept)
        rows, distances = batch.answer(self._places, self._tree, self._blocks)
        for number in batch.left_over:
            point = Point(float(batch.latitudes[number]), float(batch.longitudes[number]))
            hits = self.nearest(point, limit, max_distance_m=max_distance_m, accept=accept)
            for position, (row, distance) in enumerate(hits):
                rows[number, position], distances[number, position] = row, distance
        return rows, distances

    def within(self, point: Point, radius_m: float, *, accept: Accept | None = None) -> list[Hit]:
        """Find all places within a radius, inclusive, by distance, then id."""
        self._check(accept)
        query = Query(point, max(1, len(self)), radius_m, accept)
        found = self._tree.nearest(query.xyz, None, query.outer_m)
        return query.decide(self._places, *found) or []

    def within_chord(self, xyz: Floats, chord_m: float) -> tuple[Rows, Floats]:
        """The rows within a straight line of a point, shape (3,), in no order; and their chords."""
        rows, chords, _ = self._tree.nearest(xyz, None, chord_m)
        return rows, chords

    def _check(self, accept: Accept | None) -> None:
        if isinstance(accept, np.ndarray) and (
            accept.shape != (self.row_count,) or accept.dtype != np.bool_
        ):
            raise ValueError(
                f"accept must be {self.row_count} booleans, got {accept.shape} of {accept.dtype}"
            )

    def _search(self, query: Query) -> list[Hit]:
        """The answer from the tree, or with a filter that takes few from all it takes."""
        for factor in (1,) if query.accept is None else _FILTERED:
            found = self._tree.nearest(
                query.xyz, query.limit * factor, query.outer_m, query.inner_m, query.counted_from_m
            )
            hits = query.decide(self._places, *found)
            if hits is not None:
                return hits
        rows = self._places.rows(query.accept)
        chords = self._places.chords_m(rows, query.xyz)
        return query.decide(self._places, rows, chords, inf) or []
