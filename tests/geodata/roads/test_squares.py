"""People walk straight over squares, around what stands out into them, and nowhere else."""

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
