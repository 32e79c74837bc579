"""EraseDevice reaches what waits for endpoints, and what they did not accept."""

import asyncio

import pytest

from enrayon.events.v1 import events_pb2 as pb
from enrayon.geofence.v1 import geofence_pb2
from services.events.model import gates
from tests.support.endpoint import endpoint, status
from tests.support.events import subscribe
from tests.support.geofence import KAMPPI, PASILA, circle, create, fix, report, visit


@pytest.fixture(autouse=True)
def _reachable(monkeypatch):
    """Endpoints of tests are on this machine."""
    monkeypatch.setenv("ENRAYON_WEBHOOK_PRIVATE", "true")


@pytest.mark.parametrize(("place", "give_up_ms"), [("dead", 300), ("queue", 3_600_000)])
async def test_an_erased_device_waits_nowhere_and_others_do(
    fences, notices, database, monkeypatch, workers, place, give_up_ms
):
    del workers
    for name in ("FIRST_PAUSE_MS", "SHORT_PAUSE_MS"):
        monkeypatch.setattr(gates, name, 50)
    monkeypatch.setattr("services.events.worker.deliveries.GIVE_UP_MS", give_up_ms)
    async with endpoint() as hook:
        hook.answer = lambda _: status(500)
        await create(fences, "kamppi", circle(KAMPPI, 300))
        await subscribe(notices, "hook", webhook={"uri": hook.uri})
        await visit(fences, "kept")
        [entered, left] = await report(fences, fix("gone", KAMPPI, 0), fix("gone", PASILA, 600))
        assert [1, 1] == [len(entered.events), len(left.events)]
        subject = entered.subject.removeprefix("devices/")

        async def waiting(about: str) -> int:
            """The events of a subject that wait in that place."""
            count = 0
            async for key in database.scan_iter("{f*"):
                name = key.decode()
                if place == "queue" and f":queue:hook:{about}" in name:
                    count += await database.llen(key)
                elif place == "dead" and ":dead:" in name:
                    entries = await database.xrange(key)
                    count += sum(about.encode() in fields[b"e"] for _, fields in entries)
            return count

        async with asyncio.timeout(20):
            while await waiting(subject) < 2 or await waiting("") < 4:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        await fences.EraseDevice(geofence_pb2.EraseDeviceRequest(device_id="gone"))
        found = await waiting(subject), await waiting("")
        hook.answer = lambda _: status(200)
        if place == "dead":
            await notices.ReplayDeadLetters(
                pb.ReplayDeadLettersRequest(parent="subscriptions/hook")
            )
        told = await hook.wait(2)
    assert (0, 2) == found
    assert {subject} != {event["subject"].removeprefix("devices/") for event in told}
    assert 2 == len(told)
