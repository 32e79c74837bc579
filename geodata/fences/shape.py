"""What every fence shape can tell, whatever it is made of."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from geodata.points import Point

MAX_VERTICES = 10_000
"""Of all rings or lines of one fence together."""

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Numbers = NDArray[np.intp]


class FenceError(ValueError):
    """A fence or a fix that cannot be used. Nothing has been computed or changed."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}" if field else problem)
        self.field = field
        """Path of the field at fault, for example `coordinates[0][3]` or `radius_m`."""
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Cap:
    """All places within a distance of a centre; an infinite radius is the whole earth."""

    center: Point
    radius_m: float


class Shape(Protocol):
    """A closed set of places: its edge belongs to it. Values are immutable.

    The cap methods take H3's sphere, on which geodetic latitude counts as spherical latitude:
    a cap is all places whose angle from a centre is at most `radius_rad`.
    """

    @property
    def bounds(self) -> Cap:
        """A cap that holds the whole shape."""

    @property
    def area_m2(self) -> float:
        """About how large it is (within 1 %), to estimate work before it is begun."""

    @property
    def perimeter_m(self) -> float:
        """At least about how long its edge is, for the same use."""

    def contains(self, point: Point) -> bool:
        """Whether the point lies inside or on the edge."""

    def contains_many(self, latitudes: Floats, longitudes: Floats) -> Bools:
        """The same for arrays of positions in degrees."""

    def distance_to_edge_m(self, point: Point) -> float:
        """Geodesic metres to the nearest point of the edge, negative inside."""

    def crosses(self, start: Point, end: Point) -> bool:
        """Whether the way from one fix to the next touches the shape anywhere."""

    def touches_caps(self, latitudes: Floats, longitudes: Floats, radius_rad: float) -> Bools:
        """False only where a cap surely has no place in common with the shape."""

    def covers_caps(self, latitudes: Floats, longitudes: Floats, radius_rad: float) -> Bools:
        """True only where a cap surely lies wholly inside the shape."""
