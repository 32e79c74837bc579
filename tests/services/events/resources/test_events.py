"""Events as readers stream, acknowledge and resume them."""

import asyncio

import grpc
import pytest

from enrayon.events.v1 import events_pb2 as pb
from enrayon.geofence.v1 import geofence_pb2
from enrayon.stores.v1 import stores_pb2_grpc
from services.directory.deliveries import SubscriptionKeys
from services.directory.events import Event, partitions, stream_key
from services.events.model.sources import TRIMMED
from services.events.resources import events as streaming
from services.events.state.delivery import Delivery
from tests.support.events import ack, number_of, reading, subscribe, take, types_of
from tests.support.geofence import KAMPPI, circle, create, fix, report, visit
from tests.support.stores import SHOPS, upsert


async def test_a_reader_is_told_in_order_and_what_it_acknowledged_never_again(fences, notices):
    await create(fences, "kamppi", circle(KAMPPI, 300))
    await subscribe(notices)
    async with reading(notices) as events:
        await visit(fences, "a")
        first = await take(events, 2)
        await ack(notices, [first[0].ack_token])

    async with reading(notices) as events:
        again = await take(events, 1)
        await ack(notices, [again[0].ack_token])
        await visit(fences, "a", 1200)
        later = await take(events, 2)

    assert ["fence.enter", "fence.exit"] == types_of(first)
    assert first[1].event == again[0].event
    assert [3, 4] == [number_of(each.event) for each in later]


async def test_events_before_anybody_reads_are_kept(fences, notices):
    await create(fences, "kamppi", circle(KAMPPI, 300))
    await subscribe(notices)
    for device in range(20):
        await visit(fences, f"{device}")
    async with reading(notices) as events:
        found = await take(events, 40)
    by_subject: dict[str, list[str]] = {}
    for each in found:
        by_subject.setdefault(each.event.subject, []).append(each.event.type)
    assert 20 == len(by_subject)
    assert [["fence.enter", "fence.exit"]] * 20 == list(by_subject.values())


async def test_a_filter_by_type_label_and_store(fences, notices):
    await create(fences, "kamppi", circle(KAMPPI, 300, labels={"kind": "mall"}))
    await create(fences, "street", circle(KAMPPI, 200))
    await subscribe(notices, filter={"labels": {"kind": "mall"}, "types": ["fence.exit"]})
    async with reading(notices) as events:
        await visit(fences, "a")
        [found] = await take(events, 1)
        assert ("fence.exit", "fences/kamppi") == (found.event.type, found.event.data["fence"])
        await ack(notices, [found.ack_token])
        await visit(fences, "a", 1200)
        [found] = await take(events, 1)
        assert ("fence.exit", "fences/kamppi") == (found.event.type, found.event.data["fence"])


async def test_a_filter_by_store(fences, notices, channel):
    await upsert(stores_pb2_grpc.StoresServiceStub(channel), SHOPS)
    area = {"brands": ["Stockmann"], "radius_m": 300}
    await create(fences, "stockmann", geofence_pb2.Fence(around_stores=area))
    await subscribe(notices, filter={"stores": ["stores/t-turku"]})
    async with reading(notices) as events:
        await report(fences, fix("a", (60.1687, 24.9418), 0), fix("a", (60.4510, 22.2690), 7000))
        [found] = await take(events, 1)
    assert ("fence.enter", "stores/t-turku") == (found.event.type, found.event.store)


async def test_two_readers_share_and_each_event_comes_to_one_of_them(fences, notices):
    await create(fences, "kamppi", circle(KAMPPI, 300))
    await subscribe(notices)
    async with reading(notices) as one, reading(notices) as other:
        for device in range(10):
            await visit(fences, f"{device}")
        found = await take(one, 20)
        with pytest.raises(TimeoutError):
            await take(other, 1, timeout_s=0.5)
    assert 20 == len({each.event.id for each in found})


async def test_an_idle_stream_says_that_it_is_alive(fences, notices, monkeypatch):
    monkeypatch.setattr(streaming, "BEAT_S", 0.1)
    await create(fences, "kamppi", circle(KAMPPI, 300))
    await subscribe(notices)
    async with reading(notices) as events:
        signs = [await events.read() for _ in range(3)]
        await visit(fences, "a")
        told = await take(events, 2)
    assert [pb.StreamEventsResponse()] * 3 == signs
    assert ["fence.enter", "fence.exit"] == types_of(told)


async def test_a_reader_that_missed_its_cancellation_ends_with_its_next_sign_of_life(
    notices, database, monkeypatch
):
    """Libraries have lost cancellations: a reader that lives on would keep its leases for ever."""
    monkeypatch.setattr(streaming, "BEAT_S", 0.3)
    follow, asked, missed = Delivery.follow, asyncio.Semaphore(0), 0

    async def deaf(self, *args):
        nonlocal missed
        asked.release()
        try:
            await asyncio.sleep(0.2)
        except asyncio.CancelledError:
            missed += 1
        return await follow(self, *args)

    monkeypatch.setattr(Delivery, "follow", deaf)
    await subscribe(notices)
    async with reading(notices):
        for _ in range(3):  # the first answer is sent, and the next not due
            await asked.acquire()
    lease = SubscriptionKeys.of("f00", "all").lease
    async with asyncio.timeout(15):  # a lease lasts for 20
        while await database.exists(lease):  # noqa: ASYNC110 - told by the database
            await asyncio.sleep(0.05)
    assert 1 == missed


async def test_a_reader_may_be_slow_and_makes_way_when_it_acknowledges_nothing(
    fences, notices, monkeypatch
):
    now_s = 0.0
    monkeypatch.setattr(streaming, "steady_s", lambda: now_s)
    follow, asked = Delivery.follow, asyncio.Semaphore(0)

    async def counted(self, *args):
        asked.release()
        return await follow(self, *args)

    async def looked() -> None:
        while not asked.locked():
            await asked.acquire()
        for _ in range(2):  # the first may have begun before
            await asked.acquire()

    monkeypatch.setattr(Delivery, "follow", counted)
    await create(fences, "kamppi", circle(KAMPPI, 300))
    await subscribe(notices)
    await visit(fences, "a")
    await visit(fences, "a", 1200)
    async with reading(notices) as events:
        for each in await take(events, 4):
            now_s += 500  # of the 600 that each may take
            await looked()
            await ack(notices, [each.ack_token])
            await looked()
        now_s += 601  # nothing waits
        await looked()
        await visit(fences, "a", 2400)
        later = await take(events, 2)
        now_s += 601
        with pytest.raises(grpc.aio.AioRpcError, match="acknowledged nothing for 600 s") as ended:
            await take(events, 1)
        async with reading(notices) as next_one:
            again = await take(next_one, 2)
    assert grpc.StatusCode.ABORTED == ended.value.code()
    assert [each.event for each in later] == [each.event for each in again]


async def test_an_entry_that_is_no_event_is_left_out(fences, notices, database):
    await create(fences, "kamppi", circle(KAMPPI, 300))
    await subscribe(notices)
    for partition in partitions("f"):
        await database.xadd(stream_key(partition), {"e": b"\xff not an event"})
        await database.xadd(stream_key(partition), {"j": b"{not an event}"})
    await visit(fences, "a")
    async with reading(notices) as events:
        told = await take(events, 2)
        await ack(notices, [told[-1].ack_token])
        await visit(fences, "b")
        later = await take(events, 2)
    assert ["fence.enter", "fence.exit"] * 2 == types_of((*told, *later))


@pytest.mark.parametrize("damaged", ["{", "[]", '{"r": "anna"}'])
async def test_a_damaged_record_of_a_person_stops_no_events(notices, database, damaged):
    await subscribe(notices)
    await database.hset("{f01}:known", "d1", damaged)
    event = Event("trip.arrived", "t-forum", "devices/d1", 1)
    await database.xadd(stream_key("f01"), {"j": event.text})
    async with reading(notices) as events:
        [told] = await take(events, 1)
    assert ("devices/d1", "") == (told.event.subject, told.event.reference)


async def test_a_reader_that_was_away_too_long_is_told_and_can_go_on_from_now(
    fences, notices, parts, database
):
    await create(fences, "kamppi", circle(KAMPPI, 300))
    await subscribe(notices)
    await visit(fences, "a")
    delivery = Delivery(database, 10, 10)
    now_ms = round(parts.clock().timestamp() * 1000)
    dropped, expired = await delivery.trim(now_ms + 90_000_000, 86_400_000, 1000)
    assert (2, len(TRIMMED)) == (dropped, expired)

    call = notices.StreamEvents(pb.StreamEventsRequest(subscription="subscriptions/all"))
    with pytest.raises(grpc.aio.AioRpcError) as failure:
        await call.read()
    assert grpc.StatusCode.OUT_OF_RANGE == failure.value.code()

    async with reading(notices, from_now=True) as events:
        await visit(fences, "a", 1200)
        assert [3, 4] == [number_of(each.event) for each in await take(events, 2)]


async def test_a_bad_token_is_refused_by_its_index(notices):
    await subscribe(notices)
    with pytest.raises(grpc.aio.AioRpcError) as failure:
        await ack(notices, ["f00-1-1", "64-1-1"])
    assert "ack_tokens[1]" in (failure.value.details() or "")
