"""Cuts a route into pieces that are nearly straight lines, and measures distances to them.

The curvature of a geodesic on the ellipsoid is at most 1 / R, where R is the smallest radius of
curvature. A piece of length L therefore stays within L^2 / 8R of its chord, and the straight
distance to the chord bounds the distance to the piece from both sides.

For the pieces that the bounds leave, the foot of the perpendicular is found by iteration: each
step solves the problem on a sphere, starting at the last foot. The error shrinks by a factor of
about the flattening (1 / 298) per step (S. Baselga and J. C. Martinez-Llario, "Intersection and
point-to-line solutions for geodesics on the ellipsoid", Stud. Geophys. Geod. 62, 2018). The
iteration ends with a step of at most 0.1 mm, which bounds the error.
"""

from collections.abc import Sequence

import numpy as np

from geodata.columns import lengths, positions_in_runs
from geodata.distance import GEOD, SLACK_M, Floats, destinations, ecef_many, geodesics
from geodata.nearest import Rows
from geodata.points import Point

MAX_POINTS = 10_000
MAX_LENGTH_M = 10_000_000.0

_PIECE_M = 20_000.0
_SPAN_M = 25_000.0
_SPAN_PIECES = 32

_SMALLEST_RADIUS_M = GEOD.b * GEOD.b / GEOD.a
_MEAN_RADIUS_M = 6_371_008.8
_LAST_STEP_M = 1e-4
_MAX_STEPS = 20


class Pieces:
    """A route cut into pieces of at most 20 km, and into spans: runs of pieces in one ball.

    Raises:
        ValueError: the route has too few or too many points, or is too long.
    """

    def __init__(self, route: Sequence[Point]) -> None:
        if not 2 <= len(route) <= MAX_POINTS:
            raise ValueError(f"route must have 2 to {MAX_POINTS} points, got {len(route)}")
        latitude = np.array([point.latitude for point in route])
        longitude = np.array([point.longitude for point in route])
        azimuth, leg_m = geodesics(latitude[:-1], longitude[:-1], latitude[1:], longitude[1:])
        if leg_m.sum() > MAX_LENGTH_M:
            raise ValueError(
                f"route must be at most {MAX_LENGTH_M:g} m long, got {leg_m.sum():.0f}"
            )
        counts = np.maximum(1, np.ceil(leg_m / _PIECE_M)).astype(np.intp)
        leg = np.arange(len(leg_m)).repeat(counts)
        self._latitude, self._longitude, self._azimuth = latitude[leg], longitude[leg], azimuth[leg]
        self._leg_begin_m = (leg_m.cumsum() - leg_m)[leg]
        self._length_m = (leg_m / counts)[leg]
        self._begin_m = positions_in_runs(counts) * self._length_m
        cuts = destinations(self._latitude, self._longitude, self._azimuth, self._begin_m)
        ends = ecef_many(np.append(cuts[0], latitude[-1]), np.append(cuts[1], longitude[-1]))
        self._start, self._chord = ends[:-1], np.diff(ends, axis=0)
        self.sag_m = self._length_m**2 / (8 * _SMALLEST_RADIUS_M) + SLACK_M
        """The largest distance of each piece from its chord."""
        self._make_spans()

    def _make_spans(self) -> None:
        stretch = (self._leg_begin_m + self._begin_m) // _SPAN_M
        batch = np.arange(len(stretch)) // _SPAN_PIECES
        fresh = (np.diff(stretch, prepend=-1) != 0) | (np.diff(batch, prepend=-1) != 0)
        self.span_first = np.flatnonzero(fresh)
        self.span_size = np.diff(self.span_first, append=len(stretch))
        start, end = self._start, self._start + self._chord
        low = np.minimum.reduceat(np.minimum(start, end), self.span_first)
        high = np.maximum.reduceat(np.maximum(start, end), self.span_first)
        self.span_centre = (low + high) / 2
        centre = self.span_centre.repeat(self.span_size, axis=0)
        # A ball that holds both ends of a chord holds the chord.
        reach_m = np.maximum(lengths(start - centre), lengths(end - centre)) + self.sag_m
        self.span_radius_m = np.maximum.reduceat(reach_m, self.span_first)

    def chord_distance_m(self, pieces: Rows, xyz: Floats) -> tuple[Floats, Floats]:
        """Distances from points to the chords of pieces, and the nearest points on the chords
        as fractions, 0 to 1."""
        away, chord = xyz - self._start[pieces], self._chord[pieces]
        square = np.vecdot(chord, chord)
        along = np.vecdot(away, chord) / np.where(square, square, 1)
        along = np.clip(along, 0, 1)
        return lengths(away - along[:, None] * chord), along

    def nearest_points(
        self, pieces: Rows, along: Floats, latitudes: Floats, longitudes: Floats
    ) -> tuple[Floats, Floats]:
        """Geodesic distances in metres from points to pieces, and the positions of the nearest
        points in metres from the start of the route.

        `along` is the first guess of the nearest point as a fraction of the piece, 0 to 1.
        """
        start = self._latitude[pieces], self._longitude[pieces], self._azimuth[pieces]
        begin_m = self._begin_m[pieces]
        end_m = begin_m + self._length_m[pieces]
        at_m = begin_m + along * self._length_m[pieces]
        for _ in range(_MAX_STEPS):
            latitude, longitude, onward = destinations(*start, at_m)
            azimuth, distance_m = geodesics(latitude, longitude, latitudes, longitudes)
            angle, turn = distance_m / _MEAN_RADIUS_M, np.radians(azimuth - onward)
            step_m = _MEAN_RADIUS_M * np.arctan2(np.sin(angle) * np.cos(turn), np.cos(angle))
            better_m = np.clip(at_m + step_m, begin_m, end_m)
            if np.abs(better_m - at_m).max(initial=0) < _LAST_STEP_M:
                break
            at_m = better_m
        return distance_m, self._leg_begin_m[pieces] + at_m
