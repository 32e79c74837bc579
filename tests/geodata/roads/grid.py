"""A town of twelve junctions, of which tests change ways and nodes.

A---M---B---C---D        100 m between neighbours, M in the middle of A and B
|       |   |   |
E-------F---G---H
|       |   |   |
I-------J---K---L
"""

from dataclasses import astuple
from pathlib import Path

from geodata.points import Point
from geodata.roads import Mode, RoadNetwork, Snapped
from tests.support.roads import at, network_of, write_extract

NAMES = "ABCDEFGHIJKL"
PLACES = {name: at(100.0 * (i % 4), -100.0 * (i // 4)) for i, name in enumerate(NAMES)} | {
    "M": at(50.0, 0.0)
}
IDS = {name: 1 + i for i, name in enumerate(PLACES)}
STREETS = [
    *("AMB", "BC", "CD", "EF", "FG", "GH", "IJ", "JK", "KL"),
    *("AE", "BF", "CG", "DH", "EI", "FJ", "GK", "HL"),
]
STREET = {"highway": "residential"}


def grid(
    folder: Path,
    ways: dict[str, dict[str, str]] | None = None,
    nodes: dict[str, dict[str, str]] | None = None,
    restrictions: list[tuple[list[tuple[str, str]], dict[str, str]]] | None = None,
    streets: list[str] = STREETS,
) -> RoadNetwork:
    """The network; `ways` and `nodes` change the tags of some, members are roles and names."""
    numbers = {street: number for number, street in enumerate(streets, start=1)}
    relations = [
        (
            [
                ("n", IDS[name], role) if name in IDS else ("w", numbers[name], role)
                for role, name in members
            ],
            {"type": "restriction", **tags},
        )
        for members, tags in restrictions or []
    ]
    extract = write_extract(
        folder / "grid.osm",
        {IDS[name]: (point, (nodes or {}).get(name, {})) for name, point in PLACES.items()},
        {
            number: ([IDS[name] for name in street], (ways or {}).get(street, STREET))
            for street, number in numbers.items()
        },
        relations,
    )
    return network_of(extract)


def place(name: str) -> Point:
    """A junction, or the middle of two: `EF`."""
    points = [PLACES[letter] for letter in name]
    middle = [sum(axis) / len(points) for axis in zip(*map(astuple, points), strict=True)]
    return Point(*middle)


def snapped(network: RoadNetwork, mode: Mode, point: Point) -> Snapped:
    found = network.snap(mode, point.latitude, point.longitude)
    assert found
    return found


def seconds(network: RoadNetwork, mode: Mode, start: str, end: str) -> float:
    origin, target = (snapped(network, mode, place(name)) for name in (start, end))
    return float(network.times_from(origin, [target])[0])
