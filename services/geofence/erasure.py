"""Erases a device: its record, the only link from its id to its subject, and what waits of it."""

from enrayon.geofence.v1 import geofence_pb2 as pb
from services.chassis.clock import Clock
from services.chassis.errors import ConcurrentChanges
from services.geofence.feeds import Feeds
from services.geofence.positions import TRIES, Positions
from services.geofence.state.delivery import Delivery
from services.geofence.state.devices import Devices
from services.geofence.state.erased import Erased


class Erasure:
    """Erases devices."""

    def __init__(
        self,
        devices: Devices,
        delivery: Delivery,
        erased: Erased,
        positions: Positions,
        feeds: Feeds,
        clock: Clock,
    ) -> None:
        self._devices = devices
        self._delivery = delivery
        self._erased = erased
        self._positions = positions
        self._feeds = feeds
        self._clock = clock

    async def erase(self, device_id: str) -> bool:
        """Erase a device under every key of the ring; whether there was anything."""
        subscriptions = list(self._feeds.subscriptions.replica.by_id)
        hashes = self._positions.hashes(device_id)
        found = False
        for _ in range(TRIES):
            now_ms = round(self._clock().timestamp() * 1000)
            devices = await self._devices.read(hashes, now_ms)
            if not devices:
                # Also for one whose erasure was cut off before it came to this.
                await self._erased.mark(now_ms)
                return found
            found = True
            for device in devices.values():
                for subscription in subscriptions:
                    letters = await self._delivery.letters(subscription)
                    await self._delivery.delete_letters(
                        letter
                        for letter in letters
                        if pb.FenceEvent.FromString(letter.event).subject
                        == f"devices/{device.subject}"
                    )
                await self._devices.forget(device, subscriptions)
        raise ConcurrentChanges("fixes of the device keep coming; stop them, then try again")
