"""Reservations as callers see them: made, collected, canceled, transferred, refused."""

import asyncio
import base64

import grpc
import pytest

from enrayon.stock.v1 import stock_pb2, stock_pb2_grpc
from enrayon.stores.v1 import stores_pb2_grpc
from services.chassis.database.client import Client
from services.chassis.database.cluster import Cluster
from services.chassis.database.observed import ObservedCommands
from services.stock.state.holds import Holds
from tests.services.stock.resources.test_pickup_queue import lease_keys
from tests.support.hosting import hosted
from tests.support.refusals import refusal
from tests.support.stock import (
    BREAD,
    FORUM,
    MILK,
    PRODUCTS,
    STOCKMANN,
    available,
    basket,
    hold,
    state,
)
from tests.support.stores import SHOPS, upsert

CODE = grpc.StatusCode
State = stock_pb2.Reservation.State


async def test_a_basket_is_held_prepared_and_collected(stock):
    await state(stock, STOCKMANN, milk=5, bread=2)

    made = await hold(stock, STOCKMANN, milk=2, bread=1)
    prepared = await stock.PrepareReservation(stock_pb2.PrepareReservationRequest(name=made.name))
    ready = await stock.MarkReservationReady(stock_pb2.MarkReservationReadyRequest(name=made.name))
    collected = await stock.CollectReservation(stock_pb2.CollectReservationRequest(name=made.name))

    assert [State.STATE_CONFIRMED, State.STATE_PREPARING, State.STATE_READY] == [
        made.state,
        prepared.state,
        ready.state,
    ]
    assert State.STATE_COLLECTED == collected.state
    assert collected == await stock.GetReservation(stock_pb2.GetReservationRequest(name=made.name))
    assert 3 == await available(stock, STOCKMANN)


async def test_the_last_unit_has_one_winner(stock):
    await state(stock, STOCKMANN, milk=1)

    answers = await asyncio.gather(
        *(hold(stock, STOCKMANN, milk=1) for _ in range(40)), return_exceptions=True
    )

    winners = [answer for answer in answers if isinstance(answer, stock_pb2.Reservation)]
    assert 1 == len(winners)
    assert {CODE.FAILED_PRECONDITION} == {
        answer.code() for answer in answers if isinstance(answer, grpc.aio.AioRpcError)
    }
    assert 39 == sum(isinstance(answer, grpc.aio.AioRpcError) for answer in answers)


async def test_a_retry_answers_the_same_hold_and_another_body_already_exists(stock):
    await state(stock, STOCKMANN, milk=5)

    first = await hold(stock, STOCKMANN, "key", milk=2)
    again = await hold(stock, STOCKMANN, "key", milk=2)
    code, reason, _ = await refusal(hold(stock, STOCKMANN, "key", milk=1))
    await state(stock, FORUM, milk=5)
    elsewhere = await hold(stock, FORUM, "key", milk=1)

    assert first == again
    assert (CODE.ALREADY_EXISTS, "REQUEST_ID_REUSED") == (code, reason)
    assert first.name.rpartition("/")[2] != elsewhere.name.rpartition("/")[2]
    assert 3 == await available(stock, STOCKMANN)


async def test_a_retry_that_fails_takes_no_lease_from_the_one_that_holds(
    stock, database, monkeypatch
):
    """Both take the lease; the first finds no stock, which then comes for the second."""
    reserve = Holds.reserve
    made = []

    async def reserved(*args, **kwargs):
        monkeypatch.setattr(Holds, "reserve", reserve)
        outcome = await reserve(*args, **kwargs)
        await state(stock, STOCKMANN, 2, milk=5)
        made.append(await hold(stock, STOCKMANN, "key", milk=2))
        return outcome

    await state(stock, STOCKMANN, milk=1)
    monkeypatch.setattr(Holds, "reserve", reserved)
    code, _, _ = await refusal(hold(stock, STOCKMANN, "key", milk=2))
    leased = await leases(database)
    await stock.CancelReservation(stock_pb2.CancelReservationRequest(name=made[0].name))

    id = made[0].name.rpartition("/")[2]
    assert (CODE.FAILED_PRECONDITION, {id}) == (code, leased)
    assert set() == await leases(database)


async def leases(database: Client) -> set[str]:
    """The ids of the holds that have a lease."""
    [key] = await lease_keys(database) or [b"none"]
    return {id.decode() for id in await database.zrange(key, 0, -1)}


@pytest.mark.parametrize("quantity", [0, -1, -(2**31)])
async def test_a_quantity_below_one_is_refused_by_its_field(stock, quantity):
    await state(stock, STOCKMANN, milk=5)

    code, _, fields = await refusal(hold(stock, STOCKMANN, bread=1, milk=quantity))

    assert (CODE.INVALID_ARGUMENT, ["items[1].quantity"]) == (code, fields)


async def test_a_quantity_of_two_to_the_31_on_the_wire_is_refused(stock):
    item = b"\x0a\x0dproducts/milk\x10\x80\x80\x80\x80\x08"  # quantity = 2**31
    body = b"\x0a" + bytes([len(STOCKMANN)]) + STOCKMANN.encode() + b"\x12" + bytes([len(item)])
    call = stock_pb2.CreateReservationRequest.FromString(body + item)

    code, _, fields = await refusal(stock.CreateReservation(call))

    assert (CODE.INVALID_ARGUMENT, ["items[0].quantity"]) == (code, fields)


async def test_the_same_product_twice_is_summed(stock):
    await state(stock, STOCKMANN, milk=5)
    twice = [*basket(milk=2), *basket(milk=3)]

    made = await stock.CreateReservation(
        stock_pb2.CreateReservationRequest(parent=STOCKMANN, items=twice)
    )
    too_many = [*basket(milk=1_000_000), *basket(milk=1)]
    code, _, fields = await refusal(
        stock.CreateReservation(
            stock_pb2.CreateReservationRequest(parent=STOCKMANN, items=too_many)
        )
    )

    assert [(MILK, 5)] == [(item.product, item.held_quantity) for item in made.items]
    assert (CODE.INVALID_ARGUMENT, ["items"]) == (code, fields)
    assert 0 == await available(stock, STOCKMANN)


async def test_a_basket_that_cannot_be_held_is_refused_with_the_reason_and_changes_nothing(stock):
    await state(stock, STOCKMANN, milk=5)
    week = {"seconds": 8 * 86_400}

    refusals = [
        await refusal(call)
        for call in (
            hold(stock, STOCKMANN, milk=6),
            hold(stock, STOCKMANN, bread=1),
            hold(stock, STOCKMANN, unheard=1),
            hold(stock, "stores/t-nowhere", milk=1),
            stock.CreateReservation(
                stock_pb2.CreateReservationRequest(parent=STOCKMANN, items=basket(milk=1), ttl=week)
            ),
        )
    ]

    assert [
        (CODE.FAILED_PRECONDITION, "INSUFFICIENT_STOCK", []),
        (CODE.FAILED_PRECONDITION, "STOCK_UNKNOWN", []),
        (CODE.NOT_FOUND, "PRODUCT_NOT_FOUND", []),
        (CODE.NOT_FOUND, "STORE_NOT_FOUND", []),
        (CODE.INVALID_ARGUMENT, "INVALID_ARGUMENT", ["ttl"]),
    ] == refusals
    assert 5 == await available(stock, STOCKMANN)


async def test_collecting_more_than_held_is_refused(stock):
    await state(stock, STOCKMANN, milk=5)
    made = await hold(stock, STOCKMANN, milk=2)

    refusals = [
        await refusal(
            stock.CollectReservation(
                stock_pb2.CollectReservationRequest(name=made.name, items=items)
            )
        )
        for items in (basket(milk=3), basket(bread=1))
    ]

    assert [(CODE.FAILED_PRECONDITION, "EXCEEDS_HELD", [])] * 2 == refusals
    assert made == await stock.GetReservation(stock_pb2.GetReservationRequest(name=made.name))


async def test_a_canceled_hold_gives_back_and_cannot_be_collected(stock):
    await state(stock, STOCKMANN, milk=5)
    made = await hold(stock, STOCKMANN, milk=2)
    cancel = stock_pb2.CancelReservationRequest(name=made.name)

    canceled = await stock.CancelReservation(cancel)
    again = await stock.CancelReservation(cancel)
    code, reason, _ = await refusal(
        stock.CollectReservation(stock_pb2.CollectReservationRequest(name=made.name))
    )

    assert State.STATE_CANCELED == canceled.state
    assert canceled == again
    assert (CODE.FAILED_PRECONDITION, "RESERVATION_STATE") == (code, reason)
    assert 5 == await available(stock, STOCKMANN)


async def test_an_expired_hold_reads_expired_and_holds_nothing(stock):
    await state(stock, STOCKMANN, milk=5)
    made = await stock.CreateReservation(
        stock_pb2.CreateReservationRequest(
            parent=STOCKMANN, items=basket(milk=2), ttl={"nanos": 1_000_000}
        )
    )
    await asyncio.sleep(0.005)

    seen = await stock.GetReservation(stock_pb2.GetReservationRequest(name=made.name))
    code, reason, _ = await refusal(
        stock.PrepareReservation(stock_pb2.PrepareReservationRequest(name=made.name))
    )

    assert State.STATE_EXPIRED == seen.state
    assert (CODE.FAILED_PRECONDITION, "RESERVATION_EXPIRED") == (code, reason)
    assert 5 == await available(stock, STOCKMANN)


async def test_a_transfer_moves_the_hold_and_a_retry_answers_the_same(stock):
    await state(stock, STOCKMANN, milk=5)
    await state(stock, FORUM, milk=5)
    made = await hold(stock, STOCKMANN, milk=2)
    transfer = stock_pb2.TransferReservationRequest(
        name=made.name, destination_store=FORUM, request_id="move"
    )

    moved = await stock.TransferReservation(transfer)
    again = await stock.TransferReservation(transfer)
    source = await stock.GetReservation(stock_pb2.GetReservationRequest(name=made.name))

    assert moved == again
    assert (made.name, FORUM) == (moved.transferred_from, moved.name[: len(FORUM)])
    assert (State.STATE_CANCELED, moved.name) == (source.state, source.transferred_to)
    assert (5, 3) == (await available(stock, STOCKMANN), await available(stock, FORUM))


async def test_a_transfer_to_a_store_without_stock_leaves_the_hold_as_it_was(stock):
    await state(stock, STOCKMANN, milk=5)
    await state(stock, FORUM, milk=1)
    made = await hold(stock, STOCKMANN, milk=2)

    code, reason, _ = await refusal(
        stock.TransferReservation(
            stock_pb2.TransferReservationRequest(
                name=made.name, destination_store=FORUM, request_id="move"
            )
        )
    )

    source = await stock.GetReservation(stock_pb2.GetReservationRequest(name=made.name))
    assert (CODE.FAILED_PRECONDITION, "INSUFFICIENT_STOCK") == (code, reason)
    assert State.STATE_CONFIRMED == source.state
    assert 3 == await available(stock, STOCKMANN)


async def test_a_store_watches_its_holds_and_resumes_where_it_stopped(stock):
    await state(stock, STOCKMANN, milk=5)
    request = stock_pb2.WatchReservationsRequest(parent=STOCKMANN)
    watch = stock.WatchReservations(request)
    await watch.read()

    made = await hold(stock, STOCKMANN, milk=2)
    first = await watch.read()
    watch.cancel()
    await stock.PrepareReservation(stock_pb2.PrepareReservationRequest(name=made.name))
    resumed = stock.WatchReservations(
        stock_pb2.WatchReservationsRequest(parent=STOCKMANN, resume_token=first.resume_token)
    )
    await resumed.read()
    second = await resumed.read()
    await stock.CancelReservation(stock_pb2.CancelReservationRequest(name=made.name))
    third = await resumed.read()
    resumed.cancel()

    assert [made.name] * 3 == [seen.reservation.name for seen in (first, second, third)]
    assert [State.STATE_PREPARING, State.STATE_CANCELED] == [
        seen.reservation.state for seen in (second, third)
    ]


@pytest.mark.parametrize("entry", ["7", " 7-1", "1_0-1", "٣-1", "7-18446744073709551616", "-7-1"])
async def test_a_token_of_an_entry_that_no_stream_can_have_is_refused(stock, entry):
    token = base64.urlsafe_b64encode(entry.encode()).decode().rstrip("=")
    watches = (
        stock.WatchReservations(
            stock_pb2.WatchReservationsRequest(parent=STOCKMANN, resume_token=token)
        ),
        stock.WatchPickupQueue(
            stock_pb2.WatchPickupQueueRequest(parent=STOCKMANN, resume_token=token)
        ),
    )
    for watch in watches:
        code, _, fields = await refusal(watch.read())
        assert (CODE.INVALID_ARGUMENT, ["resume_token"]) == (code, fields)


async def test_lists_show_live_holds_page_by_page_the_oldest_first(stock):
    await state(stock, STOCKMANN, milk=50)
    made = [await hold(stock, STOCKMANN, milk=1) for _ in range(5)]
    await stock.CancelReservation(stock_pb2.CancelReservationRequest(name=made[2].name))

    request = stock_pb2.ListReservationsRequest(parent=STOCKMANN, page_size=3)
    first = await stock.ListReservations(request)
    request.page_token = first.next_page_token
    second = await stock.ListReservations(request)

    expected = {reservation.name for reservation in made} - {made[2].name}
    assert expected == {r.name for page in (first, second) for r in page.reservations}
    assert (3, 1, "") == (
        len(first.reservations),
        len(second.reservations),
        second.next_page_token,
    )


async def test_a_receipt_proves_the_hold_and_an_altered_one_is_refused(stock):
    await state(stock, STOCKMANN, milk=5)
    made = await hold(stock, STOCKMANN, milk=2)
    code = await stock.GetPickupCode(stock_pb2.GetPickupCodeRequest(name=f"{made.name}/pickupCode"))

    verified = await stock.VerifyReceipt(stock_pb2.VerifyReceiptRequest(receipt=code.text))
    altered = code.text[:-2] + ("A" if code.text[-2] != "A" else "B") + code.text[-1]
    refused = await refusal(stock.VerifyReceipt(stock_pb2.VerifyReceiptRequest(receipt=altered)))

    assert made == verified
    assert made.receipt == code.text
    assert "<svg" in code.svg
    assert (CODE.INVALID_ARGUMENT, "RECEIPT_INVALID", ["receipt"]) == refused


async def test_an_old_etag_is_aborted(stock):
    await state(stock, STOCKMANN, milk=5)
    made = await hold(stock, STOCKMANN, milk=2)
    await stock.PrepareReservation(stock_pb2.PrepareReservationRequest(name=made.name))

    code, reason, _ = await refusal(
        stock.CancelReservation(stock_pb2.CancelReservationRequest(name=made.name, etag=made.etag))
    )

    assert (CODE.ABORTED, "ETAG_MISMATCH") == (code, reason)


async def test_validation_holds_nothing(stock):
    await state(stock, STOCKMANN, milk=5)

    answer = await stock.CreateReservation(
        stock_pb2.CreateReservationRequest(
            parent=STOCKMANN, items=basket(milk=2), validate_only=True
        )
    )

    assert 2 == answer.items[0].held_quantity
    assert 5 == await available(stock, STOCKMANN)


async def test_after_holds_and_events_the_ledger_adds_up(stock):
    await state(stock, STOCKMANN, milk=5, bread=5)
    made = await hold(stock, STOCKMANN, milk=2, bread=1)
    await stock.CollectReservation(
        stock_pb2.CollectReservationRequest(name=made.name, items=basket(milk=1), release_rest=True)
    )
    await stock.AdjustStock(
        stock_pb2.AdjustStockRequest(
            store=STOCKMANN,
            source="till-1",
            sequence=1,
            deltas=[stock_pb2.StockDelta(product=BREAD, delta=-1)],
        )
    )

    answer = await stock.ReconcileStock(stock_pb2.ReconcileStockRequest())

    assert (2, 0) == (answer.level_count, answer.drift_count)


async def test_a_hold_and_its_lease_are_one_script_where_slots_allow_it(
    stock, database, monkeypatch
):
    sent: list[list[str]] = []
    base = ObservedCommands.execute_command

    async def execute_command(self, *args, **options):
        sent.append([str(arg) for arg in args if isinstance(arg, str)])
        return await base(self, *args, **options)

    await state(stock, STOCKMANN, milk=5)
    await hold(stock, STOCKMANN, milk=1)  # the store's policy is known from now on
    monkeypatch.setattr(ObservedCommands, "execute_command", execute_command)
    await hold(stock, STOCKMANN, milk=1)

    leases = [keys for keys in sent if any(key.startswith("{q:") for key in keys)]
    holds = [keys for keys in sent if any(":holds:" in key for key in keys)]
    assert (1, 1) == (len(leases), len(holds))
    assert isinstance(database, Cluster) or leases == holds


async def test_holds_made_at_once_at_two_stores_keep_to_the_quota(channel, parts, monkeypatch):
    monkeypatch.setenv("ENRAYON_HOLDS_PER_CALLER", "5")
    monkeypatch.setenv("ENRAYON_HOLDS_PER_SHOPPER", "3")
    async with hosted(parts) as limited:
        await upsert(stores_pb2_grpc.StoresServiceStub(limited), SHOPS)
        stock = stock_pb2_grpc.StockServiceStub(limited)
        await stock.UpsertProducts(iter([stock_pb2.UpsertProductsRequest(products=PRODUCTS)]))
        stores = (STOCKMANN, FORUM)
        for store in stores:
            await state(stock, store, milk=50)
        made = []
        for shopper in ("anna", ""):
            acts = [
                stock.CreateReservation(
                    stock_pb2.CreateReservationRequest(
                        parent=store, items=basket(milk=1), shopper=shopper
                    )
                )
                for store in stores
                for _ in range(5)
            ]
            results = await asyncio.gather(*acts, return_exceptions=True)
            errors = [each for each in results if isinstance(each, grpc.aio.AioRpcError)]
            assert {CODE.RESOURCE_EXHAUSTED} == {each.code() for each in errors}
            made.append(len(results) - len(errors))

        assert [3, 2] == made
        assert 95 == sum([await available(stock, store) for store in stores])


async def test_a_quota_limits_a_caller_and_a_canceled_hold_makes_room(channel, parts, monkeypatch):
    monkeypatch.setenv("ENRAYON_HOLDS_PER_CALLER", "3")
    async with hosted(parts) as limited:
        await upsert(stores_pb2_grpc.StoresServiceStub(limited), SHOPS)
        stock = stock_pb2_grpc.StockServiceStub(limited)
        await stock.UpsertProducts(iter([stock_pb2.UpsertProductsRequest(products=PRODUCTS)]))
        await state(stock, STOCKMANN, milk=50)
        made = [await hold(stock, STOCKMANN, milk=1) for _ in range(3)]

        code, reason, _ = await refusal(hold(stock, STOCKMANN, milk=1))
        await stock.CancelReservation(stock_pb2.CancelReservationRequest(name=made[0].name))
        for _ in range(5):  # a hold that is refused takes no lease
            await refusal(hold(stock, STOCKMANN, bread=1))
        await hold(stock, STOCKMANN, milk=1)

        assert (CODE.RESOURCE_EXHAUSTED, "QUOTA_EXCEEDED") == (code, reason)
        assert 47 == await available(stock, STOCKMANN)
