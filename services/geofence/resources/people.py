"""Registered devices: what callers keep of people with consent, and who is inside now."""

from collections.abc import Sequence
from dataclasses import replace

from enrayon.geofence.v1 import geofence_pb2 as pb
from services.chassis.caller import current_caller
from services.chassis.clock import Clock
from services.chassis.errors import ConcurrentChanges
from services.chassis.messages.masks import merged
from services.chassis.serving.commits import commit
from services.directory.keys import store_id
from services.geofence.convert.names import device_name, fence_id, shape_names
from services.geofence.convert.people import PRODUCTS, device_message, with_content
from services.geofence.errors import DeviceNotFound, FenceNotFound, StoreNotFound
from services.geofence.model.detection import Outcome
from services.geofence.model.devices import Device
from services.geofence.model.people import KEPT_MS, Person, with_products
from services.geofence.replica.feeds import Feeds
from services.geofence.resources.detection import Detection
from services.geofence.resources.devices import TRIES, Devices
from services.geofence.state.devices import DeviceRecords
from services.geofence.state.people import Inside, PeopleRecords

OUTPUT = ("name", "expire_time", "update_time")
FIRST = Inside(0, b"")
COUNTED_AT_ONCE = 1_000


class People:
    """Reads and changes what is kept of registered devices."""

    def __init__(
        self,
        records: DeviceRecords,
        people: PeopleRecords,
        devices: Devices,
        detection: Detection,
        feeds: Feeds,
        clock: Clock,
    ) -> None:
        self._records = records
        self._people = people
        self._devices = devices
        self._detection = detection
        self._feeds = feeds
        self._clock = clock

    async def update(self, request: pb.UpdateDeviceRequest) -> pb.Device:
        """Register a device or change what is kept of it; without consent, erase it.

        Raises:
            QuotaExceeded: its partition keeps as many registered devices as it may.
            ConcurrentChanges: other calls keep changing the device.
        """
        if not request.consent:
            await self._devices.erase(request.device_id)
            return pb.Device()
        hashes = self._devices.hashes(request.device_id)
        for _ in range(TRIES):
            now_ms = self._now_ms()
            device = await self._devices.find(hashes, now_ms)
            known = await self._devices.person(device, now_ms)
            person = self._updated(request, hashes, device, known, now_ms)
            after = device if device.version else replace(device, received_ms=now_ms)
            after = after.next_version(after.state, after.received_ms)
            outcome = Outcome(device, after, was_known=known, person=person)
            [is_written] = await commit(self._devices.write([outcome]))
            if is_written:
                return device_message(person, now_ms)
        raise ConcurrentChanges("the device was changed in between; try again")

    async def introduce(self, device_id: str, device: pb.Device) -> None:
        """Register a device that is not registered; leave one that is.

        Raises:
            QuotaExceeded: its partition keeps as many registered devices as it may.
            ConcurrentChanges: other calls keep changing the device.
        """
        if not await self._people.read(self._devices.hashes(device_id), self._now_ms()):
            request = pb.UpdateDeviceRequest(device_id=device_id, consent=True, device=device)
            await self.update(request)

    async def get(self, device_id: str) -> pb.Device:
        """What is kept of a registered device.

        Raises:
            DeviceNotFound: the caller has registered none of that id.
        """
        now_ms = self._now_ms()
        hashes = self._devices.hashes(device_id)
        found = await self._people.read(hashes, now_ms)
        for hash in hashes:
            if hash in found:
                return device_message(found[hash], now_ms)
        raise DeviceNotFound

    async def presence(
        self, request: pb.ListPresenceRequest, after: Inside, size: int
    ) -> tuple[list[pb.Presence], Inside | None]:
        """A page of the devices that are inside, and where the next page begins.

        Raises:
            FenceNotFound: there is no such fence.
            StoreNotFound: there is no such store, or it has no location.
        """
        shapes = self._shapes(request.parent)
        found = await self._people.inside(shapes, after, size + 1)
        page = found[:size]
        is_last = len(found) <= size
        return await self._present(request, shapes, page), None if is_last else page[-1]

    async def count(self, request: pb.ListPresenceRequest) -> int:
        """How many devices are inside, each once.

        Raises:
            FenceNotFound: there is no such fence.
            StoreNotFound: there is no such store, or it has no location.
        """
        count, after = 0, FIRST
        while True:
            page, following = await self.presence(request, after, COUNTED_AT_ONCE)
            count += len(page)
            if following is None:
                return count
            after = following

    async def _present(
        self, request: pb.ListPresenceRequest, shapes: Sequence[str], page: Sequence[Inside]
    ) -> list[pb.Presence]:
        """Those of a page that their own records say to be inside, and that the caller may see."""
        now_ms = self._now_ms()
        hashes = [each.hash for each in page]
        people = await self._people.read(hashes, now_ms)
        devices = await self._records.unpacked(await self._records.records(people))
        caller, wanted = current_caller(), set(request.references)
        result = []
        for hash in hashes:
            person, device = people.get(hash), devices.get(hash)
            if person is None or device is None or device.is_expired(now_ms):
                continue
            if caller.may_see(person.owner) and (not wanted or person.reference in wanted):
                result += present(person, device, shapes)
        return result

    def _shapes(self, parent: str) -> list[str]:
        """The keys of the shapes that a fence has, or that are around a store."""
        replica = self._feeds.fences.replica
        if parent.startswith("fences/"):
            if fence_id(parent) not in replica.by_id:
                raise FenceNotFound(parent)
            return replica.keys_of(fence_id(parent))
        store = store_id(parent)
        if self._detection.store_point(store) is None:
            raise StoreNotFound(parent)
        return replica.keys_around(store)

    def _updated(
        self,
        request: pb.UpdateDeviceRequest,
        hashes: Sequence[bytes],
        device: Device,
        known: Person | None,
        now_ms: int,
    ) -> Person:
        life_ms = request.ttl.ToMilliseconds() if request.HasField("ttl") else KEPT_MS
        person = Person(
            subject=device.subject,
            owner=current_caller().owner,
            key=self._devices.key_version(hashes, device),
            expire_ms=now_ms + life_ms,
            update_ms=now_ms,
            counts=known.counts if known else (),
        )
        before = device_message(known, now_ms) if known else pb.Device()
        content = merged(before, request.device, request.update_mask, OUTPUT)
        person = with_content(person, content, now_ms)
        viewed = [(name.removeprefix(PRODUCTS), now_ms) for name in request.add_viewed_products]
        return with_products(person, viewed, now_ms)

    def _now_ms(self) -> int:
        return round(self._clock().timestamp() * 1000)


def present(person: Person, device: Device, shapes: Sequence[str]) -> list[pb.Presence]:
    """A device that is inside one of some shapes, with its longest visit; empty if in none."""
    visits = [visit for visit in device.state.visits if visit.fence_id in shapes]
    if not visits:
        return []
    visit = min(visits, key=lambda each: (each.inside_since_ms, each.fence_id))
    message = pb.Presence(
        subject=device_name(person.subject),
        reference=person.reference,
        fence=shape_names(visit.fence_id)[0],
    )
    message.inside_since_time.FromMilliseconds(visit.inside_since_ms)
    message.last_fix_time.FromMilliseconds(device.state.received_ms)
    return [message]
