"""A hold is changed as asked, or stays as it was; what was given before still fetches it."""

import asyncio
from typing import Any

import grpc
import pytest
import redis.exceptions
from google.protobuf.field_mask_pb2 import FieldMask

from enrayon.stock.v1 import stock_pb2
from enrayon.stores.v1 import stores_pb2, stores_pb2_grpc
from services.stock.state.holds import Holds
from tests.services.stock.resources.test_hold_life import HOUR, Shop, after_night_s
from tests.services.stock.resources.test_pickup_slots import (
    CURBSIDE,
    IN_STORE,
    free,
    listed,
    moment,
    offer,
    shop,
)
from tests.support.refusals import refusal
from tests.support.stock import (
    BREAD,
    FORUM,
    MILK,
    STOCKMANN,
    available,
    basket,
    hold,
    state,
)

__all__ = ["moment", "shop"]

CODE = grpc.StatusCode
State = stock_pb2.Reservation.State


async def update(stock: Any, name: str, mask: str = "", request_id: str = "", **fields: Any) -> Any:
    request = stock_pb2.UpdateReservationRequest(
        reservation=stock_pb2.Reservation(name=name, **fields),
        update_mask=FieldMask(paths=mask.split(",")) if mask else None,
        request_id=request_id,
    )
    return await stock.UpdateReservation(request)


def items(**units: int) -> list[stock_pb2.ReservedItem]:
    return [
        stock_pb2.ReservedItem(product=f"products/{sku}", requested_quantity=count)
        for sku, count in units.items()
    ]


def held(reservation: Any) -> dict[str, int]:
    return {item.product: item.held_quantity for item in reservation.items}


async def levels(stock: Any) -> tuple[int, int]:
    return await available(stock, STOCKMANN), await available(stock, STOCKMANN, BREAD)


async def get(stock: Any, name: str) -> Any:
    return await stock.GetReservation(stock_pb2.GetReservationRequest(name=name))


async def test_lines_are_added_raised_lowered_and_removed_in_one_act(stock):
    await state(stock, STOCKMANN, milk=9, bread=9)
    made = await hold(stock, STOCKMANN, milk=2)

    more = await update(stock, made.name, items=items(milk=3, bread=4))
    levels_then = await levels(stock)
    less = await update(stock, made.name, items=items(bread=1))

    assert ({MILK: 3, BREAD: 4}, {BREAD: 1}) == (held(more), held(less))
    assert ((6, 5), (9, 8)) == (levels_then, await levels(stock))
    assert less == await get(stock, made.name)
    assert made.name == less.name
    assert 0 == (await stock.ReconcileStock(stock_pb2.ReconcileStockRequest())).drift_count


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"items": items(milk=1, bread=10)}, (CODE.FAILED_PRECONDITION, "INSUFFICIENT_STOCK", [])),
        ({"items": items(milk=1, shears=1)}, (CODE.FAILED_PRECONDITION, "STOCK_UNKNOWN", [])),
        ({"items": items(unheard=1)}, (CODE.NOT_FOUND, "PRODUCT_NOT_FOUND", [])),
        ({"items": items(milk=1), "etag": "7"}, (CODE.ABORTED, "ETAG_MISMATCH", [])),
        (
            {"items": [], "mask": "items"},
            (CODE.INVALID_ARGUMENT, "INVALID_ARGUMENT", ["reservation.items"]),
        ),
        (
            {"mask": "state"},
            (CODE.INVALID_ARGUMENT, "INVALID_ARGUMENT", ["update_mask"]),
        ),
        (
            {"mask": "stat"},
            (CODE.INVALID_ARGUMENT, "INVALID_ARGUMENT", ["update_mask"]),
        ),
        (
            {"method": stock_pb2.PICKUP_METHOD_LOCKER, "items": items(milk=1)},
            (CODE.FAILED_PRECONDITION, "METHOD_NOT_OFFERED", []),
        ),
        (
            {
                "pickup_slot": f"{STOCKMANN}/pickupSlots/curbside-20261130T060000Z",
                "items": items(milk=1),
            },
            (CODE.FAILED_PRECONDITION, "SLOT_NOT_OFFERED", []),
        ),
        (
            {"pickup_slot": f"{FORUM}/pickupSlots/curbside-20261130T060000Z"},
            (CODE.INVALID_ARGUMENT, "INVALID_ARGUMENT", ["pickup_slot"]),
        ),
    ],
)
async def test_a_refused_change_leaves_all_as_it_was(stock, fields, expected):
    await state(stock, STOCKMANN, milk=9, bread=9)
    made = await hold(stock, STOCKMANN, milk=2)

    assert expected == await refusal(update(stock, made.name, **fields))
    assert made == await get(stock, made.name)
    assert (7, 9) == await levels(stock)


async def test_a_retry_changes_nothing_more_and_another_body_is_refused(stock):
    await state(stock, STOCKMANN, milk=9)
    made = await hold(stock, STOCKMANN, milk=2)
    first = await update(stock, made.name, request_id="more", items=items(milk=5))
    lowered = await update(stock, made.name, request_id="less", items=items(milk=1))
    again = await update(stock, made.name, request_id="more", items=items(milk=5))
    reused = await refusal(update(stock, made.name, request_id="more", items=items(milk=6)))

    assert {MILK: 5} == held(first)
    assert lowered == again
    assert (CODE.ALREADY_EXISTS, "REQUEST_ID_REUSED", []) == reused


async def test_what_was_handed_over_cannot_be_taken_out(stock):
    await state(stock, STOCKMANN, milk=9, bread=9)
    made = await hold(stock, STOCKMANN, milk=3, bread=1)
    collect = stock_pb2.CollectReservationRequest(name=made.name)
    collect.items.add(product=MILK, quantity=2)
    await stock.CollectReservation(collect)

    for wanted in (items(milk=1, bread=1), items(bread=1)):
        code, _, fields = await refusal(update(stock, made.name, items=wanted))
        assert (CODE.INVALID_ARGUMENT, ["reservation.items"]) == (code, fields)
    rest = await update(stock, made.name, items=items(milk=2))
    assert ({MILK: 2}, 2) == (held(rest), rest.items[0].collected_quantity)
    assert State.STATE_COLLECTED == rest.state  # all that is still wanted was handed over
    assert (7, 9) == await levels(stock)
    assert 0 == (await stock.ReconcileStock(stock_pb2.ReconcileStockRequest())).drift_count


async def test_a_ready_order_is_gathered_again_when_goods_are_added(stock):
    await state(stock, STOCKMANN, milk=9, bread=9)
    made = await hold(stock, STOCKMANN, milk=3)
    await stock.MarkReservationReady(stock_pb2.MarkReservationReadyRequest(name=made.name))

    fewer = await update(stock, made.name, items=items(milk=2))
    more = await update(stock, made.name, items=items(milk=2, bread=1))
    await stock.CancelReservation(stock_pb2.CancelReservationRequest(name=made.name))
    ended = await refusal(update(stock, made.name, items=items(milk=2)))

    assert (State.STATE_READY, State.STATE_CONFIRMED) == (fewer.state, more.state)
    assert (CODE.FAILED_PRECONDITION, "RESERVATION_STATE", []) == ended


async def test_a_receipt_of_before_fetches_the_present_lines_also_after_a_transfer(stock):
    await state(stock, STOCKMANN, milk=9, bread=9)
    await state(stock, FORUM, milk=9, bread=9)
    made = await hold(stock, STOCKMANN, milk=2)
    code = await stock.GetPickupCode(stock_pb2.GetPickupCodeRequest(name=f"{made.name}/pickupCode"))
    changed = await update(stock, made.name, items=items(bread=1))
    verify = stock_pb2.VerifyReceiptRequest(receipt=code.text)
    shown = await stock.VerifyReceipt(verify)
    moved = await stock.TransferReservation(
        stock_pb2.TransferReservationRequest(
            name=made.name, destination_store=FORUM, request_id="move"
        )
    )
    there = await stock.VerifyReceipt(verify)
    after = await stock.GetPickupCode(
        stock_pb2.GetPickupCodeRequest(name=f"{made.name}/pickupCode")
    )

    assert {BREAD: 1} == held(changed) == held(shown)
    assert changed == shown
    assert moved == there
    assert code.code == after.code


async def test_two_want_the_last_unit_for_their_orders(stock):
    await state(stock, STOCKMANN, milk=9, bread=1)
    made = [await hold(stock, STOCKMANN, milk=1) for _ in range(5)]
    answers = await asyncio.gather(
        *(update(stock, each.name, items=items(milk=1, bread=1)) for each in made),
        return_exceptions=True,
    )
    assert 1 == sum(isinstance(answer, stock_pb2.Reservation) for answer in answers)
    assert (4, 0) == await levels(stock)


async def test_no_order_of_a_closed_store_is_changed(stock, channel):
    await state(stock, STOCKMANN, milk=9)
    made = await hold(stock, STOCKMANN, milk=2)
    changed = await update(stock, made.name, request_id="a", items=items(milk=3))
    closed = stores_pb2.Store(name=STOCKMANN, status=stores_pb2.STORE_STATUS_CLOSED_FOR_GOOD)
    await stores_pb2_grpc.StoresServiceStub(channel).UpdateStore(
        stores_pb2.UpdateStoreRequest(store=closed, update_mask=FieldMask(paths=["status"]))
    )
    refused = await refusal(update(stock, made.name, request_id="b", items=items(milk=1)))
    again = await update(stock, made.name, request_id="a", items=items(milk=3))
    assert (CODE.FAILED_PRECONDITION, "STORE_NOT_OPEN", []) == refused
    assert changed == again


async def test_a_slot_is_changed_taken_and_given_up(shop: Shop) -> None:
    first, second, *_ = [slot.name for slot in await listed(shop)]
    late = (await listed(shop))[60]
    made = await shop.hold()
    taken = await update(shop.stock, made.name, pickup_slot=first)
    moved = await update(shop.stock, made.name, pickup_slot=second)
    places = await free(shop, first), await free(shop, second)
    far = await update(shop.stock, made.name, pickup_slot=late.name)
    without = await update(shop.stock, made.name, "pickup_slot,method", method=IN_STORE)

    assert (first, CURBSIDE, second) == (taken.pickup_slot, taken.method, moved.pickup_slot)
    assert (2, 1) == places
    assert late.start_time == far.ready_by
    assert far.expire_time.seconds > late.end_time.seconds
    assert ("", IN_STORE) == (without.pickup_slot, without.method)
    assert 5.25 * HOUR == after_night_s(without.ready_by)
    assert 2 == await free(shop, late.name)


async def test_a_full_slot_leaves_the_order_as_it_was(shop: Shop) -> None:
    first, second, *_ = [slot.name for slot in await listed(shop)]
    await offer(shop, capacity=1)
    await shop.hold(pickup_slot=second)
    made = await shop.hold(pickup_slot=first)

    full = await refusal(update(shop.stock, made.name, pickup_slot=second, items=items(milk=3)))
    mixed = await refusal(update(shop.stock, made.name, "method", method=IN_STORE))

    assert (CODE.FAILED_PRECONDITION, "SLOT_FULL", []) == full
    assert (CODE.INVALID_ARGUMENT, ["reservation.method"]) == (mixed[0], mixed[2])
    assert made == await get(shop.stock, made.name)
    assert (0, 0) == (await free(shop, first), await free(shop, second))
    assert 498 == await available(shop.stock, STOCKMANN)


async def test_gloves_added_while_an_order_moves_are_not_lost(stock, monkeypatch):
    await state(stock, STOCKMANN, milk=9, bread=9)
    await state(stock, FORUM, milk=9, bread=9)
    made = await hold(stock, STOCKMANN, milk=2)
    reserve = Holds.reserve

    async def reserve_late(self: Holds, store: str, *args: Any, **kwargs: Any) -> Any:
        outcome = await reserve(self, store, *args, **kwargs)
        await update(stock, made.name, items=items(milk=2, bread=1))
        return outcome

    monkeypatch.setattr(Holds, "reserve", reserve_late)
    moved = await refusal(
        stock.TransferReservation(
            stock_pb2.TransferReservationRequest(
                name=made.name, destination_store=FORUM, request_id="move"
            )
        )
    )

    here = await get(stock, made.name)
    assert (CODE.ABORTED, "ETAG_MISMATCH", []) == moved
    assert (State.STATE_CONFIRMED, {MILK: 2, BREAD: 1}) == (here.state, held(here))
    assert ((7, 8), (9, 9)) == (
        await levels(stock),
        (await available(stock, FORUM), await available(stock, FORUM, BREAD)),
    )


async def test_a_retried_transfer_gives_nothing_up_for_a_hold_that_has_ended(stock, monkeypatch):
    await state(stock, STOCKMANN, milk=9)
    await state(stock, FORUM, milk=9)
    made = await hold(stock, STOCKMANN, milk=2)
    transfer = stock_pb2.TransferReservationRequest(
        name=made.name, destination_store=FORUM, request_id="move"
    )
    reserve, names = Holds.reserve, []

    async def reserve_and_die(self: Holds, store: str, *args: Any, **kwargs: Any) -> Any:
        outcome = await reserve(self, store, *args, **kwargs)
        names.append(f"stores/{store}/reservations/{outcome.hold.id}")
        raise redis.exceptions.ConnectionError

    with monkeypatch.context() as patch:
        patch.setattr(Holds, "reserve", reserve_and_die)
        await refusal(stock.TransferReservation(transfer))
    await stock.CancelReservation(stock_pb2.CancelReservationRequest(name=names[0]))

    code, reason, _ = await refusal(stock.TransferReservation(transfer))
    assert (CODE.FAILED_PRECONDITION, "RESERVATION_STATE") == (code, reason)
    assert State.STATE_CONFIRMED == (await get(stock, made.name)).state
    assert (7, 9) == (await available(stock, STOCKMANN), await available(stock, FORUM))


async def test_a_retried_transfer_of_a_hold_that_has_ended_keeps_nothing_there(stock, monkeypatch):
    await state(stock, STOCKMANN, milk=9)
    await state(stock, FORUM, milk=9)
    made = await hold(stock, STOCKMANN, milk=2)
    transfer = stock_pb2.TransferReservationRequest(
        name=made.name, destination_store=FORUM, request_id="move"
    )
    reserve = Holds.reserve

    async def reserve_and_die(self: Holds, store: str, *args: Any, **kwargs: Any) -> Any:
        await reserve(self, store, *args, **kwargs)
        raise redis.exceptions.ConnectionError

    with monkeypatch.context() as patch:
        patch.setattr(Holds, "reserve", reserve_and_die)
        await refusal(stock.TransferReservation(transfer))
    assert 7 == await available(stock, FORUM)
    await stock.CancelReservation(stock_pb2.CancelReservationRequest(name=made.name))

    code, reason, _ = await refusal(stock.TransferReservation(transfer))
    assert (CODE.FAILED_PRECONDITION, "RESERVATION_STATE") == (code, reason)
    assert (9, 9) == (await available(stock, STOCKMANN), await available(stock, FORUM))


async def test_a_retried_transfer_of_a_hold_that_has_expired_tells_what_is_held_there(
    stock, monkeypatch
):
    await state(stock, STOCKMANN, milk=9)
    await state(stock, FORUM, milk=9)
    made = await stock.CreateReservation(
        stock_pb2.CreateReservationRequest(
            parent=STOCKMANN, items=basket(milk=2), ttl={"seconds": 2}
        )
    )
    transfer = stock_pb2.TransferReservationRequest(
        name=made.name, destination_store=FORUM, request_id="move"
    )
    reserve, names = Holds.reserve, []

    async def reserve_and_die(self: Holds, store: str, *args: Any, **kwargs: Any) -> Any:
        outcome = await reserve(self, store, *args, **kwargs)
        names.append(f"stores/{store}/reservations/{outcome.hold.id}")
        raise redis.exceptions.ConnectionError

    with monkeypatch.context() as patch:
        patch.setattr(Holds, "reserve", reserve_and_die)
        await refusal(stock.TransferReservation(transfer))
    await stock.ExtendReservation(
        stock_pb2.ExtendReservationRequest(name=names[0], ttl={"seconds": 3600})
    )
    async with asyncio.timeout(30):
        while (await get(stock, made.name)).state != State.STATE_EXPIRED:  # noqa: ASYNC110 no event
            await asyncio.sleep(0.1)

    there = await stock.TransferReservation(transfer)
    assert (names[0], State.STATE_CONFIRMED, {MILK: 2}) == (there.name, there.state, held(there))
    assert (9, 7) == (await available(stock, STOCKMANN), await available(stock, FORUM))
