"""A small network of roads with a bay, made as `enrayon roads build` makes one.

A grid of streets in Helsinki, 200 m apart, of 21 by 21 nodes. A bay without streets cuts in from
the south, so points on its two sides are near and a long way apart; in the north-east corner an
island has streets of its own.
"""

import math
from collections.abc import Iterator
from functools import cache
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory

from enrayon.stores.v1 import stores_pb2
from geodata.distance import distance_m
from geodata.points import Point
from geodata.roads import FALLBACK_SPEEDS, Mode, RoadNetwork
from services.directory.road_network import EmbeddedRouter
from tests.support.roads import Dijkstra, network_of, write_extract

SOUTH, WEST, SIDE = 60.150, 24.900, 21
STEP = 0.0018, 0.0036

Node = tuple[int, int]


def place(node: Node) -> Point:
    """The position of a node."""
    return Point(SOUTH + node[0] * STEP[0], WEST + node[1] * STEP[1])


def is_water(node: Node) -> bool:
    row, column = node
    return (
        (column == 10 and row < 18) or (row >= 14 and column == 16) or (row == 13 and column > 15)
    )


def number(node: Node) -> int:
    return node[0] * SIDE + node[1] + 1


def streets() -> Iterator[list[Node]]:
    """The rows and columns of the grid, each in parts between water."""
    lines = [[(row, column) for column in range(SIDE)] for row in range(SIDE)]
    lines += [[(row, column) for row in range(SIDE)] for column in range(SIDE)]
    for line in lines:
        for is_wet, part in groupby(line, is_water):
            nodes = list(part)
            if not is_wet and len(nodes) > 1:
                yield nodes


class Toy:
    """The network, and times on it by Dijkstra."""

    def __init__(self) -> None:
        parts = list(streets())
        nodes: dict[int, tuple[Point, dict[str, str]]] = {
            number(node): (place(node), {}) for part in parts for node in part
        }
        ways = {
            way: ([number(node) for node in part], {"highway": "residential"})
            for way, part in enumerate(parts, 1)
        }
        box = place((0, 0)), place((SIDE - 1, SIDE - 1))
        with TemporaryDirectory() as folder:
            extract = write_extract(Path(folder) / "toy.osm.pbf", nodes, ways, box=box)
            self.network: RoadNetwork = network_of(extract)
            self._dijkstra = {mode: Dijkstra(extract.with_suffix(".roads"), mode) for mode in Mode}

    def seconds(
        self, mode: Mode, origin: tuple[float, float], destination: tuple[float, float]
    ) -> float:
        """The time between two points; infinite where there is no way."""
        start, end = (self.network.snap(mode, *point) for point in (origin, destination))
        if start is None or end is None:
            return math.inf
        return self._dijkstra[mode].seconds(start, [end])[0]

    @property
    def router(self) -> EmbeddedRouter:
        """A router on the network."""
        return EmbeddedRouter(self.network)


@cache
def toy() -> Toy:
    """The network, made once."""
    return Toy()


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
    ranked = []
    for each in stores:
        target = point_of(each)
        seconds = toy().seconds(mode, origin, (target.latitude, target.longitude))
        is_estimate = math.isinf(seconds)
        if is_estimate:
            seconds = distance_m(Point(*origin), target) / FALLBACK_SPEEDS[mode]
        ranked.append((seconds, is_estimate, each.name))
    return sorted(ranked)
