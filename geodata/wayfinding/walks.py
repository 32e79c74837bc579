"""Shortest walks between all pairs of some stops of a network."""

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import rustworkx as rx

from geodata.floorplans.plan import Link, LinkKind, Position
from geodata.wayfinding.entries import Entry, xy
from geodata.wayfinding.visibility import FreeFloor

Graph = rx.PyDiGraph[int, float]
Lengths = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Path:
    """A walk from one stop to another."""

    points: tuple[Position, ...]
    kinds: tuple[LinkKind, ...]
    """The link kind between consecutive points; one fewer than the points."""
    length_m: float


class Walks:
    """The walks between some stops, with all lengths computed at once.

    Each stop becomes a vertex of a copy of the network; Dijkstra's algorithm runs from each stop.
    """

    def __init__(
        self,
        network: Graph,
        vertices: Sequence[Position],
        kinds: Mapping[tuple[int, int], LinkKind],
        stops: Sequence[Position],
        entries: Sequence[Entry | None],
    ) -> None:
        self.graph = network.copy()
        """The network with the stops added after its own vertices."""
        self._vertices = [*vertices, *stops]
        self._kinds = dict(kinds)
        self._first = len(vertices)
        self.graph.add_nodes_from(range(len(stops)))
        self._join(stops, entries)
        self.joined = [entry is not None for entry in entries]
        """For each stop: True if it is on the map and not in a blocked area."""
        self.lengths_m = self._lengths(len(stops))
        """(stops, stops): metres from row to column; infinite if there is no walk."""

    def path(self, start: int, end: int) -> Path | None:
        """The walk between two stops, by their indices; None if there is no walk."""
        length_m = float(self.lengths_m[start, end])
        if not math.isfinite(length_m):
            return None
        source, target = self._first + start, self._first + end
        if start == end:
            return Path((self._vertices[source],), (), 0.0)
        found = rx.dijkstra_shortest_paths(self.graph, source, target, weight_fn=float)
        passed = list(found[target])
        points, kinds = [self._vertices[source]], list[LinkKind]()
        for here, there in pairwise(passed):
            if self._vertices[there] != points[-1]:
                points.append(self._vertices[there])
                kinds.append(self._kinds.get((here, there), LinkKind.WALK))
        return Path(tuple(points), tuple(kinds), length_m)

    def _lengths(self, count: int) -> Lengths:
        lengths = np.full((count, count), np.inf)
        for row in range(count):
            found = rx.dijkstra_shortest_path_lengths(self.graph, self._first + row, float)
            for column in range(count):
                if self._first + column in found:
                    lengths[row, column] = found[self._first + column]
            lengths[row, row] = 0.0
        return lengths

    def _join(self, stops: Sequence[Position], entries: Sequence[Entry | None]) -> None:
        doors: list[tuple[int, Entry]] = []
        for number, (stop, entry) in enumerate(zip(stops, entries, strict=True)):
            if entry is None:
                continue
            door = self._first + number
            if entry.at != stop:
                door = self.graph.add_node(len(self._vertices))
                self._vertices.append(entry.at)
                aside_m = math.dist(xy(stop), xy(entry.at))
                self.graph.add_edge(self._first + number, door, aside_m)
                self.graph.add_edge(door, self._first + number, aside_m)
            doors.append((door, entry))
        for (door, entry), direct in zip(doors, straight(doors), strict=True):
            self.graph.add_edges_from([(door, vertex, metres) for vertex, metres in entry.onto])
            self.graph.add_edges_from([(vertex, door, metres) for vertex, metres in entry.off])
            if entry.link is not None:
                for vertex, _ in (*entry.onto, *entry.off):
                    self._kinds[door, vertex] = self._kinds[vertex, door] = entry.link.kind
            self.graph.add_edges_from(direct)


def straight(doors: Sequence[tuple[int, Entry]]) -> list[list[tuple[int, int, float]]]:
    """For the entry of each stop: its direct edges from and to those of the stops before.

    Entries on one floor are joined if they see each other; entries on one link are joined along
    the link, in its allowed direction.
    """
    edges: list[list[tuple[int, int, float]]] = [[] for _ in doors]
    on_floors: dict[FreeFloor, list[int]] = defaultdict(list)
    for number, (door, entry) in enumerate(doors):
        if entry.floor is not None:
            on_floors[entry.floor].append(number)
        elif entry.link is not None:
            for other, e in doors[:number]:
                if e.link is entry.link:
                    edges[number] += _along(entry.link, door, entry, other, e)
    for floor, numbers in on_floors.items():
        points = np.array([xy(doors[number][1].at) for number in numbers])
        later, earlier = np.tril_indices(len(numbers), -1)
        seen = floor.see(points[later], points[earlier])  # all pairs at once
        for one, two in zip(later[seen].tolist(), earlier[seen].tolist(), strict=True):
            (door, entry), (other, e) = doors[numbers[one]], doors[numbers[two]]
            metres = math.dist(xy(entry.at), xy(e.at))
            edges[numbers[one]] += [(door, other, metres), (other, door, metres)]
    return edges


def _along(
    link: Link, door: int, entry: Entry, other: int, e: Entry
) -> Iterator[tuple[int, int, float]]:
    """The direct edges between two entries of a link."""
    ahead_m = (e.link_share - entry.link_share) * link.length_m
    if ahead_m >= 0 or not link.one_way:
        yield door, other, abs(ahead_m)
    if ahead_m <= 0 or not link.one_way:
        yield other, door, abs(ahead_m)
