"""Timers: dwells, delayed exits and trips that are due; visits to fences that were deleted."""

import asyncio

from services.chassis.clock import Clock
from services.chassis.loops.forever import forever
from services.directory.replicas import Change
from services.geofence import metrics
from services.geofence.model.partitions import PARTITIONS
from services.geofence.replica.feeds import Feeds
from services.geofence.resources.detection import Detection, left_behind
from services.geofence.resources.devices import Devices
from services.geofence.state.devices import DeviceRecords
from services.geofence.state.erased import Erased
from services.geofence.state.people import PeopleRecords

TIMERS_S = 0.02
"""After each turn: timers that are due together fire together."""
SHORTEST_S = 0.01
LOOK_EVERY_S = 5.0
"""Longest wait for a timer, as a guard against clocks that were set back."""
SWEEP_S = 60.0
BATCH = 50
"""Timers of a partition that one round fires at most."""


class Timers:
    """Causes the events that no fix causes."""

    def __init__(
        self,
        records: DeviceRecords,
        people: PeopleRecords,
        devices: Devices,
        detection: Detection,
        feeds: Feeds,
        erased: Erased,
        clock: Clock,
    ) -> None:
        self._records = records
        self._people = people
        self._devices = devices
        self._detection = detection
        self._feeds = feeds
        self._erased = erased
        self._clock = clock
        self._fence_is_deleted = asyncio.Event()
        self._next_ms = 0.0
        """When the next timer is due, as of the last look."""

    async def run(self) -> bool:
        """Fire timers; then wait for the next that is due, or that is set before it."""
        await self._records.wakes.begin()
        has_fired = await self.fire()
        if not has_fired:
            wait_s = (self._next_ms - self._now_ms()) / 1000
            await self._records.wakes.wait(min(max(wait_s, SHORTEST_S), LOOK_EVERY_S))
        return has_fired

    async def fire(self) -> bool:
        """Fire the timers that are due; answers whether there was one.

        Several workers may decide one timer; the write lets one of them through.
        """
        now_ms = self._now_ms()
        hashes, self._next_ms = await self._records.due(now_ms, BATCH)
        found = await self._records.read(hashes, now_ms)
        for hash in hashes:
            if hash not in found:
                await self._records.drop_timer(hash)
        fences = self._feeds.fences.replica
        outcomes = [self._detection.time(fences, device, now_ms) for device in found.values()]
        changed = [outcome for outcome in outcomes if outcome.is_changed]
        if changed:
            await self._devices.write(changed)
        return bool(changed)

    async def sweep(self) -> bool:
        """Forget devices without a fix for a day, and people whose time is over; end visits to
        fences that were deleted."""
        metrics.set_people(await self._people.by_key())
        subscriptions = await self._records.subscriptions()
        for partition in range(PARTITIONS):
            if await self._people.end(partition, self._now_ms()):
                await self._erased.mark(self._now_ms())
            records = {hash: record async for hash, record in self._records.all_of(partition)}
            if not records:
                continue
            # A record read before this line names no fence that the replica does not have by now.
            is_current = await self._feeds.caught_up()
            now_ms = self._now_ms()
            fences = self._feeds.fences.replica
            for device in (await self._records.unpacked(records)).values():
                if device.is_expired(now_ms):
                    if await self._records.forget(device, subscriptions):
                        await self._erased.mark(now_ms)
                elif is_current and left_behind(fences, device.state):
                    await self._devices.write([self._detection.deletions(fences, device, now_ms)])
        return False

    async def sweep_when_needed(self) -> None:
        """Sweep every minute, and soon after a fence was deleted."""
        self._feeds.fences.listen(self._note)

        async def act() -> bool:
            self._fence_is_deleted.clear()
            await self.sweep()
            try:
                async with asyncio.timeout(SWEEP_S):
                    await self._fence_is_deleted.wait()
            except TimeoutError:
                pass
            return False

        await forever("geofence sweep", 0.2, act)

    def _note(self, change: Change | None) -> None:
        if change is None or change.after is None:
            self._fence_is_deleted.set()

    def _now_ms(self) -> int:
        return round(self._clock().timestamp() * 1000)
