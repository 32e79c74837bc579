"""Lines on the earth that are straight in longitude and latitude, with the distance to them.

RFC 7946 (3.1.1) defines the line between two positions as straight in the plane of longitude and
latitude. An outline cuts its lines into short `pieces`. Their `chords` and sags bound every
distance from both sides; geodesics are computed only to the few pieces that the bounds leave.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from math import atan2, copysign, degrees, hypot, inf

import numpy as np
import shapely

from geodata.distance import (
    chord_core_m,
    chord_reach_m,
    distances_m,
    ecef,
    ecef_many,
)
from geodata.fences.chords import Chords
from geodata.fences.flat import segment_lines
from geodata.fences.pieces import cut, distance_to_piece_m, lengths_m
from geodata.fences.shape import Bools, Cap, Floats
from geodata.points import Point

_NEARLY_ROUND_M = 1.9e7
"""Beyond this distance, near the antipode (2e7 m), the farthest point is not on the edge for
sure."""


@dataclass(frozen=True)
class Outline:
    """Lines between pairs of positions, each straight in longitude and latitude.

    `edges` has the shape (n, 4): latitude and longitude of the start, then of the end, in
    degrees. Longitudes may be outside [-180, 180]: their difference gives the direction.

    Raises:
        FenceError: the lines need more than `MAX_PIECES` pieces.
    """

    edges: Floats

    def __post_init__(self) -> None:
        _ = self._pieces

    @property
    def length_m(self) -> float:
        """Length of all lines in metres: within 1 %, except for lines along a pole."""
        return float(lengths_m(self.edges).sum())

    def distance_m(self, point: Point) -> float:
        """Geodesic metres to the nearest line, at most 1 mm too long; infinite without lines."""
        if not self._pieces.size:
            return inf
        near = self._chords.candidates(np.array(ecef(point.latitude, point.longitude)))
        pieces = self._pieces[near]
        # Chord bounds are wide at long distances; geodesics to the starts leave fewer pieces.
        starts = distances_m(point.latitude, point.longitude, pieces[:, 0], pieces[:, 1])
        pieces = pieces[starts - lengths_m(pieces) <= starts.min()]
        return min(distance_to_piece_m(piece, point) for piece in pieces.tolist())

    def chord_bounds_m(
        self, latitudes: Floats, longitudes: Floats, limit_m: float
    ) -> tuple[Floats, Floats]:
        """Lower and upper bounds of the chord from each position to the outline.

        If the outline is beyond the limit, the lower bound only says so, and the upper bound is
        infinite.
        """
        if not self._pieces.size:
            return np.full(latitudes.size, inf), np.full(latitudes.size, inf)
        return self._chords.bounds_m(ecef_many(latitudes, longitudes), limit_m)

    def within(self, latitudes: Floats, longitudes: Floats, distance_m: float) -> Bools:
        """For each position: True if it is at most `distance_m` from the outline.

        Chords decide most positions; a geodesic is computed only between the two bounds.
        """
        reach = chord_reach_m(distance_m)
        lower, upper = self.chord_bounds_m(latitudes, longitudes, reach)
        near: Bools = upper <= chord_core_m(distance_m)
        for n in np.flatnonzero(~near & (lower <= reach)):
            point = Point(float(latitudes[n]), float(longitudes[n]))
            near[n] = self.distance_m(point) <= distance_m
        return near

    def meets(self, start: Point, end: Point) -> bool:
        """True if the straight line between two positions crosses or touches the outline."""
        return bool(np.any(shapely.intersects(self._lines, segment_lines(start, end))))

    def hull(self, contains: Callable[[Point], bool]) -> Cap:
        """A cap that contains the region with this outline; `contains` tests a point of it.

        The point of a region farthest from a centre is on the edge, unless the region contains
        the antipode of the centre: then the cap is the whole earth.
        """
        if not self._pieces.size:
            return Cap(Point(0, 0), inf)
        x, y, z = self._chords.middle
        center = Point(degrees(atan2(z, hypot(x, y))), degrees(atan2(y, x)))
        antipode = Point(-center.latitude, center.longitude - copysign(180, center.longitude))
        edge = distances_m(center.latitude, center.longitude, *self.vertices).max()
        radius = float(edge + lengths_m(self._pieces).max())
        return Cap(center, inf if radius > _NEARLY_ROUND_M or contains(antipode) else radius)

    @cached_property
    def vertices(self) -> tuple[Floats, Floats]:
        """Latitudes and longitudes of the ends of all pieces, in degrees."""
        ends = np.concatenate((self._pieces[:, :2], self._pieces[:, 2:]))
        return ends[:, 0], (ends[:, 1] + 180) % 360 - 180

    @cached_property
    def _lines(self) -> shapely.MultiLineString:
        lines = self.edges.reshape(-1, 2, 2)[:, :, ::-1].copy()
        west = lines[:, :, 0].min(axis=1, keepdims=True)
        lines[:, :, 0] -= 360 * np.floor((west + 180) / 360)
        flat = shapely.MultiLineString(list(lines))
        shapely.prepare(flat)
        return flat

    @cached_property
    def _pieces(self) -> Floats:
        return cut(self.edges)

    @cached_property
    def _chords(self) -> Chords:
        return Chords(self._pieces)
