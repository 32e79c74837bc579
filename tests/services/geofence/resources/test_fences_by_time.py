"""Fences that are all points within a travel time of a store, decided exactly at each point."""

import math

import numpy as np
import pytest

from enrayon.geofence.v1 import geofence_pb2 as pb
from enrayon.stores.v1 import stores_pb2, stores_pb2_grpc
from enrayon.type.v1 import travel_pb2
from geodata.fences import FenceIndex
from geodata.points import Point
from geodata.roads import Mode
from geodata.roads.sketch import sketch
from services.directory.parts import Parts
from services.directory.road_network import EmbeddedRouter
from services.directory.travel_areas import TravelArea, TravelFence
from services.geofence.replica.feeds import Feeds
from services.geofence.replica.isochrones import Isochrones
from tests.services.geofence.resources.test_fences import matches
from tests.support.geofence import create, fix, report
from tests.support.stores import upsert
from tests.support.toy_roads import AT_SEA, EAST_SHORE, INLAND, WEST_SHORE, store, toy

POINTS = 2_000
MINUTES = 12


@pytest.fixture
def router() -> EmbeddedRouter:
    """The router of all directories here."""
    return toy().router


def within(minutes: int, **around: object) -> pb.Fence:
    area = {"mode": travel_pb2.TRAVEL_MODE_WALK, "max_travel_time": {"seconds": 60 * minutes}}
    return pb.Fence(around_stores={"travel_area": area, **around})


async def test_a_point_is_inside_as_its_time_says_also_across_the_bay(fences, channel):
    await upsert(stores_pb2_grpc.StoresServiceStub(channel), [store("w", *WEST_SHORE)])
    made = await create(fences, "near", within(MINUTES, stores=["stores/w"]))
    assert [] == list(made.warnings)
    for place in (WEST_SHORE, EAST_SHORE, INLAND, AT_SEA, (60.1565, 24.9300)):
        seconds = toy().seconds(Mode.WALK, WEST_SHORE, place)
        expected = [("fences/near", "stores/w")] if seconds <= 60 * MINUTES else []
        assert expected == await matches(fences, place)
    assert [] == await matches(fences, EAST_SHORE)  # 400 m away as the crow flies


async def test_it_follows_stores_that_move_and_go(fences, channel):
    stores = stores_pb2_grpc.StoresServiceStub(channel)
    await upsert(stores, [store("w", *WEST_SHORE, brand="Bay")])
    await create(fences, "near", within(3, brands=["bay"]))
    assert [("fences/near", "stores/w")] == await matches(fences, WEST_SHORE)
    moved = stores_pb2.Store(
        name="stores/w", location=store("w", *EAST_SHORE).location, brand="Bay"
    )
    await stores.UpdateStore(stores_pb2.UpdateStoreRequest(store=moved))
    assert [] == await matches(fences, WEST_SHORE)
    assert [("fences/near", "stores/w")] == await matches(fences, EAST_SHORE)
    [result] = await report(fences, fix("a", EAST_SHORE, 0))
    assert ["stores/w"] == [event.store for event in result.events]
    await stores.DeleteStore(stores_pb2.DeleteStoreRequest(name="stores/w"))
    assert [] == await matches(fences, EAST_SHORE)


async def test_cells_replace_the_disc_of_all_that_may_be_reached(parts: Parts, fences, channel):
    await upsert(stores_pb2_grpc.StoresServiceStub(channel), [store("w", *WEST_SHORE)])
    await create(fences, "near", within(MINUTES, stores=["stores/w"]))
    feeds = Feeds(parts.client, parts.directory, parts.settings.data_dir, parts.clock)
    await feeds.fences.start()
    try:
        replica = feeds.fences.replica
        [key] = replica.unsketched
        disc = replica.index[key]
        assert 0.0 == disc.distance_to_edge_m(Point(*INLAND))
        await Isochrones(feeds, parts.directory).sketch()
        assert {} == replica.unsketched
        whole = replica.index[key]
        assert isinstance(whole, TravelFence)
        assert disc == whole
        assert parts.directory.roads.version == whole.version
        assert whole.bounds.radius_m < disc.bounds.radius_m
        assert (
            whole.distance_to_edge_m(Point(*WEST_SHORE))
            < 0
            < whole.distance_to_edge_m(Point(*EAST_SHORE))
        )
        assert whole.crosses(Point(60.155, 24.90), Point(60.155, 24.945))
        assert not whole.crosses(Point(60.1, 24.90), Point(60.1, 24.945))
    finally:
        await feeds.fences.stop()


@pytest.mark.parametrize("mode", Mode)
def test_cells_and_points_equal_dijkstra_half_of_them_near_the_border(mode: Mode) -> None:
    limit_s = 60.0 * MINUTES if mode is Mode.WALK else 200.0
    start = toy().network.snap(mode, *WEST_SHORE)
    assert start
    found = sketch(toy().network.isochrone(start, limit_s))
    area = TravelArea(mode, limit_s, Point(*WEST_SHORE))
    fence = TravelFence(area, toy().router.seconds_to, "1", found)
    index = FenceIndex()
    index.put("a", fence, found.cover)
    rng = np.random.default_rng(3)
    latitudes, longitudes = rng.uniform(60.14, 60.20, POINTS), rng.uniform(24.88, 25.0, POINTS)
    vertices = np.column_stack(found.outline.vertices)
    some = vertices[rng.integers(0, len(vertices), POINTS // 2)]
    latitudes[: POINTS // 2] = some[:, 0] + rng.uniform(-3e-4, 3e-4, POINTS // 2)
    longitudes[: POINTS // 2] = some[:, 1] + rng.uniform(-6e-4, 6e-4, POINTS // 2)
    count = 0
    for place in zip(latitudes.tolist(), longitudes.tolist(), strict=True):
        is_in = toy().seconds(mode, WEST_SHORE, place) <= limit_s
        assert is_in == bool(index.match(Point(*place))), place
        count += is_in
    assert 200 < count < POINTS - 200
    assert len(found.cover.inner) > 20


async def test_a_fence_by_time_is_checked(fences):
    for around, field in (
        ({}, "around_stores.area"),
        ({"travel_area": {"mode": 1}}, "max_travel_time"),
        ({"travel_area": {"max_travel_time": {"seconds": 600}}}, "mode"),
        ({"travel_area": {"mode": 1, "max_travel_time": {"seconds": 59}}}, "max_travel_time"),
        ({"travel_area": {"mode": 1, "max_travel_time": {"seconds": 3601}}}, "max_travel_time"),
        ({"radius_m": math.nan}, "radius_m"),
    ):
        with pytest.raises(Exception, match=field):
            await create(fences, "bad", pb.Fence(around_stores={"brands": ["x"], **around}))
