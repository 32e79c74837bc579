"""Followers of one process share their reads, and none waits for another's answer."""

import asyncio

from services.chassis.database.client import Client
from services.chassis.database.shared_reads import SharedReads

STREAM = "{x}:stream"


async def test_a_follower_that_is_behind_does_not_wait_with_one_that_is_not(
    database: Client,
) -> None:
    newest = (await database.xadd(STREAM, {"a": 1})).decode()
    reads = SharedReads(database)
    behind = asyncio.create_task(reads.entries(STREAM, "0-0"))
    level = asyncio.create_task(reads.entries(STREAM, newest))
    try:
        done, _ = await asyncio.wait([behind, level], return_when=asyncio.FIRST_COMPLETED)
        assert {behind} == done
        assert [newest] == [id.decode() for id, _ in behind.result()]
        later = (await database.xadd(STREAM, {"a": 2})).decode()
        assert [later] == [id.decode() for id, _ in await level]
    finally:
        level.cancel()


async def test_readers_of_a_moment_have_the_answers_in_their_order(database: Client) -> None:
    for name in ("{x}:a", "{x}:b"):
        await database.set(name, name)
    reads = SharedReads(database)
    found = await asyncio.gather(reads.texts("{x}:b", "{x}:none"), reads.texts("{x}:a"))
    assert [[b"{x}:b", None], [b"{x}:a"]] == list(found)
