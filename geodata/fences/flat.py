"""Lines and rings of positions laid out flat, so that plane geometry is right for them.

Longitude jumps at the antimeridian and means nothing at a pole. Rules, in this order:

- Two neighbours whose longitudes differ by more than 180 and less than 360 are joined across
  the antimeridian, the short way. A difference of exactly 360 runs once along the whole
  parallel, as in the customary box round the world and in outlines of Antarctica.
- A ring whose longitudes come back to their start 360 degrees on encloses a pole: the one on its
  own side of the equator. It is laid out down to that pole, cut along a meridian. A ring round
  the earth that is on both sides of the equator is refused, since it may mean either side.
- Where two edges meet along the antimeridian from both sides, or lie on a pole, there is a cut
  and no edge: this joins what RFC 7946 (3.1.9) tells writers to cut.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import copysign, floor

import numpy as np
import shapely
from numpy.typing import NDArray

from geodata.fences.shape import FenceError, Floats
from geodata.points import Point

Ring = tuple[Point, ...]

TURNS = (-360.0, 0.0, 360.0)
"""What may have to be added to a longitude to meet a place that is laid out flat."""

_EARTH_RADIUS_M = 6_371_008.8


@dataclass(frozen=True)
class FlatRing:
    """A ring in the plane of longitude and latitude, with longitudes that never jump."""

    corners: Floats
    """Shape (n, 2): longitude and latitude, as shapely takes them; not closed."""
    edges: Floats
    """Shape (m, 4): the true edges, as `Outline` takes them."""
    pole: float
    """90.0 or -90.0 when the ring encloses that pole, else 0.0."""

    @property
    def area_m2(self) -> float:
        """Enclosed area on a sphere: the integral of sin(latitude) by longitude, going round.

        On an edge latitude is linear in longitude, so the integral has a closed form.
        """
        x, y = np.radians(self.corners.T)
        dx, dy = np.roll(x, -1) - x, np.roll(y, -1) - y
        flat = np.abs(dy) < 1e-9
        rise = np.where(flat, 1, dy)
        means = np.where(flat, np.sin(y), (np.cos(y) - np.cos(y + dy)) / rise)
        return float(_EARTH_RADIUS_M**2 * abs((means * dx).sum()))


def flatten(ring: Ring, field: str) -> FlatRing:
    """Lay a ring out flat; `field` names it in errors.

    Raises:
        FenceError: fewer than three corners, or a ring round the earth on no side of the equator.
    """
    if len(ring) < 3:
        raise FenceError(field, f"must have at least 3 corners, got {len(ring)}")
    closed = (*ring, ring[0])
    latitudes = np.array([point.latitude for point in closed])
    longitudes = np.array([point.longitude for point in closed])
    turns = _turns(longitudes)
    if abs(turns[-1]) > 1:
        raise FenceError(field, "must not run round the earth more than once")
    pole = _enclosed_pole(latitudes, field) if turns[-1] else 0.0
    if pole:
        # The cut to the pole meets no other edge when it starts at the corner nearest the pole.
        first = int(np.abs(latitudes[:-1]).argmax())
        latitudes, longitudes = (
            np.concatenate((values[first:-1], values[: first + 1]))
            for values in (latitudes, longitudes)
        )
        turns = _turns(longitudes)
    flat = _flat(longitudes, turns)
    edges = np.column_stack((latitudes[:-1], flat[:-1], latitudes[1:], flat[1:]))
    if not pole:
        return FlatRing(np.column_stack((flat[:-1], latitudes[:-1])), edges, pole)
    to_pole = np.array([[flat[-1], pole], [flat[0], pole]])
    corners = np.concatenate((np.column_stack((flat, latitudes)), to_pole))
    return FlatRing(corners, edges, pole)


def flatten_line(line: Sequence[Point]) -> Floats:
    """The edges of a line that is straight between its positions, as `Outline` takes them."""
    latitudes = np.array([point.latitude for point in line])
    longitudes = np.array([point.longitude for point in line])
    flat = _flat(longitudes, _turns(longitudes))
    return np.column_stack((latitudes[:-1], flat[:-1], latitudes[1:], flat[1:]))


def flatten_way(start: Point, end: Point) -> Floats:
    """The straight way of a device, as `Outline` takes edges: shape (1, 4).

    It is always the short way round: 180 and -180 are one meridian.
    """
    east = end.longitude - start.longitude
    turn = -copysign(360, east) if abs(east) > 180 else 0.0
    west = min(start.longitude, end.longitude + turn)
    back = 360 * floor((west + 180) / 360)
    return np.array(
        [
            [
                start.latitude,
                start.longitude - back,
                end.latitude,
                end.longitude + (turn - back),
            ]
        ]
    )


def ways(start: Point, end: Point) -> NDArray[np.object_]:
    """The straight way of a device, as shapely lines at every turn of longitude at which it can
    meet a shape whose westernmost longitude lies in [-180, 180)."""
    line = flatten_way(start, end).reshape(2, 2)[:, ::-1]
    return np.array([shapely.LineString(line + np.array((turn, 0))) for turn in TURNS])


def without_cuts(edges: Floats) -> Floats:
    """Leave out edges along a pole, and those that meet along the antimeridian."""
    edges = edges[~((np.abs(edges[:, 0]) == 90) & (edges[:, 2] == edges[:, 0]))]
    along = (edges[:, 1] == edges[:, 3]) & (edges[:, 1] % 360 == 180)
    if not along.any():
        return edges
    cuts = np.sort(edges[along][:, ::2], axis=1)
    stops = np.unique(cuts)
    sides = ((cuts[:, :1] <= stops[:-1]) & (stops[1:] <= cuts[:, 1:])).sum(axis=0)
    single = np.flatnonzero(sides == 1)
    meridian = np.full(single.size, 180.0)
    kept = np.column_stack((stops[single], meridian, stops[single + 1], meridian))
    return np.concatenate((edges[~along], kept))


def _flat(longitudes: Floats, turns: Floats) -> Floats:
    """Longitudes with their turns, the westernmost in [-180, 180)."""
    westernmost = (longitudes + 360 * turns).min()
    # One addition each, so that a position and a corner moved likewise stay equal to the bit.
    flat: Floats = longitudes + 360 * (turns - np.floor((westernmost + 180) / 360))
    return flat


def _turns(longitudes: Floats) -> Floats:
    """How many turns to add to each longitude, so that none jumps from the one before."""
    steps = np.diff(longitudes)
    jumps = np.where((np.abs(steps) > 180) & (np.abs(steps) < 360), -np.sign(steps), 0)
    return np.concatenate(([0.0], np.cumsum(jumps)))


def _enclosed_pole(latitudes: Floats, field: str) -> float:
    if latitudes.min() > 0:
        return 90.0
    if latitudes.max() < 0:
        return -90.0
    raise FenceError(field, "runs round the earth on both sides of the equator")
