"""What operators see of deliveries: lag, attempts, dead letters, the oldest event."""

import asyncio

import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from prometheus_client import REGISTRY

from enrayon.geofence.v1 import geofence_pb2 as pb
from services.chassis.tasks import end
from services.geofence import bootstrap
from services.geofence.feeds import Feeds
from services.geofence.model import matching
from services.geofence.model.partitions import PARTITIONS
from services.geofence.settings import GeofenceSettings
from services.geofence.state.delivery import Delivery, Place
from services.geofence.state.erased import Erased
from services.geofence.worker import upkeep
from tests.services.geofence.conftest import (
    ack,
    create,
    reading,
    report,
    running,
    subscribe,
    take,
)
from tests.services.geofence.endpoint import endpoint, status
from tests.services.geofence.places import KAMPPI, PASILA, circle, fix

FIGURES = ("lag", "queued", "dead", "oldest_s")


@pytest.fixture(autouse=True)
def _soon(monkeypatch):
    monkeypatch.setenv("ENRAYON_WEBHOOK_PRIVATE", "true")
    monkeypatch.setattr(matching, "RETRY_S", (0.1, 0.1))
    monkeypatch.setattr("services.geofence.worker.deliveries.REST_S", (0.05, 0.1))


@pytest.fixture
async def measure(fences, parts):
    """Sets the figures, of all subscriptions that there are by then."""
    del fences
    feeds = Feeds(parts.client, parts.directory, parts.settings.data_dir, parts.clock)
    delivery = Delivery(parts.client, 10, 10)
    erased = Erased(parts.client, 1000)
    following = asyncio.ensure_future(feeds.run())
    keeper = upkeep.Upkeep(delivery, erased, feeds, GeofenceSettings(), parts.clock)

    async def act() -> None:
        await feeds.ready()
        assert await feeds.subscriptions.catch_up(timeout_s=20)
        await keeper.measure()

    yield act
    await end([following])


def figure_of(name: str, subscription: str) -> float | None:
    return REGISTRY.get_sample_value(f"enrayon_geofence_{name}", {"subscription": subscription})


async def visit(stub, device: str, start: int = 0) -> None:
    await report(stub, fix(device, KAMPPI, start), fix(device, PASILA, start + 600))


async def test_lag_and_age_until_all_is_acknowledged(fences, measure):
    await create(fences, "kamppi", circle(KAMPPI, 300))
    await subscribe(fences)
    for device in range(5):
        await visit(fences, f"{device}")
    await measure()
    before = [figure_of(name, "all") for name in FIGURES]
    async with reading(fences) as events:
        told = await take(events, 10)
        await ack(fences, [each.ack_token for each in told])
    await measure()
    after = [figure_of(name, "all") for name in FIGURES]
    assert [10, 0, 0] == before[:3]
    assert before[3] is not None
    assert 0 <= before[3] < 60
    assert [0, 0, 0, 0] == after


async def test_attempts_what_waits_and_dead_letters_of_a_webhook(fences, measure, workers):
    del workers
    async with endpoint() as hook:
        hook.answer = lambda _: status(500)
        await create(fences, "kamppi", circle(KAMPPI, 300))
        await subscribe(fences, "failing", webhook={"uri": hook.uri})
        await visit(fences, "a")
        listing = pb.ListDeadLettersRequest(parent="subscriptions/failing")
        while len((await fences.ListDeadLetters(listing)).dead_letters) < 2:
            pass
        await measure()
    assert [0, 0, 2] == [figure_of(name, "failing") for name in FIGURES[:3]]
    assert (figure_of("retries_total", "failing") or 0) >= 2


async def test_a_subscription_that_is_gone_leaves_no_figures(fences, measure):
    await subscribe(fences, "brief")
    await measure()
    assert 0 == figure_of("lag", "brief")
    await fences.DeleteSubscription(pb.DeleteSubscriptionRequest(name="subscriptions/brief"))
    await measure()
    assert [None] * len(FIGURES) == [figure_of(name, "brief") for name in FIGURES]


async def test_a_worker_that_stops_gives_its_leases_back(fences, parts, database):
    async with endpoint() as hook:
        await create(fences, "kamppi", circle(KAMPPI, 300))
        await subscribe(fences, "hook", webhook={"uri": hook.uri})
        async with running(bootstrap.build(parts)):
            await visit(fences, "a")
            await hook.wait(2)
    delivery = Delivery(database, 10, 10)
    places = {Place("hook", partition): ("", 1) for partition in range(PARTITIONS)}
    now_ms = round(parts.clock().timestamp() * 1000)
    assert PARTITIONS == len(await delivery.follow(places, "another", now_ms))


async def test_a_disabled_webhook_is_left_alone(fences, workers):
    del workers
    async with endpoint() as hook:
        await create(fences, "kamppi", circle(KAMPPI, 300))
        made = await subscribe(fences, "hook", webhook={"uri": hook.uri}, disabled=True)
        await visit(fences, "a")
        assert [] == hook.posts
        change = pb.Subscription(name=made.name, disabled=False)
        mask = FieldMask(paths=["disabled"])
        await fences.UpdateSubscription(
            pb.UpdateSubscriptionRequest(subscription=change, update_mask=mask)
        )
        assert 2 == len(await hook.wait(2))
