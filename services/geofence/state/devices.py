"""Devices in Redis: read many, change those that nobody else changed, find what is due."""

from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from typing import NamedTuple

import orjson
import redis.exceptions
import structlog

from services.chassis.database.client import Calls, Client, Value, script
from services.chassis.database.replication import replicated_many_script
from services.geofence.errors import BacklogFull, WrongPartitions
from services.geofence.model.devices import (
    KEPT_MS,
    MARK,
    Device,
    pack,
    received_ms_of,
    subject_of,
    unpack,
)
from services.geofence.model.partitions import (
    PARTITIONS,
    DeliveryKeys,
    Keys,
    partition_of,
    queue_key,
    trips_key,
)
from services.geofence.model.trips import Trip, from_dict, to_dict

PACKAGE = "services.geofence"
DATA_SET = "{fences}:partitions"
SAME, NEVER = "=", "-"
NO_TRIPS: Mapping[tuple[str, str], bytes] = {}
HARD = 2
"""A stream may grow to so many times the backlog before events are refused: trims come first."""

log = structlog.get_logger()


class Changed(NamedTuple):
    """What is to be written of a device, if it is as it was read."""

    hash: bytes
    stamp: bytes
    """What its record begins with; empty when there is none."""
    record: bytes
    """The new one."""
    timer: Value = SAME
    """When time alone has something to tell of it; "-" never."""
    events: Sequence[bytes] = ()
    trips: Mapping[tuple[str, str], bytes] = NO_TRIPS
    """The records of those that differ, by store and id; empty of one to be forgotten."""

    @property
    def subject(self) -> str:
        """What events name the device by."""
        return subject_of(partition_of(self.hash), self.record[MARK])

    @classmethod
    def of(cls, before: Device, after: Device, events: Sequence[bytes]) -> "Changed":
        """A device as it was read and as it is to be, with what there is to tell."""
        was_due, due = before.due_ms, after.due_ms
        return cls(
            before.hash,
            before.stamp,
            pack(after),
            SAME if due == was_due else NEVER if due is None else due,
            events,
            NO_TRIPS if before.trips is after.trips else trip_changes(before, after),
        )


class Devices:
    """The devices of all partitions.

    A change is acknowledged once so many `replicas` have it.
    """

    def __init__(self, client: Client, backlog: int, replicas: int = 0) -> None:
        self._client = client
        self._replicas = replicas
        self._most = backlog * HARD
        self._is_checked = False
        self._apply = replicated_many_script(client, PACKAGE, "apply", replicas=replicas)
        self._forget = script(client, PACKAGE, "forget")

    async def read(self, hashes: Iterable[bytes], now_ms: int) -> dict[bytes, Device]:
        """The devices of the hashes, those that there are, in one round trip.

        Raises:
            WrongPartitions: they lie in another number of partitions.
        """
        return await self.devices_of(await self.records(hashes), now_ms)

    async def records(self, hashes: Iterable[bytes]) -> dict[bytes, bytes]:
        """The records of the hashes, those that there are, in one round trip.

        Raises:
            WrongPartitions: they lie in another number of partitions.
        """
        if not self._is_checked:
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

    async def devices_of(self, records: Mapping[bytes, bytes], now_ms: int) -> dict[bytes, Device]:
        """The devices of records; those that nobody may know any longer are deleted."""
        found, damaged, kept_since_ms = {}, [], now_ms - KEPT_MS
        for hash, record in records.items():
            try:
                found[hash] = unpack(hash, record)
            except ValueError:
                damaged.append((hash, record))
        for hash, record in damaged:
            await self.known(hash, record)
        for device in [each for each in found.values() if each.received_ms < kept_since_ms]:
            await self.forget(device, ())
            del found[device.hash]
        return found

    async def known(self, hash: bytes, record: bytes) -> Device | None:
        """The device of a record; None of a damaged one, which is deleted."""
        try:
            return unpack(hash, record)
        except ValueError:
            # Nobody could ever read it, and while it stays the device cannot be written anew.
            log.error("the record of a device was damaged and has been deleted")
            partition = partition_of(hash)
            await self._forget(list(Keys.of(partition)[:2]), [hash, record, "", 0])
            return None

    async def write(self, changes: Sequence[Changed]) -> list[bool]:
        """Change devices in one round trip; whether each was as it had been read.

        Raises:
            BacklogFull: too many events wait for delivery in one of the partitions.
        """
        by_partition: defaultdict[int, list[int]] = defaultdict(list)
        for number, change in enumerate(changes):
            by_partition[change.hash[0] % PARTITIONS].append(number)
        calls = []
        for partition, numbers in by_partition.items():
            keys = list(Keys.of(partition)[:3])
            args: list[Value] = [self._most]
            for number in numbers:
                add_arguments(changes[number], partition, keys, args)
            calls.append((keys, args))
        done = [False] * len(changes)
        for numbers, answer in zip(by_partition.values(), await self._run(calls), strict=True):
            for number, was_same in zip(numbers, answer, strict=True):
                done[number] = bool(was_same)
        return done

    async def kept(self, hashes: Iterable[bytes]) -> None:
        """Return once replicas have what was read of devices.

        So is answered who tells again what was written the first time, and perhaps nowhere else.
        """
        if self._replicas:
            partitions = {partition_of(hash) for hash in hashes}
            await self._run([([*Keys.of(each)[:3]], [self._most]) for each in partitions])

    async def due(self, now_ms: int, limit: int) -> list[bytes]:
        """Up to `limit` devices of each partition whose timers are due."""
        pipeline = self._client.pipeline(transaction=False)
        for partition in range(PARTITIONS):
            pipeline.zrange(
                Keys.of(partition).timers, "-inf", now_ms, byscore=True, offset=0, num=limit
            )
        return [hash for hashes in await pipeline.execute() for hash in hashes]

    async def drop_timer(self, hash: bytes) -> None:
        """Forget the timer of a device that is not there."""
        await self._client.zrem(Keys.of(hash[0] % PARTITIONS).timers, hash)

    async def all_of(self, partition: int) -> AsyncIterator[tuple[bytes, bytes]]:
        """The hashes and records of a partition, at least those that stay throughout."""
        cursor = 0
        while True:
            cursor, page = await self._client.hscan(Keys.of(partition).devices, cursor, count=1000)
            for hash, record in page.items():
                yield hash, record
            if cursor == 0:
                return

    async def forget(self, device: Device, subscriptions: Sequence[str]) -> bool:
        """Delete all that is kept of a device; False when it was changed since it was read."""
        partition = device.partition
        keys = list(Keys.of(partition)[:2])
        keys += [trips_key(partition, trip.store) for trip in device.trips]
        for subscription in subscriptions:
            of = DeliveryKeys.of(partition, subscription)
            keys += [queue_key(partition, subscription, device.subject), of.retry, of.tries]
            keys.append(of.queued)
        args: list[Value] = [device.hash, device.stamp, device.subject, len(device.trips)]
        args += [trip.id for trip in device.trips]
        return bool(await self._forget(keys, args))

    async def trip(self, store: str, id: str) -> tuple[bytes, Trip] | None:
        """A trip, and the hash of its device."""
        raw = await self._client.hget(trips_key(int(id[:2]), store), id)
        return trip_of(raw) if raw else None

    async def trips_to(self, store: str) -> list[tuple[bytes, Trip]]:
        """All trips to a store, in one round trip."""
        pipeline = self._client.pipeline(transaction=False)
        for partition in range(PARTITIONS):
            pipeline.hvals(trips_key(partition, store))
        return [trip_of(raw) for values in await pipeline.execute() for raw in values]

    async def _run(self, calls: Calls) -> list[list[int]]:
        try:
            return await self._apply(calls) if calls else []
        except redis.exceptions.ResponseError as error:
            if str(error).startswith("BACKLOG"):
                raise BacklogFull from None
            raise

    async def _check_partitions(self) -> None:
        await self._client.set(DATA_SET, PARTITIONS, nx=True)
        there = int(await self._client.get(DATA_SET))
        if there != PARTITIONS:
            raise WrongPartitions(there, PARTITIONS)
        self._is_checked = True


def add_arguments(change: Changed, partition: int, keys: list[str], args: list[Value]) -> None:
    """Add to the keys and arguments of `apply.lua` those of a change."""
    hash, stamp, record, timer, events, trips = change
    if timer == SAME and not events and not trips:
        args += (hash, stamp, record, "")  # so it is with most
        return
    args += (hash, stamp, record, timer, len(events), *events, len(trips))
    for (store, id), encoded in trips.items():
        key = trips_key(partition, store)
        if key not in keys:
            keys.append(key)
        args += (keys.index(key) + 1, id, encoded)


def trip_changes(before: Device, after: Device) -> Mapping[tuple[str, str], bytes]:
    """Store and id of each trip that differs, with its record; empty when it is to be forgotten."""
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


def trip_of(raw: bytes) -> tuple[bytes, Trip]:
    """The hash of the device and the trip in a record of a trip."""
    return raw[:16], from_dict(orjson.loads(raw[16:]))


def is_old(record: bytes, now_ms: int) -> bool:
    """Whether a record has been kept for as long as it may be."""
    return received_ms_of(record) + KEPT_MS < now_ms
