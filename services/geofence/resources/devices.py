"""Devices: found by the keyed hashes of their ids, written with their events, erased."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import chain

from services.chassis.caller import current_caller
from services.chassis.clock import Clock
from services.chassis.errors import ConcurrentChanges
from services.chassis.keyring import Keyring
from services.geofence import metrics
from services.geofence.convert.names import device_name
from services.geofence.convert.people import echo
from services.geofence.model.detection import Outcome
from services.geofence.model.devices import HASH_BYTES, Device, known_device, new_device
from services.geofence.model.partitions import partition_of
from services.geofence.model.people import Person, pack
from services.geofence.resources.campaigns import Campaigns
from services.geofence.state.devices import (
    NO_HEADS,
    DeviceChange,
    DeviceRecords,
    Heads,
    PersonChange,
    Written,
)
from services.geofence.state.erased import Erased
from services.geofence.state.people import PeopleRecords

PURPOSE = "device"
"""Separates the keyed hashes of devices from other uses of the keyring."""
TRIES = 20
"""Attempts to change a device that other calls keep changing."""


class Devices:
    """Finds, writes and erases devices."""

    def __init__(
        self,
        records: DeviceRecords,
        people: PeopleRecords,
        erased: Erased,
        campaigns: Campaigns,
        keyring: Keyring,
        clock: Clock,
    ) -> None:
        self._records = records
        self._people = people
        self._erased = erased
        self._campaigns = campaigns
        self._hash = keyring.hasher(PURPOSE, HASH_BYTES)
        self._key_versions = keyring.versions
        self._clock = clock

    def hashes(self, device_id: str) -> list[bytes]:
        """The keyed hashes of a device id of this caller, that by the current key first."""
        return self._hash(f"{current_caller().id}\0{device_id}".encode())

    def hashes_of(self, device_ids: Sequence[str]) -> list[list[bytes]]:
        """`hashes` of many devices."""
        owner = f"{current_caller().id}\0".encode()
        return [self._hash(owner + id.encode()) for id in device_ids]

    async def find(self, hashes: Sequence[bytes], now_ms: int) -> Device:
        """The device of hashes: under the current key, else under an older one, else a new one."""
        [device] = await self.chosen([hashes], await self._records.read(hashes, now_ms), now_ms)
        return device

    async def chosen(
        self, hashes: Sequence[Sequence[bytes]], found: Mapping[bytes, Device], now_ms: int
    ) -> list[Device]:
        """The device of each list of hashes: that of the first hash found, else a new one.

        One that is found by an older key moves to the current one, unless it is on a trip, whose
        name tells its partition. A new one keeps the subject that its person has.
        """
        devices = [[found[hash] for hash in some if hash in found] for some in hashes]
        missing = [some for some, device in zip(hashes, devices, strict=True) if not device]
        people = await self._people.read(chain.from_iterable(missing), now_ms)
        return [
            self._chosen(some, device, people) for some, device in zip(hashes, devices, strict=True)
        ]

    def _chosen(
        self, hashes: Sequence[bytes], found: Sequence[Device], people: Mapping[bytes, Person]
    ) -> Device:
        current = hashes[0]
        if len(found) > 1 and found[0].hash == current:  # a move that was cut off
            return replace(found[0], older=found[1])
        if found:
            [device] = found[:1]
        elif known := [hash for hash in hashes if hash in people]:
            device = known_device(known[0], people[known[0]].subject)
        else:
            return new_device(current)
        return device if device.hash == current or device.trips else device.under(current)

    async def person(self, device: Device, now_ms: int) -> Person | None:
        """The person of a device that was found; None if it has none."""
        hash = device.stands_under
        return (await self._people.read([hash], now_ms)).get(hash)

    def key_version(self, hashes: Sequence[bytes], device: Device) -> int:
        """The version of the key that made the hash of a device, one of `hashes`."""
        return self._key_versions[hashes.index(device.hash)]

    async def write(self, outcomes: Sequence[Outcome]) -> list[bool]:
        """Write devices with their events; answers for each whether it was as it had been read.

        Raises:
            BacklogFull: too many events wait for delivery.
            QuotaExceeded: a partition keeps as many devices as it may.
        """
        return (await self.write_with(outcomes, NO_HEADS)).changes

    async def write_with(self, outcomes: Sequence[Outcome], heads: Heads) -> Written:
        """`write`, with the heads of devices that were decided in columns."""
        await self._add_people(outcomes)
        changes = [self._change(outcome) for outcome in outcomes]
        written = await self._records.write(changes, heads)
        for outcome, is_written in zip(outcomes, written.changes, strict=True):
            if is_written and any(outcome.events):
                metrics.count_events(outcome.events)
                if person := outcome.person or outcome.was_known:
                    echo(person, chain.from_iterable(outcome.events))
            # If this is cut off, the older record stays until its time is over, or the next report:
            # the current key is looked for first.
            if is_written and (older := outcome.before.older):
                await self._records.forget(older, (), with_person=True)
        return written

    async def _add_people(self, outcomes: Sequence[Outcome]) -> None:
        """Read the people of devices with events or on the move; add the messages of rules."""
        wanted = [
            each for each in outcomes if any(each.events) or each.released or each.before.older
        ]
        if not wanted:
            return
        now_ms = round(self._clock().timestamp() * 1000)
        people = await self._people.read([each.before.stands_under for each in wanted], now_ms)
        for outcome in wanted:
            before = outcome.before
            outcome.was_known = outcome.was_known or people.get(before.stands_under)
            if (known := outcome.was_known) and before.stands_under != before.hash:
                moved = replace(known, key=self._key_versions[0])
                outcome.person = outcome.person or moved
        shelves = await self._campaigns.shelves(wanted, now_ms)
        for outcome in wanted:
            self._campaigns.tell(outcome, shelves, now_ms)

    def _change(self, outcome: Outcome) -> DeviceChange:
        person, before = outcome.person, outcome.before
        change = None
        if person:
            is_new = outcome.was_known is None or before.stands_under != before.hash
            change = PersonChange(pack(person), person.expire_ms, is_new)
        is_known = bool(person or outcome.was_known)
        return DeviceChange.of(before, outcome.after, outcome.encoded, change, is_known=is_known)

    async def erase(self, device_id: str) -> bool:
        """Erase a device under every key of the ring; answers whether there was one.

        Its records go, the only link from its id to its subject, with its timer, trips, reference,
        labels, counts, queued events and dead letters.

        Raises:
            ConcurrentChanges: fixes of the device keep coming.
        """
        subscriptions = await self._records.subscriptions()
        hashes = self.hashes(device_id)
        found = False
        for _ in range(TRIES):
            now_ms = round(self._clock().timestamp() * 1000)
            devices = await self._records.read(hashes, now_ms)
            people = await self._people.read(hashes, now_ms)
            for hash, person in people.items():
                devices.setdefault(hash, known_device(hash, person.subject))
            if not devices:
                # Also when none was found: an earlier erasure may have ended before this line.
                await self._erased.mark(now_ms)
                return found
            found = True
            for device in devices.values():
                await self._records.erase_dead_letters(subscriptions, device_name(device.subject))
                for partition in {int(device.subject[:2]), *map(partition_of, hashes)}:
                    if partition != device.partition:
                        await self._records.drop_queues(device.subject, partition, subscriptions)
                await self._records.forget(device, subscriptions, with_person=True)
        raise ConcurrentChanges("fixes of the device keep coming; stop them, then try again")
