"""Fences around stores follow the stores, whichever of the two are loaded first."""

import asyncio

import pytest

from enrayon.geofence.v1 import geofence_pb2 as pb
from enrayon.geofence.v1 import geofence_pb2_grpc
from enrayon.stores.v1 import stores_pb2, stores_pb2_grpc
from geodata.fences import Circle
from geodata.points import Point
from services.directory.directory import Directory
from services.geofence.replica.feeds import Feeds
from services.geofence.replica.fences import FencesReplica
from tests.support.geofence import create
from tests.support.hosting import hosted
from tests.support.stores import SHOPS, upsert

TURKU = {"latitude": 60.4518, "longitude": 22.2666}


@pytest.mark.parametrize("are_stores_first", [True, False], ids=["stores first", "fences first"])
async def test_fences_follow_stores_that_are_loaded_before_or_after_them(
    parts, tmp_path, are_stores_first
):
    async with hosted(parts) as channel:
        await upsert(stores_pb2_grpc.StoresServiceStub(channel), SHOPS)
        area = {"brands": ["Stockmann"], "radius_m": 300}
        stub = geofence_pb2_grpc.GeofenceServiceStub(channel)
        await create(stub, "stockmann", pb.Fence(around_stores=area))
    directory = Directory(parts.client, tmp_path)
    feeds = Feeds(parts.client, directory, tmp_path, parts.clock)
    first, second = directory, feeds.fences
    for part in (first, second) if are_stores_first else (second, first):
        await part.start()
    keys = {"stockmann@t-stockmann", "stockmann@t-turku"}
    assert keys == feeds.fences.replica.fences.keys()
    await feeds.fences.stop()
    await directory.stop()


async def test_a_store_that_moves_while_the_fences_are_built_is_followed(
    parts, tmp_path, monkeypatch
):
    """They are built in a thread; the store moves when its circle is made, and not again."""
    loop = asyncio.get_running_loop()
    async with hosted(parts) as channel:
        stores = stores_pb2_grpc.StoresServiceStub(channel)
        await upsert(stores, SHOPS)
        area = {"stores": ["stores/t-stockmann"], "radius_m": 300}
        stub = geofence_pb2_grpc.GeofenceServiceStub(channel)
        await create(stub, "around", pb.Fence(around_stores=area))
        directory = Directory(parts.client, tmp_path)
        feeds = Feeds(parts.client, directory, tmp_path, parts.clock)
        await directory.start()

        async def move() -> None:
            moved = stores_pb2.Store(name="stores/t-stockmann", location=TURKU)
            request = stores_pb2.UpdateStoreRequest(
                store=moved, update_mask={"paths": ["location"]}
            )
            await stores.UpdateStore(request)
            assert await directory.stores.catch_up()

        def built(*arguments):
            replica = FencesReplica(*arguments)
            asyncio.run_coroutine_threadsafe(move(), loop).result(60)
            return replica

        monkeypatch.setattr("services.geofence.replica.feeds.FencesReplica", built)
        await feeds.fences.start()
        [fence] = feeds.fences.replica.fences.values()
        await feeds.fences.stop()
        await directory.stop()

    assert Circle(Point(**TURKU), 300) == fence.shape
