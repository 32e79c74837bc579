"""The suite for an app's own tests: a clock that stands, recorded events, and a small shop."""

import datetime as dt

import pytest

from enrayon.hours.v1 import hours_pb2
from enrayon.stock.v1 import stock_pb2
from services.client.testing import CENTRE, HARBOUR, MILK, NOON, SHEARS, STATION, running

EVENING = NOON + dt.timedelta(hours=9)
"""21 o'clock in Helsinki."""


def basket(product: str) -> list[stock_pb2.BasketItem]:
    return [stock_pb2.BasketItem(product=product, quantity=1)]


async def states(suite) -> dict[str, int]:
    names = [f"{store}/hours" for store in (CENTRE, STATION, HARBOUR)]
    request = hours_pb2.BatchCheckOpenStatesRequest(names=names)
    answer = await suite.client.hours.BatchCheckOpenStates(request)
    return {each.store: each.state for each in answer.open_states}


async def test_time_is_that_of_the_test_for_hours_holds_levels_and_alerts():
    opened, closed = hours_pb2.STATE_OPEN, hours_pb2.STATE_CLOSED
    async with running() as suite:
        at_noon = await states(suite)
        hold = await suite.client.stock.CreateReservation(
            stock_pb2.CreateReservationRequest(
                parent=CENTRE,
                items=basket(SHEARS),
                ttl={"seconds": 8 * 3600},
                request_id="one",
            )
        )
        alert = await suite.client.stock.CreateStockAlert(
            stock_pb2.CreateStockAlertRequest(stock_alert={"products": [SHEARS], "store": CENTRE})
        )
        await suite.forward(hours=9)
        in_the_evening = await states(suite)
        expired = await suite.event("reservation.expired")
        fired = await suite.event("alert.fired", alert.name)
        with pytest.raises(
            TimeoutError, match=r"no trip\.started; told was reservation\.confirmed"
        ):
            await suite.event("trip.started", within_s=0.1)
        await suite.forward(days=1)
        levels = await suite.client.stock.GetStockLevels(
            stock_pb2.GetStockLevelsRequest(store=CENTRE, products=[SHEARS])
        )

    assert {CENTRE: opened, STATION: opened, HARBOUR: opened} == at_noon
    assert {CENTRE: closed, STATION: opened, HARBOUR: closed} == in_the_evening
    assert NOON == hold.create_time.ToDatetime(dt.UTC)
    assert NOON + dt.timedelta(hours=8) == hold.expire_time.ToDatetime(dt.UTC)
    assert hold.name == expired.subject
    assert EVENING == fired.time.ToDatetime(dt.UTC), "the units are back when the hold has ended"
    assert [stock_pb2.STOCK_BAND_UNKNOWN] == [level.band for level in levels.levels], "a day old"
    assert ["reservation.confirmed", "reservation.expired", "alert.fired"] == [
        event.type for event in suite.events
    ]


async def test_an_instant_long_ago_is_as_good(tmp_path):
    begin = dt.datetime(2020, 2, 29, 10, tzinfo=dt.UTC)
    async with running(begin) as suite:
        hold = await suite.client.stock.CreateReservation(
            stock_pb2.CreateReservationRequest(parent=STATION, items=basket(MILK))
        )
        found = await suite.client.stock.GetReservation(
            stock_pb2.GetReservationRequest(name=hold.name)
        )

    assert stock_pb2.Reservation.STATE_CONFIRMED == found.state
    assert begin == found.create_time.ToDatetime(dt.UTC) == suite.now
