"""The network of one mode: its places, times and ways, in milliseconds."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geodata.distance import GEOD, distances_m
from geodata.roads.edges import CLOSED, MOST_MS
from geodata.roads.errors import BadNetwork
from geodata.roads.hierarchy import NO_WAY, Hierarchy
from geodata.roads.modes import Mode
from geodata.roads.places import CLOSED_MS, Places, Snapped
from geodata.roads.snapping import JUNCTION_M, Feet, SegmentIndex, Shapes, metres_per_degree

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Columns = Mapping[str, NDArray[Any]]


class ModeNetwork:
    """Legal ways of one mode."""

    def __init__(
        self,
        mode: Mode,
        columns: Columns,
        tails: Ints,
        heads: Ints,
        shapes: Shapes,
        index: SegmentIndex,
        junctions: tuple[Floats, Floats],
        bounds: tuple[float, float, float, float],
        *,
        has_order: bool,
    ) -> None:
        """`columns` are those that `build` writes for a mode; its order of nodes is used if it is
        of the library that runs. `index` is of all edges.

        Raises:
            BadNetwork: the columns do not fit each other.
        """
        self.mode = mode
        self.tails, self.heads, self.shapes, self._bounds = tails, heads, shapes, bounds
        self.travel_ms: Ints = columns["travel_ms"].astype(np.int64)
        self.penalty_ms: Ints = columns["penalty_ms"].astype(np.int64)
        self.islands: Ints = columns["islands"].astype(np.int64)
        self.junctions: Ints = columns["junctions"].astype(np.int64)
        self.links: tuple[Ints, Ints, Ints] = (
            columns["link_tails"].astype(np.int64),
            columns["link_heads"].astype(np.int64),
            columns["link_arcs"].astype(np.int64),
        )
        self.after_arc: Ints = columns["after_arc"].astype(np.int64)
        self.at_junction: Ints = columns["at_junction"].astype(np.int64)
        self._check(columns, len(junctions[0]))
        # By node.
        self._to_exit_ms: Ints = columns["to_exit_ms"].astype(np.int64)[self.junctions]
        self._from_exit_ms: Ints = columns["from_exit_ms"].astype(np.int64)[self.junctions]
        self.positions = junctions[0][self.junctions], junctions[1][self.junctions]
        """Latitudes and longitudes of the nodes."""
        arcs = self.links[2]
        self.hierarchy = Hierarchy(
            self.links[0],
            self.links[1],
            (self.travel_ms[arcs] + self.penalty_ms[arcs]).astype(np.uint32),
            self.positions,
            columns["order"].astype(np.int64) if has_order else None,
        )
        self.links_of_arc = _Groups(arcs, len(self.travel_ms))
        self.nodes_of_junction = _Groups(self.junctions, len(junctions[0]))
        self.index = index.of_edges(columns["may_snap"] & (self.islands >= 0))

    def _check(self, columns: Columns, junction_count: int) -> None:
        edges, nodes = len(self.tails), len(self.junctions)
        if len(self.travel_ms) != 2 * edges or len(self.islands) != edges:
            raise BadNetwork(f"the columns of {self.mode} do not fit the edges")
        is_open = (self.travel_ms != CLOSED).reshape(-1, 2).any(axis=1)
        fits = (
            {len(self.penalty_ms), len(self.after_arc)} == {2 * edges}
            and {len(self.at_junction), len(columns["to_exit_ms"]), len(columns["from_exit_ms"])}
            == {junction_count}
            and len(columns["may_snap"]) == edges
            and len({len(each) for each in self.links}) == 1
            and _within(self.tails, 0, junction_count)
            and _within(self.heads, 0, junction_count)
            and _within(self.travel_ms, 0, CLOSED + 1)
            and _within(self.penalty_ms, 0, MOST_MS)
            and _within(self.links[2], 0, 2 * edges)
            and bool((self.travel_ms[self.links[2]] != CLOSED).all())
            and bool((is_open | (self.islands < 0)).all())
            and _within(self.junctions, 0, junction_count)
            and _within(self.after_arc, -1, nodes)
            and _within(self.at_junction, -1, nodes)
        )
        if not fits:
            raise BadNetwork(f"the columns of {self.mode} do not fit each other")

    @cached_property
    def highest_speed(self) -> float:
        """Metres per second, as the crow flies, of the fastest edge."""
        lat, lon = self.shapes.latitudes, self.shapes.longitudes
        first = np.flatnonzero(np.diff(self.shapes.edges, prepend=-1))
        last = np.append(first[1:], len(self.shapes.edges)) - 1
        straight = np.repeat(distances_m(lat[first], lon[first], lat[last], lon[last]), 2)
        is_open = (self.travel_ms != CLOSED) & (self.travel_ms > 0)
        return float((straight[is_open] / self.travel_ms[is_open]).max(initial=0.0) * 1000)

    def snap(self, latitudes: Floats, longitudes: Floats) -> list[Snapped | None]:
        """The places of points on the network; None where no edge is near."""
        feet = self.index.nearest(latitudes, longitudes)
        found: list[Snapped | None] = [None] * len(latitudes)
        if feet.points.size:
            edges, shares, lat, lon = self.placed(feet)
            metres = distances_m(latitudes[feet.points], longitudes[feet.points], lat, lon)
            outside = metres > self._to_bounds_m(latitudes[feet.points], longitudes[feet.points])
            rows = zip(
                feet.points.tolist(), edges.tolist(), shares.tolist(), lat.tolist(), lon.tolist(),
                metres.tolist(), outside.tolist(), strict=True,
            )  # fmt: skip
            for point, edge, share, latitude, longitude, distance, is_outside in rows:
                found[point] = self._snapped(
                    edge, share, latitude, longitude, distance, is_outside=is_outside
                )
        return found

    def snap_one(self, latitude: float, longitude: float) -> Snapped | None:
        """`snap` of one point, without the cost of arrays."""
        foot = self.index.nearest_one(latitude, longitude)
        if foot is None:
            return None
        segment, step = foot
        shapes = self.shapes
        first, last = (
            (shapes.latitudes.item(at), shapes.longitudes.item(at), shapes.shares.item(at))
            for at in (segment, segment + 1)
        )
        lat, lon, share = (
            last if step == 1
            else tuple(a + step * (b - a) for a, b in zip(first, last, strict=True))
        )  # fmt: skip
        edge = shapes.edges.item(segment)
        length = shapes.lengths_m.item(edge)
        before, after = share * length, (1 - share) * length
        if min(before, after) <= JUNCTION_M:
            share = 0.0 if before <= after else 1.0
        metres: float = GEOD.inv(longitude, latitude, lon, lat)[2]
        to_bounds = self._to_bounds_m(np.array([latitude]), np.array([longitude])).item()
        return self._snapped(edge, share, lat, lon, metres, is_outside=metres > to_bounds)

    def _snapped(
        self, edge: int, share: float, lat: float, lon: float, metres: float, *, is_outside: bool
    ) -> Snapped:
        along = self._along_ms(edge, share)
        begins, ends = self._begins(edge, share, along), self._ends(edge, share, along)
        island = self.islands.item(edge)
        return Snapped(
            self.mode, lat, lon, metres, island, is_outside, edge, share, along, begins, ends
        )

    def placed(self, feet: Feet) -> tuple[Ints, Floats, Floats, Floats]:
        """Edges, shares of their length, latitudes and longitudes of places on segments."""
        shapes, at = self.shapes, feet.segments
        edges = shapes.edges[at]

        def between(column: Floats) -> Floats:
            first, last = column[at], column[at + 1]
            return np.where(feet.steps == 1, last, first + feet.steps * (last - first))

        shares = between(shapes.shares)
        at_begin, at_end = shapes.at_junctions(edges, shares)
        shares = np.where(at_begin, 0.0, np.where(at_end, 1.0, shares))
        return edges, shares, between(shapes.latitudes), between(shapes.longitudes)

    def _to_bounds_m(self, latitudes: Floats, longitudes: Floats) -> Floats:
        """Metres to the border of the extract; negative outside."""
        south, west, north, east = self._bounds
        per_latitude, per_longitude = metres_per_degree(latitudes)
        up = np.minimum(latitudes - south, north - latitudes) * per_latitude
        right = np.minimum(longitudes - west, east - longitudes) * per_longitude
        return np.minimum(up, right)

    def along_ms(self, edges: Ints, shares: Floats) -> tuple[Ints, Ints]:
        """Times from the begin of edges to places on them, and from their end."""
        ahead, back = self.travel_ms[2 * edges], self.travel_ms[2 * edges + 1]
        return (
            np.where(ahead == CLOSED, CLOSED_MS, np.rint(shares * ahead).astype(np.int64)),
            np.where(back == CLOSED, CLOSED_MS, np.rint((1 - shares) * back).astype(np.int64)),
        )

    def _along_ms(self, edge: int, share: float) -> tuple[int, int]:
        ahead, back = self.travel_ms.item(2 * edge), self.travel_ms.item(2 * edge + 1)
        return (
            CLOSED_MS if ahead == CLOSED else round(share * ahead),
            CLOSED_MS if back == CLOSED else round((1 - share) * back),
        )

    def _junction(self, edge: int, share: float) -> int | None:
        if share == 0:
            return int(self.tails[edge])
        return int(self.heads[edge]) if share == 1 else None

    def _begins(
        self, edge: int, share: float, along: tuple[int, int]
    ) -> tuple[tuple[int, int], ...]:
        junction = self._junction(edge, share)
        if junction is not None:
            return ((int(self.at_junction[junction]), 0),)
        return tuple(
            (node, int(self.travel_ms[arc] - done + self.penalty_ms[arc]))
            for arc, done in zip((2 * edge, 2 * edge + 1), along, strict=True)
            if done != CLOSED_MS and (node := int(self.after_arc[arc])) >= 0
        )

    def _ends(self, edge: int, share: float, along: tuple[int, int]) -> tuple[tuple[int, int], ...]:
        junction = self._junction(edge, share)
        if junction is not None:
            return tuple((node, 0) for node in self.nodes_of_junction.of(junction).tolist())
        return tuple(
            (int(self.links[0][link]), done)
            for arc, done in zip((2 * edge, 2 * edge + 1), along, strict=True)
            if done != CLOSED_MS
            for link in self.links_of_arc.of(arc).tolist()
        )

    def times_ms(self, origins: Places, targets: Places) -> Ints:
        """From each origin (rows) to each target (columns)."""
        if not (len(origins) and len(targets)):
            return np.empty((len(origins), len(targets)), np.int64)
        table = self.hierarchy.times_ms(origins.nodes, targets.nodes)
        times = origins.least(targets.least(table, axis=1), axis=0)
        for row, origin in enumerate(origins.points):
            if origin:
                for column in np.flatnonzero(targets.edges == origin.edge).tolist():
                    direct = origin.direct_ms(targets.points[column])
                    times[row, column] = min(times[row, column], direct)
        return np.minimum(times, NO_WAY)

    def way(self, origin: Snapped, target: Snapped) -> tuple[int, list[int]] | None:
        """Time and arcs between the two edges of a shortest way; None if there is none. The
        arcs are empty if it stays on the edge."""
        nodes = np.array([node for node, _ in origin.begins], np.int64)
        ends = np.array([node for node, _ in target.ends], np.int64)
        direct = origin.direct_ms(target)
        if not (nodes.size and ends.size):
            return None if direct >= NO_WAY else (direct, [])
        table = self.hierarchy.times_ms(nodes, ends)
        table += np.array([[cost] for _, cost in origin.begins])
        table += np.array([cost for _, cost in target.ends])
        row, column = np.unravel_index(int(table.argmin()), table.shape)
        time = int(table[row, column])
        if min(time, direct) >= NO_WAY:
            return None
        if direct <= time:
            return direct, []
        _, links = self.hierarchy.way(int(nodes[row]), int(ends[column]))
        arcs = self.links[2][links].tolist()
        return time, [*self._first(origin, int(row)), *arcs, *self._last(target, int(column))]

    def _first(self, origin: Snapped, begin: int) -> list[int]:
        """The arc on which the way begins, if it begins within an edge."""
        node = origin.begins[begin][0]
        if self._junction(origin.edge, origin.share) is not None:
            return []
        arcs = [
            arc for arc in (2 * origin.edge, 2 * origin.edge + 1) if self.after_arc[arc] == node
        ]
        cost = origin.begins[begin][1]
        return [
            next(
                arc
                for arc in arcs
                if self.travel_ms[arc] - origin.along_ms[arc & 1] + self.penalty_ms[arc] == cost
            )
        ]

    def _last(self, target: Snapped, end: int) -> list[int]:
        """The arc on which the way ends, if it ends within an edge."""
        if self._junction(target.edge, target.share) is not None:
            return []
        node, cost = target.ends[end]
        return [
            next(
                arc
                for arc in (2 * target.edge, 2 * target.edge + 1)
                if target.along_ms[arc & 1] == cost
                and node in self.links[0][self.links_of_arc.of(arc)]
            )
        ]

    def exit_ms(self, origin: Snapped) -> int:
        """Least time from a place to where roads may leave the extract."""
        return _least_at(origin.begins, self._to_exit_ms)

    def entry_ms(self, target: Snapped) -> int:
        """Least time to a place from where roads may enter the extract."""
        return _least_at(target.ends, self._from_exit_ms)


class _Groups:
    """The positions of each number in a column of numbers."""

    def __init__(self, numbers: Ints, count: int) -> None:
        self._order = np.argsort(numbers, kind="stable")
        self._starts = np.searchsorted(numbers[self._order], np.arange(count + 1))

    def of(self, number: int) -> Ints:
        """Positions of a number, ascending."""
        return self._order[self._starts[number] : self._starts[number + 1]]


def _within(numbers: Ints, low: int, past: int) -> bool:
    return not numbers.size or bool(numbers.min() >= low and numbers.max() < past)


def _least_at(pairs: Sequence[tuple[int, int]], times_ms: Ints) -> int:
    """The least of the nodes' times, each with its cost."""
    least = NO_WAY
    for node, cost in pairs:
        least = min(least, cost + times_ms.item(node))
    return least
