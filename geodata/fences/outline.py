"""Lines on the earth that are straight in longitude and latitude, and the distance to them.

RFC 7946 (3.1.1) draws the line between two positions straight in the plane of longitude and
latitude. An outline cuts its lines into short `pieces`. Their `chords` and sags bound every
distance from both sides; a geodesic is taken only to the few pieces that the bounds leave.
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
from geodata.fences.flat import ways
from geodata.fences.pieces import cut, distance_to_piece_m, lengths_m
from geodata.fences.shape import Bools, Cap, Floats
from geodata.points import Point

_NEARLY_ROUND_M = 1.9e7
"""About the antipode, 2e7 m away, no distance to the centre is surely the greatest."""


@dataclass(frozen=True)
class Outline:
    """Lines between pairs of positions, each straight in longitude and latitude.

    `edges` has the shape (n, 4): latitude and longitude of the start, then of the end, in
    degrees. Longitudes may leave [-180, 180], so that a line runs the way it is meant to.

    Raises:
        FenceError: the lines need more than `MAX_PIECES` pieces.
    """

    edges: Floats

    def __post_init__(self) -> None:
        _ = self._pieces

    @property
    def length_m(self) -> float:
        """Length of all lines, on a sphere: within 1 % unless lines run along a pole."""
        return float(lengths_m(self.edges).sum())

    def distance_m(self, point: Point) -> float:
        """Geodesic metres to the nearest place, at most 1 mm too many; infinite without lines."""
        if not self._pieces.size:
            return inf
        near = self._chords.candidates(np.array(ecef(point.latitude, point.longitude)))
        pieces = self._pieces[near]
        # From afar chords tell little; geodesics to the starts of the pieces tell more.
        starts = distances_m(point.latitude, point.longitude, pieces[:, 0], pieces[:, 1])
        pieces = pieces[starts - lengths_m(pieces) <= starts.min()]
        return min(distance_to_piece_m(piece, point) for piece in pieces.tolist())

    def chord_bounds_m(
        self, latitudes: Floats, longitudes: Floats, limit_m: float
    ) -> tuple[Floats, Floats]:
        """For each position: no place of the outline is within the first chord, one is within
        the second.

        Beyond the limit the first is good only to tell that, and the second is infinite.
        """
        if not self._pieces.size:
            return np.full(latitudes.size, inf), np.full(latitudes.size, inf)
        return self._chords.bounds_m(ecef_many(latitudes, longitudes), limit_m)

    def within(self, latitudes: Floats, longitudes: Floats, distance_m: float) -> Bools:
        """Whether each position is at most this far from the outline.

        Chords decide, geodesics only where chords leave a doubt.
        """
        reach = chord_reach_m(distance_m)
        lower, upper = self.chord_bounds_m(latitudes, longitudes, reach)
        near: Bools = upper <= chord_core_m(distance_m)
        for n in np.flatnonzero(~near & (lower <= reach)):
            point = Point(float(latitudes[n]), float(longitudes[n]))
            near[n] = self.distance_m(point) <= distance_m
        return near

    def meets(self, start: Point, end: Point) -> bool:
        """Whether the straight line between two positions crosses or touches the outline."""
        return bool(np.any(shapely.intersects(self._lines, ways(start, end))))

    def hull(self, contains: Callable[[Point], bool]) -> Cap:
        """A cap that holds the region whose edge this is, told by what the region contains.

        The place of a region that is farthest from a centre lies on the edge, unless the
        centre's antipode is in the region: then no cap but the whole earth will do.
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
