"""The queue of a shop: who waits first, then what is due; handed over by code, undone, missing."""

import asyncio
from typing import Any

import grpc

from enrayon.stock.v1 import stock_pb2
from services.chassis.access.policy import Role
from services.directory.crossing import trip_facts
from services.stock.resources.arrivals import Arrivals
from services.stock.state.holds import Holds
from tests.support.gated import gated
from tests.support.orders import Order
from tests.support.refusals import refusal
from tests.support.stock import FORUM, MILK, STOCKMANN, available, basket, hold, state

CODE = grpc.StatusCode
State = stock_pb2.Reservation.State


async def no_mark() -> None:
    """No log is rewritten here."""


async def queue(stock: Any, store: str = STOCKMANN, **fields: Any) -> Any:
    return await stock.ListPickupQueue(stock_pb2.ListPickupQueueRequest(parent=store, **fields))


async def names(stock: Any) -> list[str]:
    return [entry.reservation.name for entry in (await queue(stock)).entries]


async def code_of(stock: Any, name: str) -> str:
    request = stock_pb2.GetPickupCodeRequest(name=f"{name}/pickupCode")
    return str((await stock.GetPickupCode(request)).code)


async def lease_keys(database: Any) -> list[bytes]:
    """The keys of the leases of callers."""
    keys = [key async for key in database.scan_iter(count=1000)]
    return [key for key in keys if key.startswith(b"{q:") and key.endswith(b"}:holds")]


async def undone(stock: Any, name: str, **fields: str) -> Any:
    return await stock.UndoCollectReservation(
        stock_pb2.UndoCollectReservationRequest(name=name, **fields)
    )


async def test_who_waits_comes_first_then_what_is_due(stock, channel, parts):
    await state(stock, STOCKMANN, milk=50)
    order = Order(channel)
    made = []
    for seconds in (3000, 1000, 2000, 4000):
        request = stock_pb2.CreateReservationRequest(
            parent=STOCKMANN, items=basket(milk=1), ttl={"seconds": seconds}
        )
        made.append(await stock.CreateReservation(request))
    # Without opening hours, goods are due at the end of their holds.
    by_due = [made[1].name, made[2].name, made[0].name, made[3].name]
    assert by_due == await names(stock)
    facts = trip_facts(parts.client)
    for number in (3, 0):
        trip = await order.start(made[number], f"phone-{number}")
        await order.check_in(trip, bay=str(number))
    await facts.deliver(Arrivals(facts, Holds(parts.client), no_mark).tell)

    first, second, third, _ = (await queue(stock)).entries
    assert [made[3].name, made[0].name, made[1].name] == [
        each.reservation.name for each in (first, second, third)
    ]
    assert ("3", "0") == (first.reservation.arrival.bay, second.reservation.arrival.bay)
    assert first.waiting_since_time == first.reservation.arrival.arrive_time
    assert not third.HasField("waiting_since_time")
    assert third.due_time == third.reservation.expire_time
    pages, token = [], ""
    while True:
        page = await queue(stock, page_size=1, page_token=token)
        pages += [entry.reservation.name for entry in page.entries]
        if not (token := page.next_page_token):
            break
    assert pages == await names(stock)


async def test_ended_holds_leave_the_queue_and_its_stream_says_so(stock):
    await state(stock, STOCKMANN, milk=50)
    request = stock_pb2.WatchPickupQueueRequest(parent=STOCKMANN)
    watch = stock.WatchPickupQueue(request)
    first = await watch.read()
    made = await hold(stock, STOCKMANN, milk=1)
    await stock.CollectReservation(stock_pb2.CollectReservationRequest(name=made.name))
    told: list[Any] = []
    async with asyncio.timeout(20):
        while not told or told[-1].entry.reservation.state != State.STATE_COLLECTED:
            told.append(await watch.read())
    watch.cancel()
    assert not first.HasField("entry")
    assert first.resume_token
    assert {made.name} == {each.entry.reservation.name for each in told}
    assert told[0].entry.HasField("due_time")
    assert [] == await names(stock)


async def test_goods_are_handed_over_by_the_code_that_the_shopper_says(stock):
    await state(stock, STOCKMANN, milk=5)
    made = await hold(stock, STOCKMANN, milk=2)
    code = await code_of(stock, made.name)
    request = stock_pb2.CollectReservationRequest(
        name=f"{STOCKMANN}/reservations/-", code=code.lower(), request_id="r"
    )
    done = await stock.CollectReservation(request)
    again = await stock.CollectReservation(request)
    assert (made.name, State.STATE_COLLECTED) == (done.name, done.state)
    assert done == again
    request.name = made.name
    assert CODE.INVALID_ARGUMENT == (await refusal(stock.CollectReservation(request)))[0]
    request.name = f"{FORUM}/reservations/-"
    assert CODE.NOT_FOUND == (await refusal(stock.CollectReservation(request)))[0]


async def test_a_hand_over_is_undone_and_counts_against_the_quota_again(stock, database):
    await state(stock, STOCKMANN, milk=5)
    request = stock_pb2.CreateReservationRequest(
        parent=STOCKMANN, items=basket(milk=2), shopper="eva"
    )
    made = await stock.CreateReservation(request)
    done = await stock.CollectReservation(stock_pb2.CollectReservationRequest(name=made.name))
    assert 3 == await available(stock, STOCKMANN)
    status, _, _ = await refusal(undone(stock, made.name, etag="1"))
    assert CODE.ABORTED == status
    back = await undone(stock, made.name, etag=done.etag)

    assert State.STATE_CONFIRMED == back.state
    assert [made.name] == await names(stock)
    assert 3 == await available(stock, STOCKMANN)
    assert made.trip_token != ""
    leases = await lease_keys(database)
    assert [1] == [await database.zcard(key) for key in leases]
    assert (
        State.STATE_COLLECTED
        == (
            await stock.CollectReservation(stock_pb2.CollectReservationRequest(name=made.name))
        ).state
    )


async def test_what_cannot_be_undone_changes_nothing_and_leaves_no_lease(stock, database):
    await state(stock, STOCKMANN, milk=5)
    made = await hold(stock, STOCKMANN, milk=2)
    await stock.CancelReservation(stock_pb2.CancelReservationRequest(name=made.name))
    status, reason, _ = await refusal(undone(stock, made.name))
    assert (CODE.FAILED_PRECONDITION, "RESERVATION_STATE") == (status, reason)
    assert [] == await lease_keys(database)
    assert 5 == await available(stock, STOCKMANN)


async def test_the_owner_is_told_what_the_shop_cannot_find(stock):
    await state(stock, STOCKMANN, milk=5, bread=5)
    made = await hold(stock, STOCKMANN, milk=3, bread=1)
    request = stock_pb2.ReportMissingItemsRequest(
        name=made.name, items=basket(milk=2), request_id="r"
    )
    found = await stock.ReportMissingItems(request)
    again = await stock.ReportMissingItems(request)

    assert found == again
    [notice] = found.notices
    assert (stock_pb2.Notice.KIND_ITEMS_MISSING, "The shop could not find 2 x Milk.") == (
        notice.kind,
        notice.text,
    )
    assert [(3, 1), (1, 1)] == [(i.requested_quantity, i.held_quantity) for i in found.items]
    assert 4 == await available(stock, STOCKMANN, MILK)
    request = stock_pb2.ReportMissingItemsRequest(name=made.name, items=basket(milk=1, bread=1))
    assert State.STATE_CANCELED == (await stock.ReportMissingItems(request)).state


async def test_staff_sees_all_holds_of_its_shop_and_a_channel_its_own(parts):
    async with gated(parts) as callers:
        admin, channel = callers.by(Role.ADMIN), callers.by(Role.CHANNEL)
        await state(admin.stock, STOCKMANN, milk=50)
        mine = (await hold(channel.stock, STOCKMANN, milk=1)).name
        theirs = (await hold(admin.stock, STOCKMANN, milk=1)).name
        assert {mine, theirs} == set(await names(admin.stock))
        assert [mine] == await names(channel.stock)
