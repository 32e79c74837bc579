"""An isochrone as a fence keeps it: cells to find it by, and a line to measure distances to."""

from typing import NamedTuple

import numpy as np
import shapely
from h3.api import basic_int as h3

from geodata.distance import distances_m
from geodata.fences.cover import Cover
from geodata.fences.grid import LEAF_RESOLUTION, METRES_PER_RADIAN, centers, reach_rad
from geodata.fences.outline import Outline
from geodata.fences.shape import Cap
from geodata.points import Point
from geodata.roads.drawing import draw
from geodata.roads.isochrone import COARSEST, Isochrone

MOST_CELLS = 1_000
"""A cover is refined while fewer cells are expected: each point under a border cell takes a
search on the network."""

_GROWTH = 3.3
_MORE_RINGS = 2
"""So that a point under no cell is farther than the margin of a cover."""


class Sketch(NamedTuple):
    """What a fence keeps of an isochrone."""

    cover: Cover
    bounds: Cap
    outline: Outline
    """As drawn: near the edge, not on it."""


def nothing(center: Point) -> Sketch:
    """The sketch of an area without points."""
    return Sketch(Cover((), (), 0), Cap(center, 0.0), Outline(np.empty((0, 4))))


def sketch(isochrone: Isochrone) -> Sketch:
    """The sketch of an isochrone."""
    covered = _cover(isochrone)
    center = Point(isochrone.origin.latitude, isochrone.origin.longitude)
    return Sketch(covered, Cap(center, _radius_m(center, covered)), _outline(isochrone))


def _cover(isochrone: Isochrone) -> Cover:
    inner: list[int] = []
    resolution, border = COARSEST, isochrone.start(COARSEST, _MORE_RINGS)
    while True:
        within, near = isochrone.sort(border, resolution, spread=2)
        more, _ = isochrone.sort(near, resolution)
        inner += [*within, *more]
        border = sorted({*near} - {*more})
        is_enough = len(inner) + _GROWTH * len(border) > MOST_CELLS
        if is_enough or not border or resolution == LEAF_RESOLUTION:
            return Cover(tuple(inner), tuple(border), resolution)
        border = [child for cell in border for child in h3.cell_to_children(cell)]
        resolution += 1


def _radius_m(center: Point, covered: Cover) -> float:
    cells = [*covered.inner, *covered.border]
    if not cells:
        return 0.0
    reaches = [reach_rad(h3.get_resolution(cell)) * METRES_PER_RADIAN for cell in cells]
    away = distances_m(center.latitude, center.longitude, *centers(cells))
    return float((away + reaches).max())


def _outline(isochrone: Isochrone) -> Outline:
    rings = [
        shapely.get_coordinates(ring)[:, ::-1]
        for polygon in draw(isochrone).polygons.geoms
        for ring in (polygon.exterior, *polygon.interiors)
    ]
    if not rings:
        return Outline(np.empty((0, 4)))
    return Outline(np.concatenate([np.hstack((ring[:-1], ring[1:])) for ring in rings]))
