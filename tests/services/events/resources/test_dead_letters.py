"""Dead letters: listed in pages, and replayed in order."""

import asyncio
from typing import Any

import grpc
import pytest

from enrayon.events.v1 import events_pb2 as pb
from services.events.model import gates
from tests.support.endpoint import endpoint, status
from tests.support.events import subscribe
from tests.support.geofence import KAMPPI, circle, create, visit

HOOK = "subscriptions/hook"
LISTING = pb.ListDeadLettersRequest(parent=HOOK)


@pytest.fixture(autouse=True)
def _soon(monkeypatch):
    """Endpoints of tests are on this machine; failures are tried again soon."""
    monkeypatch.setenv("ENRAYON_WEBHOOK_PRIVATE", "true")
    for name in ("FIRST_PAUSE_MS", "SHORT_PAUSE_MS"):
        monkeypatch.setattr(gates, name, 50)
    monkeypatch.setattr("services.events.worker.deliveries.GIVE_UP_MS", 300)


@pytest.fixture
async def hook():
    """An endpoint that fails."""
    async with endpoint() as made:
        made.answer = lambda _: status(500)
        yield made


async def dead_letters(stub: Any, count: int) -> list[pb.DeadLetter]:
    """The dead letters, once there are so many."""
    async with asyncio.timeout(15):
        while len((answer := await stub.ListDeadLetters(LISTING)).dead_letters) < count:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    return list(answer.dead_letters)


async def test_dead_letters_are_listed_and_replayed_in_order(hook, fences, notices, workers):
    del workers
    await create(fences, "kamppi", circle(KAMPPI, 300))
    await subscribe(notices, "hook", webhook={"uri": hook.uri})
    await visit(fences, "a")
    letters = await dead_letters(notices, 2)
    assert {"the attempts are over"} == {letter.reason for letter in letters}

    hook.answer = lambda _: status(200)
    answer = await notices.ReplayDeadLetters(pb.ReplayDeadLettersRequest(parent=HOOK))
    events = await hook.wait(2)

    assert 2 == answer.replayed_count
    assert ["enrayon.fence.enter", "enrayon.fence.exit"] == [event["type"] for event in events]
    assert not (await notices.ListDeadLetters(LISTING)).dead_letters


async def test_pages_hold_each_dead_letter_once_in_the_order_of_the_whole_list(
    hook, fences, notices, workers
):
    del workers
    await create(fences, "kamppi", circle(KAMPPI, 300))
    await subscribe(notices, "hook", webhook={"uri": hook.uri})
    for device in range(4):
        await visit(fences, f"{device}")
    whole = await dead_letters(notices, 8)
    found, token = [], ""
    for _ in range(3):
        page = await notices.ListDeadLetters(
            pb.ListDeadLettersRequest(parent=HOOK, page_size=3, page_token=token)
        )
        found += page.dead_letters
        token = page.next_page_token
    assert ("", whole) == (token, found)


async def test_a_subscription_without_a_webhook_has_no_dead_letters(notices):
    await subscribe(notices, "hook")
    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await notices.ListDeadLetters(LISTING)
    assert grpc.StatusCode.FAILED_PRECONDITION == refusal.value.code()
