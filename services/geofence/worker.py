"""The loops that `enrayon work` runs: timers, webhooks, and what keeps everything bounded."""

import asyncio
import random
import secrets
import time
from collections.abc import Awaitable, Callable

import structlog
from prometheus_client import Counter, Gauge

from enrayon.geofence.v1 import geofence_pb2 as pb
from services.chassis.clock import Clock
from services.chassis.loops import forever
from services.chassis.tasks import end
from services.geofence.detection import Detection
from services.geofence.feeds import Feeds
from services.geofence.model.devices import unpack
from services.geofence.model.matching import admits, delay_ms
from services.geofence.model.partitions import PARTITIONS
from services.geofence.positions import Positions
from services.geofence.settings import GeofenceSettings
from services.geofence.state.delivery import Batch, Delivery, Place, Waiting
from services.geofence.state.devices import Devices, is_old
from services.geofence.state.secrets import Secrets
from services.geofence.webhooks import Posted, Webhooks

TIMERS_S = 0.2
POLL_S = 0.1
TRIM_S = 2.0
SWEEP_S = 60.0
FIGURES_S = 15.0
BATCH = 50
SAFE_S = 4.0
"""So long after a lease was taken no delivery begins; one takes 15 seconds at most, a lease 20."""
REST_S = (1.0, 30.0)
"""After a failure an endpoint is left alone for so long, doubling: events go to its queue."""

FIGURES = {
    name: Gauge(f"enrayon_geofence_{name}", text, ["subscription"])
    for name, text in (
        ("lag", "Events that a subscription has not done with (100 a partition are counted)."),
        ("queued", "Events that wait for another attempt."),
        ("dead", "Dead letters."),
        ("oldest_s", "Age of the oldest event that a subscription has not done with."),
    )
}
RETRIES = Counter("enrayon_geofence_retries", "Attempts after the first.", ["subscription"])
DELIVERED = Counter("enrayon_geofence_delivered", "Events that were taken.", ["subscription"])
EXPIRED = Counter("enrayon_geofence_expired", "Places of subscriptions that expired.")

log = structlog.get_logger()


class Timers:
    """Dwells, delayed exits and trips whose time has come; visits to fences that are no more."""

    def __init__(
        self,
        devices: Devices,
        positions: Positions,
        detection: Detection,
        feeds: Feeds,
        clock: Clock,
    ) -> None:
        self._devices = devices
        self._positions = positions
        self._detection = detection
        self._feeds = feeds
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
                device = unpack(hash, record)
                if is_old(record, now_ms):
                    await self._devices.forget(
                        device, list(self._feeds.subscriptions.replica.by_id)
                    )
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


class Deliverer:
    """Posts events to webhooks: each subscription and partition by one deliverer at a time."""

    def __init__(
        self,
        delivery: Delivery,
        feeds: Feeds,
        keys: Secrets,
        webhooks: Webhooks,
        disable: Callable[[str], Awaitable[None]],
        settings: GeofenceSettings,
        clock: Clock,
    ) -> None:
        self._delivery = delivery
        self._feeds = feeds
        self._secrets = keys
        self._webhooks = webhooks
        self._disable = disable
        self._settings = settings
        self._clock = clock
        self._holder = secrets.token_hex(8)
        self._spread = random.Random()
        self._rest: dict[str, tuple[float, float]] = {}
        """Of an endpoint that failed: until when it is left alone, and for how long that was."""
        self._busy: dict[str, asyncio.Task[bool]] = {}

    async def deliver(self) -> bool:
        """Deliver what there is, for all subscriptions side by side; whether there was anything."""
        await self._feeds.ready()
        wanted = {
            id: subscription
            for id, subscription in self._feeds.subscriptions.replica.by_id.items()
            if subscription.HasField("webhook") and not subscription.disabled
        }
        # A slow endpoint goes on by itself, and the others do not wait for it.
        for id, subscription in wanted.items():
            if id not in self._busy or self._busy[id].done():
                self._busy[id] = asyncio.create_task(self._one(id, subscription))
        for id in self._busy.keys() - wanted.keys():
            if self._busy[id].done():
                self._busy.pop(id).result()
        if self._busy:
            await asyncio.wait(self._busy.values(), timeout=POLL_S)
        return any(task.done() and task.result() for task in self._busy.values())

    async def close(self) -> None:
        """End what is under way."""
        await end(self._busy.values())
        await self._webhooks.close()

    async def trim(self) -> bool:
        """Drop events that nobody needs; expire subscriptions that nobody looks after."""
        settings = self._settings
        dropped, expired = await self._delivery.trim(
            self._now_ms(), round(settings.geofence_idle_s * 1000), settings.geofence_backlog
        )
        EXPIRED.inc(expired)
        return dropped > 0

    async def measure(self) -> bool:
        """Set the metrics of each subscription."""
        await self._feeds.ready()
        for id in list(self._feeds.subscriptions.replica.by_id):
            for name, value in (await self._delivery.figures(id, self._now_ms())).items():
                FIGURES[name].labels(id).set(value)
        return False

    async def _one(self, id: str, subscription: pb.Subscription) -> bool:
        until = time.monotonic() + SAFE_S
        places = {Place(id, partition): ("", BATCH) for partition in range(PARTITIONS)}
        found = await self._delivery.follow(places, self._holder, self._now_ms())
        batches = {place: batch for place, batch in found.items() if isinstance(batch, Batch)}
        for batch in found.values():
            if not isinstance(batch, Batch):
                log.warning("a webhook lost events that were kept too long", subscription=id)
                await self._delivery.begin(id, self._now_ms(), anew=True)
                return False
        keys = await self._secrets.of(id, self._now_ms())
        busy = [
            self._place(place, batch, subscription, keys, until)
            for place, batch in batches.items()
            if batch.entries
        ]
        waiting = await self._delivery.waiting(list(batches), self._now_ms(), BATCH)
        busy += [self._again(each, subscription, keys, until) for each in waiting]
        done = await asyncio.gather(*busy)
        return any(done)

    async def _place(
        self,
        place: Place,
        batch: Batch,
        subscription: pb.Subscription,
        keys: list[str],
        until: float,
    ) -> bool:
        """Deliver a partition's next events in order; what fails goes to its subject's queue."""
        held = set(batch.held)
        failed: list[tuple[str, bytes]] = []
        last = ""
        for id, encoded in batch.entries:
            if time.monotonic() > until:
                break
            event = pb.FenceEvent.FromString(encoded)
            subject = event.subject.removeprefix("devices/")
            if admits(subscription.filter, event):
                if subject in held or self._rests(place.subscription):
                    posted = Posted.FAILED
                else:
                    posted = await self._post(subscription, event, keys)
                if posted is Posted.GONE:
                    await self._disable(subscription.name)
                    return False
                if posted is Posted.FAILED:
                    held.add(subject)
                    failed.append((subject, encoded))
            last = id
            if failed:
                # At once: a crash must not deliver what follows before what failed.
                if not await self._settle(place, last, failed):
                    return False
                failed = []
        if last:
            await self._settle(place, last, failed)
        return bool(last)

    async def _settle(self, place: Place, last: str, failed: list[tuple[str, bytes]]) -> bool:
        again_ms = self._now_ms() + (delay_ms(1, self._spread) or 0)
        return await self._delivery.settle(place, self._holder, last, failed, again_ms)

    async def _again(
        self, waiting: Waiting, subscription: pb.Subscription, keys: list[str], until: float
    ) -> bool:
        """Try a subject's first waiting event once more."""
        if not waiting.event:  # erased meanwhile
            await self._delivery.retried(waiting, self._holder, "ok", self._now_ms())
            return False
        if time.monotonic() > until:
            return False
        event = pb.FenceEvent.FromString(waiting.event)
        RETRIES.labels(waiting.place.subscription).inc()
        posted = await self._post(subscription, event, keys)
        if posted is Posted.GONE:
            await self._disable(subscription.name)
            return False
        now_ms = self._now_ms()
        if posted is Posted.TAKEN:
            return await self._delivery.retried(waiting, self._holder, "ok", now_ms)
        delay = delay_ms(waiting.tries + 1, self._spread)
        if delay is None:
            reason = "the attempts are over"
            await self._delivery.retried(waiting, self._holder, "dead", now_ms, reason)
        else:
            await self._delivery.retried(waiting, self._holder, "later", now_ms + delay)
        return False

    async def _post(
        self, subscription: pb.Subscription, event: pb.FenceEvent, keys: list[str]
    ) -> Posted:
        id = subscription.name.partition("/")[2]
        posted = await self._webhooks.post(subscription.webhook.uri, event, keys)
        if posted is Posted.TAKEN:
            DELIVERED.labels(id).inc()
            self._rest.pop(id, None)
        else:
            _, before = self._rest.get(id, (0.0, REST_S[0] / 2))
            rest = min(before * 2, REST_S[1])
            self._rest[id] = (time.monotonic() + rest, rest)
        return posted

    def _rests(self, id: str) -> bool:
        until, _ = self._rest.get(id, (0.0, 0.0))
        return time.monotonic() < until

    def _now_ms(self) -> int:
        return round(self._clock().timestamp() * 1000)
