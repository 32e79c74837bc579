"""A circle fence: all points within a geodesic distance of a centre."""

from dataclasses import dataclass
from functools import cached_property
from math import atan2, cos, inf, pi, radians, sin

import numpy as np

from geodata.distance import (
    GEOD,
    chord_core_m,
    chord_reach_m,
    distance_m,
    distances_m,
    ecef,
    ecef_many,
)
from geodata.fences.grid import METRES_PER_RADIAN
from geodata.fences.shape import Bools, Cap, FenceError, Floats
from geodata.points import Point

MAX_RADIUS_M = 100_000.0
"""The largest radius of a circle."""

_EARTH_RADIUS_M = 6_371_008.8
_CLOSE_ENOUGH_M = 1e-4
"""The last step of the iteration: a shorter one changes the distance by less than 1 nm."""
_MAX_STEPS = 10
"""Bound of the iteration, which needs three or four steps."""


@dataclass(frozen=True)
class Circle:
    """All points whose WGS84 geodesic distance from `center` is at most `radius_m`.

    A circle may contain a pole or cross the antimeridian. Membership is exact to the 15 nm of
    Karney's geodesic.

    Raises:
        FenceError: the radius is not in (0, `MAX_RADIUS_M`].
    """

    center: Point
    radius_m: float

    def __post_init__(self) -> None:
        if not 0 < self.radius_m <= MAX_RADIUS_M:
            raise FenceError("radius_m", f"must be in (0, {MAX_RADIUS_M:g}], got {self.radius_m}")

    @property
    def bounds(self) -> Cap:
        """The circle itself."""
        return Cap(self.center, self.radius_m)

    @property
    def area_m2(self) -> float:
        """The area of the circle in the plane."""
        return pi * self.radius_m**2

    @property
    def perimeter_m(self) -> float:
        """The perimeter of the circle in the plane."""
        return 2 * pi * self.radius_m

    def contains(self, point: Point) -> bool:
        """True if the point is at most `radius_m` from the centre."""
        return distance_m(self.center, point) <= self.radius_m

    def contains_many(self, latitudes: Floats, longitudes: Floats) -> Bools:
        """`contains` for arrays of positions in degrees.

        Chords decide most positions; a geodesic is computed only between the two chord bounds.
        """
        chords = self._chords_m(latitudes, longitudes)
        inside: Bools = chords <= chord_core_m(self.radius_m)
        doubt = np.flatnonzero(~inside & (chords <= chord_reach_m(self.radius_m)))
        inside[doubt] = (
            distances_m(
                self.center.latitude, self.center.longitude, latitudes[doubt], longitudes[doubt]
            )
            <= self.radius_m
        )
        return inside

    def distance_to_edge_m(self, point: Point) -> float:
        """Metres to the edge, negative inside; exact to 15 nm."""
        return distance_m(self.center, point) - self.radius_m

    def crosses(self, start: Point, end: Point) -> bool:
        """True if the geodesic between the two points touches the circle; exact to 15 nm."""
        return self._closest_approach_m(start, end) <= self.radius_m

    def touches_caps(self, latitudes: Floats, longitudes: Floats, radius_rad: float) -> Bools:
        """False only for caps that surely share no point with the circle."""
        reach = self.radius_m + radius_rad * METRES_PER_RADIAN
        return self._chords_m(latitudes, longitudes) <= chord_reach_m(reach)

    def covers_caps(self, latitudes: Floats, longitudes: Floats, radius_rad: float) -> Bools:
        """True only for caps that surely lie inside the circle."""
        core = self.radius_m - radius_rad * METRES_PER_RADIAN
        return self._chords_m(latitudes, longitudes) <= chord_core_m(core)

    @cached_property
    def _ecef(self) -> Floats:
        return np.array(ecef(self.center.latitude, self.center.longitude))

    def _chords_m(self, latitudes: Floats, longitudes: Floats) -> Floats:
        chords: Floats = np.linalg.norm(ecef_many(latitudes, longitudes) - self._ecef, axis=-1)
        return chords

    def _closest_approach_m(self, start: Point, end: Point) -> float:
        """Shortest distance in metres from the centre to the geodesic from start to end.

        Finds the foot of the perpendicular by iteration: each step solves the right-angled
        triangle on a sphere (Napier's rule) from the last foot. On the ellipsoid the error
        shrinks by a factor of about the flattening per step (S. Baselga and J. C.
        Martinez-Llario, "Intersection and point-to-line solutions for geodesics on the
        ellipsoid", Stud. Geophys. Geod. 62, 2018).
        """
        nearest_end = min(distance_m(self.center, start), distance_m(self.center, end))
        azimuth, _, length = GEOD.inv(start.longitude, start.latitude, end.longitude, end.latitude)
        if nearest_end <= self.radius_m or nearest_end > self.radius_m + length:
            return nearest_end
        nearest, along, step = inf, length / 2, inf
        for _ in range(_MAX_STEPS):
            longitude, latitude, back = GEOD.fwd(start.longitude, start.latitude, azimuth, along)
            to_center, _, distance = GEOD.inv(
                longitude, latitude, self.center.longitude, self.center.latitude
            )
            nearest = min(nearest, distance)
            if abs(step) < _CLOSE_ENOUGH_M:
                break
            angle, turn = distance / _EARTH_RADIUS_M, radians(to_center - back - 180)
            wanted = along + _EARTH_RADIUS_M * atan2(sin(angle) * cos(turn), cos(angle))
            step = min(length, max(0.0, wanted)) - along
            along += step
        return min(nearest, nearest_end)
