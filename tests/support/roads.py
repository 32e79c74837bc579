"""Writes road networks of hand-made ways, and finds times on networks by Dijkstra."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import osmium
import rustworkx
from numpy.typing import NDArray
from osmium.osm.mutable import Node, Relation, Way

from geodata.distance import destinations
from geodata.points import Point
from geodata.roads import Mode, RoadNetwork, Snapped, file
from geodata.roads.build import build

ORIGIN = Point(60.17, 24.94)
NO_WAY = float("inf")


def at(east_m: float, north_m: float) -> Point:
    """The point at metres from the origin."""
    north = destinations([ORIGIN.latitude], [ORIGIN.longitude], [0.0], [north_m])
    lat, lon, _ = destinations(north[0], north[1], [90.0], [east_m])
    return Point(float(lat[0]), float(lon[0]))


def tags_of(text: str) -> dict[str, str]:
    """`highway=service oneway=yes` as tags; `_mph` and `_@_` stand for ` mph` and ` @ `."""
    pairs = (pair.partition("=") for pair in text.split())
    return {key: value.replace("_mph", " mph").replace("_@_", " @ ") for key, _, value in pairs}


def write_extract(
    path: Path,
    nodes: Mapping[int, tuple[Point, Mapping[str, str]]],
    ways: Mapping[int, tuple[Sequence[int], Mapping[str, str]]],
    relations: Iterable[tuple[Sequence[tuple[str, int, str]], Mapping[str, str]]] = (),
    box: tuple[Point, Point] | None = None,
    *,
    has_box: bool = True,
) -> Path:
    """An extract with a header box, south-west to north-east; far around, if not given."""
    header = osmium.io.Header()
    low, high = box or (at(-5_000, -5_000), at(5_000, 5_000))
    corners = [osmium.osm.Location(each.longitude, each.latitude) for each in (low, high)]
    if has_box:
        header.add_box(osmium.osm.Box(*corners))
    path.unlink(missing_ok=True)
    with osmium.SimpleWriter(path, header=header) as writer:
        for identifier, (point, tags) in sorted(nodes.items()):
            place = point.longitude, point.latitude
            writer.add_node(Node(id=identifier, location=place, tags=dict(tags)))
        for identifier, (members, tags) in sorted(ways.items()):
            writer.add_way(Way(id=identifier, nodes=list(members), tags=dict(tags)))
        for number, (refs, tags) in enumerate(relations, start=1):
            writer.add_relation(Relation(id=number, members=list(refs), tags=dict(tags)))
    return path


def network_of(extract: Path) -> RoadNetwork:
    """The network of an extract."""
    path = extract.with_suffix(".roads")
    build(extract, path)
    return RoadNetwork.load(path)


class Dijkstra:
    """Times on the links of a network's file, by rustworkx.

    It reads the columns of the file itself: nothing of it comes from the hierarchy.
    """

    def __init__(self, path: Path, mode: Mode) -> None:
        _, _, columns = file.read(path)
        part: dict[str, NDArray[Any]] = {
            name.removeprefix(f"{mode}/"): column for name, column in columns.items()
        }
        self.arcs = part["link_arcs"]
        self.times = (part["travel_ms"].astype(np.int64) + part["penalty_ms"].astype(np.int64))[
            self.arcs
        ]
        self.graph: rustworkx.PyDiGraph[None, int] = rustworkx.PyDiGraph()
        self.graph.add_nodes_from([None] * len(part["junctions"]))
        links = zip(
            part["link_tails"].tolist(), part["link_heads"].tolist(), self.times.tolist(),
            strict=True,
        )  # fmt: skip
        self.graph.extend_from_weighted_edge_list(list(links))

    def seconds(self, origin: Snapped, targets: Sequence[Snapped]) -> list[float]:
        """Times from one place to many."""
        found = [float(origin.direct_ms(target)) for target in targets]
        for node, start in origin.begins:
            lengths = rustworkx.dijkstra_shortest_path_lengths(self.graph, node, float)
            reached = {node: 0.0, **dict(lengths.items())}
            for row, target in enumerate(targets):
                times = [reached[end] + cost + start for end, cost in target.ends if end in reached]
                found[row] = min([found[row], *times])
        return [
            time / 1000 + (origin.access_s + target.access_s) if time < 1e12 else NO_WAY
            for time, target in zip(found, targets, strict=True)
        ]
