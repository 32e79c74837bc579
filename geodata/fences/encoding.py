"""Encodes the state of a device as compact bytes for the database.

Version 1, little-endian:

- Head, 62 bytes: version (u8); flags (u8: 1 has a last fix, 2 has its accuracy); number of
  visits (u32); event count (u64); receive time of the last fix (i64, ms); the fix: latitude and
  longitude (f64, degrees), time (i64, ms), sequence (u64), accuracy (f64, m). Absent values
  are 0.
- Each visit, 20 to 36 bytes plus the fence id: flags (u8: 1 has a dwell time, 2 has an exit
  time); reason (u8); length of the fence id (u16); inside since (i64, ms); sequence of the ENTER
  (u64); dwell due and exit due (i64, ms), each only if its flag is set; the fence id in UTF-8.
"""

import struct

import numpy as np

from geodata.fences.events import Reason
from geodata.fences.state import DeviceState, Fix, Visit
from geodata.points import Point

VERSION = 1
PLAIN = np.dtype(
    [
        ("format", "<u1"),
        ("flags", "<u1"),
        ("visit_count", "<u4"),
        ("event_count", "<u8"),
        ("received_ms", "<i8"),
        ("latitude", "<f8"),
        ("longitude", "<f8"),
        ("time_ms", "<i8"),
        ("sequence", "<u8"),
        ("accuracy_m", "<f8"),
    ]
)
"""The head as a numpy type, to decode many states without visits at once."""
_HEAD = struct.Struct("<BBIQqddqQd")
_VISIT = struct.Struct("<BBHqQ")
_TIME = struct.Struct("<q")

HAS_FIX, HAS_ACCURACY = 1, 2
_HAS_DWELL, _HAS_EXIT = 1, 2


def encode(state: DeviceState) -> bytes:
    """Encode a state; `decode` is the inverse."""
    fix = state.last or _NO_FIX
    flags = HAS_FIX * (state.last is not None) | HAS_ACCURACY * (fix.accuracy_m is not None)
    head = _HEAD.pack(
        VERSION,
        flags,
        len(state.visits),
        state.event_count,
        state.received_ms,
        fix.point.latitude,
        fix.point.longitude,
        fix.time_ms,
        fix.sequence,
        fix.accuracy_m or 0.0,
    )
    return head + b"".join(map(_encode_visit, state.visits))


def decode(data: bytes) -> DeviceState:
    """Decode a state.

    Raises:
        ValueError: the bytes have another version, are truncated, or are damaged.
    """
    if not data or data[0] != VERSION:
        raise ValueError(f"device state does not have version {VERSION}")
    try:
        state, end = _decode(data)
    except (struct.error, ValueError) as error:
        raise ValueError("device state is truncated or damaged") from error
    if end != len(data):
        raise ValueError("device state is truncated or damaged")
    return state


def _decode(data: bytes) -> tuple[DeviceState, int]:
    """A state, and the offset of its end."""
    (
        _,
        flags,
        count,
        event_count,
        received_ms,
        latitude,
        longitude,
        time_ms,
        sequence,
        accuracy_m,
    ) = _HEAD.unpack_from(data)
    visits, end = _decode_visits(data, count) if count else ((), _HEAD.size)
    last = None
    if flags & HAS_FIX:
        last = Fix(
            point=Point(latitude, longitude),
            time_ms=time_ms,
            sequence=sequence,
            accuracy_m=accuracy_m if flags & HAS_ACCURACY else None,
        )
    state = DeviceState(last=last, received_ms=received_ms, event_count=event_count, visits=visits)
    return state, end


def _encode_visit(visit: Visit) -> bytes:
    fence_id = visit.fence_id.encode()
    dwell, exit_ = visit.dwell_due_ms, visit.exit_due_ms
    return b"".join(
        (
            _VISIT.pack(
                _HAS_DWELL * (dwell is not None) | _HAS_EXIT * (exit_ is not None),
                visit.reason,
                len(fence_id),
                visit.inside_since_ms,
                visit.enter_sequence,
            ),
            b"" if dwell is None else _TIME.pack(dwell),
            b"" if exit_ is None else _TIME.pack(exit_),
            fence_id,
        )
    )


def _decode_visits(data: bytes, count: int) -> tuple[tuple[Visit, ...], int]:
    """The visits, and the offset of their end."""
    visits, at = [], _HEAD.size
    for _ in range(count):
        flags, reason, size, since_ms, sequence = _VISIT.unpack_from(data, at)
        at += _VISIT.size
        times: list[int | None] = [None, None]
        for n, flag in enumerate((_HAS_DWELL, _HAS_EXIT)):
            if flags & flag:
                (times[n],) = _TIME.unpack_from(data, at)
                at += _TIME.size
        visits.append(
            Visit(
                fence_id=data[at : at + size].decode(),
                inside_since_ms=since_ms,
                enter_sequence=sequence,
                dwell_due_ms=times[0],
                exit_due_ms=times[1],
                reason=Reason(reason),
            )
        )
        at += size
    return tuple(visits), at


_NO_FIX = Fix(point=Point(0.0, 0.0), time_ms=0, sequence=0)
