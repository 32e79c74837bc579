"""Gauges and counters of deliveries: lag, attempts, dead letters, age of the oldest event."""

import pytest
from prometheus_client import REGISTRY

from enrayon.events.v1 import events_pb2 as pb
from services.chassis.access.key_ring import key_ring
from services.directory.feed import Feed
from services.events.model import gates
from services.events.replica.subscriptions import SUBSCRIPTIONS, SubscriptionsReplica
from services.events.resources.owners import Owners
from services.events.settings import EventsSettings
from services.events.state.delivery import Delivery
from services.events.worker import upkeep
from tests.support.endpoint import endpoint, status
from tests.support.events import ack, reading, subscribe, take
from tests.support.geofence import KAMPPI, circle, create, visit

FIGURES = ("lag", "queued", "dead", "oldest_s")


@pytest.fixture(autouse=True)
def _soon(monkeypatch):
    monkeypatch.setenv("ENRAYON_WEBHOOK_PRIVATE", "true")
    for name in ("FIRST_PAUSE_MS", "SHORT_PAUSE_MS"):
        monkeypatch.setattr(gates, name, 50)
    monkeypatch.setattr("services.events.worker.deliveries.GIVE_UP_MS", 2000)


@pytest.fixture
async def measure(notices, parts):
    """Sets the figures, of all subscriptions that there are by then."""
    del notices
    folder = parts.settings.data_dir
    feed = Feed(parts.client, SUBSCRIPTIONS, SubscriptionsReplica, folder, parts.clock)
    delivery = Delivery(parts.client, 10, 10)
    owners = Owners(key_ring(parts.client, parts.clock))
    await feed.start()
    keeper = upkeep.Upkeep(delivery, feed, owners, EventsSettings(), parts.clock)

    async def act() -> None:
        assert await feed.catch_up(timeout_s=20)
        await keeper.measure()

    yield act
    await feed.stop()


def figure_of(name: str, subscription: str) -> float | None:
    return REGISTRY.get_sample_value(f"enrayon_events_{name}", {"subscription": subscription})


async def test_lag_and_age_until_all_is_acknowledged(fences, notices, measure):
    await create(fences, "kamppi", circle(KAMPPI, 300))
    await subscribe(notices)
    for device in range(5):
        await visit(fences, f"{device}")
    await measure()
    before = [figure_of(name, "all") for name in FIGURES]
    async with reading(notices) as events:
        told = await take(events, 10)
        await ack(notices, [each.ack_token for each in told])
    await measure()
    after = [figure_of(name, "all") for name in FIGURES]
    assert [10, 0, 0] == before[:3]
    assert before[3] is not None
    assert 0 <= before[3] < 60
    assert [0, 0, 0, 0] == after


async def test_attempts_what_waits_and_dead_letters_of_a_webhook(fences, notices, measure, workers):
    del workers
    async with endpoint() as hook:
        hook.answer = lambda _: status(500)
        await create(fences, "kamppi", circle(KAMPPI, 300))
        await subscribe(notices, "failing", webhook={"uri": hook.uri})
        await visit(fences, "a")
        listing = pb.ListDeadLettersRequest(parent="subscriptions/failing")
        while len((await notices.ListDeadLetters(listing)).dead_letters) < 2:
            pass
        await measure()
    assert [0, 0, 2] == [figure_of(name, "failing") for name in FIGURES[:3]]
    assert (figure_of("retries_total", "failing") or 0) >= 2


async def test_a_subscription_that_is_gone_leaves_no_figures(notices, measure):
    await subscribe(notices, "brief")
    await measure()
    assert 0 == figure_of("lag", "brief")
    await notices.DeleteSubscription(pb.DeleteSubscriptionRequest(name="subscriptions/brief"))
    await measure()
    assert [None] * len(FIGURES) == [figure_of(name, "brief") for name in FIGURES]
