"""The graph of all walkable floors and links of a plan, for one profile at one instant."""

import datetime as dt
import math
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import rustworkx as rx
import shapely

from geodata.floorplans.plan import FloorPlan, Link, LinkKind, Position
from geodata.floorplans.shapes import united
from geodata.wayfinding.entries import Entry, KeptEntries, LinkReach, xy
from geodata.wayfinding.profiles import Profile
from geodata.wayfinding.visibility import (
    FreeFloor,
    blocked_outlines,
    free_floor,
)
from geodata.wayfinding.walks import Walks, straight

Vertices = npt.NDArray[np.intp]

MAX_GUESTS = 700
"""Nodes that open onto one floor, at most: each is tied to all of them and all corners in sight."""
JOIN_M = 1.0
"""Largest gap between a node and the floor it joins: drawings end at the wall, or just short."""
ENTRY_M = 2.5
"""Largest distance between a stop and the floor that it is reached from (an arm's reach, or a
narrow gap)."""


class Network:
    """The walkable graph of a plan for a profile at one instant; build it once and reuse it.

    Each level with walkable space becomes a visibility graph, exact for a walker of the
    profile's width. Links are edges with their own lengths. A node within `JOIN_M` of a floor is
    joined to it. Queries change nothing and are thread-safe.

    Raises:
        ValueError: a floor has too many corners or nodes.
        KeyError: a link names an unknown node; `plan_problems` reports it as an error.
    """

    def __init__(self, plan: FloorPlan, profile: Profile, at: dt.datetime) -> None:
        self.plan = plan
        self.profile = profile
        self.at = at
        self.vertices = [node.position for node in plan.nodes]
        """Position of each vertex of the graph: first the plan's nodes, then floor vertices."""
        self._index = {node.id: index for index, node in enumerate(plan.nodes)}
        self._blocked = {
            level.id: united(blocked_outlines(plan, level.id, at)) for level in plan.levels
        }
        self._edges: dict[tuple[int, int], tuple[float, LinkKind]] = {}
        links = [link for link in plan.links if profile.takes(link) and self._is_open(link)]
        for link in links:
            self._add_link(link)
        self._floors: dict[str, FreeFloor] = {}
        self._first_corner: dict[str, int] = {}
        self._guests: dict[str, Vertices] = {}
        for level in plan.levels:
            floor = free_floor(plan, level, at, profile.width_m)
            if floor is not None:
                self._add_floor(level.id, floor, links)
        self.kept = KeptEntries()
        self._reach = LinkReach(links, self._index, self.vertices)
        self.graph: rx.PyDiGraph[int, float] = rx.PyDiGraph(multigraph=False)
        self.graph.add_nodes_from(range(len(self.vertices)))
        self.graph.add_edges_from([(u, v, metres) for (u, v), (metres, _) in self._edges.items()])
        self._kinds = {
            ends: kind for ends, (_, kind) in self._edges.items() if kind is not LinkKind.WALK
        }

    def walks(self, stops: Sequence[Position]) -> Walks:
        """The shortest walks between all pairs of stops.

        A stop joins a floor within `ENTRY_M`, else a link within `LINK_REACH_M`. A stop that is
        farther away, or in a blocked area, has no walk.
        """
        entries = [self._entry(stop) for stop in stops]
        return Walks(self.graph, self.vertices, self._kinds, stops, entries)

    def sight_lines(self, stops: Sequence[Position]) -> int:
        """The number of lines of sight to test to join these stops: the cost of `walks`."""
        per_level = {
            level: len(floor.corners) + len(self._guests[level])
            for level, floor in self._floors.items()
        }
        return sum(per_level.get(stop.level, 0) for stop in stops)

    def reached(self, starts: Sequence[Position], targets: Sequence[Position]) -> list[bool]:
        """For each target: True if it can be reached from at least one start."""
        entries = [entry for start in starts if (entry := self._find_entry(start)) is not None]
        vertices = {vertex for entry in entries for vertex, _ in entry.onto}
        for vertex in list(vertices):
            vertices |= rx.descendants(self.graph, vertex)
        return [
            entry is not None
            and (
                any(vertex in vertices for vertex, _ in entry.off)
                or any(
                    end == 1
                    for start in entries
                    for _, end, _ in straight([(1, entry), (0, start)])[1]
                )
            )
            for entry in map(self._find_entry, targets)
        ]

    def _is_open(self, link: Link) -> bool:
        ends = [self.vertices[self._index[end]] for end in (link.start, link.end)]
        line = shapely.LineString([xy(end) for end in ends])
        return not any(self._blocked[end.level].intersects(line) for end in ends)

    def _add_link(self, link: Link) -> None:
        start, end = self._index[link.start], self._index[link.end]
        self._add_edge(start, end, link.length_m, link.kind)
        if not link.one_way:
            self._add_edge(end, start, link.length_m, link.kind)

    def _add_floor(self, level: str, floor: FreeFloor, links: Sequence[Link]) -> None:
        self._floors[level] = floor
        first = self._first_corner[level] = len(self.vertices)
        self.vertices += [Position(level, x, y) for x, y in floor.corners.tolist()]
        one, other = floor.corner_pairs()
        self._add_floor_edges(one + first, other + first)
        guests = np.array(list(self._opening_onto(level, floor, links)), dtype=np.intp)
        if len(guests) > MAX_GUESTS:
            raise ValueError(f"the floor has {len(guests)} nodes, the limit is {MAX_GUESTS}")
        for number, guest in enumerate(guests.tolist()):
            at = xy(self.vertices[guest])
            later = guests[number + 1 :]
            seen = later[floor.sees(at, self._coordinates(later))]
            met = np.concatenate([floor.corners_seen(at) + first, seen])
            self._add_floor_edges(np.full(len(met), guest), met)
        self._guests[level] = guests

    def _opening_onto(self, level: str, floor: FreeFloor, links: Sequence[Link]) -> Iterator[int]:
        """The nodes on a floor; a node just off the floor gets a new vertex on the floor's edge."""
        for node in sorted({self._index[end] for link in links for end in (link.start, link.end)}):
            here = self.vertices[node]
            if here.level != level or (nearest := floor.nearest(xy(here), JOIN_M)) is None:
                continue
            if nearest == xy(here):
                yield node
            else:
                self.vertices.append(Position(level, *nearest))
                edge = len(self.vertices) - 1
                self._add_floor_edges(np.array([node]), np.array([edge]))
                yield edge

    def _add_floor_edges(self, one: Vertices, other: Vertices) -> None:
        away = self._coordinates(one) - self._coordinates(other)
        metres = np.hypot(away[:, 0], away[:, 1]).tolist()
        for start, end, length_m in zip(one.tolist(), other.tolist(), metres, strict=True):
            self._add_edge(start, end, length_m, LinkKind.WALK)
            self._add_edge(end, start, length_m, LinkKind.WALK)

    def _add_edge(self, start: int, end: int, length_m: float, kind: LinkKind) -> None:
        if length_m < self._edges.get((start, end), (math.inf, kind))[0]:
            self._edges[start, end] = (length_m, kind)

    def _coordinates(self, vertices: Vertices) -> npt.NDArray[np.float64]:
        return np.array([xy(self.vertices[v]) for v in vertices.tolist()]).reshape(-1, 2)

    def _entry(self, stop: Position) -> Entry | None:
        """The entry of a stop, kept for the next list: shelves are asked for again and again."""
        try:
            return self.kept.get(stop)
        except KeyError:
            entry = self._find_entry(stop)
            self.kept.put(stop, entry)
            return entry

    def _find_entry(self, stop: Position) -> Entry | None:
        blocked = self._blocked.get(stop.level)
        if blocked is None or blocked.intersects(shapely.Point(xy(stop))):
            return None
        floor = self._floors.get(stop.level)
        if floor is None or (nearest := floor.nearest(xy(stop), ENTRY_M)) is None:
            return self._reach.entry(stop)
        guests = self._guests[stop.level]
        seen = guests[floor.sees(nearest, self._coordinates(guests))]
        met = np.concatenate([floor.corners_seen(nearest) + self._first_corner[stop.level], seen])
        away = self._coordinates(met) - np.array(nearest)
        ties = tuple(zip(met.tolist(), np.hypot(away[:, 0], away[:, 1]).tolist(), strict=True))
        return Entry(Position(stop.level, *nearest), onto=ties, off=ties, floor=floor)
