"""Pick-up slots: offered by the shop's day, taken with the goods, given back with them."""

import asyncio
import dataclasses
import datetime as dt
from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest

from enrayon.stock.v1 import stock_pb2
from enrayon.stores.v1 import stores_pb2_grpc
from services.stock.model.partitions import StoreKeys
from tests.services.stock.resources.test_hold_life import HOUR, NIGHT, Shop, after_night_s, life_s
from tests.support.hosting import hosted
from tests.support.refusals import refusal
from tests.support.stock import FORUM, PRODUCTS, STOCKMANN, available, state
from tests.support.stores import SHOPS, upsert

IN_STORE, CURBSIDE, LOCKER = (
    stock_pb2.PICKUP_METHOD_IN_STORE,
    stock_pb2.PICKUP_METHOD_CURBSIDE,
    stock_pb2.PICKUP_METHOD_LOCKER,
)
PRECONDITION = grpc.StatusCode.FAILED_PRECONDITION
INVALID = grpc.StatusCode.INVALID_ARGUMENT


@pytest.fixture
def moment() -> list[dt.datetime]:
    """The time of the services; Monday 2:45 at first."""
    return [NIGHT.astimezone(dt.UTC)]


@pytest.fixture
async def shop(
    parts: Any, moment: list[dt.datetime], monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Shop]:
    """Stockmann and Forum open from 7 to 21; two orders an hour are brought to cars."""
    monkeypatch.setenv("ENRAYON_STOCK_FRESHNESS_S", "31536000")
    async with hosted(dataclasses.replace(parts, clock=lambda: moment[0])) as channel:
        made = Shop(channel)
        await upsert(stores_pb2_grpc.StoresServiceStub(channel), SHOPS)
        await made.stock.UpsertProducts(iter([stock_pb2.UpsertProductsRequest(products=PRODUCTS)]))
        for store in (STOCKMANN, FORUM):
            await state(made.stock, store, milk=500)
            await made.open("Mo-Sa 07:00-21:00", store)
            await offer(made, store)
        yield made


async def offer(shop: Shop, store: str = STOCKMANN, capacity: int = 2, **fields: Any) -> None:
    rule = {"method": CURBSIDE, "duration": {"seconds": HOUR}, "capacity": capacity, **fields}
    await shop.rule(store, pickup_methods=[IN_STORE, CURBSIDE], pickup_slots=[rule])


async def listed(shop: Shop, store: str = STOCKMANN, **fields: Any) -> list[Any]:
    answer = await shop.stock.ListPickupSlots(
        stock_pb2.ListPickupSlotsRequest(parent=store, **fields)
    )
    return list(answer.pickup_slots)


async def free(shop: Shop, name: str) -> int:
    store = name.partition("/pickupSlots/")[0]
    [found] = [slot for slot in await listed(shop, store, page_size=1000) if slot.name == name]
    count: int = found.free_count
    return count


async def test_slots_are_offered_once_goods_can_be_ready(shop):
    first, second, *_, last = await listed(shop, page_size=1000)

    # It opens at 7:00 and needs an hour; 8:00 in Helsinki is 6:00 UTC.
    assert f"{STOCKMANN}/pickupSlots/curbside-20261130T060000Z" == first.name
    assert (CURBSIDE, 2, 2) == (first.method, first.capacity, first.free_count)
    assert (5.25 * HOUR, 6.25 * HOUR) == (
        after_night_s(first.start_time),
        after_night_s(first.end_time),
    )
    assert first.end_time == second.start_time
    assert 7 * 24 * HOUR >= after_night_s(last.end_time) > 5 * 24 * HOUR


async def test_pages_bounds_and_methods(shop):
    request = stock_pb2.ListPickupSlotsRequest(parent=STOCKMANN, page_size=30)
    names = []
    while True:
        answer = await shop.stock.ListPickupSlots(request)
        names += [slot.name for slot in answer.pickup_slots]
        request.page_token = answer.next_page_token
        if not request.page_token:
            break
    everything = await listed(shop, page_size=1000)
    some = await listed(shop, start_time=everything[3].start_time, end_time=everything[5].end_time)

    assert [slot.name for slot in everything] == names
    assert everything[3:6] == some
    assert [] == await listed(shop, method=LOCKER)
    assert [] == await listed(shop, "stores/t-sokos")  # no policy: no slots


async def test_a_hold_takes_a_place_and_lasts_to_the_end_of_pick_up(shop):
    slot = (await listed(shop))[40]  # on Wednesday
    request: dict[str, Any] = {"pickup_slot": slot.name, "request_id": "a-key"}
    hold, again = await shop.hold(**request), await shop.hold(**request)

    assert hold == again
    assert (slot.name, CURBSIDE) == (hold.pickup_slot, hold.method)
    assert slot.start_time == hold.ready_by
    assert slot.end_time.seconds < hold.pickup_by.seconds
    assert hold.pickup_by.seconds - slot.start_time.seconds <= 24 * HOUR
    assert life_s(hold) == after_night_s(hold.pickup_by)
    assert 1 == await free(shop, slot.name)


@pytest.mark.parametrize("end", ["cancel", "collect", "expire", "transfer"])
async def test_a_place_returns_when_its_hold_ends_or_leaves(shop, end, database):
    slot = (await listed(shop))[0].name
    hold = await shop.hold(pickup_slot=slot, ttl_s=0 if end != "expire" else 1)
    other = await shop.hold(pickup_slot=slot)
    full = await refusal(shop.hold(pickup_slot=slot))
    if end == "cancel":
        await shop.stock.CancelReservation(stock_pb2.CancelReservationRequest(name=hold.name))
    elif end == "collect":
        await shop.stock.CollectReservation(stock_pb2.CollectReservationRequest(name=hold.name))
    elif end == "transfer":
        moved = await shop.stock.TransferReservation(
            stock_pb2.TransferReservationRequest(
                name=hold.name, destination_store=FORUM, request_id="move"
            )
        )
        assert "" == moved.pickup_slot
    else:
        await asyncio.sleep(1.1)
    checked = await shop.hold(pickup_slot=slot, validate_only=True)
    assert 1 == await free(shop, slot)
    last = await shop.hold(pickup_slot=slot)
    ended = await shop.stock.GetReservation(stock_pb2.GetReservationRequest(name=hold.name))
    for name in (other.name, last.name):
        await shop.stock.CancelReservation(stock_pb2.CancelReservationRequest(name=name))

    assert (PRECONDITION, "SLOT_FULL", []) == full
    assert slot == checked.pickup_slot == last.pickup_slot == ended.pickup_slot
    assert {} == await database.hgetall(StoreKeys.of("t-stockmann").slots)


async def test_a_transfer_takes_a_place_there(shop):
    here, there = (await listed(shop))[0].name, (await listed(shop, FORUM))[3].name
    hold = await shop.hold(pickup_slot=here)
    transfer = stock_pb2.TransferReservationRequest(
        name=hold.name, destination_store=FORUM, request_id="move", pickup_slot=there
    )
    moved = await shop.stock.TransferReservation(transfer)
    again = await shop.stock.TransferReservation(transfer)

    assert moved == again
    assert there == moved.pickup_slot
    assert (2, 1) == (await free(shop, here), await free(shop, there))


async def test_a_transfer_into_a_full_slot_leaves_all_as_it_was(shop):
    here, there = (await listed(shop))[0].name, (await listed(shop, FORUM))[0].name
    for _ in range(2):
        await shop.hold(FORUM, pickup_slot=there)
    hold = await shop.hold(pickup_slot=here)
    transfer = stock_pb2.TransferReservationRequest(
        name=hold.name, destination_store=FORUM, request_id="move", pickup_slot=there
    )

    assert "SLOT_FULL" == (await refusal(shop.stock.TransferReservation(transfer)))[1]
    assert 1 == await free(shop, here)
    assert 498 == await available(shop.stock, FORUM)


@pytest.mark.parametrize(
    ("slot", "fields", "expected"),
    [
        ("curbside-20261130T060100Z", {}, (PRECONDITION, "SLOT_NOT_OFFERED", [])),
        ("curbside-20261130T050000Z", {}, (PRECONDITION, "SLOT_NOT_OFFERED", [])),  # not ready
        ("curbside-20261230T060000Z", {}, (PRECONDITION, "SLOT_NOT_OFFERED", [])),  # too far
        ("locker-20261130T060000Z", {}, (PRECONDITION, "SLOT_NOT_OFFERED", [])),
        ("in-store-20261130T060000Z", {}, (PRECONDITION, "SLOT_NOT_OFFERED", [])),
        ("curbside-20261130T060000Z", {"method": IN_STORE}, (INVALID, None, ["pickup_slot"])),
        ("drone-20261130T060000Z", {}, (INVALID, None, ["pickup_slot"])),
        ("curbside-20261330T060000Z", {}, (INVALID, None, ["pickup_slot"])),
        ("curbside", {}, (INVALID, None, ["pickup_slot"])),
    ],
)
async def test_what_is_not_offered_is_refused(shop, slot, fields, expected):
    code, reason, names = await refusal(
        shop.hold(pickup_slot=f"{STOCKMANN}/pickupSlots/{slot}", **fields)
    )
    assert expected == (code, reason if expected[1] else None, names)
    assert 500 == await available(shop.stock, STOCKMANN)


async def test_the_slot_of_another_store_is_refused(shop):
    slot = (await listed(shop, FORUM))[0].name
    assert ["pickup_slot"] == (await refusal(shop.hold(pickup_slot=slot)))[2]


async def test_a_retry_finds_its_hold_when_the_slot_has_begun(shop, moment):
    slot = (await listed(shop))[0].name
    hold = await shop.hold(pickup_slot=slot, request_id="a-key")
    moment[0] += dt.timedelta(hours=6)

    assert hold == await shop.hold(pickup_slot=slot, request_id="a-key")
    assert "SLOT_NOT_OFFERED" == (await refusal(shop.hold(pickup_slot=slot)))[1]


async def test_a_hundred_clients_want_the_last_place(shop, figure):
    slot = (await listed(shop))[0].name
    await shop.hold(pickup_slot=slot)
    answers = await asyncio.gather(
        *(shop.hold(pickup_slot=slot) for _ in range(100)), return_exceptions=True
    )
    won = [answer for answer in answers if isinstance(answer, stock_pb2.Reservation)]

    figure(58, f"a hundred at once want the last place of a slot: {len(won)} has it")
    assert 1 == len(won)
    assert 498 == await available(shop.stock, STOCKMANN)
    assert 0 == await free(shop, slot)


async def test_a_method_that_the_store_does_not_offer_is_refused(shop):
    refused = await refusal(shop.hold(method=LOCKER))
    hold = await shop.hold(method=CURBSIDE)
    await offer(shop, FORUM)
    await shop.rule(FORUM, pickup_methods=[IN_STORE])
    transfer = stock_pb2.TransferReservationRequest(
        name=hold.name, destination_store=FORUM, request_id="move"
    )
    not_there = await refusal(shop.stock.TransferReservation(transfer))
    transfer.method, transfer.request_id = IN_STORE, "move-otherwise"
    moved = await shop.stock.TransferReservation(transfer)

    assert (PRECONDITION, "METHOD_NOT_OFFERED", []) == refused == not_there
    assert IN_STORE == moved.method


async def test_a_rule_reads_as_it_was_written_and_one_method_has_one(shop):
    kept = await shop.stock.GetStockPolicy(
        stock_pb2.GetStockPolicyRequest(name=f"{STOCKMANN}/stockPolicy")
    )
    [rule] = kept.pickup_slots
    twice = refusal(shop.rule(pickup_slots=[rule, rule]))

    assert (CURBSIDE, HOUR, 2, 7 * 24 * HOUR) == (
        rule.method,
        rule.duration.seconds,
        rule.capacity,
        rule.horizon.seconds,
    )
    assert INVALID == (await twice)[0]


async def test_a_policy_that_another_process_has_changed_refuses_nothing(shop, parts, moment):
    async with hosted(dataclasses.replace(parts, clock=lambda: moment[0])) as channel:
        other = Shop(channel)
        await other.stock.UpsertProducts(iter([stock_pb2.UpsertProductsRequest(products=PRODUCTS)]))
        made = [await other.hold() for _ in range(3)]  # so that it knows the policy
        rule = {"method": LOCKER, "duration": {"seconds": HOUR}, "capacity": 2}
        await shop.rule(pickup_methods=[IN_STORE, LOCKER], pickup_slots=[rule])
        slot = (await listed(shop))[0].name

        taken = await other.hold(pickup_slot=slot)
        await shop.rule(pickup_methods=[IN_STORE, CURBSIDE])
        by_method = await other.hold(method=CURBSIDE)
        await shop.rule(pickup_methods=[LOCKER], pickup_slots=[rule])
        changed = await other.stock.UpdateReservation(
            stock_pb2.UpdateReservationRequest(
                reservation=stock_pb2.Reservation(name=made[0].name, pickup_slot=slot),
                update_mask={"paths": ["pickup_slot"]},
                request_id="a-change",
            )
        )

    assert (slot, CURBSIDE, slot) == (taken.pickup_slot, by_method.method, changed.pickup_slot)
