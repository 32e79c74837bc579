"""Tells what time alone changes in records: no call writes anything then.

A worker appends a change of the record to its log, each once, however many workers there are: the
key `{<kind>}:reached` says until when they were told, in ms.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from services.chassis.clock import Clock
from services.chassis.database.client import Client, Value, script
from services.directory.feed import Feed
from services.directory.hours import store_of
from services.directory.keys import Keys
from services.directory.records import CHANGES_KEPT
from services.directory.replicas import Change

PAUSE_S = 1.0
"""After each turn: changes that come together are told together."""
LOOK_EVERY_S = 60.0
AT_ONCE = 200
"""Stores that are read before other loops have their turn."""
KEPT_MS = 3_600_000
"""A time that is set for the past is not told, unless it is of this hour."""


class Turn(NamedTuple):
    """The time at which a record of a store changes."""

    at_ms: int
    store: str


class ByTime:
    """Follows the times at which records of stores change."""

    def __init__(
        self,
        client: Client,
        kind: str,
        type: str,
        feeds: Sequence[Feed[Any]],
        stores: Callable[[], Iterable[str]],
        times_ms: Callable[[str], Collection[int]],
        clock: Clock,
        is_due: Callable[[str], Awaitable[bool]] | None = None,
    ) -> None:
        """Prepare to follow.

        Args:
            client: Of the database.
            kind: Of the records.
            type: Of the events.
            feeds: Of all that decides the times.
            stores: Lists the ids of all stores that may have one.
            times_ms: The times of a store.
            clock: The process's.
            is_due: False for a store whose change a call has made meanwhile.
        """
        self._client = client
        keys = Keys.of(kind)
        self._reached = f"{{{kind}}}:reached"
        self._keys = [keys.changes, keys.sequence, self._reached]
        self._tell = script(client, "services.directory", "by_time")
        self._type = type
        self._feeds = feeds
        self._stores = stores
        self._times_ms = times_ms
        self._clock = clock
        self._is_due = is_due
        self._by_store: dict[str, Collection[int]] = {}
        self._changed: set[str] = set()
        """Stores to be read anew."""
        self._is_new = True
        """True if all are to be read."""
        self._has_changed = asyncio.Event()
        for feed in feeds:
            feed.listen(self._note)

    async def run(self) -> None:
        """Tell what is due; then wait for what is next, or for a change."""
        self._has_changed.clear()
        await self.tell()
        now_ms = self._now_ms()
        later = (at_ms for some in self._by_store.values() for at_ms in some if at_ms > now_ms)
        wait_s = (min(later, default=now_ms + 10**9) - now_ms) / 1000
        with suppress(TimeoutError):
            async with asyncio.timeout(min(wait_s, LOOK_EVERY_S)):
                await self._has_changed.wait()

    async def tell(self) -> bool:
        """Tell what is due and was not told; answers whether there was anything."""
        for feed in self._feeds:
            if not await feed.catch_up():
                return False
        now_ms = self._now_ms()
        await self._client.set(self._reached, now_ms, nx=True)  # what was before is not told
        reached_ms = int(await self._client.get(self._reached))
        await self._read_changed()
        due = sorted(
            Turn(at_ms, store)
            for store, times in self._by_store.items()
            for at_ms in times
            if reached_ms < at_ms <= now_ms
        )
        if not due and now_ms - reached_ms < KEPT_MS:
            return False
        args: list[Value] = [CHANGES_KEPT, reached_ms, now_ms, self._type]
        for at_ms, store in due:
            if self._is_due is None or await self._is_due(store):
                args += [store, at_ms]
        return bool(await self._tell(self._keys, args)) and len(args) > 4

    async def _read_changed(self) -> None:
        """Read the times of stores that have changed."""
        if self._is_new:
            self._is_new = False
            self._by_store.clear()
            self._changed = {*self._stores()}
        for number, store in enumerate([*self._changed]):
            if number % AT_ONCE == 0:
                await asyncio.sleep(0)
            self._changed.discard(store)
            if times := self._times_ms(store):
                self._by_store[store] = times
            else:
                self._by_store.pop(store, None)

    def _note(self, change: Change | None) -> None:
        if change is None:
            self._is_new = True
        else:
            self._changed.add(store_of(change.id))
        self._has_changed.set()

    def _now_ms(self) -> int:
        return round(self._clock().timestamp() * 1000)
