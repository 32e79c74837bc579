"""Searches for stores that are open, against each store's own answer."""

import datetime as dt
import random

import grpc
import pytest

from enrayon.hours.v1 import hours_pb2
from enrayon.stores.v1 import stores_pb2
from tests.geodata.schedule.real_strings import TEXTS
from tests.services.hours.shops import date, give, local, put, shop, timestamp

HELSINKI = {"point": {"latitude": 60.17, "longitude": 24.94}}
ZONES = ("Europe/Helsinki", "America/New_York", "Asia/Tokyo")
MONDAY_NOON = local("2026-11-30 12:00", "Europe/Helsinki")


def at(number: int, text: str, zone: str = "Europe/Helsinki", **fields: object):
    place = {"latitude": 60.17, "longitude": 24.94 + number / 1000}
    return shop(f"{number:03}", text, zone, location=place, **fields)


async def nearest(stores, wanted: stores_pb2.StoreFilter) -> list[str]:
    request = stores_pb2.FindNearestStoresRequest(
        origin=HELSINKI, page_size=1000, store_filter=wanted
    )
    return [found.store.name for found in (await stores.FindNearestStores(request)).stores]


async def open_ones(hours, names: list[str], moment: dt.datetime, minutes: int) -> list[str]:
    request = hours_pb2.BatchCheckOpenStatesRequest(
        names=[f"{name}/hours" for name in names],
        at_time=timestamp(moment),
        open_for_minutes=minutes,
    )
    found = (await hours.BatchCheckOpenStates(request)).open_states
    return [each.store for each in found if each.open_long_enough]


async def test_the_filter_admits_what_each_store_says_alone(stores, hours):
    choose = random.Random(20261123)
    shops = [
        at(number, choose.choice((*TEXTS, "", "9 to 5 or so")), choose.choice(ZONES))
        for number in range(120)
    ]
    await put(stores, *shops)
    names = [each.name for each in shops]
    for number in range(0, 120, 7):
        await give(hours, names[number], expression=choose.choice(TEXTS))
    for number in range(3, 120, 11):
        closure = hours_pb2.Closure(start_date=date("2026-12-01"), end_date=date("2026-12-08"))
        await hours.CreateClosure(
            hours_pb2.CreateClosureRequest(parent=names[number], closure=closure)
        )
    matched = 0
    for _ in range(40):
        moment = MONDAY_NOON + dt.timedelta(minutes=choose.randrange(-20_000, 20_000))
        minutes = choose.choice((0, 0, 1, 60, 600, 1440))
        expected = await open_ones(hours, names, moment, minutes)
        wanted = stores_pb2.StoreFilter(open_at=timestamp(moment), open_for_minutes=minutes)
        assert expected == await nearest(stores, wanted)
        matched += len(expected)
    assert 500 < matched < 40 * 120


async def test_every_search_takes_the_filter(stores):
    places = [at(0, "24/7"), at(1, "off"), at(2, "?"), shop("nowhere", "24/7")]
    await put(stores, *places)
    wanted = stores_pb2.StoreFilter(open_at=timestamp(MONDAY_NOON))
    located, unlocated = ["stores/t-000"], ["stores/t-000", "stores/t-nowhere"]

    assert located == await nearest(stores, wanted)
    listed = await stores.ListStores(stores_pb2.ListStoresRequest(store_filter=wanted))
    assert (unlocated, 2) == ([store.name for store in listed.stores], listed.total_size)
    found = await stores.SearchStores(stores_pb2.SearchStoresRequest(store_filter=wanted))
    assert unlocated == [match.store.name for match in found.matches]
    area = {"low": {"latitude": 60, "longitude": 24}, "high": {"latitude": 61, "longitude": 25}}
    found = await stores.SearchStores(
        stores_pb2.SearchStoresRequest(viewport=area, store_filter=wanted)
    )
    assert located == [match.store.name for match in found.matches]
    counted = await stores.CountStores(
        stores_pb2.CountStoresRequest(h3_resolution=5, store_filter=wanted)
    )
    assert 1 == counted.total_size
    batch = await stores.BatchFindNearestStores(
        stores_pb2.BatchFindNearestStoresRequest(points=[HELSINKI["point"]], store_filter=wanted)
    )
    assert located == [store.name for store in batch.stores]


async def test_the_filter_goes_with_the_others_and_they_are_not_remembered_as_one(stores):
    await put(stores, at(0, "24/7", brand="A"), at(1, "Mo 09:00-17:00", brand="B"), at(2, "24/7"))
    a_or_b = stores_pb2.StoreFilter(brands=["A", "B"])
    on_monday = stores_pb2.StoreFilter(brands=["A", "B"], open_at=timestamp(MONDAY_NOON))
    tuesday = MONDAY_NOON + dt.timedelta(days=1)
    on_tuesday = stores_pb2.StoreFilter(brands=["A", "B"], open_at=timestamp(tuesday))
    for _ in range(2):
        assert ["stores/t-000", "stores/t-001"] == await nearest(stores, on_monday)
        assert ["stores/t-000"] == await nearest(stores, on_tuesday)
        assert ["stores/t-000", "stores/t-001"] == await nearest(stores, a_or_b)


async def test_a_service_is_offered_and_with_an_instant_open(stores, hours):
    await put(stores, at(0, "24/7"), at(1, "24/7"), at(2, "24/7"))
    for number, text in ((0, "Mo-Fr 10:00-18:00"), (1, "Sa 10:00-18:00")):
        name = f"stores/t-{number:03}"
        service = {"name": f"{name}/services/pharmacy", "expression": text}
        await give(hours, name, services=[service])

    offered = stores_pb2.StoreFilter(service="pharmacy")
    open_then = stores_pb2.StoreFilter(service="pharmacy", open_at=timestamp(MONDAY_NOON))
    for_long = stores_pb2.StoreFilter(
        service="pharmacy", open_at=timestamp(MONDAY_NOON), open_for_minutes=361
    )
    assert ["stores/t-000", "stores/t-001"] == await nearest(stores, offered)
    assert ["stores/t-000"] == await nearest(stores, open_then)
    assert [] == await nearest(stores, for_long)
    assert [] == await nearest(stores, stores_pb2.StoreFilter(service="bakery"))

    await hours.UpdateStoreHours(
        hours_pb2.UpdateStoreHoursRequest(
            store_hours={"name": "stores/t-000/hours"}, update_mask={"paths": ["services"]}
        )
    )
    assert ["stores/t-001"] == await nearest(stores, offered)


async def test_changes_of_text_of_status_and_of_place_are_seen_at_once(stores):
    now = stores_pb2.StoreFilter(open_at=timestamp(MONDAY_NOON))
    await put(stores, at(0, "Mo 09:00-17:00"))
    assert ["stores/t-000"] == await nearest(stores, now)
    await put(stores, at(0, "Tu 09:00-17:00"))
    assert [] == await nearest(stores, now)
    await put(stores, at(0, "24/7", status=stores_pb2.STORE_STATUS_TEMPORARILY_CLOSED))
    assert [] == await nearest(stores, now)
    await put(stores, shop("000", "24/7"), at(1, "off"))
    assert [] == await nearest(stores, now)
    await put(stores, at(0, "24/7"), at(1, "24/7"))
    assert ["stores/t-000", "stores/t-001"] == await nearest(stores, now)
    await stores.DeleteStore(stores_pb2.DeleteStoreRequest(name="stores/t-000"))
    await put(stores, at(2, "off"), at(3, "24/7"))
    assert ["stores/t-001", "stores/t-003"] == await nearest(stores, now)


async def test_watching_for_open_hours_is_refused(stores):
    wanted = stores_pb2.StoreFilter(open_at=timestamp(MONDAY_NOON))
    watch = stores.WatchStores(stores_pb2.WatchStoresRequest(store_filter=wanted))
    with pytest.raises(grpc.aio.AioRpcError) as failure:
        await watch.read()
    assert grpc.StatusCode.INVALID_ARGUMENT == failure.value.code()
