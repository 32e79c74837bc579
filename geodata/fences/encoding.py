"""A device's state as few bytes, to keep it in a store.

Version 1, little-endian:

- version (u8), flags (u8: 1 there is a last fix, 2 its accuracy is known), event count (u64),
  number of visits (u32)
- if there is a last fix: latitude, longitude (f64, degrees), time (i64, ms), sequence (u64),
  received (i64, ms) and, if known, accuracy (f64, m)
- for each visit: flags (u8: 1 a dwell is due, 2 an exit is due), reason (u8), length of the
  fence id (u16), inside since (i64, ms), sequence of the ENTER (u64), then when the dwell and
  the exit are due (i64, ms), as far as they are, then the fence id in UTF-8

A state without visits takes 62 bytes, a visit 20 to 36 and its fence id.
"""

import struct
from typing import Any

from geodata.fences.events import Reason
from geodata.fences.state import DeviceState, Fix, Visit
from geodata.points import Point

_VERSION = 1
_HEAD = struct.Struct("<BBQI")
_FIX = struct.Struct("<ddqQq")
_ACCURACY = struct.Struct("<d")
_VISIT = struct.Struct("<BBHqQ")
_TIME = struct.Struct("<q")


def encode(state: DeviceState) -> bytes:
    """Pack a state; `decode` gives back an equal one."""
    last = state.last
    accuracy = last.accuracy_m if last else None
    flags = (last is not None) | (accuracy is not None) << 1
    parts = [_HEAD.pack(_VERSION, flags, state.event_count, len(state.visits))]
    if last:
        point = last.point
        parts.append(
            _FIX.pack(
                point.latitude, point.longitude, last.time_ms, last.sequence, state.received_ms
            )
        )
    if accuracy is not None:
        parts.append(_ACCURACY.pack(accuracy))
    for visit in state.visits:
        fence_id = visit.fence_id.encode()
        times = (visit.dwell_due_ms, visit.exit_due_ms)
        flags = (times[0] is not None) | (times[1] is not None) << 1
        parts.append(
            _VISIT.pack(
                flags, visit.reason, len(fence_id), visit.inside_since_ms, visit.enter_sequence
            )
        )
        parts += [_TIME.pack(time) for time in times if time is not None]
        parts.append(fence_id)
    return b"".join(parts)


def decode(data: bytes) -> DeviceState:
    """Unpack a state.

    Raises:
        ValueError: the bytes are of another version, cut short or damaged.
    """
    reader = _Reader(data)
    version, flags, event_count, visit_count = reader.read(_HEAD)
    if version != _VERSION:
        raise ValueError(f"device state is of version {version}, not {_VERSION}")
    last, received_ms = None, 0
    if flags & 1:
        latitude, longitude, time_ms, sequence, received_ms = reader.read(_FIX)
        accuracy = reader.read(_ACCURACY)[0] if flags & 2 else None
        last = Fix(
            point=Point(latitude, longitude),
            time_ms=time_ms,
            sequence=sequence,
            accuracy_m=accuracy,
        )
    visits = tuple(reader.visit() for _ in range(visit_count))
    if not reader.is_empty:
        raise ValueError("device state is followed by other bytes")
    return DeviceState(last=last, received_ms=received_ms, event_count=event_count, visits=visits)


class _Reader:
    """Takes one thing after the other from bytes."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def take(self, size: int) -> bytes:
        if len(self._data) < size:
            raise ValueError("device state is cut short")
        taken, self._data = self._data[:size], self._data[size:]
        return taken

    def read(self, layout: struct.Struct) -> tuple[Any, ...]:
        return layout.unpack(self.take(layout.size))

    def visit(self) -> Visit:
        flags, reason, id_size, inside_since_ms, enter_sequence = self.read(_VISIT)
        dwell_due_ms = self.read(_TIME)[0] if flags & 1 else None
        exit_due_ms = self.read(_TIME)[0] if flags & 2 else None
        return Visit(
            fence_id=self.take(id_size).decode(),
            inside_since_ms=inside_since_ms,
            enter_sequence=enter_sequence,
            dwell_due_ms=dwell_due_ms,
            exit_due_ms=exit_due_ms,
            reason=Reason(reason),
        )

    @property
    def is_empty(self) -> bool:
        return not self._data
