"""Times on networks of real and made extracts equal Dijkstra's."""

import os
from pathlib import Path

import numpy as np
import pytest

from geodata.roads import Mode, RoadNetwork, Snapped
from geodata.roads.build import build
from geodata.samples import HELSINKI_ROADS
from tests.support.paths import SHARED_DATA
from tests.support.roads import Dijkstra
from tests.support.town import write_town

EXTRACTS = ["helsinki", "liechtenstein", "munchen", "porto"]
PAIRS = 10_000


def places(network: RoadNetwork, mode: Mode, count: int, seed: int) -> list[Snapped]:
    rng = np.random.default_rng(seed)
    south, west, north, east = network.bounds
    found: list[Snapped] = []
    while len(found) < count:
        latitudes, longitudes = rng.uniform(south, north, count), rng.uniform(west, east, count)
        found += [each for each in network.snap_many(mode, latitudes, longitudes) if each]
    return found[:count]


def check(path: Path, pairs: int, *, per_origin: int = 100) -> None:
    network = RoadNetwork.load(path)
    assert network.modes == set(Mode)
    for mode in sorted(network.modes):
        oracle = Dijkstra(path, mode)
        origins = places(network, mode, pairs // per_origin, seed=1)
        together = 0
        for number, origin in enumerate(origins):
            targets = places(network, mode, per_origin, seed=2 + number)
            told = network.times_from(origin, targets).tolist()
            assert oracle.seconds(origin, targets) == told
            assert told[0] == network.times_to(targets[0], [origin])[0]
            same = np.array([target.island == origin.island for target in targets])
            together += same.sum()
            assert np.isfinite(told)[same].all()
            way = network.way(origin, targets[0])
            assert told[0] == (way.seconds if way else np.inf)
        assert together > pairs / 2


def network_file(name: str, folder: Path) -> Path:
    if name == "helsinki":
        return HELSINKI_ROADS
    extract = SHARED_DATA / "roads" / f"{name}.osm.pbf"
    if not extract.exists():
        pytest.skip("needs the extracts in ../shared/data/roads")
    path = folder / "town.roads"
    build(extract, path)
    return path


@pytest.mark.parametrize("name", ["helsinki", "munchen"])
def test_times_in_real_extracts_are_dijkstras(tmp_path: Path, name: str) -> None:
    check(network_file(name, tmp_path), 200, per_origin=10)


@pytest.mark.long
@pytest.mark.parametrize("name", EXTRACTS)
def test_ten_thousand_times_in_real_extracts_are_dijkstras(tmp_path: Path, name: str) -> None:
    check(network_file(name, tmp_path), PAIRS)


@pytest.mark.parametrize("mode", Mode)
def test_from_many_to_one_takes_as_long_as_from_each(mode: Mode) -> None:
    network = RoadNetwork.load(HELSINKI_ROADS)
    origins = places(network, mode, 60, seed=8)
    for target in places(network, mode, 3, seed=9):
        each = [network.times_from(origin, [target])[0] for origin in origins]
        assert each == network.times_to(target, origins).tolist()


@pytest.mark.long
def test_ten_thousand_times_in_a_made_city_are_dijkstras(tmp_path: Path) -> None:
    extract, path = tmp_path / "city.osm.pbf", tmp_path / "city.roads"
    nodes = write_town(extract, side=int(os.environ.get("ENRAYON_TOWN_SIDE", "330")), seed=21)
    assert nodes >= 100_000
    build(extract, path)
    check(path, PAIRS, per_origin=500)
