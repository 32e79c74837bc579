"""A small network of roads with a bay, in place of `RoadNetwork`: plain Dijkstra from node to node.

A grid of streets in Helsinki, 200 m apart, of 21 by 21 nodes. A bay without streets cuts in from
the south, so points on its two sides are near and a long way apart; in the north-east corner an
island has streets of its own.
"""

import heapq
import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import shapely

from enrayon.stores.v1 import stores_pb2
from geodata.distance import distance_m, distances_m
from geodata.points import Point
from geodata.roads import FALLBACK_SPEEDS, SNAP_LIMIT_M, WALKING_SPEED, Mode, Snapped, Way

SOUTH, WEST, SIDE = 60.150, 24.900, 21
STEP = 0.0018, 0.0036
SPEEDS = {Mode.DRIVE: 10.0, Mode.WALK: WALKING_SPEED, Mode.BIKE: 4.0}
ATTRIBUTION = "Roads of a toy"

Node = tuple[int, int]


def place(node: Node) -> Point:
    """The position of a node."""
    return Point(SOUTH + node[0] * STEP[0], WEST + node[1] * STEP[1])


def is_water(node: Node) -> bool:
    row, column = node
    return (
        (column == 10 and row < 18) or (row >= 14 and column == 16) or (row == 13 and column > 15)
    )


def island_of(node: Node) -> int:
    return int(node[0] > 13 and node[1] > 16)


class ToyNetwork:
    """What `RoadNetwork` offers, over the grid."""

    version = "toy"
    attribution = ATTRIBUTION
    modes = frozenset(Mode)
    bounds = (SOUTH, WEST, SOUTH + (SIDE - 1) * STEP[0], WEST + (SIDE - 1) * STEP[1])

    def __init__(self) -> None:
        every = [(row, column) for row in range(SIDE) for column in range(SIDE)]
        self.nodes = [node for node in every if not is_water(node)]
        self._known = set(self.nodes)
        places = [place(node) for node in self.nodes]
        self._latitudes = np.array([each.latitude for each in places])
        self._longitudes = np.array([each.longitude for each in places])
        self._times: dict[tuple[Mode, Node], dict[Node, float]] = {}
        self._node_of = {(place(n).latitude, place(n).longitude): n for n in self.nodes}

    def snap(self, mode: Mode, latitude: float, longitude: float) -> Snapped | None:
        distances = distances_m(latitude, longitude, self._latitudes, self._longitudes)
        node = self.nodes[int(np.argmin(distances))]
        off_m = float(distances.min())
        if off_m > SNAP_LIMIT_M:
            return None
        at = place(node)
        return Snapped(mode, at.latitude, at.longitude, off_m, island_of(node))

    def snap_many(self, mode: Mode, latitudes: Any, longitudes: Any) -> list[Snapped | None]:
        pairs = zip(latitudes.tolist(), longitudes.tolist(), strict=True)
        return [self.snap(mode, *pair) for pair in pairs]

    def times_from(self, origin: Snapped, targets: Sequence[Snapped]) -> Any:
        times = self.dijkstra(origin)
        walk = origin.distance_m
        return np.array(
            [
                times.get(self.node(target), math.inf) + (walk + target.distance_m) / WALKING_SPEED
                for target in targets
            ]
        )

    def bucket(self, mode: Mode, targets: Sequence[Snapped | None]) -> "ToyBucket":
        return ToyBucket(self, targets)

    def way(self, origin: Snapped, destination: Snapped) -> Way | None:
        [seconds] = self.times_from(origin, [destination]).tolist()
        if math.isinf(seconds):
            return None
        walks = origin.distance_m + destination.distance_m
        driven = (seconds - walks / WALKING_SPEED) * SPEEDS[origin.mode]
        ends = [(each.latitude, each.longitude) for each in (origin, destination)]
        return Way(seconds, driven + walks, ends)

    def near_border(self, origin: Snapped, destination: Snapped, seconds: float) -> bool:
        return seconds > self._to_border(origin) + self._to_border(destination)

    def isochrone(self, origin: Snapped, limit_s: float, *, outward: bool = True) -> "ToyIsochrone":
        return ToyIsochrone(self, origin, limit_s)

    def node(self, snapped: Snapped) -> Node:
        return self._node_of[snapped.latitude, snapped.longitude]

    def dijkstra(self, origin: Snapped) -> dict[Node, float]:
        speed, start = SPEEDS[origin.mode], self.node(origin)
        if (origin.mode, start) in self._times:
            return self._times[origin.mode, start]
        done = self._times[origin.mode, start] = {}
        queue = [(0.0, start)]
        while queue:
            time, node = heapq.heappop(queue)
            if node in done:
                continue
            done[node] = time
            for other in self._beside(node):
                if other not in done:
                    heapq.heappush(
                        queue, (time + distance_m(place(node), place(other)) / speed, other)
                    )
        return done

    def _beside(self, node: Node) -> Iterable[Node]:
        row, column = node
        around = [(row + 1, column), (row - 1, column), (row, column + 1), (row, column - 1)]
        return [each for each in around if each in self._known]

    def _to_border(self, point: Snapped) -> float:
        times = self.dijkstra(point)
        edge = {0, SIDE - 1}
        return min((t for n, t in times.items() if edge & set(n)), default=math.inf)


class ToyBucket:
    """Targets of the toy network."""

    def __init__(self, network: ToyNetwork, targets: Sequence[Snapped | None]) -> None:
        self._network, self._targets = network, targets

    def times_from(self, origin: Snapped, limit_s: float | None = None) -> Any:
        known = [target for target in self._targets if target is not None]
        times = iter(self._network.times_from(origin, known).tolist())
        return np.array([math.inf if t is None else next(times) for t in self._targets])


class ToyIsochrone:
    """The nodes within a time; a point belongs to its nearest node."""

    may_be_clipped = True

    def __init__(self, network: ToyNetwork, origin: Snapped, limit_s: float) -> None:
        self._network, self._origin, self._limit_s = network, origin, limit_s

    def contains(self, latitude: float, longitude: float) -> bool:
        target = self._network.snap(self._origin.mode, latitude, longitude)
        if target is None:
            return False
        return bool(self._network.times_from(self._origin, [target])[0] <= self._limit_s)

    def contains_many(self, latitudes: Any, longitudes: Any) -> Any:
        pairs = zip(latitudes.tolist(), longitudes.tolist(), strict=True)
        return np.array([self.contains(*pair) for pair in pairs], np.bool_)

    def cells(self, resolution: int) -> tuple[frozenset[int], frozenset[int]]:
        import h3

        south, west, north, east = self._network.bounds
        box = h3.LatLngPoly([(south, west), (south, east), (north, east), (north, west)])
        return frozenset(), frozenset(map(h3.str_to_int, h3.polygon_to_cells(box, resolution)))

    @property
    def polygons(self) -> shapely.MultiPolygon:
        times = self._network.dijkstra(self._origin)
        boxes = [
            shapely.box(at.longitude - 0.0018, at.latitude - 0.0009, at.longitude + 0.0018,
                        at.latitude + 0.0009)
            for node, time in times.items()
            if time <= self._limit_s
            for at in [place(node)]
        ]  # fmt: skip
        found = shapely.union_all(boxes)
        return found if found.geom_type == "MultiPolygon" else shapely.MultiPolygon([found])


TOY = ToyNetwork()
WEST_SHORE = (60.1550, 24.9330)
EAST_SHORE = (60.1550, 24.9400)
INLAND = (60.1690, 24.9310)
AT_SEA = (59.9000, 24.9000)


def store(id: str, latitude: float, longitude: float, **fields: object) -> stores_pb2.Store:
    location = {"latitude": latitude, "longitude": longitude}
    return stores_pb2.Store(name=f"stores/{id}", display_name=id, location=location, **fields)


def scattered(count: int) -> list[stores_pb2.Store]:
    """Stores over the network and beyond it, two at each of some places."""
    return [
        store(
            f"m-{number:03}",
            60.145 + 0.05 * math.modf(number // 2 * 0.618)[0],
            24.890 + 0.10 * math.modf(number // 2 * 0.414)[0],
            brand="Even" if number % 2 == 0 else "Odd",
        )
        for number in range(count)
    ]


def point_of(message: stores_pb2.Store) -> Point:
    return Point(message.location.latitude, message.location.longitude)


def brute(
    origin: tuple[float, float], stores: list[stores_pb2.Store], mode: Mode
) -> list[tuple[float, bool, str]]:
    """All stores by seconds, estimates after equal times, and id."""
    start = TOY.snap(mode, *origin)
    ranked = []
    for each in stores:
        target = TOY.snap(mode, each.location.latitude, each.location.longitude)
        seconds = math.inf
        if start is not None and target is not None:
            [seconds] = TOY.times_from(start, [target]).tolist()
        is_estimate = math.isinf(seconds)
        if is_estimate:
            seconds = distance_m(Point(*origin), point_of(each)) / FALLBACK_SPEEDS[mode]
        ranked.append((seconds, is_estimate, each.name))
    return sorted(ranked)
