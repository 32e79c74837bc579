"""Events under faults: deliverers that die between a delivery and its acknowledgement, poison,
streams that vanish. Each test prints its figure.
"""

import asyncio
import random
from collections import Counter

import pytest

from enrayon.geofence.v1 import geofence_pb2 as pb
from enrayon.geofence.v1 import geofence_pb2_grpc
from services.chassis.tasks import end
from services.geofence.feeds import Feeds
from services.geofence.model.partitions import PARTITIONS, DeliveryKeys, Keys
from services.geofence.settings import GeofenceSettings
from services.geofence.state.delivery import Delivery
from services.geofence.state.secrets import Secrets
from services.geofence.webhooks import Webhooks
from services.geofence.worker import deliveries
from tests.faults.judging import judge
from tests.services.conftest import (  # noqa: F401 - fixtures
    channel,
    gazetteer,
    hosted,
    parts,
    redis_client,
    redis_url,
    settings,
)
from tests.services.geofence.conftest import ack, create, reading, report, subscribe, take
from tests.services.geofence.endpoint import endpoint, status
from tests.services.geofence.places import KAMPPI, PASILA, circle, fix

KILLS = 200
DEVICES = 60
VISITS = 10


async def never(name: str) -> None:
    raise AssertionError(f"{name} was disabled")


async def finish_feeds(feeds: Feeds) -> None:
    task = asyncio.ensure_future(feeds.run())
    await asyncio.sleep(0)
    await end([task])


class Killed(RuntimeError):
    """The deliverer dies here."""


@pytest.fixture(autouse=True)
def _reachable(monkeypatch):
    """Endpoints of tests are on this machine; who takes over from the dead does so soon."""
    monkeypatch.setenv("ENRAYON_WEBHOOK_PRIVATE", "true")
    monkeypatch.setenv("ENRAYON_GEOFENCE_LEASE_S", "1")
    monkeypatch.setenv("ENRAYON_WEBHOOK_TIMEOUT_S", "0.5")


@pytest.fixture
def stub(channel):  # noqa: F811
    return geofence_pb2_grpc.GeofenceServiceStub(channel)


async def drive(stub, devices: int, visits: int) -> int:
    """Let devices come and go; how many events that makes."""
    for visit in range(visits):
        for place, seconds in ((KAMPPI, 0), (PASILA, 300)):
            fixes = [fix(f"car {n}", place, 600 * visit + seconds) for n in range(devices)]
            await report(stub, *fixes)
    return 2 * devices * visits


async def test_19_deliverers_that_die_between_delivery_and_acknowledgement(
    stub,
    parts,  # noqa: F811
    monkeypatch,
    capsys,
):
    rng = random.Random(19)
    settle = Delivery.settle
    kills = 0

    async def fatal(self, *args):
        nonlocal kills
        if kills < KILLS and rng.random() < 0.6:
            kills += 1
            raise Killed
        return await settle(self, *args)

    monkeypatch.setattr(Delivery, "settle", fatal)
    monkeypatch.setattr(deliveries, "BATCH", 3)
    async with endpoint() as hook:
        hook.answer = lambda _: status(200)
        await create(stub, "kamppi", circle(KAMPPI, 300))
        await subscribe(stub, "hook", webhook={"uri": hook.uri})
        expected = await drive(stub, DEVICES, VISITS)
        feeds = Feeds(parts.client, parts.directory, parts.settings.data_dir, parts.clock)
        await feeds.ready()
        delivery = Delivery(parts.client, 1000, 1000, lease_ms=400)

        def deliverer() -> deliveries.Deliverer:
            hooks = Webhooks(0.5, private=True)
            keys = Secrets(parts.client)
            wanted = GeofenceSettings()
            return deliveries.Deliverer(delivery, feeds, keys, hooks, never, wanted, parts.clock)

        one = deliverer()
        async with asyncio.timeout(100):
            while len({event["data"]["eventId"] for event in hook.taken}) < expected:
                try:
                    await one.deliver()
                except Killed:
                    await end(one._busy.values())
                    one = deliverer()
        await one.close()
        await finish_feeds(feeds)
        told = [
            (e["data"]["subject"], int(e["data"]["number"]), e["data"]["eventId"])
            for e in hook.taken
        ]
    lost, duplicates, out_of_order = judge(told, expected)
    with capsys.disabled():
        print(
            f"\n19: {kills} kills, {expected} events: lost {lost}, "
            f"duplicates {duplicates}, devices out of order {out_of_order}"
        )
    assert (0, 0) == (lost, out_of_order)
    assert KILLS == kills


async def test_20_readers_that_die_with_events_pending(stub, redis_client, capsys):  # noqa: F811
    rng = random.Random(20)
    await create(stub, "kamppi", circle(KAMPPI, 300))
    await subscribe(stub)
    expected = await drive(stub, 20, 5)
    told: list[tuple[str, int, str]] = []
    readers = 0
    async with asyncio.timeout(200):
        while len({id for _, _, id in told}) < expected:
            readers += 1
            async with reading(stub) as events:
                for _ in range(rng.randrange(1, 20)):
                    try:
                        [each] = await take(events, 1, timeout_s=2)
                    except TimeoutError:  # all is told, or another has its lease for a second more
                        break
                    event = each.event
                    told.append((event.subject, event.number, event.event_id))
                    if rng.random() < 0.7:
                        await ack(stub, [each.ack_token])
    lost, duplicates, out_of_order = judge(told, expected)
    left = await leases_left(redis_client, "all")
    with capsys.disabled():
        print(
            f"\n20: {readers} readers gone, {expected} events: lost {lost}, "
            f"duplicates {duplicates}, devices out of order {out_of_order}, living on {left}"
        )
    assert (0, 0, 0) == (lost, out_of_order, left)


async def leases_left(client, subscription: str) -> int:
    """Leases that are held for longer than the dead can: somebody lives on."""
    keys = [DeliveryKeys.of(partition, subscription).lease for partition in range(PARTITIONS)]
    try:
        async with asyncio.timeout(30):
            while await client.exists(*keys):  # noqa: ASYNC110 - told by the store
                await asyncio.sleep(0.1)
    except TimeoutError:
        return int(await client.exists(*keys))
    return 0


async def test_23_a_stream_that_vanishes_costs_its_events_and_no_later_one(
    stub,
    redis_client,  # noqa: F811
    capsys,
):
    await create(stub, "kamppi", circle(KAMPPI, 300))
    await subscribe(stub)
    lost = await drive(stub, 10, 1)
    await redis_client.delete(*(Keys.of(partition).events for partition in range(PARTITIONS)))
    async with reading(stub) as events:
        for device in range(10):
            await report(stub, fix(f"car {device}", KAMPPI, 1200))
        found = Counter(each.event.number for each in await take(events, 10))
    with capsys.disabled():
        print(f"\n23: stream lost with {lost} events; of 10 later ones {found.total()} came")
    assert {3: 10} == found


async def test_27_border_jitter_is_one_visit_with_guards_and_many_without(stub, capsys):
    rng = random.Random(27)
    await create(stub, "plain", circle(KAMPPI, 300))
    guarded = circle(KAMPPI, 300, exit_buffer_m=200, exit_delay={"seconds": 120})
    await create(stub, "guarded", guarded)
    edge = (KAMPPI[0] + 290 / 111_400, KAMPPI[1])
    fixes = [
        fix("a", (edge[0] + rng.gauss(0, 200) / 111_400, edge[1]), 10 * n, accuracy_m=500)
        for n in range(200)
    ]
    enters = Counter(
        event.fence
        for result in await report(stub, *fixes)
        for event in result.events
        if event.event_type == pb.EVENT_TYPE_ENTER
    )
    with capsys.disabled():
        print(
            f"\n27: visits with guards {enters['fences/guarded']}, without {enters['fences/plain']}"
        )
    assert 1 == enters["fences/guarded"]
    assert enters["fences/plain"] > 10
