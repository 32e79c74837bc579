"""Points snap to the nearest edge, and ways begin and end there."""

from pathlib import Path

import numpy as np
import pyproj
import pytest
import shapely

from geodata.distance import distance_m
from geodata.points import Point
from geodata.roads import SNAP_LIMIT_M, Mode, RoadNetwork, file
from geodata.samples import HELSINKI_ROADS
from tests.geodata.roads.grid import STREET, grid, snapped
from tests.support.roads import at, network_of, write_extract

DRIVE, WALK = Mode.DRIVE, Mode.WALK


@pytest.mark.parametrize("mode", Mode)
def test_no_edge_is_nearer_than_the_one_that_a_point_snaps_to(mode: Mode) -> None:
    network = RoadNetwork.load(HELSINKI_ROADS)
    _, _, columns = file.read(HELSINKI_ROADS)
    edge = np.repeat(np.arange(len(columns["shape_counts"])), columns["shape_counts"])
    usable = (columns[f"{mode}/may_snap"] & (columns[f"{mode}/islands"] >= 0))[edge]
    _, number = np.unique(edge[usable], return_inverse=True)
    lat = np.cumsum(columns["shape_latitudes"], dtype=np.int64)[usable] / 1e7
    lon = np.cumsum(columns["shape_longitudes"], dtype=np.int64)[usable] / 1e7
    rng = np.random.default_rng(3)
    south, west, north, east = network.bounds
    for _ in range(40):
        point = Point(
            float(rng.uniform(south - 0.004, north + 0.004)),
            float(rng.uniform(west - 0.008, east + 0.008)),
        )
        # A projection in which all lengths from the point are true.
        flat = pyproj.Proj(proj="aeqd", lat_0=point.latitude, lon_0=point.longitude, ellps="WGS84")
        lines = shapely.linestrings(np.column_stack(flat(lon, lat)), indices=number)
        nearest = float(shapely.distance(lines, shapely.Point(0, 0)).min())
        found = network.snap(mode, point.latitude, point.longitude)
        if nearest > SNAP_LIMIT_M:
            assert found is None
        else:
            assert found
            assert nearest == pytest.approx(found.distance_m, rel=3e-4, abs=0.01)
            foot = Point(found.latitude, found.longitude)
            assert distance_m(point, foot) == pytest.approx(found.distance_m, abs=1e-6)


@pytest.mark.parametrize("mode", Mode)
def test_one_point_snaps_as_it_does_among_many(mode: Mode) -> None:
    network = RoadNetwork.load(HELSINKI_ROADS)
    rng = np.random.default_rng(11)
    latitudes = np.append(rng.uniform(60.155, 60.19, 400), [60.3, -90, 90, 0])
    longitudes = np.append(rng.uniform(24.92, 24.97, 400), [24.94, 0, 0, 180])
    many = network.snap_many(mode, latitudes, longitudes)
    spots = zip(latitudes.tolist(), longitudes.tolist(), strict=True)
    assert many == [network.snap(mode, *spot) for spot in spots]
    assert 4 <= many.count(None) < 300


def between(network: RoadNetwork, start: Point, end: Point, mode: Mode = DRIVE) -> float:
    ends = snapped(network, mode, start), snapped(network, mode, end)
    return float(network.times_from(ends[0], [ends[1]])[0])


def test_both_ends_on_one_edge(tmp_path: Path) -> None:
    network = grid(tmp_path)
    assert 6.667 == pytest.approx(between(network, at(25, 0), at(75, 0)), rel=1e-3)
    assert 6.667 == pytest.approx(between(network, at(75, 0), at(25, 0)), rel=1e-3)
    assert 0 == pytest.approx(between(network, at(25, 0), at(25, 0)), abs=0.01)


def test_both_ends_on_a_one_way_edge(tmp_path: Path) -> None:
    network = grid(tmp_path, {"AMB": {**STREET, "oneway": "yes"}})
    assert 6.667 == pytest.approx(between(network, at(25, 0), at(75, 0)), rel=1e-3)
    # Back is round the block: 25 + 300 + 25 m.
    assert 46.667 == pytest.approx(between(network, at(75, 0), at(25, 0)), rel=1e-3)
    way = network.way(snapped(network, DRIVE, at(75, 0)), snapped(network, DRIVE, at(25, 0)))
    assert way
    assert 350 == pytest.approx(way.distance_m, rel=1e-3)
    turns = [at(75, 0), at(100, 0), at(100, -100), at(0, -100), at(0, 0), at(25, 0)]
    assert len(turns) == len(way.line)
    for turn, told in zip(turns, way.line, strict=True):
        assert distance_m(turn, Point(*told)) < 0.1


def test_the_walks_to_and_from_the_edges_count(tmp_path: Path) -> None:
    network = grid(tmp_path)
    # 20 m and 10 m on foot at 5 km/h, 50 m in a car at 27 km/h.
    assert 14.4 + 6.667 + 7.2 == pytest.approx(between(network, at(25, 20), at(75, 10)), rel=1e-3)
    way = network.way(snapped(network, DRIVE, at(25, 20)), snapped(network, DRIVE, at(75, 10)))
    assert way
    assert 80 == pytest.approx(way.distance_m, rel=1e-3)


def test_a_point_at_the_end_of_an_edge_is_on_all_edges_there(tmp_path: Path) -> None:
    network = grid(tmp_path, {"AMB": {**STREET, "oneway": "yes"}})
    # B is the end of the one-way road, and the begin of others.
    assert 6.667 == pytest.approx(between(network, at(100, 0), at(150, 0)), rel=1e-3)
    assert 6.667 == pytest.approx(between(network, at(150, 0), at(100, 0)), rel=1e-3)
    assert 6.667 == pytest.approx(between(network, at(50, 0), at(100, 0)), rel=1e-3)
    beyond = snapped(network, DRIVE, at(-30, 30))
    assert 42.43 == pytest.approx(beyond.distance_m, rel=1e-3)
    assert 30.55 + 6.667 == pytest.approx(between(network, at(-30, 30), at(50, 0)), rel=1e-3)


def test_a_point_farther_than_the_limit_snaps_to_nothing(tmp_path: Path) -> None:
    network = grid(tmp_path)
    for north in (SNAP_LIMIT_M + 1, 10_000):
        point = at(100, north)
        assert network.snap(DRIVE, point.latitude, point.longitude) is None
    assert 999 == pytest.approx(snapped(network, DRIVE, at(100, 999)).distance_m, abs=0.3)
    assert network.snap(DRIVE, 90.0, 0.0) is None
    assert network.snap(DRIVE, -89.9, 179.9) is None


def town_and_islands(folder: Path) -> RoadNetwork:
    spots = {
        1: at(0, 0), 2: at(3_000, 0),
        3: at(0, 700), 4: at(2_500, 700),
        5: at(0, -300), 6: at(200, -300),
    }  # fmt: skip
    ways = {10: ([1, 2], STREET), 11: ([3, 4], STREET), 12: ([5, 6], STREET)}
    nodes: dict[int, tuple[Point, dict[str, str]]] = {i: (p, {}) for i, p in spots.items()}
    return network_of(write_extract(folder / "islands.osm", nodes, ways))


def test_between_islands_there_is_no_way_and_small_ones_catch_nothing(tmp_path: Path) -> None:
    network = town_and_islands(tmp_path)
    town, island = snapped(network, WALK, at(500, 10)), snapped(network, WALK, at(500, 690))
    assert (0, 1) == (town.island, island.island)
    assert np.isinf(network.matrix([town, island], [town, island])).tolist() == [
        [False, True],
        [True, False],
    ]
    assert network.way(town, island) is None
    # The 200 m of road in the south have no connection, so their shop is 300 m from the town.
    lost = snapped(network, WALK, at(100, -300))
    assert 300 == pytest.approx(lost.distance_m, rel=1e-3)
    assert [3.0, 2.5] == pytest.approx(network.about["modes"]["walk"]["islands_km"], rel=1e-3)
    assert 0.2 == pytest.approx(network.about["modes"]["walk"]["left_out_km"], rel=1e-2)


def test_places_of_two_modes_do_not_go_together() -> None:
    network = RoadNetwork.load(HELSINKI_ROADS)
    on_foot, by_car = (snapped(network, mode, Point(60.17, 24.94)) for mode in (WALK, DRIVE))
    with pytest.raises(ValueError, match="different modes"):
        network.times_from(on_foot, [by_car])
