"""Fences around stores follow the stores, whichever of the two are loaded first."""

import pytest

from enrayon.geofence.v1 import geofence_pb2 as pb
from enrayon.geofence.v1 import geofence_pb2_grpc
from enrayon.stores.v1 import stores_pb2_grpc
from services.directory.directory import Directory
from services.geofence.replica.feeds import Feeds
from tests.support.geofence import create
from tests.support.hosting import hosted
from tests.support.stores import SHOPS, upsert


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
