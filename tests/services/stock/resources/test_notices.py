"""Owners are told when their store closes or loses their slot, once, and until it is over."""

import asyncio
import datetime as dt
from typing import Any

import pytest
import redis.exceptions
from google.protobuf.field_mask_pb2 import FieldMask

from enrayon.hours.v1 import hours_pb2, hours_pb2_grpc
from enrayon.stock.v1 import stock_pb2
from enrayon.stores.v1 import stores_pb2, stores_pb2_grpc
from services.stock.model.partitions import StoreKeys
from services.stock.resources.notices import Notices
from services.stock.state.holds import Holds
from services.stock.state.policies import Policies
from services.stock.state.slots import Slots
from tests.services.stock.resources.test_hold_life import Shop, kinds
from tests.services.stock.resources.test_hold_updates import get, update
from tests.services.stock.resources.test_pickup_slots import free, listed, moment, offer, shop
from tests.support.orders import eventually
from tests.support.stock import STOCKMANN

__all__ = ["moment", "shop"]

CLOSED, OPEN = stores_pb2.STORE_STATUS_TEMPORARILY_CLOSED, stores_pb2.STORE_STATUS_OPEN


@pytest.fixture
def notices(parts: Any, moment: list[dt.datetime]) -> Notices:
    client = parts.client
    return Notices(
        Holds(client), Policies(client), Slots(client), parts.directory, lambda: moment[0]
    )


async def turn(shop: Shop, status: "stores_pb2.StoreStatus.ValueType") -> None:
    store = stores_pb2.Store(name=STOCKMANN, status=status)
    request = stores_pb2.UpdateStoreRequest(store=store, update_mask=FieldMask(paths=["status"]))
    await stores_pb2_grpc.StoresServiceStub(shop.channel).UpdateStore(request)


async def test_a_closing_store_tells_each_live_hold_once_until_it_opens(shop, notices, figure):
    made, ended = await shop.hold(), await shop.hold()
    await shop.stock.CancelReservation(stock_pb2.CancelReservationRequest(name=ended.name))
    watch = shop.stock.WatchReservations(stock_pb2.WatchReservationsRequest(parent=STOCKMANN))
    await watch.read()

    await turn(shop, CLOSED)
    told = [await notices.check("t-stockmann") for _ in range(3)]
    seen = (await watch.read()).reservation
    closed = await get(shop.stock, made.name)
    await turn(shop, OPEN)
    over = await notices.check("t-stockmann")
    watch.cancel()

    figure(
        60,
        f"a store closes with one live hold: told {sum(told)} time in three looks, still "
        f"{stock_pb2.Reservation.State.Name(closed.state)}; open again: {over} notice ends",
    )
    assert [1, 0, 0] == told
    assert ["STORE_CLOSED"] == kinds(seen) == kinds(closed)
    assert "transfer" in closed.notices[0].text
    assert 1 == over
    assert [] == kinds(await get(shop.stock, made.name))
    assert [] == kinds(await get(shop.stock, ended.name))


async def test_a_worker_tells_at_its_start_and_at_each_change(shop, notices):
    made = await shop.hold()
    await turn(shop, CLOSED)

    async def work() -> None:
        while True:
            await notices.run()

    async def until(expected: list[str]) -> None:
        watch = shop.stock.WatchReservations(stock_pb2.WatchReservationsRequest(parent=STOCKMANN))
        await watch.read()
        while expected != kinds(await get(shop.stock, made.name)):
            await watch.read()
        watch.cancel()

    worker = asyncio.create_task(work())
    async with asyncio.timeout(20):
        await until(["STORE_CLOSED"])
        await turn(shop, OPEN)
        await until([])
        await turn(shop, CLOSED)
        await until(["STORE_CLOSED"])
    worker.cancel()


@pytest.mark.parametrize("part", ["transition", "stores"])
async def test_what_the_database_refused_is_told_when_it_is_back(shop, notices, monkeypatch, part):
    made = await shop.hold()
    await turn(shop, CLOSED)

    async def fail(*_: object, **__: object) -> None:
        raise redis.exceptions.ConnectionError

    for broken in ("transition", part):
        with monkeypatch.context() as patched, pytest.raises(redis.exceptions.ConnectionError):
            patched.setattr(notices._holds, broken, fail)
            await notices.run()
    working = asyncio.create_task(notices.run())
    found = await eventually(lambda: get(shop.stock, made.name), kinds)
    working.cancel()
    assert ["STORE_CLOSED"] == kinds(found)


async def test_a_smaller_capacity_tells_the_holders_and_drops_none(shop):
    slot, other = [slot.name for slot in await listed(shop)][:2]
    made = [await shop.hold(pickup_slot=slot) for _ in range(2)]
    apart = await shop.hold(pickup_slot=other)

    await offer(shop, capacity=1)
    few = [await get(shop.stock, each.name) for each in (*made, apart)]
    moved = await update(shop.stock, made[0].name, pickup_slot=(await listed(shop))[4].name)
    await offer(shop, capacity=1)
    rest = await get(shop.stock, made[1].name)

    assert [["SLOT_CHANGED"], ["SLOT_CHANGED"], []] == [kinds(each) for each in few]
    assert slot == few[0].pickup_slot == few[1].pickup_slot
    assert [] == kinds(moved) == kinds(rest)


@pytest.mark.parametrize("change", ["hours", "closure", "policy"])
async def test_a_slot_outside_the_hours_or_the_policy_is_told(shop, notices, change):
    first, later = [slot.name for slot in await listed(shop)][:2]
    made, kept = await shop.hold(pickup_slot=first), await shop.hold(pickup_slot=later)
    hours = hours_pb2_grpc.HoursServiceStub(shop.channel)
    if change == "hours":
        await shop.open("Mo-Sa 08:30-21:00")
    elif change == "policy":
        await shop.rule(pickup_methods=[stock_pb2.PICKUP_METHOD_IN_STORE])
    else:
        closure = hours_pb2.Closure(reason="stocktaking")
        closure.start_time.FromDatetime(made.ready_by.ToDatetime(dt.UTC))
        closure.end_time.FromDatetime(made.ready_by.ToDatetime(dt.UTC) + dt.timedelta(minutes=5))
        await hours.CreateClosure(hours_pb2.CreateClosureRequest(parent=STOCKMANN, closure=closure))
    await notices.check("t-stockmann")

    expected = ["SLOT_CHANGED"] if change == "policy" else []
    assert ["SLOT_CHANGED"] == kinds(await get(shop.stock, made.name))
    assert expected == kinds(await get(shop.stock, kept.name))


async def test_places_that_a_process_of_before_did_not_give_back_are_counted_anew(
    shop, notices, database
):
    slot = (await listed(shop))[0].name
    await shop.hold(pickup_slot=slot)
    key = StoreKeys.of("t-stockmann").slots
    [(field, _)] = (await database.hgetall(key)).items()
    await database.hset(key, mapping={field: 2, "2:1": 5})
    assert 0 == await free(shop, slot)

    assert 2 == await Slots(database).recount("t-stockmann")
    assert 1 == await free(shop, slot)
    assert {field: b"1"} == await database.hgetall(key)
