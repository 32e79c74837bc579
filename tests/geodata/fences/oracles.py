"""Random shapes with independent oracles of containment: pyproj, shapely, dense sampling."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import inf

import numpy as np
import pyproj
import shapely
from h3.api import basic_str as h3
from hypothesis import settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from geodata.fences import CellSet, Circle, Corridor, MultiPolygon, Shape
from geodata.points import Point

WGS84 = pyproj.Geod(ellps="WGS84")

untimed = settings(deadline=None)
"""Settings for properties with a slow oracle."""

PLACES = [
    Point(60.1711, 24.9414),  # Helsinki Central
    Point(-0.1807, -78.4678),  # Quito
    Point(-17.7134, 178.0650),  # Viti Levu, beside the antimeridian
    Point(-16.8000, -179.9700),  # Taveuni, on its other side
    Point(78.2232, 15.6267),  # Longyearbyen
    Point(90.0, 0.0),
    Point(-89.9900, 140.0),
    Point(64.7000, 10.5361),  # in a pentagon of H3, off Norway
    Point(-39.1000, 122.3000),  # in another, south of Australia
]


@dataclass(frozen=True)
class Case:
    """A shape, its position and size, and an oracle of containment: None if too close to tell."""

    shape: Shape
    near: Point
    size_m: float
    holds: Callable[[Point], bool | None]


def point_at(latitude: float, longitude: float) -> Point:
    """The nearest valid point: latitude is clamped, longitude wraps."""
    return Point(min(90.0, max(-90.0, latitude)), (longitude + 180) % 360 - 180)


def away(point: Point, azimuth: float, distance_m: float) -> Point:
    """The end of a geodesic from a point."""
    longitude, latitude, _ = WGS84.fwd(point.longitude, point.latitude, azimuth, distance_m)
    return point_at(latitude, longitude)


def geodesic_m(a: Point, b: Point) -> float:
    """The geodesic by pyproj."""
    return float(WGS84.inv(a.longitude, a.latitude, b.longitude, b.latitude)[2])


def straight_m(corners: Sequence[tuple[float, float]], point: Point, count: int = 4001) -> float:
    """The distance to a line that is straight in longitude and latitude, by sampling it.

    `corners` are latitude and longitude, with continuous longitudes. Sampling is repeated with
    steps a thousand times smaller around the best three points of each edge.
    """
    best = inf
    for start, end in pairwise(corners):
        shares = np.linspace(0, 1, count)
        distances = _distances_m(start, end, shares, point)
        for n in np.argsort(distances)[:3]:
            low, high = shares[max(0, n - 1)], shares[min(count - 1, n + 1)]
            for _ in range(3):
                finer = np.linspace(low, high, 101)
                distances = _distances_m(start, end, finer, point)
                m = int(distances.argmin())
                low, high = finer[max(0, m - 1)], finer[min(100, m + 1)]
                best = min(best, float(distances[m]))
    return best


def _distances_m(
    start: tuple[float, float], end: tuple[float, float], shares: NDArray[np.float64], point: Point
) -> NDArray[np.float64]:
    latitudes = np.clip(start[0] + shares * (end[0] - start[0]), -90, 90)
    longitudes = start[1] + shares * (end[1] - start[1])
    distances: NDArray[np.float64] = WGS84.inv(
        longitudes,
        latitudes,
        np.full(shares.size, point.longitude),
        np.full(shares.size, point.latitude),
    )[2]
    return distances


places = st.sampled_from(PLACES)
azimuths = st.floats(-180, 180)
sizes_m = st.floats(0.5, 5).map(lambda exponent: float(10**exponent))


@st.composite
def circles(draw: st.DrawFn) -> Case:
    """A circle with its centre near a place, which it may contain."""
    place, radius = draw(places), draw(sizes_m)
    center = away(place, draw(azimuths), radius * draw(st.floats(0, 2)))
    return Case(
        Circle(center, radius), place, radius, lambda point: geodesic_m(center, point) <= radius
    )


@st.composite
def corridors(draw: st.DrawFn) -> Case:
    """A corridor of a few legs, straight on the map."""
    place, size = draw(places), draw(sizes_m)
    corners = [(place.latitude, place.longitude)]
    for north, east in draw(st.lists(st.tuples(_share, _share), min_size=1, max_size=3)):
        latitude, longitude = corners[-1]
        corners.append(
            (min(90, max(-90, latitude + north * size / 111e3)), longitude + east * size / 50e3)
        )
    line = tuple(point_at(*corner) for corner in corners)
    width = size * draw(st.floats(0.01, 0.9))

    def holds(point: Point) -> bool | None:
        beyond = straight_m(corners, point, 401) - width / 2
        return None if abs(beyond) < 1e-3 else beyond < 0

    return Case(Corridor(line, width), place, size, holds)


@st.composite
def polygons(draw: st.DrawFn) -> Case:
    """A star around a place, with or without a hole; its plane continues over the antimeridian."""
    place, size = draw(places), draw(sizes_m)
    if abs(place.latitude) > 89:
        return draw(_polar_caps(place, size))
    reaches = draw(st.lists(st.floats(0.3, 1), min_size=3, max_size=9))
    outer = _star(place, size / 111e3, reaches)
    rings = [outer] + ([_star(place, size / 500e3, reaches)] if draw(st.booleans()) else [])
    wrapped = [[(lat, (lon + 180) % 360 - 180) for lat, lon in ring] for ring in rings]
    # Wrapped and unwrapped, so that the shape and the oracle use the same numbers.
    plane = [
        [
            (lon + 360 * round((raw[1] - lon) / 360), lat)
            for (lat, lon), raw in zip(*pair, strict=True)
        ]
        for pair in zip(wrapped, rings, strict=True)
    ]
    flat = shapely.Polygon(plane[0], plane[1:])

    def holds(point: Point) -> bool:
        turns = [shapely.Point(point.longitude + turn, point.latitude) for turn in (-360, 0, 360)]
        return bool(shapely.intersects(flat, turns).any())

    shape = MultiPolygon((tuple(tuple(Point(*corner) for corner in ring) for ring in wrapped),))
    return Case(shape, place, size, holds)


@st.composite
def _polar_caps(draw: st.DrawFn, place: Point, size: float) -> Case:
    """A ring around a pole: a point is inside if it is poleward of the ring at its longitude."""
    pole = 90.0 if place.latitude > 0 else -90.0
    count = draw(st.integers(3, 9))
    longitudes = np.linspace(-180, 180, count, endpoint=False) + draw(st.floats(0, 39))
    reaches = draw(st.lists(st.floats(0.3, 1), min_size=count, max_size=count))
    latitudes = np.array([pole - np.sign(pole) * reach * size / 111e3 for reach in reaches])

    def holds(point: Point) -> bool | None:
        edge = np.interp(point.longitude, longitudes, latitudes, period=360)
        beyond = abs(point.latitude) - abs(edge)
        return None if abs(beyond) < 1e-12 else bool(beyond > 0 and point.latitude * pole > 0)

    ring = tuple(map(Point, latitudes.tolist(), longitudes.tolist()))
    return Case(MultiPolygon(((ring,),)), place, size, holds)


@st.composite
def cell_sets(draw: st.DrawFn) -> Case:
    """Some of the cells around a place."""
    place, resolution = draw(places), draw(st.integers(2, 12))
    disk = h3.grid_disk(h3.latlng_to_cell(place.latitude, place.longitude, resolution), 2)
    cells = draw(st.sets(st.sampled_from(sorted(disk)), min_size=1))
    size = 3 * h3.average_hexagon_edge_length(resolution, "m")

    def holds(point: Point) -> bool:
        return h3.latlng_to_cell(point.latitude, point.longitude, resolution) in cells

    return Case(CellSet(frozenset(int(cell, 16) for cell in cells)), place, size, holds)


def _star(place: Point, size: float, reaches: Sequence[float]) -> list[tuple[float, float]]:
    turns = np.linspace(0, 2 * np.pi, len(reaches), endpoint=False)
    return [
        (
            place.latitude + size * reach * float(np.sin(turn)),
            place.longitude + 2 * size * reach * float(np.cos(turn)),
        )
        for turn, reach in zip(turns, reaches, strict=True)
    ]


def _box(west: float, south: float, east: float, north: float) -> tuple[Point, ...]:
    return tuple(map(Point, (south, south, north, north), (west, east, east, west)))


def _in_antarctica(point: Point) -> bool | None:
    shore = -70 + 5 * abs(point.longitude) / 180
    return None if abs(point.latitude - shore) < 1e-9 else point.latitude < shore


LARGE = [
    Case(
        # A world without France.
        MultiPolygon(((_box(-180, -90, 180, 90), _box(-5, 42, 8, 51)),)),
        Point(42.0, 3.0),
        1e6,
        lambda point: not (-5 < point.longitude < 8 and 42 < point.latitude < 51),
    ),
    Case(
        # Antarctica with its customary cut.
        MultiPolygon(((tuple(map(Point, (-90, -90, -65, -70, -65), (-180, 180, 180, 0, -180))),),)),
        Point(-70.0, 180.0),
        2e6,
        _in_antarctica,
    ),
    Case(
        # Fiji, cut at the antimeridian.
        MultiPolygon(((_box(177, -19, 180, -16),), (_box(-180, -18, -179, -16),))),
        Point(-17.5, 180.0),
        2e5,
        lambda point: (
            ((point.longitude >= 177 or point.longitude == -180) and -19 <= point.latitude <= -16)
            or (
                (point.longitude <= -179 or point.longitude == 180) and -18 <= point.latitude <= -16
            )
        ),
    ),
]

_share = st.floats(-1, 1)
cases = st.one_of(circles(), corridors(), polygons(), cell_sets(), st.sampled_from(LARGE))


@st.composite
def points_near(draw: st.DrawFn, case: Case) -> Point:
    """A point in or around a shape, sometimes far away or at a pole."""
    distance = case.size_m * draw(st.floats(0, 3))
    return draw(
        st.one_of(
            st.builds(away, st.just(case.near), azimuths, st.just(distance)),
            st.builds(Point, st.floats(-90, 90), st.floats(-180, 180)),
            st.builds(Point, st.sampled_from([90.0, -90.0]), st.floats(-180, 180)),
        )
    )
