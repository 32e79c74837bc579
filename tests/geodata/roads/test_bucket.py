"""The nearest of many targets by time are those of brute force."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from geodata import importers
from geodata.roads import Block, Bucket, Mode, RoadNetwork, Snapped
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


def ranked(bucket: Bucket, origin: Snapped, wanted: Any = None) -> Iterator[Block]:
    """The blocks, each checked to be later than the one before."""
    last = -1.0
    for block in bucket.by_time(origin, wanted):
        assert last < block.seconds[0]
        last = block.seconds[-1]
        yield block


@pytest.mark.parametrize("mode", Mode)
@pytest.mark.parametrize("is_small", [True, False])
def test_targets_come_in_the_order_of_brute_force(
    monkeypatch: pytest.MonkeyPatch, mode: Mode, is_small: bool
) -> None:
    if not is_small:
        # Bounds decide, as in a large network.
        monkeypatch.setattr("geodata.roads.bucket._SMALL", 0)
    bucket = stores(mode)
    assert len(bucket) > 900
    assert is_small is not bucket.is_narrowed
    bucket.prepare()
    rng = np.random.default_rng(5)
    timed = 0
    for _ in range(20):
        latitude, longitude = rng.uniform((SOUTH, WEST), (NORTH, EAST)).tolist()
        origin = NETWORK.snap(mode, latitude, longitude)
        assert origin
        times = bucket.times_from(origin)
        assert (bucket.lower_bounds(origin) <= times).all()
        for share in (1.0, 0.3, 0.02):
            wanted = rng.random(len(bucket)) < share
            right = np.where(wanted, times, np.inf)
            order = np.lexsort((np.arange(len(times)), right))
            order = order[np.isfinite(right[order])]
            blocks = list(ranked(bucket, origin, wanted))
            assert order.tolist() == [each for block in blocks for each in block.indices.tolist()]
            assert right[order].tolist() == [
                each for block in blocks for each in block.seconds.tolist()
            ]
        found, count = 0, 0
        for block in ranked(bucket, origin):
            found, count = block.timed, count + len(block.indices)
            if count >= 50:
                break
        timed += found
    # Without bounds all are timed; with them few, for the first fifty.
    assert is_small is (timed / 20 >= len(bucket))
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
    origin = snapped(network, Mode.WALK, at(150, 0))
    [found] = network.bucket(Mode.WALK, places).by_time(origin)
    assert [0, 2, 1] == found.indices.tolist()


def test_no_targets_and_no_place(tmp_path: Path) -> None:
    network = grid(tmp_path, {"AMB": {**STREET, "oneway": "yes"}})
    origin = snapped(network, Mode.DRIVE, at(10, 10))
    assert [] == list(network.bucket(Mode.DRIVE, []).by_time(origin))
    nowhere = network.bucket(Mode.DRIVE, [None, None])
    assert [] == list(nowhere.by_time(origin))
    assert np.isinf(nowhere.times_from(origin)).all()
    assert network.matrix([origin], []).shape == (1, 0)
