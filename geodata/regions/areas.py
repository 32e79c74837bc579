"""Finds the places in a shape, or in a box of latitude and longitude."""

from functools import partial
from math import cos, radians

import numpy as np

from geodata.distance import GEOD, Floats, chord_reach_m, ecef
from geodata.fences.shape import Bools, Cap, Shape
from geodata.nearest import NearestIndex, Rows
from geodata.points import Point
from geodata.steps import Steps

_MERIDIAN_RADIUS_M = GEOD.a * GEOD.a / GEOD.b
"""The largest radius of curvature of a meridian, at the poles."""

_LARGE_M = 1_000_000.0
"""For areas with a larger radius, testing all places is faster than a search in the index."""


def in_shape(index: NearestIndex, shape: Shape) -> Steps[Rows]:
    """The rows of all places in a shape, ascending; a place on the edge is inside.

    Places that are moved or deleted between its steps are left out.

    The edges of a `MultiPolygon` are straight in longitude and latitude (RFC 7946). An edge
    whose ends are more than 180 degrees of longitude apart crosses the antimeridian.
    """
    bounds: Cap = yield partial(getattr, shape, "bounds")
    rows = _around(index, bounds.center, bounds.radius_m)
    places = index.latitudes[rows], index.longitudes[rows]
    inside: Bools = yield partial(shape.contains_many, *places)
    return np.sort(rows[inside & index.unchanged(rows, *places)])


def in_viewport(index: NearestIndex, low: Point, high: Point) -> Rows:
    """The rows of all places between two corners, ascending; a place on the border is inside.

    The box extends east from the meridian of `low` to that of `high`, so it crosses the
    antimeridian if `low` has the greater longitude. A pole is inside if its latitude is in the
    range.

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
    # Every place of the box is reached from the centre along a parallel and a meridian; the sum
    # of both, at their longest, bounds the geodesic.
    parallel_m = GEOD.a * GEOD.a / GEOD.b * cos(radians(nearest_equator))
    reach_m = radians(height / 2) * _MERIDIAN_RADIUS_M + radians(width / 2) * parallel_m
    rows = _around(index, centre, reach_m)
    latitudes, longitudes = index.latitudes[rows], index.longitudes[rows]
    inside = _between(longitudes, low.longitude, high.longitude)
    # 180 and -180 are the same meridian; at a pole every longitude is the same place.
    inside |= (np.abs(longitudes) == 180) & _between(-longitudes, low.longitude, high.longitude)
    inside |= np.abs(latitudes) == 90
    inside &= (low.latitude <= latitudes) & (latitudes <= high.latitude)
    return np.sort(rows[inside])


def _between(longitudes: Floats, west: float, east: float) -> np.ndarray:
    if west <= east:
        return (west <= longitudes) & (longitudes <= east)
    return (west <= longitudes) | (longitudes <= east)


def _around(index: NearestIndex, centre: Point, radius_m: float) -> Rows:
    """A superset of the rows within a distance."""
    if radius_m > _LARGE_M:
        return index.rows()
    xyz = np.array(ecef(centre.latitude, centre.longitude))
    return index.within_chord(xyz, chord_reach_m(radius_m))[0]
