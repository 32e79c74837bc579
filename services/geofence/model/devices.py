"""What is kept of a device, as few bytes.

version I4, mark (10 random bytes: the subject without the partition's two digits), received i8
(ms), size of the state I4, the state (geodata.fences.encoding), then JSON of its trips and of how
often it was told of fences, if there is any. Little-endian.
"""

import dataclasses
import secrets
import struct

import numpy as np
import orjson

from geodata.fences import encoding
from geodata.fences.state import DeviceState
from geodata.fences.tracking import next_due_ms
from services.geofence.model.partitions import partition_of
from services.geofence.model.trips import Trip, from_dict, to_dict

KEPT_MS = 24 * 3_600_000 - 600_000
"""After so long without a fix a device is forgotten: its state may be kept for 24 hours."""
HASH_BYTES, MARK_BYTES = 16, 10
_STAMP = struct.Struct("<I10s")
"""Version and mark: another stamp means another record."""
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
"""The record of a device that is in no fence and on no trip, for many at once."""
MAX_VERSION = 0xFFFFFFFF
"""Then versions begin again with 1."""


_EMPTY = DeviceState()


@dataclasses.dataclass(frozen=True, slots=True)
class Device:
    """A device as it was read, or as it is to be written."""

    hash: bytes
    """Of its id, by a key of the keyring."""
    mark: bytes
    """Random: with the partition it is the subject."""
    version: int = 0
    """0 when nothing is kept of it."""
    state: DeviceState = _EMPTY
    received_ms: int = 0
    """When it was last heard of."""
    trips: tuple[Trip, ...] = ()
    caps: tuple[tuple[str, int, int], ...] = ()
    """Fence, begin of the period in ms, visits told in it."""

    @property
    def subject(self) -> str:
        """What events name it by; only its record leads from the one to the other."""
        return subject_of(self.partition, self.mark)

    @property
    def partition(self) -> int:
        """Where it lies."""
        return partition_of(self.hash)

    @property
    def stamp(self) -> bytes:
        """What the record must begin with for a change to be taken; empty when there is none."""
        return _STAMP.pack(self.version, self.mark) if self.version else b""

    @property
    def due_ms(self) -> int | None:
        """When time alone has something to tell of it."""
        if not self.state.visits and not self.trips:
            return None
        due = next_due_ms(self.state)
        times = [trip.due_ms for trip in self.trips]
        return min([*times, due] if due is not None else times, default=None)

    def heard(self, state: DeviceState, received_ms: int) -> "Device":
        """The next version of the device, in another state, as it was heard of."""
        version = self.version % MAX_VERSION + 1
        # As `replace` does, which takes far longer.
        return Device(self.hash, self.mark, version, state, received_ms, self.trips, self.caps)


def new_device(hash: bytes) -> Device:
    """A device that nothing is known of, with a subject that nothing leads back from."""
    return Device(hash, secrets.token_bytes(MARK_BYTES))


def pack(device: Device) -> bytes:
    """The record of a device."""
    state = encoding.encode(device.state)
    head = _HEAD.pack(device.version, device.mark, device.received_ms, len(state))
    if not device.trips and not device.caps:
        return head + state
    rest = {"t": [to_dict(trip) for trip in device.trips], "c": device.caps}
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
        return dataclasses.replace(
            device,
            trips=tuple(from_dict(fields) for fields in rest["t"]),
            caps=tuple((fence, start, count) for fence, start, count in rest["c"]),
        )
    except (struct.error, KeyError, TypeError) as error:
        raise ValueError("the record of a device is damaged") from error


def subject_of(partition: int, mark: bytes) -> str:
    """What events name a device by."""
    return f"{partition:02}{mark.hex()}"


def received_ms_of(record: bytes) -> int:
    """When the device of a record was last heard of."""
    received_ms: int = _HEAD.unpack_from(record)[2]
    return received_ms
