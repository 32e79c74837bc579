"""Events as they are posted: signed, in order, again, and never to where they must not go."""

import asyncio

import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from standardwebhooks.webhooks import Webhook

from enrayon.events.v1 import events_pb2 as pb
from services.directory.events import Event, stream_key
from services.events import bootstrap
from services.events.model import gates
from services.events.model.sources import PARTITIONS
from services.events.state.delivery import Delivery, Place
from services.events.worker.deliveries import endpoint_of
from tests.support.endpoint import endpoint, status
from tests.support.events import subscribe
from tests.support.geofence import KAMPPI, PASILA, circle, create, fix, report, running, visit

SECRETS = ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]
HOOK = "subscriptions/hook"


@pytest.fixture(autouse=True)
def _reachable(monkeypatch):
    """Endpoints of tests are on this machine; failures are tried again soon."""
    monkeypatch.setenv("ENRAYON_WEBHOOK_PRIVATE", "true")
    monkeypatch.setenv("ENRAYON_WEBHOOK_TIMEOUT_S", "1")
    for name in ("FIRST_PAUSE_MS", "SHORT_PAUSE_MS"):
        monkeypatch.setattr(gates, name, 50)


@pytest.fixture
async def hook():
    async with endpoint() as made:
        yield made


async def test_events_are_signed_and_come_in_order(hook, fences, notices, workers):
    del workers
    await create(fences, "kamppi", circle(KAMPPI, 300))
    made = await subscribe(notices, "hook", webhook={"uri": hook.uri})
    read = await notices.GetSubscription(pb.GetSubscriptionRequest(name=HOOK))
    assert ("", True) == (read.webhook.secret, made.webhook.secret.startswith("whsec_"))

    await visit(fences, "a")
    events = await hook.wait(2)

    assert ["enrayon.fence.enter", "enrayon.fence.exit"] == [event["type"] for event in events]
    for headers, body in hook.posts:
        assert Webhook(made.webhook.secret).verify(body, headers)["id"] == headers["webhook-id"]
    assert not any("location" in body.decode() or "60.1" in body.decode() for _, body in hook.posts)


async def test_while_the_secret_rotates_both_sign(hook, fences, notices, workers):
    del workers
    await create(fences, "kamppi", circle(KAMPPI, 300))
    old = (await subscribe(notices, "hook", webhook={"uri": hook.uri})).webhook.secret
    rotated = await notices.RotateSubscriptionSecret(pb.RotateSubscriptionSecretRequest(name=HOOK))
    await visit(fences, "a")
    await hook.wait(1)
    headers, body = hook.posts[0]
    assert old != rotated.webhook.secret
    assert 2 == len(headers["webhook-signature"].split())
    for secret in (old, rotated.webhook.secret):
        assert Webhook(secret).verify(body, headers)


async def test_a_device_whose_delivery_failed_waits_and_no_other_does(
    hook, fences, notices, workers
):
    del workers
    await create(fences, "kamppi", circle(KAMPPI, 300))
    await subscribe(notices, "hook", webhook={"uri": hook.uri})
    [first] = await report(fences, fix("unlucky", KAMPPI, 0))
    refused = 3

    def answer(event):
        nonlocal refused
        if event["subject"] == first.subject and refused:
            refused -= 1
            return status(503)
        return status(200)

    hook.answer = answer
    await report(fences, fix("unlucky", PASILA, 600))
    for device in range(5):
        await visit(fences, f"{device}")

    events = await hook.wait(12)

    numbers: dict[str, list[int]] = {}
    for event in events:
        numbers.setdefault(event["subject"], []).append(event["data"]["number"])
    assert 6 == len(numbers)
    assert all(own == sorted(own) for own in numbers.values())


async def test_an_endpoint_that_is_gone_disables_its_subscription(hook, fences, notices, workers):
    del workers
    hook.answer = lambda _: status(410)
    await create(fences, "kamppi", circle(KAMPPI, 300))
    await subscribe(notices, "hook", webhook={"uri": hook.uri})
    await visit(fences, "a")
    async with asyncio.timeout(10):
        while not (await notices.GetSubscription(pb.GetSubscriptionRequest(name=HOOK))).disabled:  # noqa: ASYNC110 - told over the network
            await asyncio.sleep(0.05)
    assert 1 == len(hook.posts)


async def test_a_dead_endpoint_holds_nobody_up_and_its_queue_is_bounded(
    hook, fences, notices, workers
):
    del workers
    await create(fences, "kamppi", circle(KAMPPI, 300))
    dead = "http://127.0.0.1:9/"
    await subscribe(notices, "dead", webhook={"uri": dead})
    await subscribe(notices, "hook", webhook={"uri": hook.uri})
    for device in range(30):
        await visit(fences, f"{device}")
    assert 60 == len({event["id"] for event in await hook.wait(60)})


async def test_a_worker_that_stops_gives_its_leases_back(fences, notices, parts, database):
    async with endpoint() as hook:
        await create(fences, "kamppi", circle(KAMPPI, 300))
        await subscribe(notices, "hook", webhook={"uri": hook.uri})
        async with running(bootstrap.build(parts)):
            await visit(fences, "a")
            await hook.wait(2)
    delivery = Delivery(database, 10, 10)
    places = {Place("hook", partition): ("", 1) for partition in PARTITIONS}
    now_ms = round(parts.clock().timestamp() * 1000)
    assert len(PARTITIONS) == len(await delivery.follow(places, "another", now_ms))


async def test_a_disabled_webhook_is_left_alone(fences, notices, workers):
    del workers
    async with endpoint() as hook:
        await create(fences, "kamppi", circle(KAMPPI, 300))
        made = await subscribe(notices, "hook", webhook={"uri": hook.uri}, disabled=True)
        await visit(fences, "a")
        assert [] == hook.posts
        change = pb.Subscription(name=made.name, disabled=False)
        mask = FieldMask(paths=["disabled"])
        await notices.UpdateSubscription(
            pb.UpdateSubscriptionRequest(subscription=change, update_mask=mask)
        )
        assert 2 == len(await hook.wait(2))


async def test_an_event_that_always_fails_shuts_the_endpoint_for_no_other(
    hook, notices, workers, database, parts
):
    """The failing ones lie in the first partition, and wait for longest when the other comes."""
    del workers
    hook.answer = lambda event: status(500 if "poison" in event["subject"] else 200)
    await subscribe(notices, "hook", webhook={"uri": hook.uri})
    now_ms = round(parts.clock().timestamp() * 1000)

    async def tell(partition: str, subject: str) -> None:
        event = Event("alert.fired", "t-forum", f"stockAlerts/{subject}", now_ms)
        await database.xadd(stream_key(partition), {"j": event.text})

    for number in range(2):
        await tell("s00", f"poison-{number}")
    async with asyncio.timeout(10):
        while len(hook.posts) < 4:  # noqa: ASYNC110 - told over the network
            await asyncio.sleep(0.02)
    for number in range(3):
        await tell("s63", f"good-{number}")

    await hook.wait(3)
    assert {f"stockAlerts/good-{number}" for number in range(3)} == {
        event["subject"] for event in hook.taken
    }


def test_nobody_shuts_the_endpoint_of_another_owner():
    one, same, other = (
        pb.Subscription(owner=owner, webhook={"uri": "https://shop.example/"})
        for owner in ("keys/app", "keys/app", "keys/chat")
    )
    assert endpoint_of(one) == endpoint_of(same) != endpoint_of(other)
