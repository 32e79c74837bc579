"""Shapes that floors are cut into."""

import numpy as np
from shapely.geometry.base import BaseGeometry


def grown(shape: BaseGeometry, by_m: float) -> BaseGeometry:
    """A shape grown on all sides, or shrunk where `by_m` is negative, its corners kept sharp."""
    # GEOS divides by zero on the mitre of parallel edges, and copes; numpy would warn of it.
    with np.errstate(divide="ignore", invalid="ignore"):
        return shape.buffer(by_m, join_style="mitre")
