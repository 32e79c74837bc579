"""Fixes of devices: read, decide, write what nobody else has changed; else decide again."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from enrayon.geofence.v1 import geofence_pb2 as pb
from geodata.fences.state import Fix
from services.chassis.caller import current_caller
from services.chassis.clock import Clock
from services.chassis.commits import commit
from services.chassis.errors import ResourceExhausted, Unavailable
from services.chassis.keyring import Keyring
from services.geofence import convert, metrics
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
    device: Device | None = None
    """None when nothing is kept of it."""
    events: Sequence[pb.FenceEvent] = ()
    error: str = ""

    @property
    def message(self) -> pb.FixResult:
        """As the contract has it."""
        subject = f"devices/{self.device.subject}" if self.device else ""
        return pb.FixResult(
            outcome=self.outcome, subject=subject, events=self.events, error=self.error
        )


class _Work(NamedTuple):
    """The fixes of one device in a batch."""

    hashes: list[bytes]
    indexes: list[int]
    fixes: list[Fix]


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
        self._keyring = keyring
        self._clock = clock
        self._free = batches

    async def report(self, messages: Sequence[pb.Fix]) -> list[Taken]:
        """Take in fixes; what became of each. One that cannot be used spoils no other.

        Raises:
            ResourceExhausted: too many batches wait for the store.
            BacklogFull: too many events wait for delivery.
            Unavailable: the fences are not loaded.
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
        data = f"{current_caller().id}\0{device_id}".encode()
        return [hash[:HASH_BYTES] for hash in self._keyring.hashes(PURPOSE, data)]

    async def find(self, hashes: Iterable[Sequence[bytes]], now_ms: int) -> list[Device]:
        """The devices of hashes: under the current key, else under an older one, else new."""
        hashes = list(hashes)
        found = await self._devices.read((hash for some in hashes for hash in some), now_ms)
        return [
            found.get(some[0])
            or next((found[hash] for hash in some[1:] if hash in found), None)
            or new_device(some[0])
            for some in hashes
        ]

    async def write(self, outcomes: Sequence[Outcome]) -> list[bool]:
        """Write changed devices with their events; whether each was as it had been read."""
        done = await self._devices.write(
            [Changed(each.before, each.after, each.encoded) for each in outcomes]
        )
        for outcome, is_written in zip(outcomes, done, strict=True):
            if is_written and any(outcome.events):
                metrics.count_events(outcome.events)
        return done

    async def _report(self, messages: Sequence[pb.Fix]) -> list[Taken]:
        now_ms = round(self._clock().timestamp() * 1000)
        results = [NOT_YET] * len(messages)
        by_device: dict[str, _Work] = {}
        for index, message in enumerate(messages):
            try:
                fix = convert.fix(message, now_ms)
            except ValueError as fault:
                results[index] = Taken(pb.FixResult.OUTCOME_REFUSED, error=str(fault))
                continue
            id = message.device_id
            device = by_device.get(id)
            if device is None:
                by_device[id] = _Work(self.hashes(id), [index], [fix])
            else:
                device.indexes.append(index)
                device.fixes.append(fix)
        work = list(by_device.values())
        for _ in range(TRIES):
            if not work:
                return results
            work = await self._step(work, results, now_ms)
        raise Unavailable("other fixes of the same devices came in between; send them again")

    async def _step(self, work: Sequence[_Work], results: list[Taken], now_ms: int) -> list[_Work]:
        """Read, decide and write; what others have changed meanwhile is left over."""
        devices = await self.find([each.hashes for each in work], now_ms)
        outcomes = self._detection.fixes(
            self._feeds.fences.replica,
            [(device, each.fixes) for device, each in zip(devices, work, strict=True)],
            now_ms,
        )
        changed = [outcome for outcome in outcomes if outcome.is_changed]
        done = iter(await commit(self.write(changed)) if changed else ())
        left = []
        for each, outcome in zip(work, outcomes, strict=True):
            if outcome.is_changed and not next(done):
                left.append(each)
            else:
                answer(results, each.indexes, outcome)
        return left


NOT_YET = Taken(pb.FixResult.OUTCOME_UNSPECIFIED)


def answer(results: list[Taken], indexes: Sequence[int], outcome: Outcome) -> None:
    """Say what became of each fix of a device."""
    device = outcome.after if outcome.after.version else None
    for index, verdict, events in zip(indexes, outcome.verdicts, outcome.events, strict=True):
        results[index] = Taken(convert.OUTCOMES[verdict], device, events)
