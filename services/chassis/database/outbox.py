"""Facts that cross from one slot to another: kept with their record, told by a worker.

No script can change two slots. So the script that changes a record also keeps what another record
must be told, as a field of a hash in its own slot: a fact. A worker reads the facts, tells each,
and only then drops it, if no later fact has replaced it meanwhile. Processes that serve stand by
for workers that died. Whoever is told must read its
record, look whether the fact is still the same, and then write its record only if nobody else did:
so a worker that slept cannot bring an old fact back. A fact may be told twice, never not at all.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple

from services.chassis.database.client import Client, grouped_script, script
from services.chassis.database.failures import FAILURES
from services.chassis.database.wakes import Wakes
from services.chassis.errors import ServiceError

FACTS_AT_ONCE = 100
"""Facts of one key that one turn tells."""
TOLD_AT_ONCE = 20
POLL_S = 0.25
"""Pause between two looks on a cluster."""
LOOK_EVERY_S = 15.0
"""Longest wait for a fact: then those are found that nobody else told."""
PATIENCE_S = 0.5
"""Time that a process which stands by leaves to the workers."""


class Fact(NamedTuple):
    """What one record must be told."""

    key: str
    about: str
    """The record, by its name: a later fact about it replaces this one."""
    text: bytes


Tell = Callable[[Fact], Awaitable[None]]


class Outbox:
    """The facts that wait at some keys."""

    def __init__(self, client: Client, keys: Sequence[str], wakes: Sequence[str]) -> None:
        """`wakes` are streams that get an entry with each fact."""
        self._client = client
        self._keys = keys
        self._facts = grouped_script(client, "services.chassis.database", "facts")
        self._told = script(client, "services.chassis.database", "told")
        self._wakes = Wakes(client, wakes, POLL_S)

    async def run(self, tell: Tell) -> bool:
        """Tell the facts that wait, or wait for the next; answers whether there were any."""
        await self._wakes.begin()
        has_told = await self.deliver(tell)
        if not has_told:
            await self._wakes.wait(LOOK_EVERY_S)
        return has_told

    async def stand_by(self, tell: Tell) -> None:
        """Wait for facts, and tell those that no worker has told soon after.

        Processes that serve do so: a fact need not wait until a worker that died is back.
        """
        await self._wakes.begin()
        await self._wakes.wait(LOOK_EVERY_S)
        await asyncio.sleep(PATIENCE_S)
        await self.deliver(tell)

    async def deliver(self, tell: Tell) -> bool:
        """Tell the facts that wait; answers whether there were any.

        One that cannot be told now stops no other; it waits for the next turn.

        Raises:
            ServiceError: at least one could not be told.
        """
        facts = await self.facts()
        failures: list[Exception] = []

        async def one(fact: Fact) -> None:
            try:
                await tell(fact)
                await self._told([fact.key], [fact.about, fact.text])
            except (*FAILURES, ServiceError) as failure:
                failures.append(failure)

        for start in range(0, len(facts), TOLD_AT_ONCE):
            await asyncio.gather(*map(one, facts[start : start + TOLD_AT_ONCE]))
        if failures:
            raise failures[0]
        return bool(facts)

    async def facts(self) -> list[Fact]:
        """Facts that wait, some of each key; in one round trip."""
        answers = await self._facts([[key] for key in self._keys], [FACTS_AT_ONCE])
        return [
            Fact(key, about.decode(), text)
            for key, found in zip(self._keys, answers, strict=True)
            for about, text in zip(found[::2], found[1::2], strict=True)
        ]

    async def is_current(self, fact: Fact) -> bool:
        """True if no later fact has replaced it, and nobody else has told it."""
        return bool(await self._client.hget(fact.key, fact.about) == fact.text)
