"""Questions about levels. Those asked while others are under way share one round trip."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from services.chassis.database.client import Client, Value, many_script
from services.chassis.database.cluster import Cluster
from services.stock.model.partitions import StoreKeys, partition_of

AT_ONCE = 200
"""Stores that one script reads, so that none holds up the others for long."""
MOST_TRIPS = 2
"""Round trips under way at the same time, so that a long one does not hold up all others."""

Answer = tuple[bytes, list[bytes | None], list[bytes | int]]
"""Of a store: its policy, its packed levels, what expired holds still seem to hold."""


class Question(NamedTuple):
    """Some products at some stores."""

    stores: Sequence[str]
    skus: Sequence[str]
    now_ms: int | None = None


class Part(NamedTuple):
    """What one script answers of a question."""

    number: int
    stores: Sequence[str]


Asked = list[tuple[Question, asyncio.Future[dict[str, Answer]]]]
"""Questions with who waits for the answers."""


class Questions:
    """Asks, by `lua/read.lua`."""

    def __init__(self, client: Client, package: str, libraries: Sequence[str]) -> None:
        self._run = many_script(client, package, "read", libraries)
        self._is_cluster = isinstance(client, Cluster)
        self._waiting: Asked = []
        self._trips: set[asyncio.Task[None] | None] = set()

    async def ask(self, question: Question) -> dict[str, Answer]:
        """The answers by store.

        Raises:
            RedisError: the store did not answer.
        """
        answer: asyncio.Future[dict[str, Answer]] = asyncio.get_running_loop().create_future()
        self._waiting.append((question, answer))
        if len(self._trips) < MOST_TRIPS:
            self._trips.add(asyncio.create_task(self._travel()))
        return await answer

    async def _travel(self) -> None:
        """Make trips until nobody waits any more."""
        try:
            while self._waiting:
                asked, self._waiting = self._waiting, []
                await self._make(asked)
        finally:
            # A callback would come later: who asks before it would rely on a trip that has ended.
            self._trips.discard(asyncio.current_task())

    async def _make(self, asked: Asked) -> None:
        """Make one trip for all who asked."""
        found: list[dict[str, Answer]] = [{} for _ in asked]
        try:
            await self._answer([question for question, _ in asked], found)
        except Exception as error:
            for _, answer in asked:
                if not answer.done():
                    answer.set_exception(error)
            return
        for (_, answer), answers in zip(asked, found, strict=True):
            if not answer.done():
                answer.set_result(answers)

    async def _answer(
        self, questions: Sequence[Question], found: Sequence[dict[str, Answer]]
    ) -> None:
        scripts = list(self._scripts(questions))
        calls = [call_of(questions, parts) for parts in scripts]
        for parts, answers in zip(scripts, await self._run(calls), strict=True):
            each = iter(answers)
            for number, stores in parts:
                for store in stores:
                    found[number][store] = next(each)

    def _scripts(self, questions: Sequence[Question]) -> Iterator[list[Part]]:
        """What each script is asked: on a cluster of one partition, else of any."""
        by_slot: defaultdict[int, list[Part]] = defaultdict(list)
        for number, question in enumerate(questions):
            members: defaultdict[int, list[str]] = defaultdict(list)
            for store in question.stores:
                members[partition_of(store) if self._is_cluster else 0].append(store)
            for slot, stores in members.items():
                for start in range(0, len(stores), AT_ONCE):
                    by_slot[slot].append(Part(number, stores[start : start + AT_ONCE]))
        for parts in by_slot.values():
            yield from filled(parts)


def filled(parts: Iterable[Part]) -> Iterator[list[Part]]:
    """Parts in the least scripts that read no more than `AT_ONCE` stores each."""
    script: list[Part] = []
    room = AT_ONCE
    for part in parts:
        if len(part.stores) > room:
            yield script
            script, room = [], AT_ONCE
        script.append(part)
        room -= len(part.stores)
    if script:
        yield script


def call_of(questions: Sequence[Question], parts: Sequence[Part]) -> tuple[list[str], list[Any]]:
    """The keys and arguments of a script."""
    keys: list[str] = []
    args: list[Value] = []
    for number, stores in parts:
        _, skus, now_ms = questions[number]
        for store in stores:
            of = StoreKeys.of(store)
            keys += (of.policies, of.levels, of.expiry, of.holds)
        args += ("" if now_ms is None else now_ms, len(stores), len(skus), *stores, *skus)
    return keys, args
