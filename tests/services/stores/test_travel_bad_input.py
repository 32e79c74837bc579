"""No method takes what no traveller can ask; where no road leads, times are estimates."""

import math
from collections.abc import Awaitable, Callable
from typing import Any

import grpc
import pytest

from enrayon.geofence.v1 import geofence_pb2, geofence_pb2_grpc
from enrayon.stock.v1 import stock_pb2, stock_pb2_grpc
from enrayon.stores.v1 import stores_pb2, stores_pb2_grpc
from services.directory.road_network import EmbeddedRouter
from tests.support.stock import PRODUCTS
from tests.support.stores import upsert
from tests.support.toy_roads import AT_SEA, WEST_SHORE, store, toy

WALK = 2
PLACES = [(math.nan, 24.9), (60.1, math.inf), (-math.inf, 24.9), (90.5, 24.9), (60.1, 180.5)]
Asked = Callable[[Any, tuple[float, float]], Awaitable[Any]]
ASKED: dict[str, Asked] = {}


@pytest.fixture
def router() -> EmbeddedRouter:
    """The router of all directories here."""
    return toy().router


def method(act: Asked) -> Asked:
    """Add a method to those that are tried."""
    ASKED[act.__name__] = act
    return act


def point(place: tuple[float, float]) -> dict[str, float]:
    return {"latitude": place[0], "longitude": place[1]}


def origin(place: tuple[float, float]) -> dict[str, Any]:
    return {"point": point(place)}


BASKET = [{"product": "products/milk", "quantity": 1}]
TRAVEL = {"mode": WALK}


@method
async def nearest(channel: grpc.aio.Channel, place: tuple[float, float]) -> Any:
    stub = stores_pb2_grpc.StoresServiceStub(channel)
    return await stub.FindNearestStores(
        stores_pb2.FindNearestStoresRequest(origin=origin(place), travel=TRAVEL)
    )


@method
async def availability(channel: grpc.aio.Channel, place: tuple[float, float]) -> Any:
    stub = stock_pb2_grpc.StockServiceStub(channel)
    return await stub.FindNearestAvailability(
        stock_pb2.FindNearestAvailabilityRequest(
            items=BASKET, origin=origin(place), radius_m=1000, travel=TRAVEL
        )
    )


@method
async def pickup(channel: grpc.aio.Channel, place: tuple[float, float]) -> Any:
    stub = stock_pb2_grpc.StockServiceStub(channel)
    return await stub.FindPickupOptions(
        stock_pb2.FindPickupOptionsRequest(
            items=BASKET, origin=origin(place), radius_m=1000, travel=TRAVEL
        )
    )


@method
async def matrix_from(channel: grpc.aio.Channel, place: tuple[float, float]) -> Any:
    return await matrix(channel, [origin(place)], [origin(WEST_SHORE)])


@method
async def matrix_to(channel: grpc.aio.Channel, place: tuple[float, float]) -> Any:
    return await matrix(channel, [origin(WEST_SHORE)], [origin(place)], with_lines=True)


@method
async def isochrone(channel: grpc.aio.Channel, place: tuple[float, float]) -> Any:
    stub = stores_pb2_grpc.StoresServiceStub(channel)
    return await stub.ComputeIsochrone(
        stores_pb2.ComputeIsochroneRequest(
            center=origin(place), mode=WALK, max_travel_time={"seconds": 600}
        )
    )


@method
async def along(channel: grpc.aio.Channel, place: tuple[float, float]) -> Any:
    stub = stores_pb2_grpc.StoresServiceStub(channel)
    route = {
        "path": {"points": [point(WEST_SHORE), point(place)]},
        "max_distance_m": 500,
        "mode": WALK,
    }
    return await stub.SearchStores(stores_pb2.SearchStoresRequest(route=route))


@method
async def trip(channel: grpc.aio.Channel, place: tuple[float, float]) -> Any:
    stub = geofence_pb2_grpc.GeofenceServiceStub(channel)
    return await stub.ReportPosition(
        geofence_pb2.ReportPositionRequest(fix={"device_id": "a", "location": point(place)})
    )


async def matrix(
    channel: grpc.aio.Channel, origins: list[Any], destinations: list[Any], **more: Any
) -> Any:
    stub = stores_pb2_grpc.StoresServiceStub(channel)
    return await stub.ComputeTravelTimes(
        stores_pb2.ComputeTravelTimesRequest(
            origins=origins, destinations=destinations, mode=WALK, **more
        )
    )


@pytest.mark.parametrize("act", ASKED)
async def test_a_place_off_the_earth_is_refused_by_every_method(channel, act):
    for place in PLACES:
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await ASKED[act](channel, place)
        assert grpc.StatusCode.INVALID_ARGUMENT == refused.value.code(), place
        assert "tude" in str(refused.value.details()) or "finite" in str(refused.value.details())


async def test_at_sea_and_off_the_network_all_is_an_estimate(channel):
    await upsert(stores_pb2_grpc.StoresServiceStub(channel), [store("w", *WEST_SHORE)])
    for place in (AT_SEA, (60.15, 25.10), (-89.99, 0.0), (0.0, 180.0)):
        [hit] = (await nearest(channel, place)).stores
        assert hit.journey.is_estimate
        for asked in (matrix_from, matrix_to):
            answer = await asked(channel, place)
            [journey] = answer.origins[0].journeys
            assert journey.is_estimate
            assert not journey.HasField("line")
            assert "" == answer.road_attribution
        assert (await isochrone(channel, place)).is_estimate


async def test_another_island_is_an_estimate(channel):
    north_east = (60.150 + 0.0018 * 18, 24.900 + 0.0036 * 18)
    answer = await matrix(channel, [origin(WEST_SHORE)], [origin(north_east)], with_lines=True)
    [journey] = answer.origins[0].journeys
    assert journey.is_estimate
    assert not journey.HasField("line")


async def test_a_line_leads_from_end_to_end_and_is_as_long_as_told(channel):
    inland = (60.1690, 24.9310)
    answer = await matrix(channel, [origin(WEST_SHORE)], [origin(inland)], with_lines=True)
    plain = await matrix(channel, [origin(WEST_SHORE)], [origin(inland)])
    [journey], [without] = answer.origins[0].journeys, plain.origins[0].journeys
    assert journey.travel_time == without.travel_time
    assert journey.road_distance_m == pytest.approx(without.road_distance_m)
    assert not without.HasField("line")
    start, end = journey.line.points[0], journey.line.points[-1]
    assert (start.latitude, start.longitude) == pytest.approx(WEST_SHORE, abs=2e-3)
    assert (end.latitude, end.longitude) == pytest.approx(inland, abs=2e-3)


@pytest.mark.parametrize(
    ("origins", "destinations", "more", "named"),
    [
        (1000, 1000, {}, "origins"),
        (100, 101, {}, "10,000 pairs"),
        (1, 1001, {}, "destinations"),
        (26, 1, {"with_lines": True}, "25 pairs"),
        (0, 1, {}, "origins"),
    ],
)
async def test_a_matrix_that_is_too_large_is_refused(channel, origins, destinations, more, named):
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await matrix(
            channel, [origin(WEST_SHORE)] * origins, [origin(AT_SEA)] * destinations, **more
        )
    assert grpc.StatusCode.INVALID_ARGUMENT == refused.value.code()
    assert named in str(refused.value.details())


@pytest.mark.parametrize(
    ("departure_s", "code"),
    [(253402128000, "INVALID_ARGUMENT"), (253402127999, None), (-62135596801, "INVALID_ARGUMENT")],
)
async def test_a_departure_at_the_end_of_the_calendar(channel, departure_s, code):
    milk = stock_pb2.UpsertProductsRequest(products=PRODUCTS)
    await stock_pb2_grpc.StockServiceStub(channel).UpsertProducts(iter([milk]))
    travel = {**TRAVEL, "departure_time": {"seconds": departure_s}, "open_on_arrival": True}
    calls = (
        stores_pb2_grpc.StoresServiceStub(channel).FindNearestStores(
            stores_pb2.FindNearestStoresRequest(origin=origin(WEST_SHORE), travel=travel)
        ),
        *(
            getattr(stock_pb2_grpc.StockServiceStub(channel), name)(
                getattr(stock_pb2, f"{name}Request")(
                    items=BASKET, origin=origin(WEST_SHORE), radius_m=1000, travel=travel
                )
            )
            for name in ("FindNearestAvailability", "FindPickupOptions")
        ),
    )
    for call in calls:
        if code is None:
            await call
            continue
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await call
        assert code == refused.value.code().name
        assert "departure_time" in str(refused.value.details())
