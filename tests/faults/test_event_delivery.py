"""Events under faults: dead deliverers and readers, damaged events, backlogs, deleted streams.

Each test tells its figure.
"""

import asyncio
import random
import socket
import time
from collections import Counter
from contextlib import AsyncExitStack
from functools import partial
from typing import Any

import grpc
import pytest
from prometheus_client import REGISTRY

from enrayon.events.v1 import events_pb2 as pb
from enrayon.geofence.v1 import geofence_pb2_grpc
from enrayon.hours.v1 import hours_pb2, hours_pb2_grpc
from enrayon.stock.v1 import stock_pb2, stock_pb2_grpc
from enrayon.stores.v1 import stores_pb2, stores_pb2_grpc
from services.chassis.access.key_ring import key_ring
from services.directory.deliveries import SubscriptionKeys
from services.directory.events import Event, partitions, stream_key
from services.directory.feed import Feed
from services.events import bootstrap
from services.events.model import gates
from services.events.model.sources import PARTITIONS
from services.events.replica.subscriptions import SUBSCRIPTIONS, SubscriptionsReplica
from services.events.resources.owners import Owners
from services.events.settings import EventsSettings
from services.events.state.delivery import Delivery
from services.events.worker.upkeep import Upkeep
from services.events.worker.webhooks import Posted, Webhooks
from services.stock.model.partitions import partition_of
from services.stock.state.ledger import Ledger
from tests.faults.judging import judge
from tests.support.endpoint import endpoint, status
from tests.support.events import ack, number_of, reading, subscribe, take
from tests.support.geofence import KAMPPI, PASILA, circle, create, fix, report, running
from tests.support.stock import FORUM, PRODUCTS, SOKOS, STOCKMANN, hold, state
from tests.support.stores import SHOPS, upsert

SECRETS = ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]


@pytest.fixture(autouse=True)
def _reachable(monkeypatch):
    """Endpoints of tests are on this machine; leases of the dead expire soon."""
    monkeypatch.setenv("ENRAYON_WEBHOOK_PRIVATE", "true")
    monkeypatch.setenv("ENRAYON_EVENTS_LEASE_S", "1")
    monkeypatch.setenv("ENRAYON_WEBHOOK_TIMEOUT_S", "0.5")
    monkeypatch.setenv("ENRAYON_EVENTS_BACKLOG", "100")
    monkeypatch.setenv("ENRAYON_STOCK_ALLOW_LOSS", "true")


@pytest.fixture
def stub(channel):
    return geofence_pb2_grpc.GeofenceServiceStub(channel)


class Fences:
    """Devices come and go at a fence."""

    types = ("fence.enter", "fence.exit")

    def __str__(self):
        return "fences"

    def __init__(self, channel):
        self.stub = geofence_pb2_grpc.GeofenceServiceStub(channel)

    async def open(self):
        await create(self.stub, "kamppi", circle(KAMPPI, 300))

    async def drive(self, subjects: int, rounds: int) -> int:
        """Cause events of so many subjects, two in each round; answers their number."""
        return await drive(self.stub, subjects, rounds)

    async def go_on(self, subjects: int) -> Counter[int]:
        """Cause one event more of each subject; answers their numbers."""
        for device in range(subjects):
            await report(self.stub, fix(f"car {device}", KAMPPI, 1200))
        return Counter({3: subjects})

    @staticmethod
    def number(event: pb.Event) -> int:
        return number_of(event)


class Holds:
    """Holds are made, prepared, ready and collected at three shops."""

    types = ("reservation.confirmed", "reservation.preparing", "reservation.ready")

    def __str__(self):
        return "holds"

    def __init__(self, channel):
        self.stub = stock_pb2_grpc.StockServiceStub(channel)
        self.stores = stores_pb2_grpc.StoresServiceStub(channel)

    async def open(self):
        await upsert(self.stores, SHOPS)
        await self.stub.UpsertProducts(iter([stock_pb2.UpsertProductsRequest(products=PRODUCTS)]))
        for store in (STOCKMANN, SOKOS, FORUM):
            await state(self.stub, store, milk=10_000)

    async def drive(self, subjects: int, rounds: int) -> int:
        """Cause events of so many subjects, three in each round; answers their number."""
        for number in range(subjects * rounds):
            made = await hold(self.stub, (STOCKMANN, SOKOS, FORUM)[number % 3], milk=1)
            for act in ("Prepare", "Ready"):
                await self.act(act, made.name)
        return 3 * subjects * rounds

    async def act(self, name: str, hold: str) -> None:
        if name == "Prepare":
            await self.stub.PrepareReservation(stock_pb2.PrepareReservationRequest(name=hold))
        else:
            request = stock_pb2.MarkReservationReadyRequest(name=hold)
            await self.stub.MarkReservationReady(request)

    async def go_on(self, subjects: int) -> Counter[int]:
        """Cause the events of as many new holds; answers their numbers."""
        await self.drive(subjects, 1)
        return Counter(dict.fromkeys((1, 2, 3), subjects))

    @staticmethod
    def number(event: pb.Event) -> int:
        return int(event.data["revision"])


class Shops:
    """Shops whose records and hours are changed."""

    types = ("store.updated", "store.closed", "store.opened", "hours.updated")

    def __str__(self):
        return "stores and hours"

    def __init__(self, channel):
        self.stores = stores_pb2_grpc.StoresServiceStub(channel)
        self.hours = hours_pb2_grpc.HoursServiceStub(channel)

    async def open(self):
        await upsert(self.stores, SHOPS)

    async def drive(self, subjects: int, rounds: int) -> int:
        """Cause events of so many stores and their hours, by halves; answers their number."""
        status = (stores_pb2.STORE_STATUS_TEMPORARILY_CLOSED, stores_pb2.STORE_STATUS_OPEN)
        for number in range(rounds):
            for shop in SHOPS[: subjects // 2]:
                store = stores_pb2.Store(name=shop.name, status=status[number % 2])
                await self.stores.UpdateStore(
                    stores_pb2.UpdateStoreRequest(store=store, update_mask={"paths": ["status"]})
                )
                hours = hours_pb2.StoreHours(
                    name=f"{shop.name}/hours", expression=f"08:00-20:{number:02}"
                )
                await self.hours.UpdateStoreHours(
                    hours_pb2.UpdateStoreHoursRequest(store_hours=hours)
                )
        return 2 * (subjects // 2) * rounds

    @staticmethod
    def number(event: pb.Event) -> int:
        return int(event.id.split("-")[1])


@pytest.fixture(params=[Fences, Holds])
async def source(request, channel):
    """Something that tells events."""
    made = request.param(channel)
    await made.open()
    return made


async def drive(stub, devices: int, visits: int) -> int:
    """Let devices come and go; answers the number of events."""
    for visit in range(visits):
        for place, seconds in ((KAMPPI, 0), (PASILA, 300)):
            fixes = [fix(f"car {n}", place, 600 * visit + seconds) for n in range(devices)]
            await report(stub, *fixes)
    return 2 * devices * visits


@pytest.mark.parametrize("source", [Fences, Holds, Shops], indirect=True)
async def test_20_readers_that_die_with_events_pending(source, notices, database, figure):
    rng = random.Random(20)
    await subscribe(notices, filter={"types": source.types})
    expected = await source.drive(20, 5)
    told: list[tuple[str, int, str]] = []
    readers = 0
    async with asyncio.timeout(200):
        while len({id for _, _, id in told}) < expected:
            readers += 1
            async with reading(notices) as events:
                for _ in range(rng.randrange(1, 20)):
                    try:
                        [each] = await take(events, 1, timeout_s=2)
                    except (
                        TimeoutError
                    ):  # all is delivered, or another has the lease for a second more
                        break
                    event = each.event
                    told.append((event.subject, source.number(event), event.id))
                    if rng.random() < 0.7:
                        await ack(notices, [each.ack_token])
    lost, duplicates, out_of_order = judge(told, expected)
    left = await leases_left(database, "all")
    figure(
        20,
        f"{source}: {readers} readers gone, {expected} events: lost {lost}, duplicates "
        f"{duplicates}, subjects out of order {out_of_order}, readers living on {left}",
    )
    assert (0, 0, 0) == (lost, out_of_order, left)


async def leases_left(client, subscription: str) -> int:
    """Leases that live longer than those of the dead: their holders are alive."""
    keys = [SubscriptionKeys.of(partition, subscription).lease for partition in PARTITIONS]
    try:
        async with asyncio.timeout(30):
            while await client.exists(*keys):  # noqa: ASYNC110 - told by the store
                await asyncio.sleep(0.1)
    except TimeoutError:
        return int(await client.exists(*keys))
    return 0


async def test_23_a_stream_that_vanishes_costs_its_events_and_no_later_one(
    source, notices, database, figure
):
    await subscribe(notices, filter={"types": source.types})
    lost = await source.drive(10, 1)
    await database.delete(*map(stream_key, [*partitions("f"), *partitions("s")]))
    async with reading(notices) as events:
        later = await source.go_on(10)
        found = Counter(source.number(each.event) for each in await take(events, later.total()))
    figure(23, f"{source}: lost with {lost} events; of {later.total()} later ones all came")
    assert later == found


async def test_21_entries_that_are_no_events_hold_up_nobody(
    source, notices, parts, database, figure
):
    await subscribe(notices, "read", filter={"types": source.types})
    async with endpoint() as hook, running(bootstrap.build(parts)):
        hook.answer = lambda _: status(200)
        await subscribe(notices, "hook", filter={"types": source.types}, webhook={"uri": hook.uri})
        poisoned = [*partitions("f"), *partitions("s")]
        poison = (b"\xff", b"\x0a\xff\xff\xff\xff", b"no event", bytes(1000))
        for partition in poisoned:
            pipeline = database.pipeline(transaction=False)
            for bytes_ in poison:
                pipeline.xadd(stream_key(partition), {"e": bytes_})
                pipeline.xadd(stream_key(partition), {"j": bytes_})
            await pipeline.execute()
        expected = await source.drive(20, 2)
        async with reading(notices, "read") as events:
            read = {each.event.id for each in await take(events, expected)}
        await hook.wait(expected)
        posted = {event["id"] for event in hook.taken}
    figure(
        21,
        f"{source}: {2 * len(poison) * len(poisoned)} poisoned entries before {expected} events: "
        f"{len(read)} came to a reader, {len(posted)} to a webhook",
    )
    assert (expected, read) == (len(read), posted)


async def test_22_a_full_backlog_refuses_and_loses_nothing(stub, notices, parts, database, figure):
    """Without readers and trimming a partition takes twice the cap, then refuses."""
    await create(stub, "kamppi", circle(KAMPPI, 300))
    await subscribe(notices, "absent")
    wanted = EventsSettings()
    cap = wanted.events_backlog
    taken, refusal = 0, None
    while refusal is None:
        place = (KAMPPI, PASILA)[taken % 2]
        try:
            await report(stub, fix("a", place, taken))
            taken += 1
        except grpc.aio.AioRpcError as error:
            refusal = error
    lengths = [await database.xlen(stream_key(each)) for each in partitions("f")]
    folder = parts.settings.data_dir
    upkeep = Upkeep(
        Delivery(parts.client, 10, 10),
        Feed(parts.client, SUBSCRIPTIONS, SubscriptionsReplica, folder, parts.clock),
        Owners(key_ring(parts.client, parts.clock)),
        wanted,
        parts.clock,
    )
    await upkeep.trim()
    [again] = await report(stub, fix("a", (KAMPPI, PASILA)[taken % 2], taken))
    figure(
        22,
        f"cap {cap}: refused with {refusal.code().name} at {sum(lengths)} events; after a trim the "
        f"same fix tells event {again.events[0].number} of {taken + 1}",
    )
    assert (grpc.StatusCode.RESOURCE_EXHAUSTED, 2 * cap + 1) == (refusal.code(), sum(lengths))
    assert taken + 1 == again.events[0].number


async def test_22_a_full_backlog_refuses_no_hold_and_says_what_it_cost(
    channel, notices, database, figure
):
    """Without readers and trimming a partition takes twice the cap; then the oldest make room."""
    holds: Any = Holds(channel)  # type: ignore[no-untyped-call]
    await holds.open()
    await subscribe(notices, "absent", filter={"types": holds.types})
    most = 2 * EventsSettings().events_backlog
    made = await hold(holds.stub, FORUM, milk=1)
    life = stock_pb2.ExtendReservationRequest(name=made.name)
    for second in range(most + 10):
        life.ttl.FromSeconds(3600 + second)
        await holds.stub.ExtendReservation(life)
    partition = f"s{partition_of(FORUM.removeprefix('stores/')):02}"
    kept, dropped = (
        await database.xlen(stream_key(partition)),
        await Ledger(database).dropped_events(),
    )
    with pytest.raises(grpc.aio.AioRpcError) as lost:
        async with reading(notices, "absent") as events:
            await take(events, 1)
    async with reading(notices, "absent", from_now=True) as events:
        await holds.act("Prepare", made.name)
        [later] = await take(events, 1)
    figure(
        22,
        f"holds: cap {most // 2}: {most + 11} changes, none refused; {kept} events kept, {dropped} "
        f"made room; the reader gets {lost.value.code().name}, and goes on from now",
    )
    assert most + 11 == kept + dropped
    assert kept <= most < kept + 100
    assert (grpc.StatusCode.OUT_OF_RANGE, "reservation.preparing") == (
        lost.value.code(),
        later.event.type,
    )


STRANGE = {
    "301": status(301, "location: http://127.0.0.1:1/\r\n"),
    "410": status(410),
    "429": status(429),
    "huge": b"HTTP/1.1 500 X\r\ncontent-length: 99999999\r\n\r\n" + b"x" * 200_000,
    "drip": status(200, "x: " + "y" * 1000 + "\r\n"),
    "silence": b"",
}


def always(reply: bytes, _event: object) -> bytes:
    return reply


async def test_24_strange_endpoints_hold_up_no_other(source, notices, parts, monkeypatch, figure):
    monkeypatch.setenv("ENRAYON_EVENTS_LEASE_S", "8")
    monkeypatch.setenv("ENRAYON_WEBHOOK_TIMEOUT_S", "4")
    for name in ("FIRST_PAUSE_MS", "SHORT_PAUSE_MS"):
        monkeypatch.setattr(gates, name, 200)
    wanted = {"types": source.types}
    async with AsyncExitStack() as stack:
        good = await stack.enter_async_context(endpoint())
        good.answer = lambda _: status(200)
        await subscribe(notices, "good", filter=wanted, webhook={"uri": good.uri})
        strange = {}
        for name, reply in STRANGE.items():
            hook = strange[name] = await stack.enter_async_context(endpoint())
            hook.answer = partial(always, reply)
            hook.drip_s = 0.05 if name == "drip" else 0.0
            await subscribe(notices, f"s-{name}", filter=wanted, webhook={"uri": hook.uri})
        await stack.enter_async_context(running(bootstrap.build(parts)))
        began = time.monotonic()
        expected = await source.drive(20, 2)
        await good.wait(expected, timeout_s=60)
        took_s = time.monotonic() - began
        name = "subscriptions/s-410"
        async with asyncio.timeout(20):
            gone = pb.GetSubscriptionRequest(name=name)
            while not (await notices.GetSubscription(gone)).disabled:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        tried = {name: len(hook.posts) for name, hook in strange.items()}
    figure(
        24,
        f"{source}: beside six strange endpoints a good one had its {expected} events after "
        f"{took_s:.1f} s; posts that the strange ones had by then: {tried}; 410 disabled",
    )
    assert expected == len({event["id"] for event in good.taken})
    assert all(tried.values())


async def test_66_an_endpoint_that_is_back_after_nine_seconds_has_its_events_soon(
    source, notices, parts, monkeypatch, figure
):
    monkeypatch.setenv("ENRAYON_EVENTS_LEASE_S", "8")
    async with endpoint() as hook, running(bootstrap.build(parts)):
        began = time.monotonic()

        def answer(_: object) -> bytes:
            return status(503 if time.monotonic() - began < AWAY_S else 200)

        hook.answer = answer
        await subscribe(notices, "hook", filter={"types": source.types}, webhook={"uri": hook.uri})
        expected = await source.drive(20, 2)
        await hook.wait(expected, timeout_s=60)
        late_s = time.monotonic() - began - AWAY_S
        failed = len(hook.posts) - len(hook.taken)
        told = [(e["subject"], number_in(e), e["id"]) for e in hook.taken]
    lost, duplicates, out_of_order = judge(told, expected)
    figure(
        66,
        f"{source}: away for {AWAY_S:g} s: its {expected} events came within {late_s:.1f} s, "
        f"lost {lost}, duplicates {duplicates}, subjects out of order {out_of_order}; "
        f"{failed} posts failed",
    )
    assert (0, 0) == (lost, out_of_order)
    assert late_s < 5
    assert failed < 16 + 2 * AWAY_S  # those under way when it began to fail, then single probes


AWAY_S = 9.0


def number_in(event: dict[str, Any]) -> int:
    """The number of an event among those of its subject."""
    return int(event["data"].get("number") or event["data"]["revision"])


async def test_67_an_event_past_its_time_is_counted_and_comes_nowhere(
    notices, parts, database, figure
):
    """Some are over before they are read, some while they wait for their endpoint."""
    async with endpoint() as hook, running(bootstrap.build(parts)):
        fails = True
        hook.answer = lambda _: status(503 if fails else 200)
        await subscribe(notices, "hook", webhook={"uri": hook.uri})
        before = REGISTRY.get_sample_value(*EXPIRED_MESSAGES) or 0
        now_ms = round(parts.clock().timestamp() * 1000)
        lives_ms = {"over": -1, "soon": 1_500, "long": 60_000, "ever": 0}
        for number in range(10):
            for name, life_ms in lives_ms.items():
                expire_ms = now_ms + life_ms if life_ms else 0
                event = Event(
                    "rule.message", "", f"devices/{name}-{number}", now_ms, expire_ms=expire_ms
                )
                await database.xadd(stream_key(f"f{number:02}"), {"j": event.text})
        await asyncio.sleep(2.5)
        fails = False
        await hook.wait(20)
        told = Counter(event["subject"].split("/")[1].split("-")[0] for event in hook.taken)
        async with asyncio.timeout(10):
            while (REGISTRY.get_sample_value(*EXPIRED_MESSAGES) or 0) - before < 20:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
    counted = (REGISTRY.get_sample_value(*EXPIRED_MESSAGES) or 0) - before
    figure(
        67,
        f"of 40 events 10 were over when they came, 10 before their endpoint was back: {counted:g} "
        f"counted, {told.total()} delivered, none of them past its time",
    )
    assert ({"long": 10, "ever": 10}, 20) == (told, counted)


EXPIRED_MESSAGES = ("enrayon_events_expired_total", {"type": "rule.message"})


async def test_39_private_addresses_are_not_reached_whatever_leads_there(monkeypatch, figure):
    event = pb.Event(id="e", type="fence.enter")
    hooks = Webhooks(1.0, private=False)
    async with endpoint() as hook:
        port = hook.uri.rpartition(":")[2].partition("/")[0]
        loop = asyncio.get_running_loop()
        original, connect = loop.getaddrinfo, loop.create_connection
        asked = 0
        abroad = []

        async def resolve(host, port, **options):
            """A name whose first address is public, and whose next one is this machine."""
            nonlocal asked
            if host != "rebinding.example":
                return await original(host, port, **options)
            asked += 1
            address = "8.8.8.8" if asked == 1 else "127.0.0.1"
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

        async def connected(factory, host, port, **options):
            """Connections to this machine; others are noted and refused."""
            if host != "127.0.0.1":
                abroad.append(host)
                raise ConnectionRefusedError
            return await connect(factory, host, port, **options)

        monkeypatch.setattr(loop, "getaddrinfo", resolve)
        monkeypatch.setattr(loop, "create_connection", connected)
        hosts = ["127.0.0.1", "localhost", "0.0.0.0", "[::1]", "[::ffff:127.0.0.1]"]
        hosts += ["[::127.0.0.1]", "[64:ff9b::7f00:1]", "[64:ff9b:1::7f00:1]", "[2002:7f00:1::]"]
        hosts += ["2130706433", "0x7f.1", "017700000001", "127.1", "rebinding.example"]
        outcomes = [await hooks.post(f"http://{host}:{port}/", event, SECRETS) for host in hosts]
        public = Webhooks(1.0, private=True)
        hook.answer = lambda _: status(307, f"location: {hook.uri}again\r\n")
        redirected = await public.post(hook.uri, event, SECRETS)
        reached = len(hook.posts)
    await hooks.close()
    await public.close()
    figure(
        39,
        f"{len(hosts)} ways to this machine, one by rebinding: {outcomes.count(Posted.FAILED)} "
        f"blocked, a name asked for {asked} time; of a redirect {reached - 1} were followed",
    )
    assert {Posted.FAILED} == {*outcomes, redirected}
    assert (1, 1) == (asked, reached)
    assert ["8.8.8.8"] == abroad  # the address that was checked
