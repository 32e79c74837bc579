"""Tells that closures have ended by their own time: no call changes anything then."""

import asyncio
from contextlib import suppress

from services.chassis.clock import Clock
from services.directory.directory import Directory
from services.directory.hours import store_of
from services.directory.replicas import Change
from services.hours.model import ends_of
from services.hours.state import End, Ends

PAUSE_S = 1.0
"""After each turn: ends that come together are told together."""
LOOK_EVERY_S = 60.0
STORES_AT_ONCE = 200
"""Stores that are read before other loops have their turn."""
KEPT_MS = 3_600_000
"""No end before is looked for, so that a closure that is set for the past is not told as ended."""


class Closures:
    """Follows the closures of all stores."""

    def __init__(self, ends: Ends, directory: Directory, clock: Clock) -> None:
        self._ends = ends
        self._directory = directory
        self._clock = clock
        self._by_store: dict[str, tuple[int, ...]] = {}
        """The ends of closures of a store, in ms."""
        self._changed: set[str] = set()
        """Stores to be read anew."""
        self._is_new = True
        """True if all are to be read."""
        self._has_changed = asyncio.Event()
        directory.hours.listen(self._note)
        directory.stores.listen(self._note)

    async def run(self) -> None:
        """Tell the ends that are due; then wait for the next one, or for a change."""
        self._has_changed.clear()
        await self.tell()
        now_ms = self._now_ms()
        ends = (at_ms for some in self._by_store.values() for at_ms in some if at_ms > now_ms)
        wait_s = min((min(ends, default=now_ms + 10**9) - now_ms) / 1000, LOOK_EVERY_S)
        with suppress(TimeoutError):
            async with asyncio.timeout(wait_s):
                await self._has_changed.wait()

    async def tell(self) -> bool:
        """Tell the ends that are due and were not told; answers whether there was one."""
        directory = self._directory
        if not (await directory.hours.catch_up() and await directory.stores.catch_up()):
            return False
        now_ms = self._now_ms()
        reached_ms = await self._ends.reached(now_ms)
        await self._read_changed()
        due = sorted(
            End(at_ms, store)
            for store, ends in self._by_store.items()
            for at_ms in ends
            if reached_ms < at_ms <= now_ms
        )
        if due or now_ms - reached_ms > KEPT_MS:
            return await self._ends.tell(reached_ms, now_ms, due) and bool(due)
        return False

    async def _read_changed(self) -> None:
        """Read the closures of stores that have changed; only hours of their own have some."""
        if self._is_new:
            self._is_new = False
            self._by_store.clear()
            self._changed = {*self._directory.hours.replica.store_ids()}
        for number, store in enumerate([*self._changed]):
            if number % STORES_AT_ONCE == 0:
                await asyncio.sleep(0)
            self._changed.discard(store)
            schedules = self._directory.schedules.of(store)
            ends = ends_of(schedules.own) if schedules else ()
            if ends:
                self._by_store[store] = ends
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
