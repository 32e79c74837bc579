"""A store that is not open for business sells nothing; what it holds goes on."""

import datetime as dt
import zoneinfo
from typing import Any

import grpc
import pytest
from google.protobuf.field_mask_pb2 import FieldMask

from enrayon.hours.v1 import hours_pb2, hours_pb2_grpc
from enrayon.stock.v1 import stock_pb2
from enrayon.stores.v1 import stores_pb2, stores_pb2_grpc
from services.stock import worker
from tests.support.firing import firing
from tests.support.refusals import refusal
from tests.support.stock import FORUM, KAMPPI, MILK, STOCKMANN, available, basket, hold, state

Reason = stock_pb2.LeftOutStore.Reason
SHORTENED = stock_pb2.Notice.KIND_SHORTENED
PRECONDITION = grpc.StatusCode.FAILED_PRECONDITION
CLOSED: tuple[grpc.StatusCode, str, list[str]] = (PRECONDITION, "STORE_NOT_OPEN", [])
STATUSES = [
    stores_pb2.STORE_STATUS_FUTURE_OPENING,
    stores_pb2.STORE_STATUS_TEMPORARILY_CLOSED,
    stores_pb2.STORE_STATUS_CLOSED_FOR_GOOD,
    stores_pb2.STORE_STATUS_MOVED,
]


@pytest.fixture
async def turn(channel: grpc.aio.Channel) -> Any:
    """Sets fields of a store."""
    stores = stores_pb2_grpc.StoresServiceStub(channel)

    async def set_fields(name: str = STOCKMANN, **fields: Any) -> None:
        store = stores_pb2.Store(name=name, **fields)
        mask = FieldMask(paths=list(fields))
        await stores.UpdateStore(stores_pb2.UpdateStoreRequest(store=store, update_mask=mask))

    return set_fields


async def found(stock: Any) -> tuple[set[str], dict[str, int], set[str], dict[str, int]]:
    """Stores of both searches, and those left out with the reason."""
    near = await stock.FindNearestAvailability(
        stock_pb2.FindNearestAvailabilityRequest(items=basket(milk=1), origin=KAMPPI)
    )
    options = await stock.FindPickupOptions(
        stock_pb2.FindPickupOptionsRequest(items=basket(milk=1), origin=KAMPPI)
    )
    return (
        {each.store for each in near.stores},
        {each.store: each.reason for each in near.left_out},
        {each.store for each in options.options},
        {each.store: each.reason for each in options.left_out},
    )


@pytest.mark.parametrize("status", STATUSES, ids=stores_pb2.StoreStatus.Name)
async def test_a_closed_store_sells_nothing_and_hands_over_what_it_holds(stock, turn, status):
    await state(stock, STOCKMANN, milk=9)
    await state(stock, FORUM, milk=9)
    kept, other = await hold(stock, STOCKMANN, milk=1), await hold(stock, FORUM, milk=1)
    given_up = await hold(stock, STOCKMANN, milk=1)
    await turn(status=status)
    refused = [
        await refusal(call)
        for call in (
            hold(stock, STOCKMANN, milk=1),
            hold(stock, STOCKMANN, "with-a-key", milk=1),
            stock.ExtendReservation(
                stock_pb2.ExtendReservationRequest(name=kept.name, ttl={"seconds": 900})
            ),
            stock.TransferReservation(
                stock_pb2.TransferReservationRequest(
                    name=other.name, destination_store=STOCKMANN, request_id="move"
                )
            ),
        )
    ]
    shown, why, offered, why_not = await found(stock)
    held_there = await available(stock, STOCKMANN)
    queue = await stock.ListReservations(stock_pb2.ListReservationsRequest(parent=STOCKMANN))
    ready = await stock.MarkReservationReady(stock_pb2.MarkReservationReadyRequest(name=kept.name))
    done = await stock.CollectReservation(stock_pb2.CollectReservationRequest(name=kept.name))
    gone = await stock.CancelReservation(stock_pb2.CancelReservationRequest(name=given_up.name))
    await turn(status=stores_pb2.STORE_STATUS_OPEN)

    assert [CLOSED] * 4 == refused
    assert ({FORUM}, {FORUM}) == (shown, offered)
    assert Reason.REASON_STORE_CLOSED == why[STOCKMANN] == why_not[STOCKMANN]
    assert 7 == held_there
    assert {kept.name, given_up.name} == {each.name for each in queue.reservations}
    assert "STATE_READY" == stock_pb2.Reservation.State.Name(ready.state)
    assert "STATE_COLLECTED" == stock_pb2.Reservation.State.Name(done.state)
    assert "STATE_CANCELED" == stock_pb2.Reservation.State.Name(gone.state)
    assert {STOCKMANN, FORUM} == (await found(stock))[0]
    assert (await hold(stock, STOCKMANN, milk=1)).items


async def test_the_refusal_names_the_store_the_status_and_the_day(stock, turn):
    await state(stock, STOCKMANN, milk=9)
    await turn(
        status=stores_pb2.STORE_STATUS_FUTURE_OPENING,
        opening_date={"year": 2031, "month": 5, "day": 2},
    )
    with pytest.raises(grpc.aio.AioRpcError, match=f"{STOCKMANN} .* opens on 2031-05-02"):
        await hold(stock, STOCKMANN, milk=1)


async def test_a_retry_finds_the_hold_that_was_made_before_the_store_closed(stock, turn):
    await state(stock, STOCKMANN, milk=9)
    made = await hold(stock, STOCKMANN, "a-key", milk=2)
    await turn(status=stores_pb2.STORE_STATUS_CLOSED_FOR_GOOD)

    again = await hold(stock, STOCKMANN, "a-key", milk=2)
    reused = await refusal(hold(stock, STOCKMANN, "a-key", milk=3))

    assert made == again
    assert (grpc.StatusCode.ALREADY_EXISTS, "REQUEST_ID_REUSED", []) == reused
    assert 7 == await available(stock, STOCKMANN)


async def test_a_hold_leaves_a_closed_store_by_a_transfer(stock, turn):
    await state(stock, STOCKMANN, milk=9)
    await state(stock, FORUM, milk=9)
    made = await hold(stock, STOCKMANN, milk=2)
    await turn(status=stores_pb2.STORE_STATUS_TEMPORARILY_CLOSED)
    moved = await stock.TransferReservation(
        stock_pb2.TransferReservationRequest(
            name=made.name, destination_store=FORUM, request_id="move"
        )
    )
    assert moved.name.startswith(FORUM)


async def test_a_closure_without_an_end_counts_and_one_with_an_end_does_not(stock, channel):
    hours = hours_pb2_grpc.HoursServiceStub(channel)
    await state(stock, STOCKMANN, milk=9)
    await state(stock, FORUM, milk=9)
    now = dt.datetime.now(dt.UTC) - dt.timedelta(minutes=1)
    for store, days in ((STOCKMANN, None), (FORUM, 3)):
        closure = hours_pb2.Closure(reason="flood")
        closure.start_time.FromDatetime(now)
        if days:
            closure.end_time.FromDatetime(now + dt.timedelta(days=days))
        await hours.CreateClosure(hours_pb2.CreateClosureRequest(parent=store, closure=closure))

    assert CLOSED == await refusal(hold(stock, STOCKMANN, milk=1))
    assert (await hold(stock, FORUM, milk=1)).items
    shown, why, offered, _ = await found(stock)
    assert ({FORUM}, {FORUM}) == (shown, offered)
    assert Reason.REASON_STORE_CLOSED == why[STOCKMANN]


async def test_no_hold_lasts_longer_than_the_store(stock, turn):
    """The day after its closing date a store sells nothing; before, holds end with that date."""
    await state(stock, STOCKMANN, milk=9)
    zone = zoneinfo.ZoneInfo("Europe/Helsinki")
    today = dt.datetime.now(zone).date()
    midnight = dt.datetime.combine(today + dt.timedelta(1), dt.time(), zone)
    day = {"seconds": 86_400 * 2}

    await turn(closing_date={"year": today.year, "month": today.month, "day": today.day})
    held = await stock.CreateReservation(
        stock_pb2.CreateReservationRequest(parent=STOCKMANN, items=basket(milk=1), ttl=day)
    )
    extended = await stock.ExtendReservation(
        stock_pb2.ExtendReservationRequest(name=held.name, ttl=day)
    )
    before = today - dt.timedelta(1)
    await turn(closing_date={"year": before.year, "month": before.month, "day": before.day})
    shown, why, offered, _ = await found(stock)

    for hold_then in (held, extended):
        assert hold_then.expire_time.ToDatetime(dt.UTC) <= midnight
        assert SHORTENED in {notice.kind for notice in hold_then.notices}
    assert CLOSED == await refusal(hold(stock, STOCKMANN, milk=1))
    assert STOCKMANN not in shown | offered
    assert Reason.REASON_STORE_CLOSED == why[STOCKMANN]


async def test_goods_that_cannot_be_ready_before_the_end_are_refused(stock, turn, channel):
    """Rules of a lasting store would make them ready on the first day after its last one."""
    await state(stock, STOCKMANN, milk=9)
    today = dt.datetime.now(zoneinfo.ZoneInfo("Europe/Helsinki")).date()
    await turn(
        opening_hours_text=f"{today + dt.timedelta(1):%Y %b %d}+ 00:00-24:00",
        closing_date={"year": today.year, "month": today.month, "day": today.day},
    )
    assert CLOSED == await refusal(hold(stock, STOCKMANN, milk=1))


async def test_a_private_store_cannot_be_found_and_its_holds_go_on(stock, turn):
    await state(stock, STOCKMANN, milk=9)
    made = await hold(stock, STOCKMANN, milk=1)
    await turn(private=True)
    extend = stock_pb2.ExtendReservationRequest(name=made.name, ttl={"seconds": 900})

    assert "STORE_NOT_FOUND" == (await refusal(hold(stock, STOCKMANN, milk=1)))[1]
    assert CLOSED == await refusal(stock.ExtendReservation(extend))
    assert STOCKMANN not in (await found(stock))[1]
    queue = await stock.ListReservations(stock_pb2.ListReservationsRequest(parent=STOCKMANN))
    done = await stock.CollectReservation(stock_pb2.CollectReservationRequest(name=made.name))
    assert [made.name] == [each.name for each in queue.reservations]
    assert "STATE_COLLECTED" == stock_pb2.Reservation.State.Name(done.state)


async def test_an_alert_sends_nobody_to_a_closed_store(stock, turn, database):
    await state(stock, STOCKMANN, milk=0)
    alert = stock_pb2.StockAlert(products=[MILK], store=STOCKMANN)
    create = stock_pb2.CreateStockAlertRequest(stock_alert=alert)
    waits = await stock.CreateStockAlert(create)
    get = stock_pb2.GetStockAlertRequest(name=waits.name)
    await turn(status=stores_pb2.STORE_STATUS_TEMPORARILY_CLOSED)
    await state(stock, STOCKMANN, sequence=2, milk=5)
    alerts = firing(database, promised_ms=1)

    await worker.fire(alerts, lambda store: store != "t-stockmann")
    silent = await stock.GetStockAlert(get)
    await worker.fire(alerts)
    told = await stock.GetStockAlert(get)
    await turn(status=stores_pb2.STORE_STATUS_MOVED)

    assert not silent.HasField("fire_time")
    assert told.HasField("fire_time")
    assert CLOSED == await refusal(stock.CreateStockAlert(create))
