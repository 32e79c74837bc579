"""Rows of tables, weighed by size and nearness."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geodata.gazetteer.place import Place
from geodata.gazetteer.table import PlaceKind, Region, Table
from geodata.points import Point

_NEAR_KM = 50.0
"""Nearness counts like size: at this distance a place weighs half its population."""
_ALIAS_WEIGHT = 0.1
"""A place known by another name first is rarely meant by this one."""
_LEAST_WEIGHT = 500.0
"""Postcodes, stations and squares have no population; they rank with small villages."""
_KM_PER_DEGREE = 111.2


@dataclass(frozen=True, slots=True)
class Hit:
    """One row of one table, with the weight that ranks it."""

    table: Table
    row: int
    weight: float

    @property
    def region(self) -> Region:
        """Where the row belongs."""
        region: Region = self.table.regions[self.table.region[self.row]]
        return region

    @property
    def point(self) -> Point:
        """Where the row is."""
        table, row = self.table, self.row
        return Point(round(float(table.latitude[row]), 5), round(float(table.longitude[row]), 5))

    @property
    def rank(self) -> tuple[float, int, float, str]:
        """Heavier is greater; equal weights go by kind, then by what cannot change."""
        table, row = self.table, self.row
        return self.weight, -int(table.kind[row]), float(table.latitude[row]), table.name(row)

    def place(self) -> Place:
        """The row as an answer."""
        return Place(
            self.table.name(self.row),
            *self.region,
            self.point,
            PlaceKind(int(self.table.kind[self.row])),
            round(float(self.table.population[self.row])),
        )


def named(table: Table, key: bytes, near: Point | None) -> Iterator[Hit]:
    """Rows that have the key as their name or as an alias."""
    for row, is_alias in table.rows_named(key):
        weight = float(_weights(table, np.array([row]), near)[0])
        yield Hit(table, row, weight * (_ALIAS_WEIGHT if is_alias else 1))


def beginning(table: Table, key: bytes, limit: int, near: Point | None) -> Iterator[Hit]:
    """The heaviest rows whose key, or one of whose aliases, begins so."""
    rows, aliases = table.keys.beginning(key), table.aliases.beginning(key)
    # What is suggested should begin as typed, so that an alias counts even less here.
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
    """Distances on a map stretched to be true at the point: they rank, they are never shown."""
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
