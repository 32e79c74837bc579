"""Gauges and counters of deliveries: lag, attempts, dead letters, age of the oldest event."""

import pytest
from prometheus_client import REGISTRY

from enrayon.geofence.v1 import geofence_pb2 as pb
from services.geofence.model import matching
from services.geofence.replica.feeds import Feeds
from services.geofence.settings import GeofenceSettings
from services.geofence.state.delivery import Delivery
from services.geofence.state.erased import Erased
from services.geofence.worker import upkeep
from tests.support.endpoint import endpoint, status
from tests.support.geofence import KAMPPI, ack, circle, create, reading, subscribe, take, visit

FIGURES = ("lag", "queued", "dead", "oldest_s")


@pytest.fixture(autouse=True)
def _soon(monkeypatch):
    monkeypatch.setenv("ENRAYON_WEBHOOK_PRIVATE", "true")
    monkeypatch.setattr(matching, "RETRY_S", (0.1, 0.1))
    monkeypatch.setattr("services.geofence.worker.deliveries.PAUSE_S", (0.05, 0.1))


@pytest.fixture
async def measure(fences, parts):
    """Sets the figures, of all subscriptions that there are by then."""
    del fences
    feeds = Feeds(parts.client, parts.directory, parts.settings.data_dir, parts.clock)
    delivery = Delivery(parts.client, 10, 10)
    erased = Erased(parts.client, 1000)
    await feeds.subscriptions.start()
    keeper = upkeep.Upkeep(delivery, erased, feeds, GeofenceSettings(), parts.clock)

    async def act() -> None:
        assert await feeds.subscriptions.catch_up(timeout_s=20)
        await keeper.measure()

    yield act
    await feeds.subscriptions.stop()


def figure_of(name: str, subscription: str) -> float | None:
    return REGISTRY.get_sample_value(f"enrayon_geofence_{name}", {"subscription": subscription})


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
