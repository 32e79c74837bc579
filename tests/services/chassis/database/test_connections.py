"""A call that is cancelled leaves its connection fit for the next one."""

import asyncio

import pytest

from services.chassis.database.client import Client
from services.chassis.settings import ChassisSettings
from services.chassis.tasks import end
from tests.support.database import blocked, connected


async def test_a_cancelled_call_leaves_its_answer_to_nobody(
    url: str, settings: ChassisSettings
) -> None:
    async with connected(settings, url, database_connections=1) as client:
        await client.set("town", "Helsinki")
        waiting = asyncio.create_task(client.blpop(["{x}queue"], timeout=0))
        async with connected(settings, url) as other:
            await blocked(other, 1)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
            await other.rpush("{x}queue", "stale")
        assert await client.get("town") == b"Helsinki"


async def test_a_call_cancelled_while_it_is_sent_ends(url: str, settings: ChassisSettings) -> None:
    async def ask_for_ever(client: Client) -> None:
        while True:
            await client.get("town")

    async with connected(settings, url) as client:
        await client.get("town")
        asking = []
        for turns in range(200):
            task = asyncio.create_task(ask_for_ever(client))
            for _ in range(turns % 12):
                await asyncio.sleep(0)
            task.cancel()
            asking.append(task)
        _, alive = await asyncio.wait(asking, timeout=20)
        lost = len(alive)
        await end(alive)
        assert 0 == lost
