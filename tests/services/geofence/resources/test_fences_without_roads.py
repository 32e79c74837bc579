"""A fence by travel time without roads contains no point, and says so."""

from enrayon.stores.v1 import stores_pb2_grpc
from tests.services.geofence.resources.test_fences import matches
from tests.services.geofence.resources.test_fences_by_time import within
from tests.support.geofence import create
from tests.support.stores import upsert
from tests.support.toy_roads import WEST_SHORE, store


async def test_it_contains_nothing_and_warns(fences, channel):
    await upsert(stores_pb2_grpc.StoresServiceStub(channel), [store("w", *WEST_SHORE)])
    made = await create(fences, "near", within(60, stores=["stores/w"]))
    [warning] = made.warnings
    assert "around_stores.travel_area: no network of roads" in warning
    assert [] == await matches(fences, WEST_SHORE)
