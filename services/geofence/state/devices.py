"""Records of devices in the database: read many, change those that nobody else changed."""

import math
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import orjson
import redis.exceptions
import structlog
from numpy.typing import NDArray

from services.chassis.database.client import Calls, Client, Value, grouped_script, script
from services.chassis.database.replication import replicated_many_script
from services.chassis.database.wakes import Wakes
from services.chassis.errors import QuotaExceeded
from services.directory.deliveries import (
    SubscriptionKeys,
    erase_dead_letters,
    queue_key,
    subscriptions_in,
)
from services.directory.events import HARD_LIMIT, partitions
from services.directory.orders import ERASED
from services.geofence.errors import BacklogFull, WrongPartitions
from services.geofence.model import trips
from services.geofence.model.devices import HASH_BYTES, STAMP_BYTES, Device, pack, unpack
from services.geofence.model.partitions import PARTITIONS, partition_of
from services.geofence.model.trips import Trip, from_dict, to_dict
from services.geofence.state.keys import Keys, inside_key, partition_name, trips_key

PACKAGE = "services.geofence"
LIBRARY = "people"
DATA_SET = "{fences}:partitions"
SAME, NEVER = "=", "-"
NO_TRIPS: Mapping[tuple[str, str], bytes] = {}
NO_FACTS: Mapping[str, bytes] = {}
NO_SETS: Mapping[str, bool] = {}

log = structlog.get_logger()


class PersonChange(NamedTuple):
    """A new record of a person."""

    record: bytes
    end_ms: int
    """When its time is over."""
    is_new: bool


class DeviceChange(NamedTuple):
    """A new record of a device, written if the old one is as it was read."""

    hash: bytes
    stamp: bytes
    """The first bytes of the old record; empty when there is none."""
    record: bytes
    """The new record."""
    timer: Value = SAME
    """When time alone causes an event (ms); "-" never, "=" as before."""
    events: Sequence[tuple[bytes, str]] = ()
    """Events, each with the owner of its trip or an empty text."""
    trips: Mapping[tuple[str, str], bytes] = NO_TRIPS
    """The records of the trips that differ, by store and id; empty for a trip to be forgotten."""
    facts: Mapping[str, bytes] = NO_FACTS
    """What holds are to be told of trips to them, by the trip's name."""
    person: PersonChange | None = None
    inside: Mapping[str, bool] = NO_SETS
    """By shape, True if the device enters the set of who is inside, False if it leaves it."""

    @classmethod
    def of(
        cls,
        before: Device,
        after: Device,
        events: Sequence[tuple[bytes, str]],
        person: PersonChange | None = None,
        *,
        is_known: bool = False,
    ) -> "DeviceChange":
        """The change from the device as it was read to the device to write.

        Args:
            before: As it was read.
            after: As it is to be.
            events: With the owners of their trips.
            person: The new record of its person, if that changes.
            is_known: True if it has a person: then sets of who is inside hold it.
        """
        was_due, due = before.due_ms if before.version else None, after.due_ms
        return cls(
            before.hash,
            before.stamp,
            pack(after),
            SAME if due == was_due else NEVER if due is None else due,
            events,
            NO_TRIPS if before.trips is after.trips else trip_changes(before, after),
            NO_FACTS if before.trips is after.trips else fact_changes(before, after),
            person,
            set_changes(before, after, is_known=is_known, anew=person is not None),
        )


Heads = NDArray[np.uint8]
"""New heads of records, whose rest stays: a row has the bytes of hash, stamp and head."""
NO_HEADS: Heads = np.empty((0, HASH_BYTES), np.uint8)


class Written(NamedTuple):
    """What was written, and what was not, since another call had changed the device."""

    changes: list[bool]
    """For each change, True if it was written."""
    refused_heads: list[int]
    """The rows of heads that were not written."""


def heads_of(hashes: Sequence[bytes], before: NDArray[np.void], after: NDArray[np.void]) -> Heads:
    """The new heads of records with these hashes, from the columns that they begin with."""
    count = len(hashes)
    columns = (
        np.frombuffer(b"".join(hashes), np.uint8).reshape(count, HASH_BYTES),
        bytes_of(before)[:, :STAMP_BYTES],
        bytes_of(after),
    )
    return np.concatenate(columns, axis=1)


def bytes_of(rows: NDArray[np.void]) -> NDArray[np.uint8]:
    """The bytes of rows."""
    return np.frombuffer(rows.tobytes(), np.uint8).reshape(len(rows), rows.itemsize)


POLL_S = 0.2
"""Pause between two looks on a cluster."""
TIMERS = [[Keys.of(partition).timers] for partition in range(PARTITIONS)]
"""The keys of lua/due.lua."""


class DeviceRecords:
    """The records of devices of all partitions."""

    def __init__(
        self,
        client: Client,
        backlog: int,
        replicas: int = 0,
        most: int = 100_000,
        most_people: int = 100_000,
    ) -> None:
        """Prepare the scripts.

        Args:
            client: Of the database.
            backlog: Of events; a partition takes `HARD_LIMIT` times as many.
            replicas: How many replicas must have a change before it is acknowledged.
            most: Devices that a partition keeps.
            most_people: Registered devices that a partition keeps.
        """
        self._client = client
        self._replicas = replicas
        self._most = most
        self._most_people = most_people
        self._most_events = backlog * HARD_LIMIT
        self._partitions_are_checked = False
        self._apply = replicated_many_script(
            client, PACKAGE, "apply", (LIBRARY,), replicas=replicas
        )
        self._forget = script(client, PACKAGE, "forget", (LIBRARY,))
        self._due = grouped_script(client, PACKAGE, "due")
        self.wakes = Wakes(client, [Keys.of(p).wake for p in range(PARTITIONS)], POLL_S)
        """Wait for timers that are due before all others of their partition."""

    async def read(self, hashes: Iterable[bytes], now_ms: int) -> dict[bytes, Device]:
        """The devices of the hashes that have a record, in one round trip.

        Raises:
            WrongPartitions: the data set has another number of partitions.
        """
        return await self.current(await self.records(hashes), now_ms)

    async def records(self, hashes: Iterable[bytes]) -> dict[bytes, bytes]:
        """The records of the hashes that have one, in one round trip.

        Raises:
            WrongPartitions: the data set has another number of partitions.
        """
        if not self._partitions_are_checked:
            await self._check_partitions()
        by_partition: defaultdict[int, list[bytes]] = defaultdict(list)
        for hash in hashes:
            by_partition[hash[0] % PARTITIONS].append(hash)
        pipeline = self._client.pipeline(transaction=False)
        for partition, some in by_partition.items():
            pipeline.hmget(Keys.of(partition).devices, some)
        answers = await pipeline.execute()
        return {
            hash: record
            for some, records in zip(by_partition.values(), answers, strict=True)
            for hash, record in zip(some, records, strict=True)
            if record is not None
        }

    async def current(self, records: Mapping[bytes, bytes], now_ms: int) -> dict[bytes, Device]:
        """The devices of records; those kept for too long are forgotten and left out."""
        devices = await self.unpacked(records)
        for device in [each for each in devices.values() if each.is_expired(now_ms)]:
            await self.forget(device, ())
            del devices[device.hash]
        return devices

    async def unpacked(self, records: Mapping[bytes, bytes]) -> dict[bytes, Device]:
        """The devices of records; damaged records are deleted and left out.

        While a damaged record stays, its device could never be written again.
        """
        devices = {}
        for hash, record in records.items():
            try:
                devices[hash] = unpack(hash, record)
            except ValueError:
                log.error("the record of a device was damaged and has been deleted")
                keys = Keys.of(partition_of(hash))
                await self._forget(forget_keys(keys), [hash, record, "", 0, 0, 0])
        return devices

    async def write(self, changes: Sequence[DeviceChange], heads: Heads = NO_HEADS) -> Written:
        """Write devices in one round trip, each if it is as it was read.

        Raises:
            BacklogFull: too many events wait for delivery in one of the partitions.
            QuotaExceeded: one of the partitions keeps as many devices, or registered ones, as it
                may.
        """
        by_partition: defaultdict[int, list[int]] = defaultdict(list)
        for number, change in enumerate(changes):
            by_partition[partition_of(change.hash)].append(number)
        heads_at = heads[:, 0] % PARTITIONS
        order = np.argsort(heads_at, kind="stable")
        ends = np.searchsorted(heads_at[order], np.arange(PARTITIONS + 1))
        calls, rows = [], []
        for partition in sorted({*by_partition, *np.unique(heads_at).tolist()}):
            numbers = by_partition[partition]
            rows.append(order[ends[partition] : ends[partition + 1]])
            keys = apply_keys(partition)
            new = sum(not changes[number].stamp for number in numbers)
            people = [changes[number].person for number in numbers]
            new_people = sum(person is not None and person.is_new for person in people)
            args = self._bounds(new, new_people)
            args.append(heads[rows[-1]].tobytes())
            for number in numbers:
                add_arguments(changes[number], partition, keys, args)
            calls.append((partition, keys, args))
        written = Written([False] * len(changes), [])
        answers = await self._run([(keys, args) for _, keys, args in calls])
        for (partition, _, _), some, (refused, *answer) in zip(calls, rows, answers, strict=True):
            written.refused_heads.extend(some[[row - 1 for row in refused]].tolist())
            for number, is_written in zip(by_partition[partition], answer, strict=True):
                written.changes[number] = bool(is_written)
        return written

    async def replicated(self, hashes: Iterable[bytes]) -> None:
        """Wait until replicas have the records that were read.

        A retry may find the first attempt on the primary alone.
        """
        if self._replicas:
            partitions = {partition_of(hash) for hash in hashes}
            await self._run([(apply_keys(each), [*self._bounds(0, 0), b""]) for each in partitions])

    async def due(self, now_ms: int, limit: int) -> tuple[list[bytes], float]:
        """The devices whose timers are due, up to `limit` of each partition; and when the first
        timer of all is due, in ms, or infinity.
        """
        answers = await self._due(TIMERS, [now_ms, limit])
        hashes = [hash for due, _ in answers for hash in due]
        return hashes, min((float(first) for _, first in answers if first), default=math.inf)

    async def drop_timer(self, hash: bytes) -> None:
        """Delete the timer of a device that has no record."""
        await self._client.zrem(Keys.of(partition_of(hash)).timers, hash)

    async def all_of(self, partition: int) -> AsyncIterator[tuple[bytes, bytes]]:
        """The hashes and records of a partition, at least those that exist throughout."""
        cursor = 0
        while True:
            cursor, page = await self._client.hscan(Keys.of(partition).devices, cursor, count=1000)
            for hash, record in page.items():
                yield hash, record
            if cursor == 0:
                return

    async def forget(
        self, device: Device, subscriptions: Sequence[str], *, with_person: bool = False
    ) -> bool:
        """Delete all that is kept of a device; False when it was changed since it was read.

        Args:
            device: As it was read; without a version if it has no record.
            subscriptions: Whose queues may hold events of it.
            with_person: Delete the record of its person too.
        """
        partition = device.partition
        shapes = [visit.fence_id for visit in device.state.visits]
        keys = [
            *forget_keys(Keys.of(partition)),
            *(trips_key(partition, trip.store) for trip in device.trips),
            *(inside_key(partition, shape) for shape in shapes),
            *queue_keys(partition, subscriptions, device.subject),
        ]
        args: list[Value] = [device.hash, device.stamp, device.subject, int(with_person)]
        args += [len(shapes), len(device.trips), *(trip.id for trip in device.trips)]
        for fact in (trips.fact(trip, ERASED) for trip in device.trips if trip.reservation):
            args += [fact.trip, fact.text]
        return bool(await self._forget(keys, args))

    async def drop_queues(self, subject: str, partition: int, subscriptions: Sequence[str]) -> None:
        """Delete the queued events of a subject in a partition that its device has left."""
        keys = [*forget_keys(Keys.of(partition)), *queue_keys(partition, subscriptions, subject)]
        await self._forget(keys, [b"", b"", subject, 0, 0, 0])

    async def subscriptions(self) -> list[str]:
        """The subscriptions that may have events of devices queued."""
        return await subscriptions_in(self._client, partitions("f"))

    async def erase_dead_letters(self, subscriptions: Sequence[str], subject: str) -> None:
        """Delete the dead letters about `devices/{subject}`."""
        await erase_dead_letters(self._client, partitions("f"), subscriptions, subject)

    async def trip(self, store: str, id: str) -> tuple[bytes, Trip] | None:
        """The hash of the device of a trip, and the trip. A trip's id begins with its partition."""
        raw = await self._client.hget(trips_key(int(id[:2]), store), id)
        return trip_of(raw) if raw else None

    async def trips_to(self, store: str) -> list[Trip]:
        """All trips to a store, in two round trips."""
        pipeline = self._client.pipeline(transaction=False)
        for partition in range(PARTITIONS):
            pipeline.hvals(trips_key(partition, store))
        copies = [trip_of(raw) for values in await pipeline.execute() for raw in values]
        # The copies lack what `more_of` a trip is kept.
        devices = await self.unpacked(await self.records({hash for hash, _ in copies}))
        whole = {trip.id: trip for device in devices.values() for trip in device.trips}
        return [whole.get(trip.id, trip) for _, trip in copies]

    def _bounds(self, new: int, new_people: int) -> list[Value]:
        """The first arguments of `apply.lua`."""
        return [self._most_events, self._most, new, self._most_people, new_people]

    async def _run(self, calls: Calls) -> list[Any]:
        try:
            return await self._apply(calls) if calls else []
        except redis.exceptions.ResponseError as error:
            if str(error).startswith("BACKLOG"):
                raise BacklogFull from None
            if str(error).startswith("DEVICES"):
                raise QuotaExceeded("partition_devices", self._most) from None
            if str(error).startswith("PEOPLE"):
                raise QuotaExceeded("partition_people", self._most_people) from None
            raise

    async def _check_partitions(self) -> None:
        await self._client.set(DATA_SET, PARTITIONS, nx=True)
        found = int(await self._client.get(DATA_SET))
        if found != PARTITIONS:
            raise WrongPartitions(found, PARTITIONS)
        self._partitions_are_checked = True


def apply_keys(partition: int) -> list[str]:
    """The first keys of `apply.lua`."""
    of = Keys.of(partition)
    return [
        of.devices,
        of.timers,
        of.events,
        of.wake,
        of.crossing,
        of.people,
        of.ends,
        of.keyed,
        of.known,
    ]


def forget_keys(of: Keys) -> list[str]:
    """The first keys of `forget.lua`."""
    return [
        of.devices,
        of.timers,
        of.wake,
        of.crossing,
        of.people,
        of.ends,
        of.keyed,
        of.known,
    ]


def queue_keys(partition: int, subscriptions: Iterable[str], subject: str) -> Iterator[str]:
    """The last keys of `forget.lua`."""
    for subscription in subscriptions:
        delivery = SubscriptionKeys.of(partition_name(partition), subscription)
        yield queue_key(partition_name(partition), subscription, subject)
        yield from (delivery.retry, delivery.tries, delivery.queued)


def add_arguments(change: DeviceChange, partition: int, keys: list[str], args: list[Value]) -> None:
    """Add a change to the keys and arguments of `apply.lua`."""
    hash, stamp, record, timer, events, changed, facts, person, inside = change
    if timer == SAME and not (events or changed or person or inside):  # as for most fixes
        args += (hash, stamp, record, "")
        return
    args += (hash, stamp, record, timer, len(events))
    for event in events:
        args += event
    args.append(len(changed))
    for (store, id), encoded in changed.items():
        args += (place_of(trips_key(partition, store), keys), id, encoded)
    args.append(len(facts))
    for about, text in facts.items():
        args += (about, text)
    args += (person.record, person.end_ms) if person else (SAME, 0)
    args.append(len(inside))
    for shape, enters in inside.items():
        args += (place_of(inside_key(partition, shape), keys), "+" if enters else "-")


def place_of(key: str, keys: list[str]) -> int:
    """The index of a key in KEYS, to which it is added if it is not there."""
    if key not in keys:
        keys.append(key)
    return keys.index(key) + 1


def set_changes(before: Device, after: Device, *, is_known: bool, anew: bool) -> Mapping[str, bool]:
    """The sets of who is inside that a device enters or leaves, by shape.

    A device that is not known leaves them too: it may have been known when it entered.

    Args:
        before: As it was read.
        after: As it is to be.
        is_known: True if it has a person.
        anew: True to enter all sets, since its person was not known before.
    """
    if before.state.visits is after.state.visits and not anew:
        return NO_SETS
    was = {visit.fence_id for visit in before.state.visits} if before.version else set()
    now = {visit.fence_id for visit in after.state.visits}
    changes = dict.fromkeys(was - now, False)
    if is_known:
        changes |= dict.fromkeys(now if anew else now - was, True)
    return changes


def trip_changes(before: Device, after: Device) -> Mapping[tuple[str, str], bytes]:
    """The records of the trips that differ, by store and id; empty for a trip to be forgotten."""
    if before.trips == after.trips:
        return {}
    old = {(trip.store, trip.id): trip for trip in before.trips}
    new = {(trip.store, trip.id): trip for trip in after.trips}
    changed = {
        key: after.hash + orjson.dumps(to_dict(trip))
        for key, trip in new.items()
        if old.get(key) != trip
    }
    return changed | dict.fromkeys(old.keys() - new.keys(), b"")


def fact_changes(before: Device, after: Device) -> Mapping[str, bytes]:
    """What holds are to be told of the trips that differ for them, by the trip's name."""
    old, new = (
        {fact.trip: fact.text for fact in map(trips.fact, device.trips) if fact.reservation}
        for device in (before, after)
    )
    return {about: text for about, text in new.items() if old.get(about) != text}


def trip_of(raw: bytes) -> tuple[bytes, Trip]:
    """The hash of the device and the trip in the record of a trip."""
    return raw[:HASH_BYTES], from_dict(orjson.loads(raw[HASH_BYTES:]))
