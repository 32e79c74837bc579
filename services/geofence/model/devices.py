"""Encodes records of devices in as few bytes as possible.

Little-endian: version (u32), mark (10 random bytes: the subject without the partition's two
digits), received (i64, ms), size of the state (u32), the state (`geodata.fences.encoding`); then,
if there are any, JSON of the device's trips ("t") and frequency caps ("c"), and, each only if there
is one, its home ("h"), messages that wait ("k"), which of them were told so ("s"), and what trips
have beyond their records ("w").
"""

import dataclasses
import struct

import numpy as np
import orjson

from geodata.fences import encoding
from geodata.fences.state import DeviceState
from geodata.fences.tracking import next_due_ms
from services.chassis import chance
from services.geofence.model.caps import Marks
from services.geofence.model.partitions import PARTITIONS, partition_of
from services.geofence.model.rules import Kept
from services.geofence.model.trips import Trip, from_dict, more_of, to_dict

KEPT_MS = 24 * 3_600_000 - 600_000
"""A device is forgotten when no fix came for so long. Its state may be kept for 24 hours; the ten
minutes are for the sweep that deletes it."""
HASH_BYTES, MARK_BYTES = 16, 10
_STAMP = struct.Struct("<I10s")
"""Version and mark. A record with another stamp was changed, or is of a new device."""
STAMP_BYTES = _STAMP.size
MARK = slice(STAMP_BYTES - MARK_BYTES, STAMP_BYTES)
_HEAD = struct.Struct("<I10sqI")
PLAIN = np.dtype(
    [
        ("version", "<u4"),
        ("mark", "V10"),
        ("heard_ms", "<i8"),
        ("state_bytes", "<u4"),
        *((name, encoding.PLAIN[name]) for name in encoding.PLAIN.names or ()),
    ]
)
"""The record of a device without visits, trips and frequency caps, as a row of columns."""
NO_TRIPS = b'{"t":[],'
"""The begin of the JSON of a device without trips."""
MAX_VERSION = 0xFFFFFFFF
"""The version after this one is 1."""
_NO_STATE = DeviceState()


@dataclasses.dataclass(frozen=True, slots=True)
class Device:
    """A device as it was read, or as it is to be written."""

    hash: bytes
    """The keyed hash of the device's id."""
    mark: bytes
    """Random: with the partition it is the subject."""
    version: int = 0
    """0 when the device has no record."""
    state: DeviceState = _NO_STATE
    received_ms: int = 0
    """When the last fix or call about it came, by the server's clock."""
    trips: tuple[Trip, ...] = ()
    caps: Marks = ()
    """Frequency caps (see `model.caps`), by fence; with the visits that are over them."""
    home: int | None = None
    """The partition in which its subject was made, if a change of the hash key moved it since."""
    kept: tuple[Kept, ...] = ()
    """Messages of rules that wait."""
    older: "Device | None" = None
    """It as it stands under an older hash key; it is deleted there once it is written here."""

    @property
    def subject(self) -> str:
        """The id that events carry. Only records of the device lead to it."""
        return subject_of(self.partition if self.home is None else self.home, self.mark)

    @property
    def partition(self) -> int:
        """The partition that holds its record."""
        return partition_of(self.hash)

    @property
    def stamp(self) -> bytes:
        """The first bytes of its record in the database; empty when it has none."""
        return _STAMP.pack(self.version, self.mark) if self.version else b""

    @property
    def stands_under(self) -> bytes:
        """The hash under which its records were found."""
        return self.older.hash if self.older and not self.version else self.hash

    @property
    def due_ms(self) -> int | None:
        """When time alone causes an event or a change, by the server's clock; None if never."""
        if not (self.state.visits or self.trips or self.kept):
            return None
        due = next_due_ms(self.state)
        times = [trip.due_ms for trip in self.trips] + [each.due_ms for each in self.kept]
        return min([*times, due] if due is not None else times, default=None)

    def is_expired(self, now_ms: int) -> bool:
        """True if its record has been kept for as long as it may be."""
        return self.received_ms + KEPT_MS < now_ms

    def next_version(self, state: DeviceState, received_ms: int) -> "Device":
        """The next version of the device, in another state."""
        version = self.version % MAX_VERSION + 1
        # The constructor takes half the time of `dataclasses.replace`.
        return Device(
            self.hash,
            self.mark,
            version,
            state,
            received_ms,
            self.trips,
            self.caps,
            self.home,
            self.kept,
        )

    def under(self, hash: bytes) -> "Device":
        """The device, read under an older hash, as it is to be written under the current one."""
        return dataclasses.replace(
            self,
            hash=hash,
            version=0,
            home=home_of(self.subject, hash),
            older=self,
        )


def new_device(hash: bytes) -> Device:
    """A device without a record, with a random subject."""
    return Device(hash, chance.token_bytes(MARK_BYTES))


def pack(device: Device) -> bytes:
    """The record of a device."""
    state = encoding.encode(device.state)
    head = _HEAD.pack(device.version, device.mark, device.received_ms, len(state))
    if not (device.trips or device.caps or device.kept) and device.home is None:
        return head + state
    rest: dict[str, object] = {"t": [to_dict(trip) for trip in device.trips], "c": device.caps}
    if device.home is not None:
        rest["h"] = device.home
    if device.kept:
        # Earlier versions take one with a seventh part for damaged.
        rest["k"] = [tuple(each)[:-1] for each in device.kept]
        if told := [number for number, each in enumerate(device.kept) if each.is_told]:
            rest["s"] = told
    if more := {trip.id: more_of(trip) for trip in device.trips if more_of(trip)}:
        rest["w"] = more
    return head + state + orjson.dumps(rest)


def unpack(hash: bytes, record: bytes) -> Device:
    """The device of a record.

    Raises:
        ValueError: the record is damaged.
    """
    try:
        version, mark, received_ms, size = _HEAD.unpack_from(record)
        end = _HEAD.size + size
        device = Device(hash, mark, version, encoding.decode(record[_HEAD.size : end]), received_ms)
        if len(record) == end:
            return device
        rest = orjson.loads(record[end:])
        home = rest.get("h")
        if home is not None and home not in range(PARTITIONS):
            raise ValueError("the record of a device is damaged")
        return dataclasses.replace(
            device,
            trips=tuple(from_dict(fields, rest.get("w", {})) for fields in rest["t"]),
            caps=tuple((about, at_ms, count) for about, at_ms, count in rest["c"]),
            home=home,
            kept=tuple(
                Kept(*parts)._replace(is_told=number in rest.get("s", ()))
                for number, parts in enumerate(rest.get("k", ()))
            ),
        )
    except (struct.error, AttributeError, KeyError, TypeError) as error:
        raise ValueError("the record of a device is damaged") from error


def known_device(hash: bytes, subject: str) -> Device:
    """A device without a record, with the subject that it had before."""
    return Device(hash, bytes.fromhex(subject[2:]), home=home_of(subject, hash))


def subject_of(partition: int, mark: bytes) -> str:
    """The id that events carry for a device."""
    return f"{partition:02}{mark.hex()}"


def home_of(subject: str, hash: bytes) -> int | None:
    """The partition in which a subject was made; None if it is that of the hash."""
    made_in = int(subject[:2])
    return None if made_in == partition_of(hash) else made_in


def subject_in(hash: bytes, record: bytes) -> str:
    """The subject of a device, by its record."""
    home = None
    if NO_TRIPS in record[PLAIN.itemsize :]:
        home = orjson.loads(record[PLAIN.itemsize :]).get("h")
    return subject_of(partition_of(hash) if home is None else home, record[MARK])
