"""How a stop, which may be anywhere, joins a network."""

import threading
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import shapely
from shapely.geometry.base import BaseGeometry

from geodata.floorplans.plan import XY, Link, Position
from geodata.wayfinding.visibility import FreeFloor

LINK_REACH_M = 15.0
"""Where there are only links, a stop this near to one is walked to straight from it."""

AT_NODE_M = 1e-3
"""This near to the end of a link one is at its node, and free to go any way from there."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A door into the network, on a floor or somewhere along a link."""

    at: Position
    onto: tuple[tuple[int, float], ...]
    """(vertex, metres) from `at` into the network."""
    off: tuple[tuple[int, float], ...]
    """The same the other way; differs on a one-way link."""
    floor: FreeFloor | None = None
    link: Link | None = None
    link_share: float = 0.0
    """How far along the link, in [0, 1]."""


class LinkReach:
    """The links of a network, found from a point beside them: anywhere along those that stay on
    one level, at the ends of those that change it.
    """

    def __init__(
        self, links: Sequence[Link], index: Mapping[str, int], vertices: Sequence[Position]
    ) -> None:
        self._index = index
        self._near: dict[str, list[tuple[BaseGeometry, Link | int]]] = defaultdict(list)
        for link in links:
            start, end = index[link.start], index[link.end]
            if vertices[start].level == vertices[end].level:
                line = shapely.LineString([xy(vertices[start]), xy(vertices[end])])
                self._near[vertices[start].level].append((line, link))
            else:
                for node in (start, end):
                    self._near[vertices[node].level].append((_point(vertices[node]), node))
        self._trees = {
            level: shapely.STRtree([shape for shape, _ in near])
            for level, near in self._near.items()
        }
        self._asking = threading.Lock()

    def entry(self, stop: Position) -> Entry | None:
        """The nearest point of the nearest link, if it is within reach."""
        tree = self._trees.get(stop.level)
        if tree is None:
            return None
        here = _point(stop)
        with self._asking:  # the first question builds the tree
            found = tree.query_nearest(here, max_distance=LINK_REACH_M, all_matches=False)
        if not len(found):
            return None
        shape, what = self._near[stop.level][found[0]]
        share = shape.project(here, normalized=True) if shape.length else 0.0
        on_it = _on(stop.level, shape.interpolate(share, normalized=True) if share else shape)
        if isinstance(what, int):
            return _at_node(on_it, what)
        start, end = self._index[what.start], self._index[what.end]
        if min(share, 1 - share) * shape.length < AT_NODE_M:
            return _at_node(on_it, start if share < 0.5 else end)
        to_start, to_end = (start, share * what.length_m), (end, (1 - share) * what.length_m)
        return Entry(
            on_it,
            onto=(to_end,) if what.one_way else (to_end, to_start),
            off=(to_start,) if what.one_way else (to_end, to_start),
            link=what,
            link_share=share,
        )


def xy(position: Position) -> XY:
    """The metres of a position, without its level."""
    return position.x_m, position.y_m


def _point(position: Position) -> shapely.Point:
    return shapely.Point(xy(position))


def _on(level: str, shape: BaseGeometry) -> Position:
    """The first point of a shape."""
    x_m, y_m = shapely.get_coordinates(shape)[0]
    return Position(level, float(x_m), float(y_m))


def _at_node(at: Position, node: int) -> Entry:
    return Entry(at, onto=((node, 0.0),), off=((node, 0.0),))
