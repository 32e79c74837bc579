"""The index of places by id that answers exact nearest-place queries."""

from collections.abc import Sequence
from math import inf

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geodata.distance import Floats
from geodata.nearest.batch import Batch
from geodata.nearest.blocks import NEIGHBOURS, BlockCache
from geodata.nearest.places import Accept, Mask, Places, Rows
from geodata.nearest.query import Hit, Query
from geodata.nearest.tree import BallTree
from geodata.points import Point

_FILTER_FACTORS = (8, 64)
"""With a filter, the tree is searched for this many times `limit`, then all places are."""


class NearestIndex:
    """Places by id, with search for the places nearest to a point.

    Every answer equals a sort of all places by (WGS84 geodesic, id). Each place has a row, a
    small integer that is constant until the place is deleted and is then reused; callers may
    keep their own columns by row. A mask over rows must have `row_count` entries.

    Not thread-safe: use it from one event loop.
    """

    def __init__(self) -> None:
        self._places = Places()
        self._prepare()

    @classmethod
    def build(
        cls,
        ids: Sequence[str],
        latitudes: ArrayLike,
        longitudes: ArrayLike,
        cells: NDArray[np.int64] | None = None,
    ) -> "NearestIndex":
        """Index many places at once, in rows 0 to n - 1 in their order.

        Args:
            ids: distinct.
            latitudes: in degrees.
            longitudes: in degrees.
            cells: of an index with these positions, from `cells`; else they are computed.

        Raises:
            ValueError: an id is repeated, a coordinate is out of range, or the lengths differ.
        """
        index = cls()
        index._places = Places.of(ids, latitudes, longitudes, cells)
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
        """Upper bound (exclusive) of all rows; it never shrinks."""
        return self._places.row_count

    @property
    def latitudes(self) -> Floats:
        """Latitude of each row in degrees; stale in unused rows. Read only."""
        return self._places.latitude[: self.row_count]

    @property
    def longitudes(self) -> Floats:
        """Longitude of each row in degrees; stale in unused rows. Read only."""
        return self._places.longitude[: self.row_count]

    @property
    def cells(self) -> NDArray[np.int64]:
        """The cell of each row, by whose order places are grouped; stale in unused rows."""
        return self._places.cell[: self.row_count]

    def copied_ids(self) -> list[str | None]:
        """The id of each row; None where it is unused."""
        return self._places.copied_ids()

    def rows(self) -> Rows:
        """The rows in use, ascending."""
        return self._places.rows()

    def unchanged(self, rows: Rows, latitudes: Floats, longitudes: Floats) -> Mask:
        """For rows and their positions of before: True where a place is still there."""
        used: Mask = self._places.used(rows)
        used &= (self.latitudes[rows] == latitudes) & (self.longitudes[rows] == longitudes)
        return used

    def row(self, id: str) -> int:
        """The row of a place. Raises KeyError if the id is unknown."""
        row = self._places.find(id)
        if row is None:
            raise KeyError(id)
        return row

    def id(self, row: int) -> str:
        """The id of the place in a row. Raises KeyError for an unused row."""
        return self._places.id(row)

    def point(self, row: int) -> Point:
        """The position of the place in a row."""
        return Point(float(self._places.latitude[row]), float(self._places.longitude[row]))

    def upsert(self, id: str, point: Point) -> int:
        """Add a place or move it; returns its row."""
        row = self._places.find(id)
        if row is None:
            row = self._places.add(id, point)
        elif self.point(row) == point:
            return row
        else:
            self._lift(row)
            self._places.put(row, point)
        self._tree.add(row)
        self._blocks.forget(self._places.xyz[row])
        return row

    def upsert_many(self, places: Sequence[tuple[str, Point]]) -> list[int]:
        """Add many places or move them, as `upsert` does one by one; returns their rows.

        The ids must be distinct.
        """
        found, changed = [], []
        for id, point in places:
            row = self._places.find(id)
            if row is None:
                row = self._places.add(id, point)
            elif self.point(row) == point:
                found.append(row)
                continue
            else:
                self._lift(row)
                self._places.put(row, point)
            found.append(row)
            changed.append(row)
        if changed:
            self._tree.add_many(np.array(changed, dtype=np.intp))
            for row in changed:
                self._blocks.forget(self._places.xyz[row])
        return found

    def delete(self, id: str) -> int:
        """Delete a place; returns its freed row. Raises KeyError if the id is unknown."""
        row = self.row(id)
        self._lift(row)
        self._places.remove(id)
        return row

    def _lift(self, row: int) -> None:
        """Take a row out of the tree and the blocks, where it is before its place moves or goes."""
        self._blocks.forget(self._places.xyz[row])
        self._tree.remove(row)

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
            point: the origin.
            limit: the largest number of hits.
            max_distance_m: inclusive; None means no bound.
            accept: filter: a mask over all rows, or a function from rows to a mask.
            after: (distance in metres, id) of the last hit of the previous page.

        Returns:
            (row, distance in metres), ordered by distance, then id.

        Raises:
            ValueError: an argument is out of range; the message names it.
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
        """Find the nearest places to many points, with the same hits as `nearest` for each.

        Returns:
            Rows and distances in metres, shape (points, limit), padded with row -1 and an
            infinite distance where a point has fewer hits.

        Raises:
            ValueError: an argument is out of range; the message names it.
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
        """Find all places within a radius (inclusive), ordered by distance, then id."""
        self._check(accept)
        query = Query(point, max(1, len(self)), radius_m, accept)
        found = self._tree.nearest(query.xyz, None, query.outer_m)
        return query.decide(self._places, *found) or []

    def within_chord(self, xyz: Floats, chord_m: float) -> tuple[Rows, Floats]:
        """Rows within a chord of a point of shape (3,), unordered, and their chords."""
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
        """Search the tree; if a filter accepts too few rows, measure all accepted rows."""
        for factor in (1,) if query.accept is None else _FILTER_FACTORS:
            found = self._tree.nearest(
                query.xyz, query.limit * factor, query.outer_m, query.inner_m, query.counted_from_m
            )
            hits = query.decide(self._places, *found)
            if hits is not None:
                return hits
        rows = self._places.rows(query.accept)
        chords = self._places.chords_m(rows, query.xyz)
        return query.decide(self._places, rows, chords, inf) or []
