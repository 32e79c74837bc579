"""The interface of all fence shapes, and the error for an invalid fence."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from geodata.points import Point

MAX_VERTICES = 10_000
"""The largest number of corners of all rings or lines of one fence together."""

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Numbers = NDArray[np.intp]


class FenceError(ValueError):
    """A fence or a fix is invalid; nothing has been computed or changed."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}" if field else problem)
        self.field = field
        """Path of the invalid field, for example `coordinates[0][3]` or `radius_m`."""
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Cap:
    """All points within a distance of a centre; an infinite radius means the whole earth."""

    center: Point
    radius_m: float


class Shape(Protocol):
    """A closed set of points (a point on the edge is inside); shapes are immutable.

    The cap methods use H3's sphere, where geodetic latitude is used as spherical latitude: a cap
    is the set of all points whose angle from a centre is at most `radius_rad`.
    """

    @property
    def bounds(self) -> Cap:
        """A cap that contains the shape."""

    @property
    def area_m2(self) -> float:
        """The area within 1 %, to estimate work before it starts."""

    @property
    def perimeter_m(self) -> float:
        """The approximate length of the edge, to estimate work before it starts."""

    def contains(self, point: Point) -> bool:
        """True if the point is inside or on the edge."""

    def contains_many(self, latitudes: Floats, longitudes: Floats) -> Bools:
        """`contains` for arrays of positions in degrees."""

    def distance_to_edge_m(self, point: Point) -> float:
        """Geodesic metres to the nearest point of the edge, negative inside."""

    def crosses(self, start: Point, end: Point) -> bool:
        """True if the segment from one fix to the next touches the shape."""

    def touches_caps(self, latitudes: Floats, longitudes: Floats, radius_rad: float) -> Bools:
        """False only for caps that surely share no point with the shape."""

    def covers_caps(self, latitudes: Floats, longitudes: Floats, radius_rad: float) -> Bools:
        """True only for caps that surely lie inside the shape."""
