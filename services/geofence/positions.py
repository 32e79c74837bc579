"""Fixes of devices: read, decide, write what nobody else has changed; else decide again."""

from collections.abc import Iterable, Sequence

from enrayon.geofence.v1 import geofence_pb2 as pb
from geodata.fences.state import Fix
from services.chassis.caller import current_caller
from services.chassis.calls import commit
from services.chassis.clock import Clock
from services.chassis.errors import ResourceExhausted, Unavailable
from services.chassis.keyring import Keyring
from services.geofence import convert
from services.geofence.detection import Detection, Outcome
from services.geofence.feeds import Feeds
from services.geofence.model.devices import HASH_BYTES, Device, new_device
from services.geofence.state.devices import Changed, Devices

PURPOSE = "device"
TRIES = 20
"""A device whose fixes come through so many servers at once is asked to send them again."""


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

    async def report(self, messages: Sequence[pb.Fix]) -> list[pb.FixResult]:
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
            return await self._report(messages)
        finally:
            self._free += 1

    def hashes(self, device_id: str) -> list[bytes]:
        """The keyed hashes of a device id, that by the current key first; a caller's own."""
        data = f"{current_caller().id}\0{device_id}".encode()
        return [hash[:HASH_BYTES] for hash in self._keyring.hashes(PURPOSE, data)]

    async def find(self, hashes: Iterable[Sequence[bytes]], now_ms: int) -> list[Device]:
        """The devices of hashes: under the current key, else under an older one, else new."""
        hashes = list(hashes)
        found = await self._devices.read((hash for some in hashes for hash in some), now_ms)
        return [
            next((found[hash] for hash in some if hash in found), None) or new_device(some[0])
            for some in hashes
        ]

    async def _report(self, messages: Sequence[pb.Fix]) -> list[pb.FixResult]:
        now_ms = round(self._clock().timestamp() * 1000)
        results: list[pb.FixResult] = [pb.FixResult() for _ in messages]
        work: dict[str, list[tuple[int, Fix]]] = {}
        for index, message in enumerate(messages):
            try:
                fix = convert.fix(message, now_ms)
            except ValueError as fault:
                results[index].outcome = pb.FixResult.OUTCOME_REFUSED
                results[index].error = str(fault)
            else:
                work.setdefault(message.device_id, []).append((index, fix))
        hashes = {id: self.hashes(id) for id in work}
        for _ in range(TRIES):
            if not work:
                return results
            devices = await self.find((hashes[id] for id in work), now_ms)
            book = self._feeds.fences.replica
            outcomes = self._detection.fixes(
                book,
                [
                    (device, [fix for _, fix in fixes])
                    for device, fixes in zip(devices, work.values(), strict=True)
                ],
                now_ms,
            )
            refused = await self._write(outcomes)
            again = {}
            for (id, fixes), outcome, is_refused in zip(
                work.items(), outcomes, refused, strict=True
            ):
                if is_refused:
                    again[id] = fixes
                else:
                    answer(results, [index for index, _ in fixes], outcome)
            work = again
        raise Unavailable("other fixes of the same devices came in between; send them again")

    async def _write(self, outcomes: Sequence[Outcome]) -> list[bool]:
        """Write what has changed; of each outcome whether it was refused."""
        changed = [number for number, outcome in enumerate(outcomes) if outcome.is_changed]
        refused = [False] * len(outcomes)
        if changed:
            done = await commit(self.write([outcomes[number] for number in changed]))
            for number, was_done in zip(changed, done, strict=True):
                refused[number] = not was_done
        return refused

    async def write(self, outcomes: Sequence[Outcome]) -> list[bool]:
        """Write changed devices with their events; whether each was as it had been read."""
        return await self._devices.write(
            [Changed(each.before, each.after, each.encoded) for each in outcomes]
        )


def answer(results: Sequence[pb.FixResult], indexes: Sequence[int], outcome: Outcome) -> None:
    """Say what became of each fix of a device."""
    subject = f"devices/{outcome.after.subject}" if outcome.after.version else ""
    for index, verdict, events in zip(indexes, outcome.verdicts, outcome.events, strict=True):
        result = results[index]
        result.outcome = convert.OUTCOMES[verdict]
        result.subject = subject
        if events:
            result.events.extend(events)
