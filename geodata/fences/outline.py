"""Lines on the earth that are straight in longitude and latitude, and the distance to them.

RFC 7946 (3.1.1) draws the line between two positions straight in the plane of longitude and
latitude. An outline cuts its lines into short pieces (see `pieces`). The chord and the sag of a
piece give every distance to it a lower and an upper bound; a geodesic is taken only to the few
pieces that the bounds leave.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from math import atan2, copysign, degrees, hypot, inf

import numpy as np
import shapely

from geodata.distance import (
    SLACK_M,
    chord_core_m,
    chord_reach_m,
    distances_m,
    ecef,
    ecef_many,
    widened_chord_m,
)
from geodata.fences.flat import ways
from geodata.fences.pieces import cut, distance_to_piece_m, lengths_m, sags_m
from geodata.fences.shape import Bools, Cap, Floats
from geodata.points import Point

_PAIRS_AT_ONCE = 200_000
_BULK_SLACK_M = 0.5
"""Against cancellation in `chord_bounds_m`: squares of up to 4e13, taken in double precision."""


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
        away = np.array(ecef(point.latitude, point.longitude)) - self._starts
        along = np.clip((away * self._chords).sum(1) / self._squares, 0, 1)
        chords = np.linalg.norm(away - along[:, None] * self._chords, axis=1)
        reach = widened_chord_m(float((chords + self._sags).min()))
        near = np.flatnonzero(chords - self._sags <= reach + SLACK_M)
        return min(distance_to_piece_m(piece, point) for piece in self._pieces[near].tolist())

    def chord_bounds_m(self, latitudes: Floats, longitudes: Floats) -> tuple[Floats, Floats]:
        """For each position: no place of the outline is within the first chord, one is within
        the second. In metres, and for many positions at once."""
        lower = np.full(latitudes.size, inf)
        upper = np.full(latitudes.size, inf)
        if not self._pieces.size:
            return lower, upper
        # Seen from the middle of the outline, squares of distances lose the fewest digits.
        middle = self._starts.mean(axis=0)
        places, starts = ecef_many(latitudes, longitudes) - middle, self._starts - middle
        offset, start_squares = (starts * self._chords).sum(1), (starts * starts).sum(1)
        for rows in _blocks(latitudes.size, len(starts)):
            at = places[rows]
            ahead = at @ self._chords.T - offset
            along = np.clip(ahead / self._squares, 0, 1)
            squares = (at * at).sum(1)[:, None] - 2 * at @ starts.T + start_squares
            squares += along * (along * self._squares - 2 * ahead)
            chords = np.sqrt(np.maximum(squares, 0))
            lower[rows] = (chords - self._sags).min(axis=1) - _BULK_SLACK_M
            upper[rows] = (chords + self._sags).min(axis=1) + _BULK_SLACK_M
        return lower, upper

    def within(self, latitudes: Floats, longitudes: Floats, distance_m: float) -> Bools:
        """Whether each position is at most this far from the outline.

        Chords decide, geodesics only where chords leave a doubt.
        """
        lower, upper = self.chord_bounds_m(latitudes, longitudes)
        near: Bools = upper <= chord_core_m(distance_m)
        for n in np.flatnonzero(~near & (lower <= chord_reach_m(distance_m))):
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
        x, y, z = self._starts.mean(axis=0)
        center = Point(degrees(atan2(z, hypot(x, y))), degrees(atan2(y, x)))
        antipode = Point(-center.latitude, center.longitude - copysign(180, center.longitude))
        if contains(antipode):
            return Cap(center, inf)
        radius = distances_m(center.latitude, center.longitude, *self.vertices).max()
        return Cap(center, float(radius + lengths_m(self._pieces).max()))

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
    def _starts(self) -> Floats:
        return ecef_many(self._pieces[:, 0], self._pieces[:, 1])

    @cached_property
    def _chords(self) -> Floats:
        return ecef_many(self._pieces[:, 2], self._pieces[:, 3]) - self._starts

    @cached_property
    def _squares(self) -> Floats:
        # A piece without length divides zero by this, and stays at its start.
        squares: Floats = np.maximum((self._chords * self._chords).sum(axis=1), 1e-12)
        return squares

    @cached_property
    def _sags(self) -> Floats:
        return sags_m(self._pieces)


def _blocks(rows: int, columns: int) -> Iterator[slice]:
    """Slices of rows, each of about `_PAIRS_AT_ONCE` pairs."""
    size = max(1, _PAIRS_AT_ONCE // columns)
    return (slice(first, first + size) for first in range(0, rows, size))
