"""Joins stops at any position to a network, on a floor or along a link."""

import threading
from collections import OrderedDict, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import shapely
from shapely.geometry.base import BaseGeometry

from geodata.floorplans.plan import XY, Link, Position
from geodata.wayfinding.visibility import FreeFloor

LINK_REACH_M = 15.0
"""Largest straight distance between a stop and a link, where there is no floor."""

AT_NODE_M = 1e-3
"""Within this distance of its end, a point of a link is at the node, free to leave by any link."""

EDGES_KEPT = 50_000
"""Edges that the kept entries of a network hold: about 6 MB."""
EDGES_OF_A_STOP = 8
"""An entry takes as much memory as so many edges, beside its own."""


@dataclass(frozen=True, slots=True)
class Entry:
    """The point where a stop joins the network, on a floor or on a link."""

    at: Position
    onto: tuple[tuple[int, float], ...]
    """Edges (vertex, metres) from `at` into the network."""
    off: tuple[tuple[int, float], ...]
    """Edges (vertex, metres) from the network to `at`; they differ on a one-way link."""
    floor: FreeFloor | None = None
    link: Link | None = None
    link_share: float = 0.0
    """Position of `at` along the link, in [0, 1]."""


class KeptEntries:
    """The entries of the stops asked for last, at most `EDGES_KEPT` edges in all; thread-safe."""

    def __init__(self) -> None:
        self._entries: OrderedDict[Position, Entry | None] = OrderedDict()
        self.edges = 0
        """Their edges, with `EDGES_OF_A_STOP` for each."""
        self._lock = threading.Lock()

    def get(self, stop: Position) -> Entry | None:
        """The entry of a stop; None for a stop that cannot join.

        Raises:
            KeyError: the stop is not kept.
        """
        with self._lock:
            self._entries.move_to_end(stop)
            return self._entries[stop]

    def put(self, stop: Position, entry: Entry | None) -> None:
        """Keep an entry, in the place of those that were not asked for the longest."""
        with self._lock:
            if stop not in self._entries:
                self._entries[stop] = entry
                self.edges += _edges(entry)
            while self.edges > EDGES_KEPT:
                _, oldest = self._entries.popitem(last=False)
                self.edges -= _edges(oldest)


def _edges(entry: Entry | None) -> int:
    return EDGES_OF_A_STOP + (len(entry.onto) if entry else 0)


class LinkReach:
    """Finds the link nearest to a point: at any point of a link on one level, or at the ends of a
    link between levels.
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
        self._lock = threading.Lock()

    def entry(self, stop: Position) -> Entry | None:
        """The nearest point of the nearest link; None if it is beyond `LINK_REACH_M`."""
        tree = self._trees.get(stop.level)
        if tree is None:
            return None
        here = _point(stop)
        with self._lock:  # the first query builds the tree, which is not thread-safe
            found = tree.query_nearest(here, max_distance=LINK_REACH_M, all_matches=False)
        if not len(found):
            return None
        shape, target = self._near[stop.level][found[0]]
        share = shape.project(here, normalized=True) if shape.length else 0.0
        on_it = _on(stop.level, shape.interpolate(share, normalized=True) if share else shape)
        if isinstance(target, int):
            return _at_node(on_it, target)
        start, end = self._index[target.start], self._index[target.end]
        if min(share, 1 - share) * shape.length < AT_NODE_M:
            return _at_node(on_it, start if share < 0.5 else end)
        to_start, to_end = (start, share * target.length_m), (end, (1 - share) * target.length_m)
        return Entry(
            on_it,
            onto=(to_end,) if target.one_way else (to_end, to_start),
            off=(to_start,) if target.one_way else (to_end, to_start),
            link=target,
            link_share=share,
        )


def xy(position: Position) -> XY:
    """The coordinates of a position in metres, without its level."""
    return position.x_m, position.y_m


def _point(position: Position) -> shapely.Point:
    return shapely.Point(xy(position))


def _on(level: str, shape: BaseGeometry) -> Position:
    """The first point of a shape."""
    x_m, y_m = shapely.get_coordinates(shape)[0]
    return Position(level, float(x_m), float(y_m))


def _at_node(at: Position, node: int) -> Entry:
    return Entry(at, onto=((node, 0.0),), off=((node, 0.0),))
