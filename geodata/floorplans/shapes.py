"""Shapes put together and cut out of each other, and what is wrong with one, however drawn."""

from collections.abc import Iterable

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

GRID_M = 1e-6
"""Overlays are computed on a grid this fine: on one, they fail for no valid polygon."""


def united(shapes: Iterable[BaseGeometry]) -> BaseGeometry:
    """All that is in any of the shapes."""
    with _quiet():
        return shapely.union_all(list(shapes), grid_size=GRID_M)


def without(shape: BaseGeometry, taken: BaseGeometry) -> BaseGeometry:
    """What of a shape is not in the other."""
    with _quiet():
        return shapely.difference(shape, taken, grid_size=GRID_M)


def shared(shape: BaseGeometry, other: BaseGeometry) -> BaseGeometry:
    """What is in both."""
    with _quiet():
        return shapely.intersection(shape, other, grid_size=GRID_M)


def grown(shape: BaseGeometry, by_m: float) -> BaseGeometry:
    """A shape grown on all sides, or shrunk where `by_m` is negative, its corners kept sharp."""
    with _quiet():
        return shape.buffer(by_m, join_style="mitre")


def why_invalid(shape: BaseGeometry) -> str:
    """What is wrong with a shape that is not valid, and where."""
    with _quiet():
        return str(shapely.is_valid_reason(shape))


def _quiet() -> np.errstate:
    """GEOS divides by zero on parallel edges and the like, and copes; numpy would warn of it."""
    return np.errstate(all="ignore")
