"""The nearest of many targets by time are those of brute force."""

from pathlib import Path

import numpy as np
import pytest

from geodata import importers
from geodata.roads import Bucket, Mode, RoadNetwork
from geodata.samples import HELSINKI_ROADS, HELSINKI_STORES
from tests.geodata.roads.grid import STREET, grid, snapped
from tests.support.roads import at

NETWORK = RoadNetwork.load(HELSINKI_ROADS)
SOUTH, WEST, NORTH, EAST = NETWORK.bounds


def stores(mode: Mode) -> Bucket:
    found = importers.read(HELSINKI_STORES, source="osm").stores
    latitudes = np.array([store.location.latitude for store in found if store.location])
    longitudes = np.array([store.location.longitude for store in found if store.location])
    places = NETWORK.snap_many(mode, latitudes, longitudes)
    return NETWORK.bucket(mode, [*places, None])


@pytest.mark.parametrize("mode", Mode)
@pytest.mark.parametrize("is_small", [True, False])
def test_the_nearest_by_time_are_those_of_brute_force(
    monkeypatch: pytest.MonkeyPatch, mode: Mode, is_small: bool
) -> None:
    if not is_small:
        # Bounds decide, as in a large network.
        monkeypatch.setattr("geodata.roads.bucket._SMALL", 0)
    bucket = stores(mode)
    assert len(bucket) > 900
    rng = np.random.default_rng(5)
    timed = 0
    for _ in range(20):
        latitude, longitude = rng.uniform((SOUTH, WEST), (NORTH, EAST)).tolist()
        origin = NETWORK.snap(mode, latitude, longitude)
        assert origin
        times = bucket.times_from(origin)
        assert (bucket.lower_bounds(origin) <= times).all()
        for count, share, limit_s in ((10, 1.0, None), (50, 0.3, None), (5, 0.1, 240.0)):
            wanted = rng.random(len(bucket)) < share
            right = np.where(wanted & (times <= (limit_s or np.inf)), times, np.inf)
            order = np.lexsort((np.arange(len(times)), right))[:count]
            order = order[np.isfinite(right[order])]
            found = bucket.nearest(origin, count, wanted=wanted, limit_s=limit_s)
            assert order.tolist() == found.indices.tolist()
            assert right[order].tolist() == found.seconds.tolist()
            timed += found.timed
    # Without bounds all are timed that are wanted: 1.4 times the stores for each origin.
    assert is_small is (timed / 20 > 1.3 * len(bucket))
    assert is_small or timed / 20 < 0.6 * len(bucket)


def test_a_limit_leaves_out_later_targets() -> None:
    bucket = stores(Mode.WALK)
    origin = NETWORK.snap(Mode.WALK, 60.17, 24.944)
    assert origin
    every, near = bucket.times_from(origin), bucket.times_from(origin, 200)
    assert np.where(every <= 200, every, np.inf).tolist() == near.tolist()
    assert 0 < np.isfinite(near).sum() < np.isfinite(every).sum()
    assert np.isinf(every[-1])


def test_ties_are_ranked_by_index(tmp_path: Path) -> None:
    network = grid(tmp_path)
    places = [snapped(network, Mode.WALK, point) for point in (at(200, 0), at(0, 0), at(200, 0))]
    found = network.bucket(Mode.WALK, places).nearest(snapped(network, Mode.WALK, at(150, 0)), 3)
    assert [0, 2, 1] == found.indices.tolist()


def test_no_targets_and_no_place(tmp_path: Path) -> None:
    network = grid(tmp_path, {"AMB": {**STREET, "oneway": "yes"}})
    origin = snapped(network, Mode.DRIVE, at(10, 10))
    assert [] == network.bucket(Mode.DRIVE, []).nearest(origin, 5).indices.tolist()
    nowhere = network.bucket(Mode.DRIVE, [None, None])
    assert [] == nowhere.nearest(origin, 5).indices.tolist()
    assert np.isinf(nowhere.times_from(origin)).all()
    assert network.matrix([origin], []).shape == (1, 0)
