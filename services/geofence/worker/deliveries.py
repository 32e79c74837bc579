"""Deliveries to webhooks: in order for each device, tried again for three days."""

import asyncio
import random
import secrets
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

import structlog
from prometheus_client import Counter

from enrayon.geofence.v1 import geofence_pb2 as pb
from services.chassis.clock import Clock
from services.chassis.tasks import end
from services.geofence.feeds import Feeds
from services.geofence.model.matching import admits, delay_ms
from services.geofence.model.partitions import PARTITIONS
from services.geofence.settings import GeofenceSettings
from services.geofence.state.delivery import Batch, Delivery, Place, Waiting
from services.geofence.state.events import read_event
from services.geofence.state.secrets import Secrets
from services.geofence.webhooks import Posted, Webhooks

POLL_S = 0.1
BATCH = 50
AT_ONCE = 16
"""Posts to one endpoint side by side: a slow one takes no connection from another."""
REST_S = (1.0, 30.0)
"""After a failure an endpoint is left alone for so long, doubling: events go to its queue."""

RETRIES = Counter("enrayon_geofence_retries", "Attempts after the first.", ["subscription"])
DELIVERED = Counter("enrayon_geofence_delivered", "Events that were taken.", ["subscription"])

log = structlog.get_logger()


@dataclass(frozen=True)
class Round:
    """What the deliveries of one subscription go by while its leases surely hold."""

    subscription: pb.Subscription
    secrets: list[str]
    until: float

    @property
    def is_over(self) -> bool:
        """Whether no delivery may begin any more."""
        return time.monotonic() > self.until


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
        # A delivery begun at the last moment ends before the lease does.
        self._safe_s = 0.8 * (settings.geofence_lease_s - settings.webhook_timeout_s)
        self._clock = clock
        self._holder = secrets.token_hex(8)
        self._spread = random.Random()
        self._turns: defaultdict[str, asyncio.Semaphore] = defaultdict(
            lambda: asyncio.Semaphore(AT_ONCE)
        )
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
                task = self._busy[id] = asyncio.create_task(self._one(id, subscription))
                # What several fail by at once is raised once, below.
                task.add_done_callback(lambda done: done.cancelled() or done.exception())
        for id in self._busy.keys() - wanted.keys():
            if self._busy[id].done():
                for memory in (self._turns, self._rest):
                    memory.pop(id, None)
                for counter in (RETRIES, DELIVERED):
                    counter.remove(id)
                self._busy.pop(id).result()
        if self._busy:
            await asyncio.wait(self._busy.values(), timeout=POLL_S)
        return any(task.done() and task.result() for task in self._busy.values())

    async def close(self) -> None:
        """End what is under way, and let another worker take over at once."""
        await end(self._busy.values())
        places = [Place(id, partition) for id in self._busy for partition in range(PARTITIONS)]
        with suppress(Exception):
            await self._delivery.release(places, self._holder)
        await self._webhooks.close()

    async def _one(self, id: str, subscription: pb.Subscription) -> bool:
        until = time.monotonic() + self._safe_s
        places = {Place(id, partition): ("", BATCH) for partition in range(PARTITIONS)}
        found = await self._delivery.follow(places, self._holder, self._now_ms())
        batches = {place: batch for place, batch in found.items() if isinstance(batch, Batch)}
        if len(batches) < len(found):
            log.warning("a webhook lost events that were kept too long", subscription=id)
            await self._delivery.begin(id, self._now_ms(), anew=True)
            return False
        now = Round(subscription, await self._secrets.of(id, self._now_ms()), until)
        busy = [self._place(now, *each) for each in batches.items() if each[1].entries]
        waiting = await self._delivery.waiting(list(batches), self._now_ms(), BATCH)
        busy += [self._again(now, each) for each in waiting]
        done = await asyncio.gather(*busy)
        return any(done)

    async def _place(self, now: Round, place: Place, batch: Batch) -> bool:
        """Deliver a partition's next events in order; what fails goes to its subject's queue."""
        held = set(batch.held)
        last = ""
        for id, encoded in batch.entries:
            if now.is_over:
                break
            event = read_event(encoded, place.subscription)
            if event is not None and admits(now.subscription.filter, event):
                subject = event.subject.removeprefix("devices/")
                posted = Posted.FAILED
                if subject not in held and not self._rests(place.subscription):
                    posted = await self._post(now, event)
                if posted is Posted.NOT_TRIED:
                    break
                if posted is Posted.GONE:
                    await self._disable(now.subscription.name)
                    return False
                if posted is Posted.FAILED:
                    held.add(subject)
                    # At once: a crash must not deliver what follows before what failed.
                    if not await self._settle(place, id, [(subject, encoded)]):
                        return False
            last = id
        if last:
            await self._settle(place, last, [])
        return bool(last)

    async def _settle(self, place: Place, last: str, failed: list[tuple[str, bytes]]) -> bool:
        again_ms = self._now_ms() + (delay_ms(1, self._spread) or 0)
        return await self._delivery.settle(place, self._holder, last, failed, again_ms)

    async def _again(self, now: Round, waiting: Waiting) -> bool:
        """Try a subject's first waiting event once more."""
        event = read_event(waiting.event, waiting.place.subscription) if waiting.event else None
        if event is None:  # erased meanwhile, or not to be read
            await self._delivery.retried(waiting, self._holder, "ok", self._now_ms())
            return False
        posted = await self._post(now, event)
        if posted is Posted.NOT_TRIED:
            return False
        RETRIES.labels(waiting.place.subscription).inc()
        if posted is Posted.GONE:
            await self._disable(now.subscription.name)
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

    async def _post(self, now: Round, event: pb.FenceEvent) -> Posted:
        id = now.subscription.name.partition("/")[2]
        async with self._turns[id]:
            if now.is_over:
                return Posted.NOT_TRIED
            posted = await self._webhooks.post(now.subscription.webhook.uri, event, now.secrets)
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
