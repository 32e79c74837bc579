"""Ranks rows of the gazetteer tables by population and nearness."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geodata.gazetteer.codes import COARSE_M
from geodata.gazetteer.place import Place
from geodata.gazetteer.table import PlaceKind, Region, Table
from geodata.points import Point

_NEAR_KM = 50.0
"""The distance at which the weight of a place is half its population."""
_ALIAS_WEIGHT = 0.1
"""Factor for a match by alias: an alias rarely means the place."""
_LEAST_WEIGHT = 500.0
"""Least weight: postcodes, stations and squares have no population and rank as small villages."""
_KM_PER_DEGREE = 111.2


@dataclass(frozen=True, slots=True)
class Hit:
    """One row of one table, with the weight that ranks it."""

    table: Table
    row: int
    weight: float

    @property
    def region(self) -> Region:
        """The region of the row."""
        region: Region = self.table.regions[self.table.region[self.row]]
        return region

    @property
    def point(self) -> Point:
        """The position of the row, rounded to 5 decimals."""
        table, row = self.table, self.row
        return Point(round(float(table.latitude[row]), 5), round(float(table.longitude[row]), 5))

    @property
    def rank(self) -> tuple[float, float, int, float, str]:
        """Sort key: weight, then precision and kind; latitude and name make it deterministic."""
        table, row = self.table, self.row
        precise = -COARSE_M.get(self.region.country, 0.0) if table.kind[row] else 0.0
        return (
            self.weight,
            precise,
            -int(table.kind[row]),
            float(table.latitude[row]),
            table.name(row),
        )

    def place(self) -> Place:
        """The row as a `Place`."""
        return Place(
            self.table.name(self.row),
            *self.region,
            self.point,
            PlaceKind(int(self.table.kind[self.row])),
            round(float(self.table.population[self.row])),
        )


def named(table: Table, key: bytes, near: Point | None) -> Iterator[Hit]:
    """The rows whose name or alias has the key."""
    for row, is_alias in table.rows_named(key):
        weight = float(_weights(table, np.array([row]), near)[0])
        yield Hit(table, row, weight * (_ALIAS_WEIGHT if is_alias else 1))


def beginning(table: Table, key: bytes, limit: int, near: Point | None) -> Iterator[Hit]:
    """The rows of greatest weight whose name or alias begins with the key."""
    rows, aliases = table.keys.beginning(key), table.aliases.beginning(key)
    # A suggestion should begin with the typed text, so an alias counts even less here.
    for candidates, factor in (
        (np.arange(rows.start, rows.stop), 1.0),
        (table.alias_rows[aliases.start : aliases.stop], _ALIAS_WEIGHT**2),
    ):
        weights = _weights(table, candidates, near) * factor
        best = np.arange(len(weights))
        if len(weights) > limit:
            best = np.argpartition(-weights, limit)[:limit]
        for index in best.tolist():
            yield Hit(table, int(candidates[index]), float(weights[index]))


def distances_km(table: Table, rows: NDArray[Any], point: Point) -> NDArray[np.float64]:
    """Approximate distances (equirectangular at the point), for ranking only."""
    north = table.latitude[rows] - point.latitude
    east = np.abs(table.longitude[rows] - point.longitude)
    east = np.minimum(east, 360 - east) * math.cos(math.radians(point.latitude))
    distances: NDArray[np.float64] = _KM_PER_DEGREE * np.hypot(north, east)
    return distances


def _weights(table: Table, rows: NDArray[Any], near: Point | None) -> NDArray[np.float64]:
    weights: NDArray[np.float64] = np.maximum(table.population[rows], _LEAST_WEIGHT)
    if near is not None:
        weights = weights / (1 + np.square(distances_km(table, rows, near) / _NEAR_KM))
    return weights
