"""How a stop, which may be anywhere, joins a network."""

from collections.abc import Sequence
from dataclasses import dataclass

import shapely

from geodata.floorplans.plan import XY, Link, Position
from geodata.wayfinding.visibility import FreeFloor

LINK_REACH_M = 15.0
"""Where there are only links, a stop this near to one is walked to straight from it."""


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
    """The links of a network that stay on one level, found from a point beside them."""

    def __init__(
        self, links: Sequence[Link], index: dict[str, int], vertices: Sequence[Position]
    ) -> None:
        self._ends = {link.id: (index[link.start], index[link.end]) for link in links}
        self._links: dict[str, list[Link]] = {}
        for link in links:
            start, end = (vertices[end] for end in self._ends[link.id])
            if start.level == end.level:
                self._links.setdefault(start.level, []).append(link)
        self._trees = {
            level: shapely.STRtree(
                [
                    shapely.LineString([xy(vertices[end]) for end in self._ends[link.id]])
                    for link in there
                ]
            )
            for level, there in self._links.items()
        }

    def entry(self, stop: Position) -> Entry | None:
        """The nearest point of the nearest link, if it is within reach."""
        tree = self._trees.get(stop.level)
        if tree is None:
            return None
        here = shapely.Point(xy(stop))
        found = tree.query_nearest(here, max_distance=LINK_REACH_M, all_matches=False)
        if not len(found):
            return None
        link, line = self._links[stop.level][found[0]], tree.geometries[found[0]]
        share = line.project(here, normalized=True) if line.length else 0.0
        on_link = line.interpolate(share, normalized=True)
        start, end = self._ends[link.id]
        to_end, to_start = (end, (1 - share) * link.length_m), (start, share * link.length_m)
        return Entry(
            Position(stop.level, on_link.x, on_link.y),
            onto=(to_end,) if link.one_way else (to_end, to_start),
            off=(to_start,) if link.one_way else (to_end, to_start),
            link=link,
            link_share=share,
        )


def xy(position: Position) -> XY:
    """The metres of a position, without its level."""
    return position.x_m, position.y_m
