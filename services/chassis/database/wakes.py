"""Waits for entries of many streams at once, so that a loop that works by them need not poll."""

import asyncio
from collections.abc import Iterable, Sequence

from services.chassis.database.client import Client, next_entries
from services.chassis.database.cluster import Cluster


class Wakes:
    """Waits for new entries of some streams.

    On one server a read that blocks ends with the entry. On a cluster each slot would need a
    connection of its own, so there it waits for a pause.
    """

    def __init__(self, client: Client, keys: Sequence[str], pause_s: float) -> None:
        self._client = client
        self._keys = keys
        self._pause_s = pause_s
        self._seen: dict[str, str] = {}

    async def begin(self) -> None:
        """Take note of the streams' ends, once: what is looked at later has all up to there."""
        if not self._seen and not isinstance(self._client, Cluster):
            await self._see(self._keys)

    async def wait(self, longest_s: float) -> None:
        """Wait for an entry past those seen, but so long at most; on a cluster for a pause."""
        if not self._seen:
            await asyncio.sleep(min(self._pause_s, longest_s))
            return
        if found := await next_entries(self._client, self._seen, 1, longest_s):
            await self._see(found)

    async def _see(self, keys: Iterable[str]) -> None:
        """Take note of the present ends of some streams."""
        some = list(keys)
        pipeline = self._client.pipeline(transaction=False)
        for key in some:
            pipeline.xrevrange(key, count=1)
        for key, end in zip(some, await pipeline.execute(), strict=True):
            self._seen[key] = end[0][0].decode() if end else "0-0"
