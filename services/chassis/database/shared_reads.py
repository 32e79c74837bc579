"""Reads for many followers of one process at once: of streams, and of texts.

Reads of streams end together, after the same time, so they begin again together: an idle process
reads once in three seconds for all its followers. A read that begins while others wait goes out
alone and ends with them. On a cluster, where keys lie in different slots, each goes out alone.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from itertools import zip_longest
from operator import itemgetter
from typing import Any
from weakref import WeakKeyDictionary

from services.chassis.database.client import Client, next_entries
from services.chassis.database.cluster import Cluster

GATHER_S = 0.002
"""Time for which reads gather. Entries that come meanwhile are found at once."""
COUNT = 1000
"""Entries of a stream that one read answers."""
BLOCK_S = 3.0
"""Longest wait for entries: each answer proves that a follower is current, for five seconds."""

Entries = list[tuple[bytes, dict[bytes, bytes]]]
Asked = list[tuple[Any, asyncio.Future[Any]]]
"""Questions with the futures of their answers."""


class Gathering:
    """Asks all questions of a moment in one act, which answers them in their order.

    Questions with the same `key` are asked in acts of their own: none waits for the other's answer.
    """

    def __init__(
        self,
        act: Callable[[Sequence[Any]], Awaitable[Sequence[Any]]],
        key: Callable[[Any], object] | None = None,
    ) -> None:
        self._act = act
        self._key = key
        self._asked: Asked = []
        self._tasks: set[asyncio.Task[None]] = set()

    async def ask(self, question: Any) -> Any:
        """The answer; the error of the act."""
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._asked.append((question, answer))
        if len(self._asked) == 1:
            task = asyncio.create_task(self._run())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return await answer

    async def _run(self) -> None:
        await asyncio.sleep(GATHER_S)
        asked, self._asked = self._asked, []
        await asyncio.gather(*map(self._answer, self._apart(asked)))

    def _apart(self, asked: Asked) -> list[Asked]:
        """The questions in groups, in which no key is twice."""
        if self._key is None:
            return [asked]
        by_key: defaultdict[object, Asked] = defaultdict(list)
        for each in asked:
            by_key[self._key(each[0])].append(each)
        return [[each for each in group if each] for group in zip_longest(*by_key.values())]

    async def _answer(self, asked: Asked) -> None:
        try:
            answers = await self._act([question for question, _ in asked])
        except BaseException as error:
            for _, answer in asked:
                if not answer.done():
                    answer.set_exception(error)
            if not isinstance(error, Exception):
                raise
            return
        for (_, answer), found in zip(asked, answers, strict=True):
            if not answer.done():  # who asked may have been cancelled
                answer.set_result(found)


class SharedReads:
    """Reads streams and texts for all followers of a client."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._streams = Gathering(self._read_streams, itemgetter(0))
        self._texts = Gathering(self._read_texts)
        self._end_s = 0.0
        """When the reads end that wait now."""

    async def entries(self, stream: str, after: str) -> Entries:
        """The next entries of a stream past an id; none when the time of the read is over."""
        if isinstance(self._client, Cluster):
            return (await next_entries(self._client, {stream: after}, COUNT, BLOCK_S)).get(
                stream, []
            )
        found: Entries = await self._streams.ask((stream, after))
        return found

    async def texts(self, *keys: str) -> list[bytes | None]:
        """The texts of keys of one slot; None where there is none."""
        if isinstance(self._client, Cluster):
            [found] = await self._read_texts([keys])
        else:
            found = await self._texts.ask(keys)
        return found

    async def _read_streams(self, asked: Sequence[tuple[str, str]]) -> list[Entries]:
        now_s = asyncio.get_running_loop().time()
        if self._end_s <= now_s:
            self._end_s = now_s + BLOCK_S
        after = dict(asked)
        found = await next_entries(self._client, after, COUNT, self._end_s - now_s)
        return [found.get(stream, []) for stream, _ in asked]

    async def _read_texts(self, asked: Sequence[Sequence[str]]) -> list[list[bytes | None]]:
        values: Any = iter(await self._client.mget(*(key for keys in asked for key in keys)))
        return [[next(values) for _ in keys] for keys in asked]


_shared: "WeakKeyDictionary[Any, SharedReads]" = WeakKeyDictionary()


def shared_reads(client: Client) -> SharedReads:
    """The reads that the followers of a client share."""
    if client not in _shared:
        _shared[client] = SharedReads(client)
    return _shared[client]
