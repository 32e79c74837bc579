"""Delivers events to webhooks: in order for each subject, tried again for three days.

A subscription in a partition (a place) has one deliverer at a time, which holds its lease. An event
that fails goes to its subject's retry queue, and so do the later events of that subject: no subject
waits for another, and none of its events overtakes another. While an endpoint fails as a whole, its
events wait untried, and one of them at a time is its probe (see model/gates.py).
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

import structlog

from enrayon.events.v1 import events_pb2 as pb
from services.chassis import chance
from services.chassis.clock import Clock, steady_s
from services.chassis.tasks import end
from services.directory.deliveries import queue_subject
from services.directory.feed import Feed
from services.events import metrics
from services.events.convert.names import subscription_id
from services.events.convert.told import Told, kept_event
from services.events.model.gates import GIVE_UP_MS, Gate, delay_ms
from services.events.model.sources import PARTITIONS, partitions_for
from services.events.replica.subscriptions import SubscriptionsReplica
from services.events.resources.owners import Owners
from services.events.resources.reading import Reading
from services.events.settings import EventsSettings
from services.events.state.delivery import Batch, Delivery, Place, QueueHead
from services.events.state.secrets import Secrets
from services.events.worker.webhooks import Posted, Webhooks

POLL_S = 0.1
LOOK_EVERY_S = 5.0
"""Longest wait for a subscription."""
BATCH = 50
"""Entries of a place that one round takes at most."""
AT_ONCE = 16
"""Posts to one endpoint at a time, so that a slow endpoint takes no connection from others."""
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
        return steady_s() > self.until


class Deliverer:
    """Delivers the events of all subscriptions with a webhook."""

    def __init__(
        self,
        delivery: Delivery,
        feed: Feed[SubscriptionsReplica],
        reading: Reading,
        signing: Secrets,
        webhooks: Webhooks,
        disable: Callable[[str], Awaitable[None]],
        owners: Owners,
        settings: EventsSettings,
        clock: Clock,
    ) -> None:
        self._delivery = delivery
        self._feed = feed
        self._reading = reading
        self._secrets = signing
        self._webhooks = webhooks
        self._disable = disable
        self._owners = owners
        # A delivery that begins at the last moment still ends before the lease.
        self._safe_s = 0.8 * (settings.events_lease_s - settings.webhook_timeout_s)
        self._clock = clock
        self._holder = chance.token_hex(8)
        self._jitter = chance.generator()
        self._turns: defaultdict[str, asyncio.Semaphore] = defaultdict(
            lambda: asyncio.Semaphore(AT_ONCE)
        )
        """By subscription."""
        self._gates: defaultdict[tuple[str, str], Gate] = defaultdict(Gate)
        """By endpoint (see `endpoint_of`), which subscriptions may share."""
        self._busy: dict[str, asyncio.Task[bool]] = {}
        self._wanted: frozenset[str] = frozenset()
        """Subscriptions that are delivered to now."""
        self._changed = asyncio.Event()
        feed.listen(lambda _change: self._changed.set())

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
            for id, subscription in tuple(self._feed.replica.by_id.items())
            if subscription.HasField("webhook")
            and not subscription.disabled
            and not await self._owners.suspension(subscription)
        }
        self._wanted = frozenset(wanted)
        # Each has a task of its own: no subscription waits for the slow endpoint of another.
        for id, subscription in wanted.items():
            if id not in self._busy or self._busy[id].done():
                task = self._busy[id] = asyncio.create_task(self._one(id, subscription))
                # A failure that all tasks share is raised once, below.
                task.add_done_callback(lambda done: done.cancelled() or done.exception())
        for id in self._busy.keys() - wanted.keys():
            if self._busy[id].done():
                self._turns.pop(id, None)
                metrics.forget_deliveries(id)
                self._busy.pop(id).result()
        for endpoint in self._gates.keys() - set(map(endpoint_of, wanted.values())):
            del self._gates[endpoint]
        if self._busy:
            await asyncio.wait(self._busy.values(), timeout=POLL_S)
        return any(task.done() and task.result() for task in self._busy.values())

    async def close(self) -> None:
        """End the rounds under way, and give the leases to other workers at once."""
        await end(self._busy.values())
        places = [Place(id, partition) for id in self._busy for partition in PARTITIONS]
        with suppress(Exception):
            await self._delivery.release(places, self._holder)
        await self._webhooks.close()

    async def _one(self, id: str, subscription: pb.Subscription) -> bool:
        """One round of a subscription; answers whether anything was finished with."""
        until = steady_s() + self._safe_s
        partitions = partitions_for(subscription.filter.types)
        places = {Place(id, partition): ("", BATCH) for partition in partitions}
        found = await self._delivery.follow(places, self._holder, self._now_ms())
        batches = {place: batch for place, batch in found.items() if isinstance(batch, Batch)}
        if len(batches) < len(found):
            log.warning("a webhook lost events that were kept too long", subscription=id)
            lost = [place.partition for place in found.keys() - batches.keys()]
            await self._delivery.begin(id, lost, self._now_ms(), from_now=True)
            return False
        now = Round(subscription, await self._secrets.of(id, self._now_ms()), until)
        heads = await self._delivery.due(list(batches), self._now_ms(), BATCH)
        busy = [self._place(now, *each) for each in batches.items() if each[1].entries]
        busy += [self._again(now, each) for each in heads]
        done = await asyncio.gather(*busy)
        return any(done)

    async def _place(self, now: Round, place: Place, batch: Batch) -> bool:
        """Deliver the next events of a place in order; failed ones go to the retry queues."""
        queued = set(batch.queued_subjects)
        gate = self._gates[endpoint_of(now.subscription)]
        admitted = await self._reading.admitted(now.subscription, place.partition, batch.entries)
        last = ""
        for (id, _), told in zip(batch.entries, admitted, strict=True):
            if now.is_over:
                break
            if told is not None:
                subject = queue_subject(told.event.subject)
                posted = None
                if subject not in queued and gate.is_open:
                    posted = await self._post(now, told.event)
                if posted is Posted.NOT_TRIED:
                    break
                if posted is Posted.GONE:
                    await self._disable(now.subscription.name)
                    return False
                if posted is not Posted.ACCEPTED:
                    queued.add(subject)
                    again_ms = self._now_ms() + (self._delay_ms(1) if posted else 0)
                    # Queued before the next post: after a crash no later event is delivered first.
                    if not await self._settle(place, id, [(subject, told)], again_ms):
                        return False
            last = id
        if last:
            await self._settle(place, last, [], 0)
        return bool(last)

    async def _settle(
        self, place: Place, last: str, failed: list[tuple[str, Told]], again_ms: int
    ) -> bool:
        events = [(subject, told.kept) for subject, told in failed]
        return await self._delivery.settle(place, self._holder, last, events, again_ms)

    async def _again(self, now: Round, head: QueueHead) -> bool:
        """Try the first event of a retry queue again; while the endpoint fails, only as a probe."""
        now_ms = self._now_ms()
        event = kept_event(head.place.partition, head.event) if head.event else None
        # Its device was erased meanwhile, it cannot be read, or its time is over.
        if event is None or self._reading.is_expired(event):
            await self._delivery.retried(head, self._holder, "ok", now_ms)
            return False
        if head.tries and now_ms - event.time.ToMilliseconds() > GIVE_UP_MS:
            reason = "the attempts are over"
            await self._delivery.retried(head, self._holder, "dead", now_ms, reason)
            return False
        gate = self._gates[endpoint_of(now.subscription)]
        is_probe = not gate.is_open
        # Asked before any wait: so the event that is due for longest is the probe.
        if not gate.lets_through(now_ms, event.subject):
            return False
        try:
            await self._reading.add_known(now.subscription, head.place.partition, [event])
            posted = await self._post(now, event, is_probe=is_probe)
        finally:
            if is_probe:
                gate.probed()
        if posted is Posted.NOT_TRIED:
            return False
        metrics.RETRIES.labels(head.place.subscription).inc()
        if posted is Posted.GONE:
            await self._disable(now.subscription.name)
            return False
        now_ms = self._now_ms()
        if posted is Posted.ACCEPTED:
            return await self._delivery.retried(head, self._holder, "ok", now_ms)
        # While the whole endpoint fails the subject stays due: another one is the next probe.
        if is_probe and posted is Posted.FAILED:
            await self._delivery.retried(head, self._holder, "probed", now_ms)
        else:
            delay = self._delay_ms(head.tries + 1)
            await self._delivery.retried(head, self._holder, "later", now_ms + delay)
        return False

    async def _post(self, now: Round, event: pb.Event, *, is_probe: bool = False) -> Posted:
        id, uri = subscription_id(now.subscription.name), now.subscription.webhook.uri
        gate = self._gates[endpoint_of(now.subscription)]
        async with self._turns[id]:
            if now.is_over or id not in self._wanted:
                return Posted.NOT_TRIED
            posted = await self._webhooks.post(uri, event, now.secrets)
        if posted is Posted.FAILED:
            gate.failed(self._now_ms(), event.subject, is_probe=is_probe)
        else:
            gate.opened()
        if posted is Posted.ACCEPTED:
            metrics.DELIVERED.labels(id).inc()
        return posted

    def _delay_ms(self, tries: int) -> int:
        return delay_ms(tries, self._jitter)

    def _now_ms(self) -> int:
        return round(self._clock().timestamp() * 1000)


def endpoint_of(subscription: pb.Subscription) -> tuple[str, str]:
    """What a gate stands for: an address, as one owner's events are answered there.

    So nobody shuts the endpoint of another by sending events there that it fails at.
    """
    return subscription.owner, subscription.webhook.uri
