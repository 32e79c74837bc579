"""The places that are searched, in columns: one row each, no object but the id."""

from collections.abc import Callable, Iterable, Sequence

import numpy as np
from h3.api.basic_int import latlng_to_cell
from numpy.typing import ArrayLike, NDArray

from geodata.columns import grown, lengths
from geodata.distance import Floats, ecef, ecef_many
from geodata.points import Point

CELL_RESOLUTION = 12
"""Cells of about 19 m across give the order in which the tree keeps places."""

Rows = NDArray[np.integer]
Mask = NDArray[np.bool_]

Accept = Mask | Callable[[Rows], Mask]
"""Which rows may be answered: a mask over all rows, or a function from rows to a mask."""


class Places:
    """Ids and positions by row. Rows are stable; a deleted place's row is used again."""

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
    def of(cls, ids: Sequence[str], latitudes: ArrayLike, longitudes: ArrayLike) -> "Places":
        """Places in the order given, rows 0 to n - 1.

        Raises:
            ValueError: naming what is repeated, out of range, or of another length.
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
        places.cell = cells(places.latitude, places.longitude)
        return places

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def row_count(self) -> int:
        """Every row is below this number; it never shrinks."""
        return len(self._ids)

    def find(self, id: str) -> int | None:
        """The row of a place, if it is there."""
        return self._rows.get(id)

    def id(self, row: int) -> str:
        """The id of the place in a row that is in use."""
        id = self._ids[row]
        if id is None:
            raise KeyError(row)
        return id

    def ids(self, rows: Iterable[int]) -> list[str]:
        """The ids of rows that are in use."""
        return [self._ids[row] for row in rows]  # type: ignore[misc]

    def rows(self, accept: Accept | None = None) -> Rows:
        """All rows in use that pass a filter, ascending."""
        used = self._used[: self.row_count]
        if isinstance(accept, np.ndarray):
            return np.flatnonzero(used & accept)
        rows = np.flatnonzero(used)
        return rows if accept is None else rows[accept(rows)]

    def chords_m(self, rows: Rows, xyz: Floats) -> Floats:
        """The straight lines from a point, shape (3,), to places."""
        return lengths(self.xyz.take(rows, axis=0) - xyz)

    def add(self, id: str, point: Point) -> int:
        """Give a new place a row: a freed one if there is one."""
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
    """Which of some rows pass a filter."""
    return accept(rows) if callable(accept) else accept[rows]


def cells(latitudes: Floats, longitudes: Floats) -> NDArray[np.int64]:
    """The H3 cells of positions at the resolution in whose order places are kept."""
    pairs = zip(latitudes.tolist(), longitudes.tolist(), strict=True)
    each = (latlng_to_cell(latitude, longitude, CELL_RESOLUTION) for latitude, longitude in pairs)
    return np.fromiter(each, dtype=np.int64, count=len(latitudes))


def degrees(latitudes: ArrayLike, longitudes: ArrayLike, count: int) -> tuple[Floats, Floats]:
    """Copies of positions as columns, checked."""
    latitude = np.array(latitudes, dtype=np.float64)
    longitude = np.array(longitudes, dtype=np.float64)
    _check("latitudes", latitude, count, 90)
    _check("longitudes", longitude, count, 180)
    return latitude, longitude


def _check(name: str, degrees: Floats, count: int, limit: int) -> None:
    if degrees.shape != (count,):
        raise ValueError(f"{name} must have the shape ({count},), got {degrees.shape}")
    # A NaN fails every comparison, so it is refused here too.
    wrong = np.flatnonzero(~(np.abs(degrees) <= limit))
    if wrong.size:
        raise ValueError(
            f"{name} must be in [-{limit}, {limit}], got {degrees[wrong[0]]} at {wrong[0]}"
        )
