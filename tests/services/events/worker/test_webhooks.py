"""Posts to webhooks: strange answers, slow endpoints, and addresses that are not public."""

import asyncio
import socket
from typing import Any

import pytest

from enrayon.events.v1 import events_pb2 as pb
from services.events.worker.webhooks import Posted, Webhooks
from tests.support.endpoint import endpoint, status

SECRETS = ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]


@pytest.fixture
async def hook():
    async with endpoint() as made:
        yield made


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
    event = pb.Event(id="e", type="fence.enter")
    assert Posted.FAILED is await hooks.post(hook.uri, event, SECRETS)
    assert 1 == len(hook.posts)
    await hooks.close()


async def test_a_slow_drip_ends_at_the_time_limit(hook):
    hook.answer, hook.drip_s = lambda _: status(200, "x: " + "y" * 1000 + "\r\n"), 0.05
    hooks = Webhooks(0.5, private=True)
    event = pb.Event(id="e", type="fence.enter")
    assert Posted.FAILED is await hooks.post(hook.uri, event, SECRETS)
    await hooks.close()


async def test_private_addresses_and_names_that_lead_there_are_not_reached(hook, monkeypatch):
    hooks = Webhooks(1.0, private=False)
    event = pb.Event(id="e", type="fence.enter")
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
    event = pb.Event(id="e", type="fence.enter")
    assert Posted.ACCEPTED is await hooks.post(f"http://shop.example:{port}/", event, SECRETS)
    assert ["shop.example"] == asked
    assert f"shop.example:{port}" == hook.posts[0][0]["host"]
    await hooks.close()
