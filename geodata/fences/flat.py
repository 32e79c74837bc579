"""Unrolls lines and rings to continuous longitudes, so that plane geometry is valid for them.

Longitude jumps at the antimeridian and has no meaning at a pole. The rules, in this order:

- Neighbours whose longitudes differ by more than 180 and less than 360 degrees are joined across
  the antimeridian. A difference of exactly 360 is an edge along the whole parallel, as in the
  customary box around the world and in outlines of Antarctica.
- A ring whose longitudes advance by 360 degrees in all encloses the pole on its side of the
  equator. The flat ring is cut along a meridian down to that pole. A ring around the earth on
  both sides of the equator is refused, because it could mean either side.
- Edges that meet along the antimeridian from both sides, and edges along a pole, are cuts and
  not edges: this joins the parts that RFC 7946 (3.1.9) tells writers to cut.
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
"""Degrees that may have to be added to a longitude to match a flat longitude."""

_EARTH_RADIUS_M = 6_371_008.8


@dataclass(frozen=True)
class FlatRing:
    """A ring in the plane of longitude and latitude, with continuous longitudes."""

    corners: Floats
    """Shape (n, 2): longitude and latitude, as shapely takes them; not closed."""
    edges: Floats
    """Shape (m, 4): the edges without the cut to a pole, as `Outline` takes them."""
    pole: float
    """90.0 or -90.0 if the ring encloses that pole, else 0.0."""

    @property
    def area_m2(self) -> float:
        """Enclosed area on a sphere: the integral of sin(latitude) over longitude.

        Latitude is linear in longitude along an edge, so the integral has a closed form.
        """
        x, y = np.radians(self.corners.T)
        dx, dy = np.roll(x, -1) - x, np.roll(y, -1) - y
        flat = np.abs(dy) < 1e-9
        rise = np.where(flat, 1, dy)
        means = np.where(flat, np.sin(y), (np.cos(y) - np.cos(y + dy)) / rise)
        return float(_EARTH_RADIUS_M**2 * abs((means * dx).sum()))


def flatten(ring: Ring, field: str) -> FlatRing:
    """Unroll a ring; `field` names it in errors.

    Raises:
        FenceError: the ring has fewer than three corners, runs around the earth more than once,
            or runs around it on both sides of the equator.
    """
    if len(ring) < 3:
        raise FenceError(field, f"must have at least 3 corners, got {len(ring)}")
    closed = (*ring, ring[0])
    latitudes = np.array([point.latitude for point in closed])
    longitudes = np.array([point.longitude for point in closed])
    turns = _turns(longitudes)
    if abs(turns[-1]) > 1:
        raise FenceError(field, "must not run around the earth more than once")
    pole = _enclosed_pole(latitudes, field) if turns[-1] else 0.0
    if pole:
        # A cut from the corner nearest the pole crosses no other edge.
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
    """The edges of a line, as `Outline` takes them."""
    latitudes = np.array([point.latitude for point in line])
    longitudes = np.array([point.longitude for point in line])
    flat = _flat(longitudes, _turns(longitudes))
    return np.column_stack((latitudes[:-1], flat[:-1], latitudes[1:], flat[1:]))


def flatten_segment(start: Point, end: Point) -> Floats:
    """A device's segment between two fixes as an edge of an `Outline`: shape (1, 4).

    It always takes the shorter direction: 180 and -180 are the same meridian.
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


def segment_lines(start: Point, end: Point) -> NDArray[np.object_]:
    """A device's segment as shapely lines, one for each turn of longitude at which it can meet a
    shape whose westernmost longitude is in [-180, 180)."""
    line = flatten_segment(start, end).reshape(2, 2)[:, ::-1]
    return np.array([shapely.LineString(line + np.array((turn, 0))) for turn in TURNS])


def without_cuts(edges: Floats) -> Floats:
    """Drop the edges along a pole, and those that meet along the antimeridian.

    Edges on the antimeridian are split at all their ends; a part that occurs once stays an
    edge, a part that occurs twice is a cut.
    """
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
    """Longitudes plus their turns, shifted so that the westernmost is in [-180, 180)."""
    westernmost = (longitudes + 360 * turns).min()
    # A single addition each: a position and a corner with the same shift stay equal to the bit.
    flat: Floats = longitudes + 360 * (turns - np.floor((westernmost + 180) / 360))
    return flat


def _turns(longitudes: Floats) -> Floats:
    """The number of turns to add to each longitude so that neighbours do not jump."""
    steps = np.diff(longitudes)
    jumps = np.where((np.abs(steps) > 180) & (np.abs(steps) < 360), -np.sign(steps), 0)
    return np.concatenate(([0.0], np.cumsum(jumps)))


def _enclosed_pole(latitudes: Floats, field: str) -> float:
    if latitudes.min() > 0:
        return 90.0
    if latitudes.max() < 0:
        return -90.0
    raise FenceError(field, "must not run around the earth on both sides of the equator")
