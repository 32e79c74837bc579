"""Lets walkers cross squares: straight lines within areas between the places where ways reach them.

A way around an area is its outline. Shortest ways within a polygon turn only at its reflex corners,
and at the corners of its holes, so lines between entries and these corners that stay inside are
enough.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from geodata.roads.access import Tags
from geodata.roads.snapping import metres_per_degree, wrapped

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

MOST_ENDS = 100
"""Entries and corners of a square that is crossed; ways lead around one with more."""
MOST_OUTLINES = 200
"""Ways of the outlines of a square that is crossed."""
_WALKED = {"pedestrian", "footway", "path", "platform", "corridor"}
_SLACK_M = 0.05
_SLACK_M2 = 1.0


def is_square(tags: Tags) -> bool:
    """True for an area that people walk over in any direction."""
    is_area = tags.get("area") == "yes" or tags.get("type") == "multipolygon"
    return is_area and tags.get("highway") in _WALKED


def crossings(
    outlines: Sequence[Ints], latitudes: Floats, longitudes: Floats, used: Ints
) -> Ints | None:
    """Pairs of nodes between which people walk straight over a square.

    Args:
        outlines: The nodes of the ways around it and around its holes.
        latitudes: By node.
        longitudes: By node.
        used: For each node the number of times that lines pass it, those of the outlines too.

    Returns:
        Rows of two nodes; None if the outlines are no rings, touch each other, or have too many
        corners: such a square is walked around.
    """
    rings = _rings(outlines) if len(outlines) <= MOST_OUTLINES else None
    if rings is None:
        return None
    nodes = np.concatenate(rings)
    if len(np.unique(nodes)) < len(nodes) or min(map(len, rings)) < 3:
        return None
    own = np.bincount(np.concatenate(outlines), minlength=len(used))
    is_entry = (used > own)[nodes]
    if is_entry.sum() < 2:
        return np.empty((0, 2), np.int64)
    corners = _plane(latitudes[nodes], longitudes[nodes])
    parts = np.split(corners, np.cumsum([len(ring) for ring in rings])[:-1])
    shapes = [shapely.Polygon(part) for part in parts]
    if not all(shape.is_valid for shape in shapes):
        return None
    holes = [
        bool(sum(other.contains(shape) for other in shapes if other is not shape) % 2)
        for shape in shapes
    ]
    square: BaseGeometry = shapes[0]
    for shape in shapes[1:]:
        square = square.symmetric_difference(shape)
    sizes = [-shape.area if hole else shape.area for shape, hole in zip(shapes, holes, strict=True)]
    if abs(square.area - sum(sizes)) > _SLACK_M2:
        return None  # Outlines cross each other.
    turns = np.concatenate(
        [_turns(part) * (-1 if hole else 1) for part, hole in zip(parts, holes, strict=True)]
    )
    ends = np.flatnonzero(is_entry | (turns < 0))
    if len(ends) > MOST_ENDS:
        return None
    numbers = np.split(np.arange(len(nodes)), np.cumsum([len(ring) for ring in rings])[:-1])
    before, after = (np.concatenate([np.roll(ring, step) for ring in numbers]) for step in (1, -1))
    pairs = ends[np.column_stack(np.triu_indices(len(ends), 1))]
    pairs = pairs[(after[pairs[:, 0]] != pairs[:, 1]) & (before[pairs[:, 0]] != pairs[:, 1])]
    is_taken = np.ones(len(pairs), np.bool_)
    for one, other in (pairs.T, pairs.T[::-1]):
        ahead = corners[other] - corners[one]
        sides = [_cross(ahead, corners[each[one]] - corners[one]) for each in (before, after)]
        # A shortest way turns at a corner around it: its neighbours are on one side of the line.
        is_taken &= is_entry[one] | (sides[0] * sides[1] >= -_SLACK_M2)
    return nodes[_inside(square, corners, pairs[is_taken])]


def _rings(outlines: Sequence[Ints]) -> list[Ints] | None:
    """The rings that ways make end to end, each without its first node at the end; None if one
    stays open."""
    left: dict[int, list[int]] = {}
    for number, way in enumerate(outlines):
        for end in (way[0], way[-1]):
            left.setdefault(int(end), []).append(number)
    found, is_used = [], [False] * len(outlines)
    for number, way in enumerate(outlines):
        if is_used[number]:
            continue
        is_used[number] = True
        ring = way
        while ring[0] != ring[-1]:
            onward = [each for each in left[int(ring[-1])] if not is_used[each]]
            if not onward:
                return None
            is_used[onward[0]] = True
            part = outlines[onward[0]]
            ring = np.concatenate((ring[:-1], part if part[0] == ring[-1] else part[::-1]))
        found.append(ring[:-1])
    return found


def _plane(latitudes: Floats, longitudes: Floats) -> Floats:
    per_latitude, per_longitude = metres_per_degree(latitudes[:1])
    return np.column_stack(
        (wrapped(longitudes - longitudes[0]) * per_longitude,
         (latitudes - latitudes[0]) * per_latitude)
    )  # fmt: skip


def _turns(corners: Floats) -> Floats:
    """Negative at corners at which the outline turns outward."""
    into, onward = corners - np.roll(corners, 1, axis=0), np.roll(corners, -1, axis=0) - corners
    area = float(_cross(corners, np.roll(corners, -1, axis=0)).sum())
    inward: Floats = _cross(into, onward) * np.sign(area)
    return inward


def _cross(first: Floats, second: Floats) -> Floats:
    product: Floats = first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]
    return product


def _inside(square: Any, corners: Floats, ends: Ints) -> Ints:
    around = square.buffer(_SLACK_M)
    shapely.prepare(around)
    return ends[shapely.covers(around, shapely.linestrings(corners[ends]))]
