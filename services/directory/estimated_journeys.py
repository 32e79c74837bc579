"""Journeys and isochrones where no roads are known: the geodesic at a stated speed."""

import functools
import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import h3
import numpy as np
import shapely

from geodata.distance import destinations, distance_m
from geodata.fences import Circle
from geodata.points import Point
from geodata.roads import Mode
from geodata.roads.estimates import FALLBACK_SPEEDS, estimated_seconds
from services.directory.journeys import Journey

CIRCLE_CORNERS = 90
"""Corners of the circle that stands for an isochrone where there is no network."""


class Area(NamedTuple):
    """What can be reached within a time."""

    polygons: shapely.MultiPolygon
    """Longitude first, as in GeoJSON."""
    cells: Callable[[int], tuple[Sequence[str], Sequence[str]]]
    """For an H3 resolution: the cells whose centre is inside, and those that the border crosses."""
    is_estimate: bool
    may_be_clipped: bool
    version: str
    attribution: str


def estimate(mode: Mode, origin: Point, destination: Point) -> Journey:
    """The journey between two points where no roads are known."""
    return Journey(estimated_seconds(mode, distance_m(origin, destination)), True)


def estimated_area(mode: Mode, center: Point, limit_s: float) -> Area:
    """The circle that stands for an isochrone where no roads are known."""
    radius_m = limit_s * FALLBACK_SPEEDS[mode]
    azimuths = np.linspace(360, 0, CIRCLE_CORNERS, endpoint=False)
    latitudes, longitudes, _ = destinations(
        np.full(CIRCLE_CORNERS, center.latitude),
        np.full(CIRCLE_CORNERS, center.longitude),
        azimuths,
        np.full(CIRCLE_CORNERS, radius_m),
    )
    # A circle over the antimeridian or a pole has no polygon in degrees: it is drawn past 180.
    longitudes = center.longitude + (longitudes - center.longitude + 180) % 360 - 180
    corners = np.column_stack([longitudes, latitudes])
    if distance_m(center, Point(pole := math.copysign(90, center.latitude), 0)) <= radius_m:
        # Around a pole: from its rim, over all longitudes, to the side of the map that is the pole.
        west, east = center.longitude - 180, center.longitude + 180
        corners = corners[np.argsort(longitudes)]
        rim = corners[0][1], corners[-1][1]
        ends = [[east, rim[1]], [east, pole], [west, pole], [west, rim[0]]]
        corners = np.vstack([corners, ends])
    polygon = shapely.Polygon(corners)
    circle = Circle(center, radius_m)
    return Area(
        shapely.MultiPolygon([polygon]),
        functools.partial(circle_cells, circle),
        is_estimate=True,
        may_be_clipped=False,
        version="",
        attribution="",
    )


def circle_cells(circle: Circle, resolution: int) -> tuple[list[str], list[str]]:
    """The H3 cells whose centre is in a circle, and those that its border crosses."""
    center = circle.center
    middle = h3.latlng_to_cell(center.latitude, center.longitude, resolution)
    edge_m = h3.average_hexagon_edge_length(resolution, unit="m")
    # Rings of cells lie at least 1.5 of their edges apart; the least edge is over 0.6 of the mean.
    around = sorted(h3.grid_disk(middle, math.ceil(circle.radius_m / (0.8 * edge_m)) + 2))
    inside, border = [], []
    for cell in around:
        if circle.contains(Point(*h3.cell_to_latlng(cell))):
            inside.append(cell)
        corners = [circle.contains(Point(*corner)) for corner in h3.cell_to_boundary(cell)]
        if any(corners) and not all(corners):
            border.append(cell)
    return inside, border
