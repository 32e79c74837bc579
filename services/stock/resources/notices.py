"""Tells the holds of a store when it closes, or when it can no longer keep their slots.

How it works: notices are facts of now. For each hold the facts are compared with its notices, and
one script adds those that are missing and ends those that are over; a second run changes nothing.
The stores that change are checked at once, all others at the start and whenever time alone closes
or opens them; so no worker's death loses a notice.
"""

import asyncio
import datetime as dt
from collections import Counter
from collections.abc import Iterable

from services.chassis.clock import Clock
from services.directory.directory import Directory
from services.directory.hours import is_event
from services.directory.replicas import Change
from services.directory.trading import not_open
from services.stock.model.holds import Hold, NoticeKind
from services.stock.model.pickup import OpenIntervals, intervals_of
from services.stock.model.policies import Policy
from services.stock.model.slots import Slot, is_open_throughout
from services.stock.state.holds import Holds
from services.stock.state.policies import Policies
from services.stock.state.slots import Slots

LOOK_S = 60.0
"""Interval between looks at stores that time alone may have closed or opened."""
OF_STORES = frozenset({NoticeKind.STORE_CLOSED, NoticeKind.SLOT_CHANGED})
"""The kinds of notices that follow from the state of a store."""


class Notices:
    """Keeps the notices of holds as their stores are."""

    def __init__(
        self, holds: Holds, policies: Policies, slots: Slots, directory: Directory, clock: Clock
    ) -> None:
        self._holds = holds
        self._policies = policies
        self._slots = slots
        self._directory = directory
        self._clock = clock
        self._changed: set[str] | None = None
        """Stores to check; None: all."""
        self._wake = asyncio.Event()
        self._follows = False
        self._closed: dict[str, bool] = {}
        """Store with holds -> if it was closed when it was last looked at."""

    async def run(self) -> None:
        """Check the stores that changed; wait for a change, or for time to pass."""
        if not self._follows:
            self._directory.stores.listen(self._note)
            self._directory.hours.listen(self._note)
            self._follows = True
        changed, self._changed = self._changed, set()
        try:
            stores = await self._holds.stores()
            if changed is None:
                for store in stores:
                    await self._slots.recount(store)
            else:
                stores = [*sorted(changed), *(store for store in stores if self._has_turned(store))]
            for store in stores:
                self._has_turned(store)
                await self.check(store)
        except BaseException:
            self._changed = None
            raise
        self._wake.clear()
        if not self._changed and self._changed is not None:
            try:
                async with asyncio.timeout(LOOK_S):
                    await self._wake.wait()
            except TimeoutError:
                return

    async def check(self, store: str) -> int:
        """Bring the notices of a store's holds up to date; answers how many holds were told."""
        live = await self._holds.of_store(store, live_only=True)
        if not live:
            return 0
        now = self._clock()
        is_closed = not_open(self._directory, store, now) is not None
        lost: set[Slot] = set()
        if not is_closed and any(hold.slot for hold in live):
            policy = await self._policies.get(store)
            schedules = self._directory.schedules.of(store)
            hours = intervals_of(schedules.own) if schedules else None
            lost = lost_slots(live, hours, policy, now)
        told = 0
        for hold in live:
            wanted = facts(hold, lost, is_closed=is_closed)
            if wanted != {notice.kind for notice in hold.notices} & OF_STORES:
                argument = {
                    "kinds": sorted(wanted),
                    "of": sorted(OF_STORES),
                    "sl": list(hold.slot) if hold.slot else [],
                }
                await self._holds.transition(store, hold.id, "notify", argument=argument)
                told += 1
        return told

    def _has_turned(self, store: str) -> bool:
        """True if a store opened or closed since the last look."""
        is_closed = not_open(self._directory, store, self._clock()) is not None
        has_turned = self._closed.get(store, False) is not is_closed
        self._closed[store] = is_closed
        return has_turned

    def _note(self, change: Change | None) -> None:
        if change is None:
            self._changed = None
        elif self._changed is not None and not is_event(change.id):
            self._changed.add(change.id)
        self._wake.set()


def facts(hold: Hold, lost: set[Slot], *, is_closed: bool) -> set[NoticeKind]:
    """What a hold's owner should know of its store."""
    if is_closed:
        return {NoticeKind.STORE_CLOSED}
    return {NoticeKind.SLOT_CHANGED} if hold.slot in lost else set()


def lost_slots(
    live: Iterable[Hold], hours: OpenIntervals | None, policy: Policy, now: dt.datetime
) -> set[Slot]:
    """The slots of holds, those to come, that a store cannot keep."""
    taken = Counter(hold.slot for hold in live if hold.slot and hold.slot.end > now)
    lost = set()
    for slot, count in taken.items():
        rule = policy.slot_rule(slot.method)
        if (
            rule is None
            or count > rule.capacity
            or hours is None
            or not is_open_throughout(hours, slot)
        ):
            lost.add(slot)
    return lost
