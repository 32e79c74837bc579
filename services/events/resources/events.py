"""Events as readers stream and acknowledge them.

A reader holds a lease on each partition that no other reader of the subscription has. It reads on
from its own position; the cursor in the database follows with the acknowledgements, so that the
next reader begins with the first event that was not acknowledged.
"""

import asyncio
from collections import defaultdict, deque
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import suppress

from enrayon.events.v1 import events_pb2 as pb
from services.chassis import chance
from services.chassis.clock import Clock, steady_s
from services.chassis.errors import InvalidArgument
from services.chassis.tasks import finish
from services.events.convert.names import subscription_id
from services.events.errors import EventsExpired, NotAcknowledged, WrongDelivery
from services.events.model.sources import BY_PARTITION, partitions_for
from services.events.resources.reading import Reading
from services.events.state.delivery import Batch, Delivery, Place, entry_id

BATCH = 200
"""Entries that one read of a partition takes at most."""
POLL_S = 0.1
"""Pause when there was nothing to read."""
BEAT_S = 10.0
"""After so long without an event an empty response is sent. It keeps proxies from closing the
stream, and it ends a reader whose client is gone, since sending to that client fails."""


class Reader:
    """One reader of a subscription."""

    def __init__(
        self,
        delivery: Delivery,
        reading: Reading,
        subscription: pb.Subscription,
        window: int,
        ack_s: float,
        clock: Clock,
    ) -> None:
        """Prepare a reader.

        Args:
            delivery: Cursors and leases.
            reading: Decides which events the subscription gets.
            subscription: The subscription.
            window: The most events of a partition that may wait for their acknowledgement.
            ack_s: How long a reader with waiting events may acknowledge none.
            clock: The server's.
        """
        self._delivery = delivery
        self._reading = reading
        self._subscription = subscription
        self._partitions = partitions_for(subscription.filter.types)
        self._id = subscription_id(subscription.name)
        self._window = window
        self._ack_s = ack_s
        self._clock = clock
        self._holder = chance.token_hex(8)
        self._read: dict[Place, str] = {}
        """The last entry that was read, by partition."""
        self._unacknowledged: defaultdict[Place, deque[str]] = defaultdict(deque)
        """Entries that were sent and not acknowledged, by partition."""
        self._acknowledged_at = steady_s()
        """When the last acknowledgement came, or nothing waited for one."""
        self._skipped: dict[Place, str] = {}
        """The entries up to which cursors were moved, past those that the filter leaves out."""

    async def events(self, *, from_now: bool) -> AsyncGenerator[pb.StreamEventsResponse, None]:
        """Yields the events not acknowledged yet, then those to come.

        The first response is empty, and so is one after each `BEAT_S` without an event.

        Raises:
            EventsExpired: some of the events are no longer kept.
            NotAcknowledged: nothing was acknowledged for too long.
        """
        await self._delivery.begin(self._id, self._partitions, self._now_ms(), from_now=from_now)
        sent_at = float("-inf")
        try:
            while True:
                # A quarter of the lease's duration is used; then it is renewed by the next read.
                until = steady_s() + self._delivery.lease_ms / 4000
                batches = await self._next()
                self._check_acknowledged()
                if steady_s() - sent_at > BEAT_S:
                    yield pb.StreamEventsResponse()
                    sent_at = steady_s()
                found_any = False
                async for response in self._responses(batches, until):
                    found_any = True
                    if response is not None:
                        yield response
                        sent_at = steady_s()
                await self._skip()
                if not found_any:
                    await asyncio.sleep(POLL_S)
        finally:
            with suppress(Exception):
                await finish(self._release())

    async def _responses(
        self, batches: Mapping[Place, Batch], until: float
    ) -> AsyncIterator[pb.StreamEventsResponse | None]:
        """Yields a response for each entry while the leases surely hold; None if it is left out."""
        for place, batch in batches.items():
            told = await self._reading.admitted(self._subscription, place.partition, batch.entries)
            for (id, _), each in zip(batch.entries, told, strict=True):
                if steady_s() > until:
                    return
                self._read[place] = id
                if each is None:
                    yield None
                    continue
                self._unacknowledged[place].append(id)
                token = token_of(place.partition, id)
                yield pb.StreamEventsResponse(event=each.event, ack_token=token)

    async def _release(self) -> None:
        places = [Place(self._id, partition) for partition in self._partitions]
        await self._delivery.release(places, self._holder)

    async def _next(self) -> dict[Place, Batch]:
        """Renew the leases, and read the next entries of the partitions whose lease is held."""
        wanted = {}
        for partition in self._partitions:
            place = Place(self._id, partition)
            room = self._window - len(self._unacknowledged[place])
            wanted[place] = (self._read.get(place, ""), max(0, min(BATCH, room)))
        found = await self._delivery.follow(wanted, self._holder, self._now_ms())
        batches = {}
        for place in wanted:
            batch = found.get(place)
            if batch is None:  # another reader has it; if it comes back, begin with its cursor
                self._read.pop(place, None)
                self._unacknowledged.pop(place, None)
            elif isinstance(batch, Batch):
                self._drop_acknowledged(place, batch.cursor)
                # Another reader that had the partition in between may have moved the cursor on.
                read = self._read.get(place, "0-0")
                self._read[place] = max(read, batch.cursor, key=entry_id)
                batches[place] = batch
            else:
                raise EventsExpired(self._subscription.name)
        return batches

    def _drop_acknowledged(self, place: Place, cursor: str) -> None:
        entries, last = self._unacknowledged[place], entry_id(cursor)
        while entries and entry_id(entries[0]) <= last:
            entries.popleft()
            self._acknowledged_at = steady_s()

    def _check_acknowledged(self) -> None:
        """End a reader that keeps partitions from others and acknowledges nothing."""
        if not any(self._unacknowledged.values()):
            self._acknowledged_at = steady_s()
        elif steady_s() - self._acknowledged_at > self._ack_s:
            raise NotAcknowledged(self._subscription.name, self._ack_s)

    async def _skip(self) -> None:
        """Move cursors past entries that the filter leaves out: nobody will acknowledge them."""
        moves = {
            place: id
            for place, id in self._read.items()
            if not self._unacknowledged[place] and self._skipped.get(place) != id
        }
        if moves:
            await self._delivery.advance(moves)
            self._skipped.update(moves)

    def _now_ms(self) -> int:
        return round(self._clock().timestamp() * 1000)


async def acknowledge(delivery: Delivery, subscription: str, tokens: Sequence[str]) -> None:
    """Acknowledge events, each with all before it in its partition.

    Raises:
        InvalidArgument: a token is not one of this service.
    """
    moves: dict[Place, str] = {}
    for number, token in enumerate(tokens):
        partition, id = parts_of(token, f"ack_tokens[{number}]")
        place = Place(subscription_id(subscription), partition)
        if place not in moves or entry_id(moves[place]) < entry_id(id):
            moves[place] = id
    await delivery.advance(moves)


def check_stream(subscription: pb.Subscription) -> None:
    """Refuse readers of a subscription with a webhook, or of a disabled one.

    Raises:
        WrongDelivery: it is one of these.
    """
    if subscription.HasField("webhook"):
        raise WrongDelivery("the events of this subscription go to its webhook")
    if subscription.disabled:
        raise WrongDelivery("this subscription is disabled")


def token_of(partition: str, id: str) -> str:
    """The token that acknowledges an entry."""
    return f"{partition}-{id}"


def parts_of(token: str, field: str) -> tuple[str, str]:
    """The partition and the entry of a token.

    Raises:
        InvalidArgument: it is not a token of this service.
    """
    partition, _, id = token.partition("-")
    if partition.isdigit():  # as older versions name the partitions of fences
        partition = f"f{partition}"
    milliseconds, _, number = id.partition("-")
    is_entry = all(
        part.isascii() and part.isdigit() and len(part) <= 15 for part in (milliseconds, number)
    )
    if not is_entry or partition not in BY_PARTITION:
        raise InvalidArgument.field(field, "not a token of this service")
    return partition, id
