"""Reads of levels. Reads that arrive while others are under way share one round trip."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from services.chassis.database.client import Client, Value, many_script
from services.chassis.database.cluster import Cluster
from services.stock.model.partitions import StoreKeys, partition_of
from services.stock.state import LIBRARY, PACKAGE

STORES_AT_ONCE = 200
"""Stores that one script reads: no script blocks the database for long."""
MOST_TRIPS = 2
"""Round trips under way at once, so that a long one does not hold up all others."""

Answer = tuple[bytes, list[bytes | None], list[bytes | int]]
"""Of a store: its policy, its packed levels, SKU and units of each item of an expired hold."""


class LevelRead(NamedTuple):
    """A read of some products at some stores."""

    stores: Sequence[str]
    skus: Sequence[str]
    now_ms: int | None = None


class Part(NamedTuple):
    """The stores of a read that one script reads."""

    number: int
    """The number of the read among those of the batch."""
    stores: Sequence[str]


Pending = list[tuple[LevelRead, asyncio.Future[dict[str, Answer]]]]
"""Reads with the futures of their answers."""


class LevelReads:
    """Runs reads by lua/read.lua."""

    def __init__(self, client: Client) -> None:
        self._run = many_script(client, PACKAGE, "read", LIBRARY)
        self._is_cluster = isinstance(client, Cluster)
        self._waiting: Pending = []
        self._trips: set[asyncio.Task[None] | None] = set()

    async def run(self, read: LevelRead) -> dict[str, Answer]:
        """The answers by store.

        Raises:
            RedisError: the database did not answer.
        """
        answer: asyncio.Future[dict[str, Answer]] = asyncio.get_running_loop().create_future()
        self._waiting.append((read, answer))
        if len(self._trips) < MOST_TRIPS:
            self._trips.add(asyncio.create_task(self._make_trips()))
        return await answer

    async def _make_trips(self) -> None:
        """Make round trips until no read waits any more."""
        try:
            while self._waiting:
                pending, self._waiting = self._waiting, []
                await self._make_trip(pending)
        finally:
            # Not by a callback: until it ran, a new read would rely on a task that has ended.
            self._trips.discard(asyncio.current_task())

    async def _make_trip(self, pending: Pending) -> None:
        found: list[dict[str, Answer]] = [{} for _ in pending]
        try:
            await self._fill([read for read, _ in pending], found)
        except Exception as error:
            for _, answer in pending:
                if not answer.done():
                    answer.set_exception(error)
            return
        for (_, answer), answers in zip(pending, found, strict=True):
            if not answer.done():  # its reader may have been cancelled
                answer.set_result(answers)

    async def _fill(self, reads: Sequence[LevelRead], found: Sequence[dict[str, Answer]]) -> None:
        scripts = list(self._scripts(reads))
        calls = [call_of(reads, parts) for parts in scripts]
        for parts, answers in zip(scripts, await self._run(calls), strict=True):
            each = iter(answers)
            for number, stores in parts:
                for store in stores:
                    found[number][store] = next(each)

    def _scripts(self, reads: Sequence[LevelRead]) -> Iterator[list[Part]]:
        """Yields the parts of each script: on a cluster those of one partition, else of any."""
        by_slot: defaultdict[int, list[Part]] = defaultdict(list)
        for number, read in enumerate(reads):
            members: defaultdict[int, list[str]] = defaultdict(list)
            for store in read.stores:
                members[partition_of(store) if self._is_cluster else 0].append(store)
            for slot, stores in members.items():
                for start in range(0, len(stores), STORES_AT_ONCE):
                    by_slot[slot].append(Part(number, stores[start : start + STORES_AT_ONCE]))
        for parts in by_slot.values():
            yield from packed(parts)


def packed(parts: Iterable[Part]) -> Iterator[list[Part]]:
    """Yields parts together, in order, as long as they have at most `STORES_AT_ONCE` stores."""
    script: list[Part] = []
    room = STORES_AT_ONCE
    for part in parts:
        if len(part.stores) > room:
            yield script
            script, room = [], STORES_AT_ONCE
        script.append(part)
        room -= len(part.stores)
    if script:
        yield script


def call_of(reads: Sequence[LevelRead], parts: Sequence[Part]) -> tuple[list[str], list[Any]]:
    """The keys and arguments of a script, as lua/read.lua takes them."""
    keys: list[str] = []
    args: list[Value] = []
    for number, stores in parts:
        _, skus, now_ms = reads[number]
        for store in stores:
            of = StoreKeys.of(store)
            keys += (of.policies, of.levels, of.expiry, of.holds)
        args += ("" if now_ms is None else now_ms, len(stores), len(skus), *stores, *skus)
    return keys, args
