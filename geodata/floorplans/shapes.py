"""Robust set operations on shapes, and the reason why a shape is invalid."""

from collections.abc import Iterable

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

GRID_M = 1e-6
"""Grid size of set operations: on a grid, GEOS does not fail for valid polygons."""


def united(shapes: Iterable[BaseGeometry]) -> BaseGeometry:
    """The union of shapes."""
    with _quiet():
        return shapely.union_all(list(shapes), grid_size=GRID_M)


def without(shape: BaseGeometry, taken: BaseGeometry) -> BaseGeometry:
    """The difference: the part of a shape outside another."""
    with _quiet():
        return shapely.difference(shape, taken, grid_size=GRID_M)


def shared(shape: BaseGeometry, other: BaseGeometry) -> BaseGeometry:
    """The intersection of two shapes."""
    with _quiet():
        return shapely.intersection(shape, other, grid_size=GRID_M)


def grown(shape: BaseGeometry, by_m: float) -> BaseGeometry:
    """A shape grown on all sides (or shrunk, if `by_m` is negative), with sharp corners."""
    with _quiet():
        return shape.buffer(by_m, join_style="mitre")


def why_invalid(shape: BaseGeometry) -> str:
    """The reason and the location of the fault of an invalid shape."""
    with _quiet():
        return str(shapely.is_valid_reason(shape))


def _quiet() -> np.errstate:
    """Suppress numpy's warnings: GEOS handles its own divisions by zero, as on parallel edges."""
    return np.errstate(all="ignore")
