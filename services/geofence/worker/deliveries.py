"""Delivers events to webhooks: in order for each device, tried again for three days.

A subscription in a partition (a place) has one deliverer at a time, which holds its lease. An event
that fails goes to its subject's retry queue, and so do the later events of that subject: no subject
waits for another, and none of its events overtakes another.
"""

import asyncio
import random
import secrets
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

import structlog

from enrayon.geofence.v1 import geofence_pb2 as pb
from services.chassis.clock import Clock
from services.chassis.tasks import end
from services.geofence import metrics
from services.geofence.convert.names import subject_in, subscription_id
from services.geofence.model.matching import admits, delay_ms
from services.geofence.model.partitions import PARTITIONS
from services.geofence.replica.feeds import Feeds
from services.geofence.settings import GeofenceSettings
from services.geofence.state.delivery import Batch, Delivery, Place, QueueHead
from services.geofence.state.events import read_event
from services.geofence.state.secrets import Secrets
from services.geofence.worker.webhooks import Posted, Webhooks

POLL_S = 0.1
LOOK_EVERY_S = 5.0
"""Longest wait for a subscription."""
BATCH = 50
"""Entries of a place that one round takes at most."""
AT_ONCE = 16
"""Posts to one endpoint at a time, so that a slow endpoint takes no connection from others."""
PAUSE_S = (1.0, 30.0)
"""First and longest pause of an endpoint that failed; each is twice the one before. During a pause
its events go to the retry queues untried."""

log = structlog.get_logger()


@dataclass(frozen=True)
class Round:
    """One round of deliveries of a subscription."""

    subscription: pb.Subscription
    secrets: list[str]
    until: float
    """While its leases surely hold."""

    @property
    def is_over(self) -> bool:
        """True if no further delivery may begin."""
        return time.monotonic() > self.until


class Deliverer:
    """Delivers the events of all subscriptions with a webhook."""

    def __init__(
        self,
        delivery: Delivery,
        feeds: Feeds,
        signing: Secrets,
        webhooks: Webhooks,
        disable: Callable[[str], Awaitable[None]],
        settings: GeofenceSettings,
        clock: Clock,
    ) -> None:
        self._delivery = delivery
        self._feeds = feeds
        self._secrets = signing
        self._webhooks = webhooks
        self._disable = disable
        # A delivery that begins at the last moment still ends before the lease.
        self._safe_s = 0.8 * (settings.geofence_lease_s - settings.webhook_timeout_s)
        self._clock = clock
        self._holder = secrets.token_hex(8)
        self._jitter = random.Random()
        self._turns: defaultdict[str, asyncio.Semaphore] = defaultdict(
            lambda: asyncio.Semaphore(AT_ONCE)
        )
        self._pauses: dict[str, tuple[float, float]] = {}
        """By subscription whose endpoint failed: end and length of its pause."""
        self._busy: dict[str, asyncio.Task[bool]] = {}
        self._changed = asyncio.Event()
        feeds.subscriptions.listen(lambda _change: self._changed.set())

    async def run(self) -> bool:
        """Deliver; without a subscription with a webhook, wait until one changes."""
        self._changed.clear()
        is_more = await self.deliver()
        if not self._busy:
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_EVERY_S):
                    await self._changed.wait()
        return is_more

    async def deliver(self) -> bool:
        """Deliver for all subscriptions side by side; answers whether anything was delivered."""
        wanted = {
            id: subscription
            for id, subscription in self._feeds.subscriptions.replica.by_id.items()
            if subscription.HasField("webhook") and not subscription.disabled
        }
        # Each has a task of its own: no subscription waits for the slow endpoint of another.
        for id, subscription in wanted.items():
            if id not in self._busy or self._busy[id].done():
                task = self._busy[id] = asyncio.create_task(self._one(id, subscription))
                # A failure that all tasks share is raised once, below.
                task.add_done_callback(lambda done: done.cancelled() or done.exception())
        for id in self._busy.keys() - wanted.keys():
            if self._busy[id].done():
                for memory in (self._turns, self._pauses):
                    memory.pop(id, None)
                metrics.forget_deliveries(id)
                self._busy.pop(id).result()
        if self._busy:
            await asyncio.wait(self._busy.values(), timeout=POLL_S)
        return any(task.done() and task.result() for task in self._busy.values())

    async def close(self) -> None:
        """End the rounds under way, and give the leases to other workers at once."""
        await end(self._busy.values())
        places = [Place(id, partition) for id in self._busy for partition in range(PARTITIONS)]
        with suppress(Exception):
            await self._delivery.release(places, self._holder)
        await self._webhooks.close()

    async def _one(self, id: str, subscription: pb.Subscription) -> bool:
        """One round of a subscription; answers whether anything was finished with."""
        until = time.monotonic() + self._safe_s
        places = {Place(id, partition): ("", BATCH) for partition in range(PARTITIONS)}
        found = await self._delivery.follow(places, self._holder, self._now_ms())
        batches = {place: batch for place, batch in found.items() if isinstance(batch, Batch)}
        if len(batches) < len(found):
            log.warning("a webhook lost events that were kept too long", subscription=id)
            await self._delivery.begin(id, self._now_ms(), from_now=True)
            return False
        now = Round(subscription, await self._secrets.of(id, self._now_ms()), until)
        busy = [self._place(now, *each) for each in batches.items() if each[1].entries]
        heads = await self._delivery.due(list(batches), self._now_ms(), BATCH)
        busy += [self._again(now, each) for each in heads]
        done = await asyncio.gather(*busy)
        return any(done)

    async def _place(self, now: Round, place: Place, batch: Batch) -> bool:
        """Deliver the next events of a place in order; failed ones go to the retry queues."""
        queued = set(batch.queued_subjects)
        last = ""
        for id, encoded in batch.entries:
            if now.is_over:
                break
            event = read_event(encoded, place.subscription)
            if event is not None and admits(now.subscription.filter, event):
                subject = subject_in(event.subject)
                posted = Posted.FAILED
                if subject not in queued and not self._is_paused(place.subscription):
                    posted = await self._post(now, event)
                if posted is Posted.NOT_TRIED:
                    break
                if posted is Posted.GONE:
                    await self._disable(now.subscription.name)
                    return False
                if posted is Posted.FAILED:
                    queued.add(subject)
                    # Queued before the next post: after a crash no later event is delivered first.
                    if not await self._settle(place, id, [(subject, encoded)]):
                        return False
            last = id
        if last:
            await self._settle(place, last, [])
        return bool(last)

    async def _settle(self, place: Place, last: str, failed: list[tuple[str, bytes]]) -> bool:
        again_ms = self._now_ms() + (delay_ms(1, self._jitter) or 0)
        return await self._delivery.settle(place, self._holder, last, failed, again_ms)

    async def _again(self, now: Round, head: QueueHead) -> bool:
        """Try the first event of a retry queue again."""
        id = head.place.subscription
        event = read_event(head.event, id) if head.event else None
        if event is None:  # its device was erased meanwhile, or it cannot be read
            await self._delivery.retried(head, self._holder, "ok", self._now_ms())
            return False
        posted = await self._post(now, event)
        if posted is Posted.NOT_TRIED:
            return False
        metrics.RETRIES.labels(id).inc()
        if posted is Posted.GONE:
            await self._disable(now.subscription.name)
            return False
        now_ms = self._now_ms()
        if posted is Posted.ACCEPTED:
            return await self._delivery.retried(head, self._holder, "ok", now_ms)
        delay = delay_ms(head.tries + 1, self._jitter)
        if delay is None:
            reason = "the attempts are over"
            await self._delivery.retried(head, self._holder, "dead", now_ms, reason)
        else:
            await self._delivery.retried(head, self._holder, "later", now_ms + delay)
        return False

    async def _post(self, now: Round, event: pb.FenceEvent) -> Posted:
        id = subscription_id(now.subscription.name)
        async with self._turns[id]:
            if now.is_over:
                return Posted.NOT_TRIED
            posted = await self._webhooks.post(now.subscription.webhook.uri, event, now.secrets)
        if posted is Posted.ACCEPTED:
            metrics.DELIVERED.labels(id).inc()
            self._pauses.pop(id, None)
        else:
            _, before = self._pauses.get(id, (0.0, PAUSE_S[0] / 2))
            pause = min(before * 2, PAUSE_S[1])
            self._pauses[id] = (time.monotonic() + pause, pause)
        return posted

    def _is_paused(self, id: str) -> bool:
        until, _ = self._pauses.get(id, (0.0, 0.0))
        return time.monotonic() < until

    def _now_ms(self) -> int:
        return round(self._clock().timestamp() * 1000)
