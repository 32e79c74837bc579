"""Baskets by travel time, and the pick-up options by when the goods are in hand."""

import datetime as dt
import random
from typing import Any
from zoneinfo import ZoneInfo

import grpc
import pytest

from enrayon.hours.v1 import hours_pb2, hours_pb2_grpc
from enrayon.stock.v1 import stock_pb2
from enrayon.stores.v1 import stores_pb2, stores_pb2_grpc
from geodata.roads import Mode
from services.directory.road_network import EmbeddedRouter
from tests.services.stores.test_travel import WALK
from tests.support.stock import basket, state
from tests.support.stores import upsert
from tests.support.toy_roads import (
    EAST_SHORE,
    WEST_SHORE,
    brute,
    scattered,
    store,
    toy,
)

ORIGIN = {"point": {"latitude": WEST_SHORE[0], "longitude": WEST_SHORE[1]}}
HELSINKI = ZoneInfo("Europe/Helsinki")
OPENINGS = [0, *range(5 * 60, 24 * 60, 97)]
"""Minutes of the day; not those that the clocks skip in spring."""


@pytest.fixture
def router() -> EmbeddedRouter:
    """The router of all directories here."""
    return toy().router


@pytest.fixture
async def market(channel: grpc.aio.Channel, stock: Any) -> Any:
    """A client of the stock service, with 40 stores that have milk, each with its own hours."""
    stores = stores_pb2_grpc.StoresServiceStub(channel)
    for name in ("t-stockmann", "t-forum", "t-sokos"):
        await stores.DeleteStore(stores_pb2.DeleteStoreRequest(name=f"stores/{name}"))
    await upsert(stores, scattered(40))
    for each in scattered(40):
        await state(stock, each.name, milk=5)
    return stock


def names(messages: Any) -> list[str]:
    return [each.store for each in messages]


@pytest.mark.parametrize("limit_s", [900, 86400])
async def test_stores_with_the_basket_rank_by_time(market, limit_s):
    travel = {"mode": WALK, "max_travel_time": {"seconds": limit_s}}

    response = await market.FindNearestAvailability(
        stock_pb2.FindNearestAvailabilityRequest(
            items=basket(milk=1), origin=ORIGIN, max_results=25, travel=travel
        )
    )

    expected = [row for row in brute(WEST_SHORE, scattered(40), Mode.WALK) if row[0] <= limit_s]
    assert [name for _, _, name in expected][:25] == names(response.stores)
    for each, (seconds, is_estimate, _) in zip(response.stores, expected, strict=False):
        journey = each.journey
        assert journey.travel_time.ToNanoseconds() / 1e9 == pytest.approx(seconds, abs=1e-6)
        assert is_estimate == journey.is_estimate
    assert toy().network.attribution == response.road_attribution


async def test_a_store_that_is_closed_on_arrival_is_left_out_with_its_reason(channel, stock):
    stores = stores_pb2_grpc.StoresServiceStub(channel)
    hours = hours_pb2_grpc.HoursServiceStub(channel)
    for id, text in (("a-open", "24/7"), ("b-shut", "off")):
        await upsert(stores, [store(id, *EAST_SHORE)])
        await hours.UpdateStoreHours(
            hours_pb2.UpdateStoreHoursRequest(
                store_hours={"name": f"stores/{id}/hours", "expression": text}
            )
        )
        await state(stock, f"stores/{id}", milk=5)
    travel = {"mode": WALK, "open_on_arrival": True}
    asked = {"items": basket(milk=1), "origin": ORIGIN, "travel": travel}
    near = await stock.FindNearestAvailability(stock_pb2.FindNearestAvailabilityRequest(**asked))
    options = await stock.FindPickupOptions(stock_pb2.FindPickupOptionsRequest(**asked))

    for response, found in ((near, near.stores), (options, options.options)):
        assert ["stores/a-open"] == names(found)
        reasons = {each.store: each.reason for each in response.left_out}
        assert stock_pb2.LeftOutStore.REASON_NOT_OPEN == reasons["stores/b-shut"]


@pytest.mark.parametrize("seed", range(3))
async def test_soonest_in_hand_is_the_order_of_a_sort_of_all_stores(channel, market, seed):
    """Most open late today or tomorrow, so the nearest are not the first."""
    draw = random.Random(seed)
    everywhere = scattered(40)
    opens = {each.name: draw.choice(OPENINGS) for each in everywhere}
    hours = hours_pb2_grpc.HoursServiceStub(channel)
    for each in everywhere:
        at = opens[each.name]
        await hours.UpdateStoreHours(
            hours_pb2.UpdateStoreHoursRequest(
                store_hours={
                    "name": f"{each.name}/hours",
                    "expression": f"Mo-Su {at // 60:02}:{at % 60:02}-24:00",
                }
            )
        )
    departure = dt.datetime.now(dt.UTC) + dt.timedelta(minutes=20)
    request = stock_pb2.FindPickupOptionsRequest(
        items=basket(milk=1),
        origin=ORIGIN,
        max_results=100,
        soonest_first=True,
        travel={"mode": WALK, "departure_time": departure},
    )
    everything = await market.FindPickupOptions(request)
    request.max_results = 6
    first = await market.FindPickupOptions(request)

    assert 40 == len(everything.options)
    assert names(everything.options)[:6] == names(first.options)
    assert names(everything.options) != [n for *_, n in brute(WEST_SHORE, everywhere, Mode.WALK)]
    for option in everything.options:
        arrival = departure + dt.timedelta(microseconds=option.journey.travel_time.ToMicroseconds())
        ready = option.ready_by.ToDatetime(dt.UTC)
        in_hand = option.in_hand_time.ToDatetime(dt.UTC)
        at = max(arrival, ready)
        local = at.astimezone(HELSINKI)
        hour, minute = divmod(opens[option.store], 60)
        opening = local.replace(hour=hour, minute=minute, second=0, microsecond=0)
        assert abs(max(at, opening) - in_hand) < dt.timedelta(milliseconds=1)
    ranked = [
        (option.in_hand_time.ToDatetime(dt.UTC), option.journey.travel_time.ToNanoseconds())
        for option in everything.options
    ]
    assert sorted(ranked) == ranked


async def test_soonest_first_needs_travel(stock):
    with pytest.raises(grpc.aio.AioRpcError, match="soonest_first needs travel"):
        await stock.FindPickupOptions(
            stock_pb2.FindPickupOptionsRequest(
                items=basket(milk=1), origin=ORIGIN, soonest_first=True
            )
        )
