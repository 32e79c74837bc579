"""A trip across a bay is told by its way on the roads, and not as the crow flies."""

import datetime as dt

import pytest

from enrayon.geofence.v1 import geofence_pb2 as pb
from enrayon.stores.v1 import stores_pb2_grpc
from geodata.roads import Mode
from services.directory.road_network import EmbeddedRouter
from tests.support.geofence import fix, report
from tests.support.stores import upsert
from tests.support.toy_roads import EAST_SHORE, WEST_SHORE, store, toy


@pytest.fixture
def router() -> EmbeddedRouter:
    """The router of all directories here."""
    return toy().router


async def test_the_time_of_arrival_is_that_of_the_roads(fences, channel):
    await upsert(stores_pb2_grpc.StoresServiceStub(channel), [store("a-across", *EAST_SHORE)])
    start = pb.StartTripRequest(
        parent="stores/a-across",
        device_id="anna",
        consent=True,
        order="1",
        travel_mode=pb.TRAVEL_MODE_WALK,
    )
    trip = await fences.StartTrip(start)
    before = dt.datetime.now(dt.UTC)
    await report(fences, fix("anna", WEST_SHORE, 0))
    after = dt.datetime.now(dt.UTC)

    now = await fences.GetTrip(pb.GetTripRequest(name=trip.name))

    seconds = toy().seconds(Mode.WALK, WEST_SHORE, EAST_SHORE)
    arrival = now.estimated_arrive_time.ToDatetime(dt.UTC) - dt.timedelta(seconds=seconds)
    slack = dt.timedelta(milliseconds=2)
    assert before - slack <= arrival <= after + slack
    assert pb.Trip.STATE_STARTED == now.state  # as the crow flies it is at the door
