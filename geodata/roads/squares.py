"""Lets walkers cross squares: straight lines within areas between the places where ways reach them.

A way around an area is its outline. Shortest ways within a polygon turn only at its reflex corners,
so lines between entries and these corners that stay inside are enough.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import shapely
from numpy.typing import NDArray

from geodata.roads.access import Tags
from geodata.roads.snapping import metres_per_degree, wrapped

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

MOST_ENDS = 40
"""Entries and corners of a square that is crossed; ways lead around one with more."""
_WALKED = {"pedestrian", "footway", "path", "platform", "corridor"}
_SLACK_M = 0.05


def is_square(tags: Tags) -> bool:
    """True for an area that people walk over in any direction."""
    return tags.get("area") == "yes" and tags.get("highway") in _WALKED


def crossings(nodes: Ints, latitudes: Floats, longitudes: Floats, used: Ints) -> Iterator[Ints]:
    """Yields pairs of nodes between which people walk straight over a square.

    `nodes` is its outline, closed; `used` has for each node the number of times that lines pass it.
    """
    outline = nodes[:-1]
    if nodes[0] != nodes[-1] or len(outline) < 4 or len(np.unique(outline)) < len(outline):
        return
    square, corners = _plane(latitudes[outline], longitudes[outline])
    if not square.is_valid:
        return
    # The first node is passed twice by the outline itself.
    entries = used[outline] > np.where(outline == nodes[0], 2, 1)
    ends = np.flatnonzero(entries | _reflex(corners)).tolist()
    if entries.sum() < 2 or len(ends) > MOST_ENDS:
        return
    count = len(outline)
    pairs = [(a, b) for a in ends for b in ends if a < b and b - a not in {1, count - 1}]
    yield from outline[_inside(square, corners, pairs)]


def _plane(latitudes: Floats, longitudes: Floats) -> tuple[shapely.Polygon, Floats]:
    per_latitude, per_longitude = metres_per_degree(latitudes[:1])
    corners = np.column_stack(
        (wrapped(longitudes - longitudes[0]) * per_longitude,
         (latitudes - latitudes[0]) * per_latitude)
    )  # fmt: skip
    return shapely.Polygon(corners), corners


def _reflex(corners: Floats) -> NDArray[np.bool_]:
    """Corners at which the outline turns outward."""
    into, onward = corners - np.roll(corners, 1, axis=0), np.roll(corners, -1, axis=0) - corners
    turns = into[:, 0] * onward[:, 1] - into[:, 1] * onward[:, 0]
    area = float((corners[:, 0] * np.roll(corners[:, 1], -1)).sum())
    area -= float((corners[:, 1] * np.roll(corners[:, 0], -1)).sum())
    reflex: NDArray[np.bool_] = turns * np.sign(area) < 0
    return reflex


def _inside(
    square: shapely.Polygon, corners: Floats, pairs: Sequence[tuple[int, int]]
) -> NDArray[np.int64]:
    ends = np.array(pairs, np.int64).reshape(-1, 2)
    around = square.buffer(_SLACK_M)
    shapely.prepare(around)
    return ends[shapely.covers(around, shapely.linestrings(corners[ends]))]
