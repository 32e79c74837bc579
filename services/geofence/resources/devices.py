"""Devices: found by the keyed hashes of their ids, written with their events, erased."""

from collections.abc import Iterable, Mapping, Sequence

from enrayon.geofence.v1 import geofence_pb2 as pb
from services.chassis.caller import current_caller
from services.chassis.clock import Clock
from services.chassis.errors import ConcurrentChanges
from services.chassis.keyring import Keyring
from services.geofence import metrics
from services.geofence.convert.names import device_name
from services.geofence.model.detection import Outcome
from services.geofence.model.devices import HASH_BYTES, Device, new_device
from services.geofence.replica.feeds import Feeds
from services.geofence.state.delivery import Delivery
from services.geofence.state.devices import DeviceChange, DeviceRecords
from services.geofence.state.erased import Erased

PURPOSE = "device"
"""Separates the keyed hashes of devices from other uses of the keyring."""
TRIES = 20
"""Attempts to change a device that other calls keep changing."""


class Devices:
    """Finds, writes and erases devices."""

    def __init__(
        self,
        records: DeviceRecords,
        delivery: Delivery,
        erased: Erased,
        feeds: Feeds,
        keyring: Keyring,
        clock: Clock,
    ) -> None:
        self._records = records
        self._delivery = delivery
        self._erased = erased
        self._feeds = feeds
        self._hash = keyring.hasher(PURPOSE, HASH_BYTES)
        self._clock = clock

    def hashes(self, device_id: str) -> list[bytes]:
        """The keyed hashes of a device id of this caller, that by the current key first."""
        return self._hash(f"{current_caller().id}\0{device_id}".encode())

    async def find(self, hashes: Sequence[bytes], now_ms: int) -> Device:
        """The device of hashes: under the current key, else under an older one, else a new one."""
        [device] = chosen([hashes], await self._records.read(hashes, now_ms))
        return device

    async def write(
        self, outcomes: Sequence[Outcome], roamed: Sequence[DeviceChange] = ()
    ) -> list[bool]:
        """Write devices with their events; answers for each whether it was as it had been read.

        Args:
            outcomes: The devices that detection decided.
            roamed: Changes without events. They come first in the answer.

        Raises:
            BacklogFull: too many events wait for delivery.
        """
        changes = [DeviceChange.of(each.before, each.after, each.encoded) for each in outcomes]
        written = await self._records.write([*roamed, *changes])
        for outcome, is_written in zip(outcomes, written[len(roamed) :], strict=True):
            if is_written and any(outcome.events):
                metrics.count_events(outcome.events)
        return written

    async def erase(self, device_id: str) -> bool:
        """Erase a device under every key of the ring; answers whether there was one.

        Its record goes, the only link from its id to its subject, with its timer, trips, queued
        events and dead letters.

        Raises:
            ConcurrentChanges: fixes of the device keep coming.
        """
        subscriptions = list(self._feeds.subscriptions.replica.by_id)
        hashes = self.hashes(device_id)
        found = False
        for _ in range(TRIES):
            now_ms = round(self._clock().timestamp() * 1000)
            devices = await self._records.read(hashes, now_ms)
            if not devices:
                # Also when none was found: an earlier erasure may have ended before this line.
                await self._erased.mark(now_ms)
                return found
            found = True
            for device in devices.values():
                for subscription in subscriptions:
                    await self._erase_dead_letters(subscription, device.subject)
                await self._records.forget(device, subscriptions)
        raise ConcurrentChanges("fixes of the device keep coming; stop them, then try again")

    async def _erase_dead_letters(self, subscription: str, subject: str) -> None:
        name = device_name(subject)
        letters = await self._delivery.dead_letters(subscription)
        await self._delivery.delete_dead_letters(
            letter for letter in letters if pb.FenceEvent.FromString(letter.event).subject == name
        )


def chosen(hashes: Iterable[Sequence[bytes]], found: Mapping[bytes, Device]) -> list[Device]:
    """The device of each list of hashes: that of the first hash found, else a new one."""
    return [
        next((found[hash] for hash in some if hash in found), None) or new_device(some[0])
        for some in hashes
    ]
