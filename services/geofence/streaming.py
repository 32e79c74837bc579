"""Events as a reader streams them: from all partitions that no other reader has, acknowledged."""

import asyncio
import secrets
import time
from collections import defaultdict, deque
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import suppress

from enrayon.geofence.v1 import geofence_pb2 as pb
from services.chassis.clock import Clock
from services.chassis.errors import InvalidArgument
from services.chassis.tasks import finish
from services.geofence.errors import EventsExpired, NotAcknowledged, WrongDelivery
from services.geofence.model.matching import admits
from services.geofence.model.partitions import PARTITIONS
from services.geofence.state.delivery import Batch, Delivery, Place, position
from services.geofence.state.events import read_event

BATCH = 200
POLL_S = 0.1
BEAT_S = 10.0
"""After so long without an event an empty answer says that the stream is alive: proxies keep it
open, and a reader whose client has gone ends at once, since nothing can be sent to nobody."""


class Reader:
    """One reader of a subscription."""

    def __init__(
        self,
        delivery: Delivery,
        subscription: pb.Subscription,
        window: int,
        ack_s: float,
        clock: Clock,
    ) -> None:
        self._delivery = delivery
        self._subscription = subscription
        self._id = subscription.name.partition("/")[2]
        self._window = window
        self._ack_s = ack_s
        self._clock = clock
        self._holder = secrets.token_hex(8)
        self._read: dict[Place, str] = {}
        """Up to where each partition was read."""
        self._sent: defaultdict[Place, deque[str]] = defaultdict(deque)
        """Entries that were told and are not acknowledged yet."""
        self._heard = time.monotonic()
        """When an acknowledgement came last, or nothing waited for one."""
        self._passed: dict[Place, str] = {}
        """Up to where cursors were moved past what the filter leaves out."""

    async def events(self, *, from_now: bool) -> AsyncGenerator[pb.StreamEventsResponse, None]:
        """The events not acknowledged yet, then those to come; first an empty answer, and one
        whenever there was nothing to tell for a while.

        Raises:
            EventsExpired: some of them are no longer kept.
            NotAcknowledged: nothing was acknowledged for too long.
        """
        await self._delivery.begin(self._id, self._now_ms(), anew=from_now)
        told = float("-inf")
        try:
            while True:
                # A lease is used for a part of its time: then it is renewed before anything more.
                until = time.monotonic() + self._delivery.lease_ms / 4000
                batches = await self._next()
                self._check_heard()
                if time.monotonic() - told > BEAT_S:
                    yield pb.StreamEventsResponse()
                    told = time.monotonic()
                busy = False
                for response in self._responses(batches, until):
                    busy = True
                    if response is not None:
                        yield response
                        told = time.monotonic()
                await self._pass_over()
                if not busy:
                    await asyncio.sleep(POLL_S)
        finally:
            with suppress(Exception):
                await finish(self._release())

    def _responses(
        self, batches: Mapping[Place, Batch], until: float
    ) -> Iterator[pb.StreamEventsResponse | None]:
        """What the entries tell while the leases surely hold; None for those left out."""
        for place, batch in batches.items():
            for id, encoded in batch.entries:
                if time.monotonic() > until:
                    return
                self._read[place] = id
                event = read_event(encoded, self._id)
                if event is None or not admits(self._subscription.filter, event):
                    yield None
                    continue
                self._sent[place].append(id)
                yield pb.StreamEventsResponse(event=event, ack_token=token_of(place.partition, id))

    async def _release(self) -> None:
        places = [Place(self._id, partition) for partition in range(PARTITIONS)]
        await self._delivery.release(places, self._holder)

    async def _next(self) -> dict[Place, Batch]:
        wanted = {}
        for partition in range(PARTITIONS):
            place = Place(self._id, partition)
            room = self._window - len(self._sent[place])
            wanted[place] = (self._read.get(place, ""), max(0, min(BATCH, room)))
        found = await self._delivery.follow(wanted, self._holder, self._now_ms())
        batches = {}
        for place in wanted:
            batch = found.get(place)
            if batch is None:  # another has it: begin with its cursor should it come back
                self._read.pop(place, None)
                self._sent.pop(place, None)
            elif isinstance(batch, Batch):
                sent, cursor = self._sent[place], position(batch.cursor)
                while sent and position(sent[0]) <= cursor:
                    sent.popleft()
                    self._heard = time.monotonic()
                # Another that had it in between may have come farther.
                self._read[place] = max(self._read.get(place, "0-0"), batch.cursor, key=position)
                batches[place] = batch
            else:
                raise EventsExpired(self._subscription.name)
        return batches

    def _check_heard(self) -> None:
        """End who acknowledges nothing, or left its call without ending it: it keeps others out."""
        if not any(self._sent.values()):
            self._heard = time.monotonic()
        elif time.monotonic() - self._heard > self._ack_s:
            raise NotAcknowledged(self._subscription.name, self._ack_s)

    async def _pass_over(self) -> None:
        """Move cursors past what the filter leaves out, where nothing is to be acknowledged."""
        moves = {
            place: id
            for place, id in self._read.items()
            if not self._sent[place] and self._passed.get(place) != id
        }
        if moves:
            await self._delivery.advance(moves)
            self._passed.update(moves)

    def _now_ms(self) -> int:
        return round(self._clock().timestamp() * 1000)


async def acknowledge(delivery: Delivery, name: str, tokens: Sequence[str]) -> None:
    """Acknowledge events, each with those before it in its partition.

    Raises:
        InvalidArgument: a token is not one of ours.
    """
    moves: dict[Place, str] = {}
    for number, token in enumerate(tokens):
        partition, id = parts_of(token, f"ack_tokens[{number}]")
        place = Place(name.partition("/")[2], partition)
        if place not in moves or position(moves[place]) < position(id):
            moves[place] = id
    await delivery.advance(moves)


def check_stream(subscription: pb.Subscription) -> None:
    """Refuse a reader of what is posted to a webhook, or of what is disabled."""
    if subscription.HasField("webhook"):
        raise WrongDelivery("the events of this subscription go to its webhook")
    if subscription.disabled:
        raise WrongDelivery("this subscription is disabled")


def token_of(partition: int, id: str) -> str:
    """What acknowledges an entry."""
    return f"{partition:02}-{id}"


def parts_of(token: str, field: str) -> tuple[int, str]:
    """The partition and the entry of a token.

    Raises:
        InvalidArgument: it is not one of ours.
    """
    partition, _, id = token.partition("-")
    milliseconds, _, number = id.partition("-")
    digits = (partition, milliseconds, number)
    if not all(part.isascii() and part.isdigit() and len(part) <= 15 for part in digits):
        raise InvalidArgument.field(field, "not a token of this service")
    if int(partition) >= PARTITIONS:
        raise InvalidArgument.field(field, "not a token of this service")
    return int(partition), id
