"""Fixes of devices: read, decide, write what nobody else has changed; else decide again."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import NamedTuple

from enrayon.geofence.v1 import geofence_pb2 as pb
from geodata.fences.state import Fix
from services.chassis.caller import current_caller
from services.chassis.clock import Clock
from services.chassis.errors import ConcurrentChanges, ResourceExhausted
from services.chassis.keyring import Keyring
from services.chassis.serving.commits import commit
from services.geofence import convert, metrics, roaming
from services.geofence.detection import Detection, Outcome
from services.geofence.feeds import Feeds
from services.geofence.model.devices import HASH_BYTES, Device, new_device
from services.geofence.state.devices import Changed, Devices

PURPOSE = "device"
TRIES = 20
"""A device whose fixes come through so many servers at once is asked to send them again."""


class Taken(NamedTuple):
    """What became of a fix."""

    outcome: "pb.FixResult.Outcome.ValueType"
    subject: str = ""
    """Empty when nothing is kept of the device."""
    events: Sequence[pb.FenceEvent] = ()
    error: str = ""

    @property
    def message(self) -> pb.FixResult:
        """As the contract has it."""
        subject = f"devices/{self.subject}" if self.subject else ""
        return pb.FixResult(
            outcome=self.outcome, subject=subject, events=self.events, error=self.error
        )


class _Work(NamedTuple):
    """The fixes of one device in a batch."""

    hashes: list[bytes]
    indexes: list[int]
    fixes: list[Fix]


class _Batch:
    """Fixes that came together, and what became of each."""

    def __init__(self, messages: Sequence[pb.Fix], now_ms: int) -> None:
        self.messages = messages
        self.now_ms = now_ms
        self.results = [NOT_YET] * len(messages)
        self.by_device: defaultdict[str, list[int]] = defaultdict(list)
        for index, message in enumerate(messages):
            self.by_device[message.device_id].append(index)

    def work(self, hashes: list[bytes], indexes: Iterable[int]) -> list[_Work]:
        """The work on one device, if a fix of it can be used; those that cannot are refused."""
        work = _Work(hashes, [], [])
        for index in indexes:
            try:
                work.fixes.append(convert.fix(self.messages[index], self.now_ms))
            except ValueError as fault:
                self.results[index] = Taken(pb.FixResult.OUTCOME_REFUSED, error=str(fault))
            else:
                work.indexes.append(index)
        return [work] if work.indexes else []


class Positions:
    """Takes in fixes."""

    def __init__(
        self,
        devices: Devices,
        feeds: Feeds,
        detection: Detection,
        keyring: Keyring,
        clock: Clock,
        batches: int,
    ) -> None:
        self._devices = devices
        self._feeds = feeds
        self._detection = detection
        self._hash = keyring.hasher(PURPOSE, HASH_BYTES)
        self._clock = clock
        self._free = batches

    async def report(self, messages: Sequence[pb.Fix]) -> list[Taken]:
        """Take in fixes; what became of each. One that cannot be used spoils no other.

        Raises:
            ResourceExhausted: too many batches wait for the store.
            BacklogFull: too many events wait for delivery.
            DatabaseUnavailable: the fences are not loaded.
        """
        if self._free <= 0:
            raise ResourceExhausted("too many batches of fixes wait; send them again later")
        self._free -= 1
        try:
            await self._feeds.ready()
            results = await self._report(messages)
        finally:
            self._free += 1
        metrics.count_fixes(result.outcome for result in results)
        return results

    def hashes(self, device_id: str) -> list[bytes]:
        """The keyed hashes of a device id, that by the current key first; a caller's own."""
        return self._hash(f"{current_caller().id}\0{device_id}".encode())

    async def find(self, hashes: Iterable[Sequence[bytes]], now_ms: int) -> list[Device]:
        """The devices of hashes: under the current key, else under an older one, else new."""
        hashes = list(hashes)
        return chosen(hashes, await self._devices.read(chain.from_iterable(hashes), now_ms))

    async def write(
        self, outcomes: Sequence[Outcome], roamed: Sequence[Changed] = ()
    ) -> list[bool]:
        """Write changed devices with their events; whether each was as it had been read.

        Args:
            outcomes: the devices.
            roamed: others, about which there is nothing to tell; they come first in the answer.
        """
        changes = [Changed.of(each.before, each.after, each.encoded) for each in outcomes]
        done = await self._devices.write([*roamed, *changes])
        for outcome, is_written in zip(outcomes, done[len(roamed) :], strict=True):
            if is_written and any(outcome.events):
                metrics.count_events(outcome.events)
        return done

    async def _report(self, messages: Sequence[pb.Fix]) -> list[Taken]:
        batch = _Batch(messages, round(self._clock().timestamp() * 1000))
        free = self._roaming(batch)
        work = [
            work
            for id, indexes in batch.by_device.items()
            for work in batch.work(self.hashes(id), indexes)
        ]
        for _ in range(TRIES):
            if not work and not free.rows:
                return batch.results
            work, free = await self._step(batch, work, free), roaming.NOBODY
        raise ConcurrentChanges("other fixes of the same devices came in between; send them again")

    def _roaming(self, batch: _Batch) -> roaming.Roaming:
        """Take out of a batch the devices that may be decided in columns."""
        alone = [some[0] for some in batch.by_device.values() if len(some) == 1]
        if len(alone) < roaming.LEAST or self._feeds.fences.replica.every_fix:
            return roaming.NOBODY
        free = roaming.Roaming.among(batch.messages, alone, self.hashes)
        for row in free.rows:
            del batch.by_device[batch.messages[row].device_id]
        return free

    async def _step(
        self, batch: _Batch, work: Sequence[_Work], free: roaming.Roaming
    ) -> list[_Work]:
        """Read, decide and write; what others have changed meanwhile is left over."""
        records = await self._devices.records(chain(*(each.hashes for each in work), *free.hashes))
        book = self._feeds.fences.replica
        # Meanwhile there may have come a fence that tells of each fix.
        moved = {} if book.every_fix else free.changes(book.index, records, batch.now_ms)
        work = [*work]
        for some, row in zip(free.hashes, free.rows, strict=True):
            if row not in moved:
                work += batch.work(some, [row])
        hashes = [each.hashes for each in work]
        theirs = {hash: records[hash] for hash in chain(*hashes) if hash in records}
        devices = chosen(hashes, await self._devices.devices_of(theirs, batch.now_ms))
        outcomes = self._detection.fixes(
            book,
            [(device, each.fixes) for device, each in zip(devices, work, strict=True)],
            batch.now_ms,
        )
        changed = [outcome for outcome in outcomes if outcome.is_changed]
        is_needed = changed or moved
        done = iter(await commit(self.write(changed, [*moved.values()])) if is_needed else ())
        await self._devices.kept(each.before.hash for each in outcomes if not each.is_changed)
        left = []
        for row, change in moved.items():
            if next(done):
                batch.results[row] = Taken(pb.FixResult.OUTCOME_APPLIED, change.subject)
            else:
                left += batch.work(self.hashes(batch.messages[row].device_id), [row])
        for each, outcome in zip(work, outcomes, strict=True):
            if outcome.is_changed and not next(done):
                left.append(each)
            else:
                answer(batch.results, each.indexes, outcome)
        return left


NOT_YET = Taken(pb.FixResult.OUTCOME_UNSPECIFIED)


def answer(results: list[Taken], indexes: Sequence[int], outcome: Outcome) -> None:
    """Say what became of each fix of a device."""
    subject = outcome.after.subject if outcome.after.version else ""
    for index, verdict, events in zip(indexes, outcome.verdicts, outcome.events, strict=True):
        results[index] = Taken(convert.OUTCOMES[verdict], subject, events)


def chosen(hashes: Iterable[Sequence[bytes]], found: Mapping[bytes, Device]) -> list[Device]:
    """Of each device that found under the current key, else under an older one, else a new one."""
    return [
        found.get(some[0])
        or next((found[hash] for hash in some[1:] if hash in found), None)
        or new_device(some[0])
        for some in hashes
    ]
