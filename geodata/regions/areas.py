"""Places in a shape, or in a box of latitude and longitude."""

from math import cos, radians

import numpy as np

from geodata.distance import GEOD, Floats, chord_reach_m, ecef
from geodata.fences.shape import Shape
from geodata.nearest import NearestIndex, Rows
from geodata.points import Point

_MERIDIAN_RADIUS_M = GEOD.a * GEOD.a / GEOD.b
"""The largest radius of curvature of a meridian, at the poles."""

_LARGE_M = 1_000_000.0
"""Around larger areas, looking at all places is faster than finding those near by."""


def in_shape(index: NearestIndex, shape: Shape) -> Rows:
    """The rows of all places in a shape, ascending; its edge belongs to it.

    A `MultiPolygon` draws its edges straight in longitude and latitude (RFC 7946), crosses the
    antimeridian where neighbours are more than 180 degrees apart, and refuses bow-ties and too
    many corners when it is made.
    """
    rows = _around(index, shape.bounds.center, shape.bounds.radius_m)
    inside = rows[shape.contains_many(index.latitudes[rows], index.longitudes[rows])]
    return np.sort(inside)


def in_viewport(index: NearestIndex, low: Point, high: Point) -> Rows:
    """The rows of all places between two corners, ascending; the border belongs to it.

    From the meridian of `low` it runs east to that of `high`, so it crosses the antimeridian
    where `low` has the greater longitude. A pole belongs to it if its latitude does.

    Raises:
        ValueError: `low` is north of `high`.
    """
    if low.latitude > high.latitude:
        raise ValueError(
            f"low.latitude must not exceed high.latitude, got {low.latitude} > {high.latitude}"
        )
    height = high.latitude - low.latitude
    width = high.longitude - low.longitude
    width += 360 * (width < 0)
    centre = Point(low.latitude + height / 2, (low.longitude + width / 2 + 180) % 360 - 180)
    nearest_equator = min(abs(low.latitude), abs(high.latitude))
    if low.latitude <= 0 <= high.latitude:
        nearest_equator = 0
    # To any place of the box leads a way along a meridian, then along a parallel.
    parallel_m = GEOD.a * GEOD.a / GEOD.b * cos(radians(nearest_equator))
    reach_m = radians(height / 2) * _MERIDIAN_RADIUS_M + radians(width / 2) * parallel_m
    rows = _around(index, centre, reach_m)
    latitudes, longitudes = index.latitudes[rows], index.longitudes[rows]
    inside = _between(longitudes, low.longitude, high.longitude)
    # The antimeridian has two names, a pole has all.
    inside |= (np.abs(longitudes) == 180) & _between(-longitudes, low.longitude, high.longitude)
    inside |= np.abs(latitudes) == 90
    inside &= (low.latitude <= latitudes) & (latitudes <= high.latitude)
    return np.sort(rows[inside])


def _between(longitudes: Floats, west: float, east: float) -> np.ndarray:
    if west <= east:
        return (west <= longitudes) & (longitudes <= east)
    return (west <= longitudes) | (longitudes <= east)


def _around(index: NearestIndex, centre: Point, radius_m: float) -> Rows:
    """Some rows, among them all within a distance."""
    if radius_m > _LARGE_M:
        return index.rows()
    xyz = np.array(ecef(centre.latitude, centre.longitude))
    return index.within_chord(xyz, chord_reach_m(radius_m))[0]
