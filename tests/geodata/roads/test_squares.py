"""People walk straight over squares, around what stands out into them, and nowhere else."""

import math
from collections.abc import Sequence
from pathlib import Path

import pytest

from geodata.points import Point
from geodata.roads import Mode, RoadNetwork
from tests.geodata.roads.grid import STREET, snapped
from tests.support.roads import at, network_of, write_extract

KMH = 1 / 3.6
SQUARE = {"highway": "pedestrian", "area": "yes"}
CORNERS = [(0, 0), (200, 0), (200, 200), (0, 200)]
NOTCHED = [(0, 0), (200, 0), (200, 200), (101, 200), (101, 100), (99, 100), (99, 200), (0, 200)]


def town(folder: Path, corners: list[tuple[int, int]], tags: dict[str, str]) -> RoadNetwork:
    """A square with streets of 100 m from its corners on the outside, to the west and the east."""
    nodes: dict[int, tuple[Point, dict[str, str]]] = {
        number: (at(*corner), {}) for number, corner in enumerate(corners, start=1)
    }
    ways: dict[int, tuple[list[int], dict[str, str]]] = {}
    ways[1] = [*range(1, len(corners) + 1), 1], tags
    for number, corner in enumerate(corners, start=1):
        if corner[0] in (0, 200):
            nodes[100 + number] = at(corner[0] + (100 if corner[0] else -100), corner[1]), {}
            ways[10 + number] = [number, 100 + number], STREET
    return network_of(write_extract(folder / "square.osm", nodes, ways))


def walk_m(
    network: RoadNetwork, start: tuple[float, float], end: tuple[float, float], mode: Mode
) -> float:
    origin, target = (snapped(network, mode, at(*each)) for each in (start, end))
    return float(network.times_from(origin, [target])[0]) * 5 * KMH


def test_over_a_square_people_walk_straight(tmp_path: Path) -> None:
    network = town(tmp_path, CORNERS, SQUARE)
    diagonal = 200 * 2**0.5
    assert diagonal == pytest.approx(walk_m(network, (0, 0), (200, 200), Mode.WALK), rel=1e-3)
    assert diagonal + 100 == pytest.approx(
        walk_m(network, (-50, 0), (250, 200), Mode.WALK), rel=1e-3
    )
    # Bicycles are pushed, at 4 km/h.
    assert diagonal * 5 / 4 == pytest.approx(
        walk_m(network, (0, 0), (200, 200), Mode.BIKE), rel=1e-3
    )


def test_around_a_wall_that_stands_out_into_it(tmp_path: Path) -> None:
    network = town(tmp_path, NOTCHED, SQUARE)
    over = 2 * (99**2 + 100**2) ** 0.5 + 2
    assert over == pytest.approx(walk_m(network, (0, 200), (200, 200), Mode.WALK), rel=1e-3)
    assert 200 == pytest.approx(walk_m(network, (0, 0), (200, 0), Mode.WALK), rel=1e-3)


@pytest.mark.parametrize(
    "tags",
    [{"highway": "pedestrian"}, {"highway": "service", "area": "yes"}],
    ids=["a street that is a ring", "a car park"],
)
def test_what_is_no_square_is_walked_around(tmp_path: Path, tags: dict[str, str]) -> None:
    network = town(tmp_path, CORNERS, tags)
    assert 400 == pytest.approx(walk_m(network, (0, 0), (200, 200), Mode.WALK), rel=1e-3)


def test_an_outline_that_crosses_itself_is_a_ring_of_streets(tmp_path: Path) -> None:
    network = town(tmp_path, [(0, 0), (200, 200), (200, 0), (0, 200)], SQUARE)
    over = 2 * 200 * 2**0.5 + 200
    assert min(over, 200 * 2**0.5) == pytest.approx(
        walk_m(network, (0, 0), (200, 200), Mode.WALK), rel=1e-3
    )
    assert 200 == pytest.approx(walk_m(network, (0, 0), (0, 200), Mode.WALK), rel=1e-3)


HOLE = [(60, 60), (140, 60), (140, 140), (60, 140)]
AREA = {"type": "multipolygon", "highway": "pedestrian"}


def court(
    folder: Path,
    tags: dict[str, str],
    *,
    hole: Sequence[tuple[float, float]] = HOLE,
    members: list[tuple[str, int, str]] | None = None,
) -> RoadNetwork:
    """A square of two ways around a hole, and streets of 100 m from its corners to the outside."""
    nodes: dict[int, tuple[Point, dict[str, str]]] = {
        number: (at(*corner), {}) for number, corner in enumerate(CORNERS, start=1)
    }
    nodes |= {1000 + number: (at(*corner), {}) for number, corner in enumerate(hole)}
    ring = [*range(1000, 1000 + len(hole)), 1000]
    ways: dict[int, tuple[list[int], dict[str, str]]] = {
        1: ([1, 2, 3], {}), 2: ([1, 4, 3], {}), 3: (ring, {"building": "yes"}),
    }  # fmt: skip
    for number, (x, y) in enumerate(CORNERS, start=1):
        nodes[100 + number] = at(x + (100 if x else -100), y), {}
        ways[10 + number] = [number, 100 + number], STREET
    outlines = [("w", 1, "outer"), ("w", 2, "outer"), ("w", 3, "inner")]
    relations = [(members or outlines, tags)]
    return network_of(write_extract(folder / "court.osm", nodes, ways, relations))


def test_over_a_square_of_several_outlines_people_walk_around_its_holes(tmp_path: Path) -> None:
    network = court(tmp_path, AREA)
    around = 2 * (140**2 + 60**2) ** 0.5
    assert around == pytest.approx(walk_m(network, (0, 0), (200, 200), Mode.WALK), rel=1e-3)
    assert around + 100 == pytest.approx(walk_m(network, (-50, 0), (250, 200), Mode.WALK), rel=1e-3)
    assert 200 == pytest.approx(walk_m(network, (0, 0), (0, 200), Mode.WALK), rel=1e-3)
    assert {} == network.about["unread"]


def test_a_wide_hole_leaves_the_rim(tmp_path: Path) -> None:
    network = court(tmp_path, AREA, hole=[(20, 20), (180, 20), (180, 180), (20, 180)])
    around = 2 * (180**2 + 20**2) ** 0.5
    assert around == pytest.approx(walk_m(network, (0, 0), (200, 200), Mode.WALK), rel=1e-3)


ROUND = [
    (100 + 60 * math.cos(turn * math.pi / 60), 100 + 60 * math.sin(turn * math.pi / 60))
    for turn in range(120)
]
OUTER = [("w", 1, "outer"), ("w", 2, "outer")]


@pytest.mark.parametrize(
    ("hole", "members"),
    [
        (ROUND, None),
        (HOLE, [*OUTER, ("w", 99, "inner")]),
        (HOLE, [("w", 1, "outer"), ("w", 3, "inner")]),
        ([(-20, 60), (140, 60), (140, 140), (-20, 140)], None),
        ([(60, 60), (140, 140), (140, 60), (60, 140)], None),
    ],
    ids=["many corners", "a missing outline", "an open one", "crossing ones", "crossing itself"],
)
def test_a_square_that_cannot_be_crossed_is_walked_around_and_counted(
    tmp_path: Path, hole: Sequence[tuple[float, float]], members: list[tuple[str, int, str]] | None
) -> None:
    network = court(tmp_path, AREA, hole=hole, members=members)
    assert {"squares that are walked around": 1} == network.about["unread"]
    assert 400 == pytest.approx(walk_m(network, (0, 0), (200, 200), Mode.WALK), rel=1e-3)


def test_areas_of_roads_that_are_no_squares_are_counted(tmp_path: Path) -> None:
    network = court(tmp_path, {**AREA, "highway": "service"}, members=[("w", 11, "outer")])
    assert {"areas of several outlines that are no squares": 1} == network.about["unread"]
