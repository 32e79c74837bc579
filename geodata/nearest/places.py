"""Ids and positions of the searched places, in columns with one row per place."""

from collections.abc import Callable, Iterable, Sequence

import numpy as np
from h3.api.basic_int import latlng_to_cell
from numpy.typing import ArrayLike, NDArray

from geodata.columns import grown, lengths
from geodata.distance import Floats, ecef, ecef_many
from geodata.points import Point

CELL_RESOLUTION = 12
"""Resolution of the cells (about 19 m across) whose order is the order of places in the tree."""

Rows = NDArray[np.integer]
Mask = NDArray[np.bool_]

Accept = Mask | Callable[[Rows], Mask]
"""A filter of rows: a mask over all rows, or a function from rows to a mask."""


class Places:
    """Ids and positions by row; a row is constant until its place is deleted, then reused."""

    def __init__(self) -> None:
        self._ids: list[str | None] = []
        self._rows: dict[str, int] = {}
        self._free: list[int] = []
        self._used: Mask = np.empty(0, dtype=np.bool_)
        self.latitude: Floats = np.empty(0)
        self.longitude: Floats = np.empty(0)
        self.xyz: Floats = np.empty((0, 3))
        self.cell: NDArray[np.int64] = np.empty(0, dtype=np.int64)

    @classmethod
    def of(
        cls,
        ids: Sequence[str],
        latitudes: ArrayLike,
        longitudes: ArrayLike,
        known_cells: NDArray[np.int64] | None = None,
    ) -> "Places":
        """Places in the given order, in rows 0 to n - 1; their cells are computed if not given.

        Raises:
            ValueError: an id is repeated, a coordinate is out of range, or the lengths differ.
        """
        places = cls()
        places.latitude, places.longitude = degrees(latitudes, longitudes, len(ids))
        places._ids = list(ids)
        places._used = np.ones(len(ids), dtype=np.bool_)
        places._rows = {id: row for row, id in enumerate(ids)}
        if len(places._rows) < len(ids):
            repeated = next(id for row, id in enumerate(ids) if places._rows[id] != row)
            raise ValueError(f"ids must be distinct, {repeated!r} is repeated")
        places.xyz = ecef_many(places.latitude, places.longitude)
        places.cell = (
            cells(places.latitude, places.longitude) if known_cells is None else known_cells
        )
        return places

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def row_count(self) -> int:
        """Upper bound (exclusive) of all rows; it never shrinks."""
        return len(self._ids)

    def find(self, id: str) -> int | None:
        """The row of a place; None if the id is unknown."""
        return self._rows.get(id)

    def used(self, rows: Rows) -> Mask:
        """For each row: True if it is in use."""
        return self._used[rows]

    def id(self, row: int) -> str:
        """The id of the place in a row. Raises KeyError for an unused row."""
        id = self._ids[row]
        if id is None:
            raise KeyError(row)
        return id

    def copied_ids(self) -> list[str | None]:
        """The id of each row; None where it is unused."""
        return self._ids.copy()

    def ids(self, rows: Iterable[int]) -> list[str]:
        """The ids of the places in rows that are in use."""
        return [self._ids[row] for row in rows]  # type: ignore[misc]

    def rows(self, accept: Accept | None = None) -> Rows:
        """The rows in use that pass a filter, ascending."""
        used = self._used[: self.row_count]
        if isinstance(accept, np.ndarray):
            return np.flatnonzero(used & accept)
        rows = np.flatnonzero(used)
        return rows if accept is None else rows[accept(rows)]

    def chords_m(self, rows: Rows, xyz: Floats) -> Floats:
        """Chords in metres from a point, shape (3,), to places."""
        return lengths(self.xyz.take(rows, axis=0) - xyz)

    def add(self, id: str, point: Point) -> int:
        """Add a place and return its row: a free one if there is one, else a new one."""
        if self._free:
            row = self._free.pop()
            self._ids[row] = id
        else:
            row = len(self._ids)
            self._ids.append(id)
            if row == len(self.latitude):
                self._grow()
        self._rows[id] = row
        self._used[row] = True
        self.put(row, point)
        return row

    def put(self, row: int, point: Point) -> None:
        """Set the position of a row."""
        self.latitude[row] = point.latitude
        self.longitude[row] = point.longitude
        self.xyz[row] = ecef(point.latitude, point.longitude)
        self.cell[row] = latlng_to_cell(point.latitude, point.longitude, CELL_RESOLUTION)

    def remove(self, id: str) -> None:
        """Free the row of a place."""
        row = self._rows.pop(id)
        self._ids[row] = None
        self._used[row] = False
        self._free.append(row)

    def _grow(self) -> None:
        capacity = max(64, 3 * len(self.latitude) // 2)
        self.latitude = grown(self.latitude, capacity)
        self.longitude = grown(self.longitude, capacity)
        self.xyz = grown(self.xyz, capacity)
        self.cell = grown(self.cell, capacity)
        self._used = grown(self._used, capacity)


def passing(rows: Rows, accept: Accept) -> Mask:
    """The mask of the rows that pass a filter."""
    return accept(rows) if callable(accept) else accept[rows]


def cells(latitudes: Floats, longitudes: Floats) -> NDArray[np.int64]:
    """The H3 cells of positions, at `CELL_RESOLUTION`."""
    pairs = zip(latitudes.tolist(), longitudes.tolist(), strict=True)
    each = (latlng_to_cell(latitude, longitude, CELL_RESOLUTION) for latitude, longitude in pairs)
    return np.fromiter(each, dtype=np.int64, count=len(latitudes))


def degrees(latitudes: ArrayLike, longitudes: ArrayLike, count: int) -> tuple[Floats, Floats]:
    """Checked copies of positions as columns; `count` is the expected length."""
    latitude = np.array(latitudes, dtype=np.float64)
    longitude = np.array(longitudes, dtype=np.float64)
    _check("latitudes", latitude, count, 90)
    _check("longitudes", longitude, count, 180)
    return latitude, longitude


def _check(name: str, degrees: Floats, count: int, limit: int) -> None:
    if degrees.shape != (count,):
        raise ValueError(f"{name} must have the shape ({count},), got {degrees.shape}")
    # NaN fails every comparison, so this check refuses it too.
    wrong = np.flatnonzero(~(np.abs(degrees) <= limit))
    if wrong.size:
        raise ValueError(
            f"{name} must be in [-{limit}, {limit}], got {degrees[wrong[0]]} at {wrong[0]}"
        )
