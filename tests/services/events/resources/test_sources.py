"""Events of all sources, as one subscription is told them."""

import asyncio
import datetime as dt
from dataclasses import replace
from zoneinfo import ZoneInfo

import grpc
import pytest
from google.protobuf.field_mask_pb2 import FieldMask

from enrayon.events.v1 import events_pb2 as pb
from enrayon.hours.v1 import hours_pb2, hours_pb2_grpc
from enrayon.stock.v1 import stock_pb2, stock_pb2_grpc
from enrayon.stores.v1 import stores_pb2, stores_pb2_grpc
from services.chassis.clock import utc_now
from services.directory.events import Event, stream_key
from services.directory.records import Records
from services.hours.bootstrap import closure_ends
from services.stores.bootstrap import closings
from tests.support.clocks import Later
from tests.support.events import ack, reading, subscribe, take, types_of
from tests.support.geofence import KAMPPI, circle, create, visit
from tests.support.stock import FORUM, PRODUCTS, STOCKMANN, hold, state
from tests.support.stores import SHOPS, upsert

HELSINKI = ZoneInfo("Europe/Helsinki")
SECOND = dt.timedelta(seconds=1)


@pytest.fixture
async def shops(channel):
    """The stores, with milk."""
    stores = stores_pb2_grpc.StoresServiceStub(channel)
    await upsert(stores, SHOPS)
    stock = stock_pb2_grpc.StockServiceStub(channel)
    await stock.UpsertProducts(iter([stock_pb2.UpsertProductsRequest(products=PRODUCTS)]))
    for store in (STOCKMANN, FORUM):
        await state(stock, store, milk=10)
    return stores


@pytest.fixture(autouse=True)
def _loss_allowed(monkeypatch):
    monkeypatch.setenv("ENRAYON_STOCK_ALLOW_LOSS", "true")


async def test_a_closure_that_ends_by_its_own_time_is_told_once(notices, shops, channel, parts):
    del shops
    clock = Later()
    hours = hours_pb2_grpc.HoursServiceStub(channel)
    await subscribe(notices, filter={"types": ["closure.ended"]})
    now = utc_now()
    tomorrow = now.astimezone(HELSINKI).date() + dt.timedelta(days=1)
    day = {"year": tomorrow.year, "month": tomorrow.month, "day": tomorrow.day}
    for store, closure in (
        (STOCKMANN, hours_pb2.Closure(start_time=now, end_time=now + dt.timedelta(hours=1))),
        (FORUM, hours_pb2.Closure(start_date=day, end_date=day)),
        (FORUM, hours_pb2.Closure(start_time=now + dt.timedelta(days=9))),
    ):
        request = hours_pb2.CreateClosureRequest(parent=store, closure=closure)
        await hours.CreateClosure(request)

    workers = [closure_ends(replace(parts, clock=each)) for each in (clock, utc_now, clock)]
    found = []
    for hours_later in (0, 2, 2, 60, 60):
        clock.by = dt.timedelta(hours=hours_later)
        found.append(sum(await asyncio.gather(*(each.tell() for each in workers))))
    async with reading(notices) as events:
        told = [each.event for each in await take(events, 2)]
        with pytest.raises(TimeoutError):
            await take(events, 1, timeout_s=0.5)

    assert [0, 1, 0, 1, 0] == found
    assert [f"{STOCKMANN}/hours", f"{FORUM}/hours"] == [each.subject for each in told]
    assert abs(told[0].time.ToDatetime(dt.UTC) - now - dt.timedelta(hours=1)) < SECOND
    assert told[1].time.ToDatetime(HELSINKI).time() == dt.time()


async def test_a_store_that_closes_by_its_date_is_told_once_unless_a_call_has_closed_it(
    notices, shops, parts
):
    clock = Later()
    now = utc_now()
    local = now.astimezone(HELSINKI)
    today = {"year": local.year, "month": local.month, "day": local.day}
    for store in (STOCKMANN, FORUM):
        await change(shops, store, closing_date=today)
    await change(shops, FORUM, status=stores_pb2.STORE_STATUS_TEMPORARILY_CLOSED)
    await subscribe(notices, filter={"types": ["store.closed"]})
    records = Records(parts.client, "stores")
    workers = [closings(replace(parts, clock=clock), records) for _ in range(2)]
    found = []
    for hours_later in (0, 48, 48):
        clock.by = dt.timedelta(hours=hours_later)
        found.append(sum(await asyncio.gather(*(each.tell() for each in workers))))
    async with reading(notices) as events:
        told = [each.event for each in await take(events, 1)]
        with pytest.raises(TimeoutError):
            await take(events, 1, timeout_s=0.5)

    assert [0, 1, 0] == found
    assert [STOCKMANN] == [each.subject for each in told]


async def change(stores, name: str, **fields: object) -> None:
    mask = FieldMask(paths=list(fields))
    store = stores_pb2.Store(name=name, **fields)
    await stores.UpdateStore(stores_pb2.UpdateStoreRequest(store=store, update_mask=mask))


async def test_one_subscription_is_told_of_fences_holds_stores_and_hours(
    notices, shops, channel, fences
):
    await create(fences, "kamppi", circle(KAMPPI, 300))
    await subscribe(notices)
    stock = stock_pb2_grpc.StockServiceStub(channel)
    hours = hours_pb2_grpc.HoursServiceStub(channel)
    made = await hold(stock, STOCKMANN, milk=1)
    await visit(fences, "a")
    await change(shops, STOCKMANN, display_name="Stockmann by the park")
    closed = stores_pb2.STORE_STATUS_TEMPORARILY_CLOSED
    await change(shops, FORUM, status=closed)
    await change(shops, FORUM, status=stores_pb2.STORE_STATUS_OPEN)
    closure = hours_pb2.Closure(reason="flood")
    closure.start_time.GetCurrentTime()
    created = await hours.CreateClosure(
        hours_pb2.CreateClosureRequest(parent=STOCKMANN, closure=closure)
    )
    await hours.CancelClosure(hours_pb2.CancelClosureRequest(name=created.name))
    async with reading(notices) as events:
        told = await take(events, 8)
        await ack(notices, [each.ack_token for each in told])
    by_source: dict[str, list[str]] = {}
    for each in told:
        by_source.setdefault(each.event.source, []).append(each.event.type)
    assert {
        "//enrayon/geofence": ["fence.enter", "fence.exit"],
        "//enrayon/stock": ["reservation.confirmed"],
        "//enrayon/stores": ["store.updated", "store.closed", "store.opened"],
        "//enrayon/hours": ["closure.set", "closure.ended"],
    } == by_source
    [held] = [each.event for each in told if each.event.source == "//enrayon/stock"]
    assert (made.name, STOCKMANN) == (held.subject, held.store)
    assert all(each.event.time.seconds > 1_700_000_000 for each in told)
    assert len(told) == len({each.event.id for each in told})
    async with reading(notices) as events:
        with pytest.raises(TimeoutError):
            await take(events, 1, timeout_s=0.5)


async def test_a_filter_by_brand_and_by_reference(notices, shops, database):
    del shops
    await subscribe(notices, "brand", filter={"brands": ["Stockmann"]})
    await subscribe(notices, "person", filter={"references": ["anna"]})
    for number, (store, person) in enumerate(
        (("t-stockmann", "bo"), ("t-forum", "anna"), ("t-stockmann", "anna"))
    ):
        event = Event(
            "alert.fired", store, f"stockAlerts/{number}", 1_790_000_000_000, reference=person
        )
        await database.xadd(stream_key("s05"), {"j": event.text})
    async with reading(notices, "brand") as events:
        of_brand = [each.event.subject for each in await take(events, 2)]
    async with reading(notices, "person") as events:
        of_person = [each.event.subject for each in await take(events, 2)]
    assert ["stockAlerts/0", "stockAlerts/2"] == of_brand
    assert ["stockAlerts/1", "stockAlerts/2"] == of_person


async def test_an_event_past_its_time_is_counted_and_not_told(notices, database, parts):
    await subscribe(notices)
    now_ms = round(parts.clock().timestamp() * 1000)
    for name, expire_ms in (("old", now_ms - 1), ("new", now_ms + 60_000)):
        event = Event("rule.message", "", f"devices/{name}", now_ms, expire_ms=expire_ms)
        await database.xadd(stream_key("f07"), {"j": event.text})
    async with reading(notices) as events:
        [told] = await take(events, 1)
    assert ("devices/new", ["rule.message"]) == (told.event.subject, types_of([told]))


async def test_changes_that_are_no_longer_kept_are_told_as_lost(notices, shops, database):
    await subscribe(notices, filter={"types": ["store.updated"]})
    for number in range(3):
        await change(shops, STOCKMANN, display_name=f"Stockmann {number}")
    await database.xtrim("{stores}:changes", maxlen=1, approximate=False)
    call = notices.StreamEvents(pb.StreamEventsRequest(subscription="subscriptions/all"))
    with pytest.raises(grpc.aio.AioRpcError, match="no longer kept"):
        await take(call, 1)
    async with reading(notices, from_now=True) as events:
        await change(shops, STOCKMANN, display_name="Stockmann again")
        assert ["store.updated"] == types_of(await take(events, 1))
