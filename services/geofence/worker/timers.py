"""Dwells, delayed exits and trips whose time has come; visits to fences that are no more."""

import asyncio

from services.chassis.clock import Clock
from services.chassis.loops.forever import forever
from services.geofence.detection import Detection
from services.geofence.feeds import Feeds
from services.geofence.model.partitions import PARTITIONS
from services.geofence.positions import Positions
from services.geofence.state.devices import Devices, is_old
from services.geofence.state.erased import Erased

TIMERS_S = 0.2
SWEEP_S = 60.0
BATCH = 50


class Timers:
    """Tells what nobody's fix tells."""

    def __init__(
        self,
        devices: Devices,
        positions: Positions,
        detection: Detection,
        feeds: Feeds,
        erased: Erased,
        clock: Clock,
    ) -> None:
        self._devices = devices
        self._positions = positions
        self._detection = detection
        self._feeds = feeds
        self._erased = erased
        self._clock = clock
        self._gone = asyncio.Event()

    async def fire(self) -> bool:
        """Tell what is due by now; whether there was anything."""
        await self._feeds.ready()
        now_ms = self._now_ms()
        hashes = await self._devices.due(now_ms, BATCH)
        found = await self._devices.read(hashes, now_ms)
        for hash in hashes:
            if hash not in found:
                await self._devices.drop_timer(hash)
        book = self._feeds.fences.replica
        outcomes = [self._detection.time(book, device, now_ms) for device in found.values()]
        changed = [outcome for outcome in outcomes if outcome.is_changed]
        if changed:
            await self._positions.write(changed)
        return bool(changed)

    async def sweep(self) -> bool:
        """Forget devices not heard of for a day; end visits to fences that are no more."""
        await self._feeds.ready()
        for partition in range(PARTITIONS):
            records = [each async for each in self._devices.all_of(partition)]
            if not records:
                continue
            # Whatever fence a record names was there before it was read.
            is_current = await self._feeds.caught_up()
            now_ms = self._now_ms()
            book = self._feeds.fences.replica
            for hash, record in records:
                device = await self._devices.known(hash, record)
                if device is None:
                    continue
                if is_old(record, now_ms):
                    subscriptions = list(self._feeds.subscriptions.replica.by_id)
                    if await self._devices.forget(device, subscriptions):
                        await self._erased.mark(now_ms)
                elif is_current and any(v.fence_id not in book.fences for v in device.state.visits):
                    outcome = self._detection.deletions(book, device, now_ms)
                    await self._positions.write([outcome])
        return False

    async def sweep_when_needed(self) -> None:
        """Sweep every minute, and soon after a fence was deleted."""
        await self._feeds.ready()
        self._feeds.fences.listen(lambda change: self._note(change is None or change.after is None))

        async def act() -> bool:
            self._gone.clear()
            await self.sweep()
            try:
                async with asyncio.timeout(SWEEP_S):
                    await self._gone.wait()
            except TimeoutError:
                pass
            return False

        await forever("geofence sweep", 0.2, act)

    def _note(self, is_gone: bool) -> None:
        if is_gone:
            self._gone.set()

    def _now_ms(self) -> int:
        return round(self._clock().timestamp() * 1000)
