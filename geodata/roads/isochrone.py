"""The points within a time of a place: decided exactly, and as cells.

Cells are decided by bounds that hold for all their points. Let R be the reach of a cell from its
centre c, and d the distance from c to the nearest edge. A point p of the cell is within R of c, so
its nearest segment s is within d + 2R of c, and the walk from p to s is at least dist(c, s) - R and
at most d + R. With the least and the largest time on each such segment this bounds the time of
all points of the cell from both sides.
"""

from functools import cached_property

import numpy as np
from h3.api import basic_int as h3
from numpy.typing import NDArray

from geodata.distance import distances_m
from geodata.fences.grid import METRES_PER_RADIAN, centers, reach_rad
from geodata.roads.estimates import WALKING_SPEED
from geodata.roads.hierarchy import NO_WAY
from geodata.roads.mode_network import ModeNetwork
from geodata.roads.places import CLOSED_MS, Places, Snapped, seconds
from geodata.roads.snapping import SNAP_LIMIT_M, metres_per_degree, wrapped

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

MAX_CELLS = 100_000
"""The largest number of cells of one answer."""
COARSEST = 6
START = 8
"""Resolution with which sorting begins."""
_RINGS = (1, 1, 3)
"""Rings of cells, of resolutions 6 to 8, that reach `SNAP_LIMIT_M` and a step from any point of
the cell in the middle, also where H3's cells are smallest (0.31 km from centre to side)."""
_STEP_M = 100.0
_AT_ONCE = 512
_SMALL_M = 100.0
_SLACK = 1.001
"""Distances on the plane that touches at the centre, against those that touch at other points of
the cell and at the edges."""
_SLACK_M = 0.5


class Isochrone:
    """The points that can be reached from a place within a time; or from which it can be."""

    def __init__(
        self, network: ModeNetwork, origin: Snapped, limit_s: float, *, outward: bool = True
    ) -> None:
        """Raises ValueError if the limit is not positive and finite."""
        if not 0 < limit_s < np.inf:
            raise ValueError(f"the limit must be a positive number of seconds, got {limit_s}")
        self.limit_s = limit_s
        self.origin = origin
        self.outward = outward
        self._network = network
        self._node_ms = self._to_nodes()
        self._left_ms = limit_s * 1000 - origin.access_s * 1000
        """What is left of the limit on the network and on foot to the point."""

    @property
    def may_be_clipped(self) -> bool:
        """True if a way over the border of the extract could make it larger."""
        side = self._network.exit_ms if self.outward else self._network.entry_ms
        return self.origin.may_be_nearer_outside or side(self.origin) <= self._left_ms

    def contains(self, latitude: float, longitude: float) -> bool:
        """True if the time of the point is at most the limit; decided exactly at the point."""
        return bool(self.contains_many(np.array([latitude]), np.array([longitude]))[0])

    def contains_many(self, latitudes: Floats, longitudes: Floats) -> Bools:
        """`contains` for arrays of positions in degrees."""
        return self.seconds(latitudes, longitudes) <= self.limit_s

    def seconds(self, latitudes: Floats, longitudes: Floats) -> Floats:
        """The times of points, equal to those of `RoadNetwork.matrix`; infinite if there is none,
        or no edge near."""
        network, origin = self._network, self.origin
        found = np.full(len(latitudes), np.inf)
        feet = network.index.nearest(latitudes, longitudes)
        edges, shares, lat, lon = network.placed(feet)
        metres = distances_m(latitudes[feet.points], longitudes[feet.points], lat, lon)
        times = np.minimum.reduce(self._by_arcs_ms(edges, shares))
        for share, junctions in ((0, network.tails), (1, network.heads)):
            times = np.where(shares == share, self._junction_ms[junctions[edges]], times)
        times = np.minimum(times, self._direct_ms(edges, shares))
        here = np.array(origin.access_s)
        found[feet.points] = seconds(times, here, metres / WALKING_SPEED)
        return found

    def _by_arcs_ms(self, edges: Ints, shares: Floats) -> list[Ints]:
        """Times of places within edges, along the edge and against it; `NO_WAY` if one-way."""
        network = self._network
        times = []
        for side, spent in enumerate(network.along_ms(edges, shares)):
            arcs = 2 * edges + side
            left = network.travel_ms[arcs] - spent + network.penalty_ms[arcs]
            taken = self._arc_ms[arcs] + (spent if self.outward else left)
            times.append(np.where(spent == CLOSED_MS, NO_WAY, taken))
        return times

    def _direct_ms(self, edges: Ints, shares: Floats) -> Ints:
        """`Snapped.direct_ms` for arrays of places."""
        origin = self.origin
        times = np.full(len(edges), NO_WAY)
        is_within = (edges == origin.edge) & (shares > 0) & (shares < 1) & (0 < origin.share < 1)
        for here, there in zip(origin.along_ms, self._network.along_ms(edges, shares), strict=True):
            taken = there - here if self.outward else here - there
            is_open = is_within & (here != CLOSED_MS) & (there != CLOSED_MS) & (taken >= 0)
            times = np.where(is_open, np.minimum(times, taken), times)
        return times

    def _to_nodes(self) -> Ints:
        """The time of each node."""
        origin = Places.of([self.origin], are_targets=not self.outward)
        every = np.arange(self._network.hierarchy.node_count)
        times = self._network.hierarchy.times_ms
        table = times(origin.nodes, every) if self.outward else times(every, origin.nodes).T
        least: Ints = np.minimum((table + origin.costs_ms[:, None]).min(axis=0), NO_WAY)
        return least

    def cells(self, resolution: int) -> tuple[frozenset[int], frozenset[int]]:
        """H3 cells of which all points are inside, and cells of which some may be.

        Raises:
            ValueError: the resolution is not in [6, 15], or there would be over `MAX_CELLS`.
        """
        if not COARSEST <= resolution <= 15:
            raise ValueError(f"resolution must be in [{COARSEST}, 15], got {resolution}")
        inside: list[int] = []
        start = min(resolution, START)
        border = self.start(start)
        for at in range(start, resolution + 1):
            if at > start:
                border = [child for cell in border for child in h3.cell_to_children(cell)]
            within, border = self.sort(border, at)
            size = 7 ** (resolution - at)
            if len(inside) + len(within) * size + len(border) > MAX_CELLS:
                raise ValueError(
                    f"resolution {resolution} needs over {MAX_CELLS} cells; take a coarser one"
                )
            inside += [cell for parent in within for cell in _children(parent, resolution)]
        return frozenset(inside), frozenset(border)

    def start(self, resolution: int, more_rings: int = 0) -> list[int]:
        """Cells that cover all points inside, and so many rings of cells around them; the
        resolution is in [`COARSEST`, `START`]."""
        shapes, low_ms = self._network.shapes, self._bounds_ms[0]
        at = self._segments[low_ms <= self._left_ms]
        lat, lon = shapes.latitudes, shapes.longitudes
        if not at.size:
            return []
        north, east = lat[at + 1] - lat[at], wrapped(lon[at + 1] - lon[at])
        per_latitude, per_longitude = metres_per_degree(lat[at])
        steps = np.ceil(np.hypot(north * per_latitude, east * per_longitude) / _STEP_M)
        pieces = steps.astype(np.int64) + 1
        owner = np.repeat(np.arange(len(at)), pieces)
        nth = np.arange(len(owner)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
        share = nth / np.maximum(steps, 1)[owner]
        spots = np.column_stack(
            (lat[at][owner] + share * north[owner], lon[at][owner] + share * east[owner])
        )
        rings = _RINGS[resolution - COARSEST] + more_rings
        seeds = {h3.latlng_to_cell(y, x, resolution) for y, x in spots.tolist()}
        return sorted({cell for seed in seeds for cell in h3.grid_disk(seed, rings)})

    def sort(
        self, cells: list[int], resolution: int, spread: float = 1.0
    ) -> tuple[list[int], list[int]]:
        """Of cells, those that lie inside, and those that may have points inside. Each stands for
        all points within `spread` times its reach."""
        inside: list[int] = []
        border: list[int] = []
        reach_m = spread * reach_rad(resolution) * METRES_PER_RADIAN
        at_once = max(8, int(_AT_ONCE * min(1.0, (_SMALL_M / reach_m) ** 2)))
        for start in range(0, len(cells), at_once):
            chunk = cells[start : start + at_once]
            low, high = self._cell_bounds_s(*centers(chunk), reach_m)
            for cell, least, most in zip(chunk, low.tolist(), high.tolist(), strict=True):
                if most <= self.limit_s:
                    inside.append(cell)
                elif least <= self.limit_s:
                    border.append(cell)
        return inside, border

    def _cell_bounds_s(
        self, latitudes: Floats, longitudes: Floats, reach_m: float
    ) -> tuple[Floats, Floats]:
        """Bounds of the times of all points within a reach of each centre."""
        index = self._network.index
        reach = reach_m * _SLACK + _SLACK_M
        nearest = np.full(len(latitudes), np.inf)
        feet = index.nearest(latitudes, longitudes)
        nearest[feet.points] = feet.distances_m
        # No point of the cell snaps to a segment beyond these radii.
        radii = np.minimum(nearest * _SLACK + 2 * reach, SNAP_LIMIT_M * _SLACK + reach)
        points, segments = pairs = index.around(latitudes, longitudes, radii)
        _, distances = index.feet(latitudes, longitudes, pairs)
        near = distances <= radii[points]
        points, segments, distances = points[near], segments[near], distances[near]
        low, high = np.full(len(latitudes), np.inf), np.full(len(latitudes), -np.inf)
        walk_low = np.maximum(distances / _SLACK - reach, 0) / WALKING_SPEED
        walk_high = (np.minimum(distances, nearest[points]) * _SLACK + reach) / WALKING_SPEED
        row = self._row_of_segment[segments]
        access = self.origin.access_s
        np.minimum.at(low, points, self._bounds_ms[0][row] / 1000 + walk_low + access)
        np.maximum.at(high, points, self._bounds_ms[1][row] / 1000 + walk_high + access)
        high[nearest * _SLACK + reach > SNAP_LIMIT_M] = np.inf
        return low, high

    @cached_property
    def _segments(self) -> Ints:
        return np.unique(self._network.index.segments)

    @cached_property
    def _row_of_segment(self) -> Ints:
        rows = np.full(len(self._network.shapes.edges), -1)
        rows[self._segments] = np.arange(len(self._segments))
        return rows

    @cached_property
    def _bounds_ms(self) -> tuple[Floats, Floats]:
        """The least and the largest time of places on each segment."""
        network, at = self._network, self._segments
        edges = network.shapes.edges[at]
        shares = network.shapes.shares[at], network.shapes.shares[at + 1]
        sides = [self._by_arcs_ms(edges, place) for place in shares]
        # Along an arc times rise (or fall) evenly, and the least of two arcs counts: its least is
        # at an end, and its largest is at most the smaller one of the largest.
        (ahead_first, back_first), (ahead_last, back_last) = sides
        low = np.minimum.reduce([ahead_first, back_first, ahead_last, back_last])
        high = np.minimum(np.maximum(ahead_first, ahead_last), np.maximum(back_first, back_last))
        for share, junctions in ((0, network.tails), (1, network.heads)):
            at_end = network.shapes.at_junctions(edges, shares[share])[share]
            times = self._junction_ms[junctions[edges]]
            low = np.where(at_end, np.minimum(low, times), low)
            high = np.where(at_end, np.maximum(high, times), high)
        low[edges == self.origin.edge] = 0
        return low - 1.0, np.where(high >= NO_WAY, np.inf, high + 1.0)

    @cached_property
    def _arc_ms(self) -> Ints:
        """The time at the begin of each arc; inward, from its end."""
        network = self._network
        found = np.full(len(network.travel_ms), NO_WAY)
        if self.outward:
            tails, _, arcs = network.links
            np.minimum.at(found, arcs, self._node_ms[tails])
        else:
            nodes = network.after_arc
            has_node = nodes >= 0
            found[has_node] = self._node_ms[nodes[has_node]]
        return found

    @cached_property
    def _junction_ms(self) -> Ints:
        """The time of a place at each junction."""
        network = self._network
        found = np.full(len(network.at_junction), NO_WAY)
        if self.outward:
            np.minimum.at(found, network.junctions, self._node_ms)
        else:
            has_node = network.at_junction >= 0
            found[has_node] = self._node_ms[network.at_junction[has_node]]
        return found


def _children(cell: int, resolution: int) -> list[int]:
    children: list[int] = h3.cell_to_children(cell, resolution)
    return children
