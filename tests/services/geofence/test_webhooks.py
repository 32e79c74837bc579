"""Events as they are posted: signed, in order, again, and never to where they must not go."""

import asyncio
import random
import socket
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook

from enrayon.geofence.v1 import geofence_pb2 as pb
from services.geofence.model import matching
from services.geofence.model.matching import RETRY_S, delay_ms
from services.geofence.webhooks import Posted, Webhooks, is_public
from tests.services.geofence.conftest import create, report, subscribe
from tests.services.geofence.endpoint import endpoint, status
from tests.services.geofence.places import KAMPPI, PASILA, circle, fix

SECRETS = ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]
HOOK = "subscriptions/hook"


@pytest.fixture(autouse=True)
def _reachable(monkeypatch):
    """Endpoints of tests are on this machine; failures are tried again soon."""
    monkeypatch.setenv("ENRAYON_WEBHOOK_PRIVATE", "true")
    monkeypatch.setenv("ENRAYON_WEBHOOK_TIMEOUT_S", "1")
    monkeypatch.setattr(matching, "RETRY_S", (0.1, 0.1, 0.1))
    monkeypatch.setattr("services.geofence.worker.deliveries.REST_S", (0.05, 0.1))


@pytest.fixture
async def hook():
    async with endpoint() as made:
        yield made


async def visit(stub, device: str, start: int = 0) -> None:
    await report(stub, fix(device, KAMPPI, start), fix(device, PASILA, start + 600))


async def test_events_are_signed_and_come_in_order(hook, fences, workers):
    del workers
    await create(fences, "kamppi", circle(KAMPPI, 300))
    made = await subscribe(fences, "hook", webhook={"uri": hook.uri})
    read = await fences.GetSubscription(pb.GetSubscriptionRequest(name=HOOK))
    assert ("", True) == (read.webhook.secret, made.webhook.secret.startswith("whsec_"))

    await visit(fences, "a")
    events = await hook.wait(2)

    assert ["geofence.enter", "geofence.exit"] == [event["type"] for event in events]
    for headers, body in hook.posts:
        assert (
            Webhook(made.webhook.secret).verify(body, headers)["data"]["eventId"]
            == (headers["webhook-id"])
        )
    assert not any("location" in body.decode() or "60.1" in body.decode() for _, body in hook.posts)


async def test_while_the_secret_rotates_both_sign(hook, fences, workers):
    del workers
    await create(fences, "kamppi", circle(KAMPPI, 300))
    old = (await subscribe(fences, "hook", webhook={"uri": hook.uri})).webhook.secret
    rotated = await fences.RotateSubscriptionSecret(pb.RotateSubscriptionSecretRequest(name=HOOK))
    await visit(fences, "a")
    await hook.wait(1)
    headers, body = hook.posts[0]
    assert old != rotated.webhook.secret
    assert 2 == len(headers["webhook-signature"].split())
    for secret in (old, rotated.webhook.secret):
        assert Webhook(secret).verify(body, headers)


async def test_a_device_whose_delivery_failed_waits_and_no_other_does(hook, fences, workers):
    del workers
    await create(fences, "kamppi", circle(KAMPPI, 300))
    await subscribe(fences, "hook", webhook={"uri": hook.uri})
    [first] = await report(fences, fix("unlucky", KAMPPI, 0))
    refused = 3

    def answer(event):
        nonlocal refused
        if event["data"]["subject"] == first.subject and refused:
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
        numbers.setdefault(event["data"]["subject"], []).append(int(event["data"]["number"]))
    assert 6 == len(numbers)
    assert all(own == sorted(own) for own in numbers.values())


async def test_an_endpoint_that_is_gone_disables_its_subscription(hook, fences, workers):
    del workers
    hook.answer = lambda _: status(410)
    await create(fences, "kamppi", circle(KAMPPI, 300))
    await subscribe(fences, "hook", webhook={"uri": hook.uri})
    await visit(fences, "a")
    async with asyncio.timeout(10):
        while not (await fences.GetSubscription(pb.GetSubscriptionRequest(name=HOOK))).disabled:  # noqa: ASYNC110 - told over the network
            await asyncio.sleep(0.05)
    assert 1 == len(hook.posts)


async def test_dead_letters_are_listed_and_replayed_in_order(hook, fences, workers):
    del workers
    hook.answer = lambda _: status(500)
    await create(fences, "kamppi", circle(KAMPPI, 300))
    await subscribe(fences, "hook", webhook={"uri": hook.uri})
    await visit(fences, "a")
    listing = pb.ListDeadLettersRequest(parent=HOOK)
    async with asyncio.timeout(15):
        while len((letters := await fences.ListDeadLetters(listing)).dead_letters) < 2:  # noqa: ASYNC110 - told over the network
            await asyncio.sleep(0.05)
    assert {"the attempts are over"} == {letter.reason for letter in letters.dead_letters}

    hook.answer = lambda _: status(200)
    answer = await fences.ReplayDeadLetters(pb.ReplayDeadLettersRequest(parent=HOOK))
    events = await hook.wait(2)

    assert 2 == answer.replayed_count
    assert ["geofence.enter", "geofence.exit"] == [event["type"] for event in events]
    assert not (await fences.ListDeadLetters(listing)).dead_letters


async def test_a_dead_endpoint_holds_nobody_up_and_its_queue_is_bounded(hook, fences, workers):
    del workers
    await create(fences, "kamppi", circle(KAMPPI, 300))
    dead = "http://127.0.0.1:9/"
    await subscribe(fences, "dead", webhook={"uri": dead})
    await subscribe(fences, "hook", webhook={"uri": hook.uri})
    for device in range(30):
        await visit(fences, f"{device}")
    assert 60 == len({event["data"]["eventId"] for event in await hook.wait(60)})


@pytest.mark.parametrize(
    "reply",
    [
        status(301, "location: http://127.0.0.1:1/\r\n"),
        status(429),
        b"HTTP/1.1 500 X\r\ncontent-length: 99999999\r\n\r\n" + b"x" * 200_000,
        b"not http at all\r\n\r\n",
        b"",
    ],
    ids=["redirect", "too many", "huge", "garbage", "nothing"],
)
async def test_a_strange_answer_is_a_failure_and_nothing_is_followed(hook, reply):
    hook.answer = lambda _: reply
    hooks = Webhooks(1.0, private=True)
    event = pb.FenceEvent(event_id="e", event_type=pb.EVENT_TYPE_ENTER)
    assert Posted.FAILED is await hooks.post(hook.uri, event, SECRETS)
    assert 1 == len(hook.posts)
    await hooks.close()


async def test_a_slow_drip_ends_at_the_time_limit(hook):
    hook.answer, hook.drip_s = lambda _: status(200, "x: " + "y" * 1000 + "\r\n"), 0.05
    hooks = Webhooks(0.5, private=True)
    event = pb.FenceEvent(event_id="e", event_type=pb.EVENT_TYPE_ENTER)
    assert Posted.FAILED is await hooks.post(hook.uri, event, SECRETS)
    await hooks.close()


async def test_private_addresses_and_names_that_lead_there_are_not_reached(hook, monkeypatch):
    hooks = Webhooks(1.0, private=False)
    event = pb.FenceEvent(event_id="e", event_type=pb.EVENT_TYPE_ENTER)
    port = hook.uri.rpartition(":")[2].partition("/")[0]
    for host in ("127.0.0.1", "localhost", "0.0.0.0", "[::1]", "[::ffff:127.0.0.1]", "2130706433"):
        assert Posted.FAILED is await hooks.post(f"http://{host}:{port}/", event, SECRETS)
    assert [] == hook.posts
    await hooks.close()


async def test_a_name_is_resolved_once_and_the_checked_address_is_reached(hook, monkeypatch):
    """A name that changes its meaning after the check is not asked again."""
    asked = []
    loop = asyncio.get_running_loop()
    port = int(hook.uri.rpartition(":")[2].partition("/")[0])

    async def rebinding(host: str, port: int, **options: object) -> Any:
        asked.append(host)
        address = "127.0.0.1" if len(asked) == 1 else "192.0.2.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    original = loop.getaddrinfo
    monkeypatch.setattr(
        loop,
        "getaddrinfo",
        lambda host, *args, **options: (
            rebinding(host, *args, **options)
            if host == "shop.example"
            else original(host, *args, **options)
        ),
    )
    hooks = Webhooks(2.0, private=True)
    event = pb.FenceEvent(event_id="e", event_type=pb.EVENT_TYPE_ENTER)
    assert Posted.TAKEN is await hooks.post(f"http://shop.example:{port}/", event, SECRETS)
    assert ["shop.example"] == asked
    assert f"shop.example:{port}" == hook.posts[0][0]["host"]
    await hooks.close()


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("2001:4860:4860::8888", True),
        ("10.0.0.1", False),
        ("100.64.0.1", False),
        ("169.254.169.254", False),
        ("::ffff:10.0.0.1", False),
        ("64:ff9b::a00:1", False),
        ("2002:a00:1::", False),
        ("fe80::1%eth0", False),
        ("224.0.0.1", False),
    ],
)
def test_which_addresses_are_public(address, public):
    assert public is is_public(address)


async def test_an_address_that_is_seen_to_be_private_is_refused(fences, monkeypatch):
    del fences
    from services.chassis.errors import InvalidArgument
    from services.geofence.webhooks import check_uri

    for uri in (
        "http://shop.example/",
        "https://10.0.0.1/",
        "https://a:b@shop.example/",
        "x",
        "https://h:22/",
    ):
        with pytest.raises(InvalidArgument):
            check_uri(uri, private=False)
    check_uri("https://shop.example/hook?x=1", private=False)


def test_attempts_take_75_hours_with_jitter(monkeypatch):
    monkeypatch.undo()
    spread = random.Random(1)
    totals = []
    for _ in range(200):
        delays = [delay_ms(tries, spread) for tries in range(1, len(RETRY_S) + 1)]
        totals.append(sum(delay for delay in delays if delay) / 3_600_000)
    assert delay_ms(len(RETRY_S) + 1, spread) is None
    assert 60 < min(totals) < 75.6 < max(totals) < 91
    assert 75 == sum(RETRY_S) // 3600
