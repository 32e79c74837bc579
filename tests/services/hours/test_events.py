"""What takes place in stores: announced, listed by store and by place, taken back."""

from typing import Any

import grpc
import pytest

from enrayon.hours.v1 import hours_pb2
from services.hours.resources import store_events as events
from tests.services.hours.shops import announce, local, put, shop, timestamp

KAMPPI = {"point": {"latitude": 60.1690, "longitude": 24.9310}}
# Real shops, positions to about 100 m.
PLACES = {
    "forum": (60.1694, 24.9380),  # 390 m from Kamppi
    "itis": (60.2108, 25.0817),  # 9.6 km
    "turku": (60.4510, 22.2690),  # 150 km
}


@pytest.fixture
async def shops(stores, hours) -> Any:
    """A client of the hours service, in which there are some shops."""
    located = [
        shop(id, location={"latitude": latitude, "longitude": longitude})
        for id, (latitude, longitude) in PLACES.items()
    ]
    await put(stores, *located, shop("online"))
    return hours


async def titles(hours, store: str = "-", **fields: object) -> list[str]:
    request = hours_pb2.ListStoreEventsRequest(parent=f"stores/{store}", **fields)
    return [each.title for each in (await hours.ListStoreEvents(request)).store_events]


async def test_events_of_a_store_come_in_the_order_of_their_beginning(shops):
    await announce(shops, "forum", "Tasting", "2026-12-05 10:00", "2026-12-05 12:00")
    await announce(shops, "forum", "Sale", "2026-12-01 09:00", "2026-12-24 20:00")
    await announce(shops, "itis", "Workshop", "2026-12-03 17:00", "2026-12-03 19:00")
    assert ["Sale", "Tasting"] == await titles(shops, "t-forum")
    assert ["Sale", "Workshop", "Tasting"] == await titles(shops)
    assert [] == await titles(shops, "t-turku")


async def test_a_range_has_what_overlaps_it(shops):
    await announce(shops, "forum", "Sale", "2026-12-01 09:00", "2026-12-24 20:00")
    for first, last, expected in (
        ("2026-12-24 19:59", "2026-12-31 00:00", ["Sale"]),
        ("2026-12-24 20:00", "2026-12-31 00:00", []),
        ("2026-11-01 00:00", "2026-12-01 09:00", []),
        ("2026-11-01 00:00", "2026-12-01 09:01", ["Sale"]),
    ):
        times = {"start_time": timestamp(local(first)), "end_time": timestamp(local(last))}
        assert expected == await titles(shops, **times)


async def test_near_a_place_are_those_of_stores_within_the_radius(shops):
    for store in (*PLACES, "online"):
        await announce(shops, store, store, "2026-12-05 10:00", "2026-12-05 12:00")
    assert ["forum", "itis"] == await titles(shops, origin=KAMPPI)
    assert ["forum"] == await titles(shops, origin=KAMPPI, radius_m=1_000.0)
    assert ["forum", "itis", "turku"] == await titles(shops, origin=KAMPPI, radius_m=200_000.0)
    answer = await shops.ListStoreEvents(
        hours_pb2.ListStoreEventsRequest(parent="stores/-", origin={"place": "Kamppi"})
    )
    assert [True, True] == [0 < distance_m < 10_000 for distance_m in answer.distances_m]


async def test_they_come_in_pages(shops):
    for day in range(1, 6):
        await announce(shops, "forum", str(day), f"2026-12-0{day} 10:00", f"2026-12-0{day} 12:00")
    request = hours_pb2.ListStoreEventsRequest(parent="stores/-", page_size=2)
    found: list[str] = []
    while True:
        page = await shops.ListStoreEvents(request)
        assert 5 == page.total_size
        found += [each.title for each in page.store_events]
        if not page.next_page_token:
            break
        request.page_token = page.next_page_token
    assert ["1", "2", "3", "4", "5"] == found


async def test_a_retry_does_not_announce_twice_and_another_body_is_refused(shops):
    sale = ("forum", "Sale", "2026-12-01 09:00", "2026-12-24 20:00")
    for key in ({"request_id": "a"}, {"store_event_id": "sale"}):
        first = await announce(shops, *sale, **key)
        assert first == await announce(shops, *sale, **key)
        with pytest.raises(grpc.aio.AioRpcError) as failure:
            await announce(shops, "forum", "Other", *sale[2:], **key)
        assert grpc.StatusCode.ALREADY_EXISTS == failure.value.code()
    assert "stores/t-forum/events/sale" == first.name
    assert ["Sale", "Sale"] == await titles(shops)


async def test_validating_announces_nothing_and_deleting_takes_back(shops):
    sale = ("forum", "Sale", "2026-12-01 09:00", "2026-12-24 20:00")
    await announce(shops, *sale, validate_only=True)
    assert [] == await titles(shops)
    name = (await announce(shops, *sale)).name
    await shops.DeleteStoreEvent(hours_pb2.DeleteStoreEventRequest(name=name))
    assert [] == await titles(shops)
    await shops.DeleteStoreEvent(hours_pb2.DeleteStoreEventRequest(name=name, allow_missing=True))
    with pytest.raises(grpc.aio.AioRpcError) as failure:
        await shops.DeleteStoreEvent(hours_pb2.DeleteStoreEventRequest(name=name))
    assert grpc.StatusCode.NOT_FOUND == failure.value.code()


async def test_a_store_has_so_many_events_and_no_more(shops, monkeypatch):
    monkeypatch.setattr(events, "EVENTS_MOST", 2)
    sale = ("Sale", "2026-12-01 09:00", "2026-12-24 20:00")
    for store in ("forum", "forum", "itis"):
        name = (await announce(shops, store, *sale)).name
    with pytest.raises(grpc.aio.AioRpcError) as failure:
        await announce(shops, "forum", *sale)
    assert grpc.StatusCode.RESOURCE_EXHAUSTED == failure.value.code()
    assert name.startswith("stores/t-itis/events/")
    assert 3 == len(await titles(shops))


async def test_an_event_in_no_store_is_not_found(shops):
    with pytest.raises(grpc.aio.AioRpcError) as failure:
        await announce(shops, "none", "Sale", "2026-12-01 09:00", "2026-12-24 20:00")
    assert grpc.StatusCode.NOT_FOUND == failure.value.code()
    with pytest.raises(grpc.aio.AioRpcError) as failure:
        await titles(shops, "t-none")
    assert grpc.StatusCode.NOT_FOUND == failure.value.code()
