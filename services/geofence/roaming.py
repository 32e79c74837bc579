"""Devices in no fence and on no trip, moving from one place in no fence to another.

So it is with most. The records of such devices have one size, and a fix changes the same numbers
in each: thousands are decided in columns, in less than half the time. What comes of it is what
`Detection` makes of each of them, byte for byte; whatever is not as simple is left to it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from enrayon.geofence.v1 import geofence_pb2 as pb
from geodata.fences import FenceIndex, encoding
from geodata.fences.tracking import MAX_AHEAD_MS
from services.geofence.model.devices import KEPT_MS, MAX_VERSION, PLAIN, STAMP_BYTES
from services.geofence.state.devices import Changed

LEAST = 32
"""For fewer fixes columns cost more than they save."""
_MAX_SECONDS = 1 << 43

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Fixes:
    """Fixes as columns."""

    latitudes: Floats
    longitudes: Floats
    times_ms: Integers
    sequences: Integers
    accuracies_m: Floats
    is_known: NDArray[np.bool_]
    """Whether there is an accuracy."""
    usable: NDArray[np.bool_]
    """Those that are surely right. Of the others each is to be looked at."""

    @classmethod
    def of(cls, messages: Sequence[pb.Fix]) -> "Fixes":
        """The columns of messages."""
        locations = [message.location for message in messages]
        times = [message.device_time for message in messages]
        latitudes = np.array([location.latitude for location in locations])
        longitudes = np.array([location.longitude for location in locations])
        seconds = np.array([time.seconds for time in times])
        nanos = np.array([time.nanos for time in times])
        sequences = np.array([message.sequence for message in messages])
        accuracies_m = np.array([message.accuracy_m for message in messages])
        is_known = accuracies_m != 0
        for row in np.flatnonzero(~is_known).tolist():
            is_known[row] = messages[row].HasField("accuracy_m")
        usable = (
            (np.abs(latitudes) <= 90)
            & (np.abs(longitudes) <= 180)
            # A field that is not set reads as 0.
            & ((latitudes != 0) | (longitudes != 0))
            & (seconds > 0)
            & (seconds < _MAX_SECONDS)
            & (nanos >= 0)
            & (sequences >= 0)
            & (accuracies_m >= 0)
            & np.isfinite(accuracies_m)
        )
        times_ms = np.where(usable, seconds, 0) * 1000 + nanos // 1_000_000
        return cls(
            latitudes,
            longitudes,
            times_ms,
            np.where(sequences == 0, times_ms, sequences),
            np.abs(accuracies_m),  # -0 is kept as 0
            is_known,
            usable,
        )

    def at(self, rows: Sequence[int] | Integers) -> "Fixes":
        """Some of them."""
        return Fixes(*(column[rows] for column in vars(self).values()))


@dataclass(frozen=True)
class Roaming:
    """Devices with a fix each, which may be in no fence."""

    rows: Sequence[int]
    """Where in the batch the fix of each is."""
    hashes: Sequence[list[bytes]]
    """Of each: of its id, by the current key first."""
    fixes: Fixes

    @classmethod
    def among(
        cls,
        messages: Sequence[pb.Fix],
        rows: Sequence[int],
        hashes: Callable[[str], list[bytes]],
    ) -> "Roaming":
        """Those of the rows of a batch that may be decided in columns; no other is of a device."""
        fixes = Fixes.of([messages[row] for row in rows])
        usable = np.flatnonzero(fixes.usable)
        kept = [rows[number] for number in usable.tolist()]
        return cls(kept, [hashes(messages[row].device_id) for row in kept], fixes.at(usable))

    def changes(
        self, index: FenceIndex, records: Mapping[bytes, bytes], now_ms: int
    ) -> dict[int, Changed]:
        """What is to be written, by row of the batch; without the devices that are not as simple.

        Args:
            index: all fences; none of them tells of each fix.
            records: of those devices that there are, by hash.
            now_ms: the server's clock.
        """
        found = [records.get(some[0], b"") for some in self.hashes]
        known = [number for number, record in enumerate(found) if len(record) == PLAIN.itemsize]
        if not known:
            return {}
        before = [found[number] for number in known]
        after = roamed(index, before, self.fixes.at(known), now_ms)
        return {
            self.rows[number]: Changed(self.hashes[number][0], old[:STAMP_BYTES], new)
            for number, old, new in zip(known, before, after, strict=True)
            if new
        }


NOBODY = Roaming((), (), Fixes.of(()))


def roamed(
    index: FenceIndex, records: Sequence[bytes], fixes: Fixes, now_ms: int
) -> Sequence[bytes]:
    """The next record of each device; empty where it is not as simple.

    Args:
        index: all fences; none of them tells of each fix.
        records: of devices, each of the size of `PLAIN`.
        fixes: one of each device, all usable.
        now_ms: the server's clock.
    """
    before = np.frombuffer(b"".join(records), PLAIN)
    is_later = (fixes.times_ms > before["time_ms"]) | (
        (fixes.times_ms == before["time_ms"]) & (fixes.sequences > before["sequence"])
    )
    simple = (
        (before["format"] == encoding.VERSION)
        & (before["state_bytes"] == encoding.PLAIN.itemsize)
        & ((before["flags"] & encoding.HAS_FIX) != 0)
        & (before["visit_count"] == 0)
        & (np.abs(before["latitude"]) <= 90)
        & (np.abs(before["longitude"]) <= 180)
        & (before["heard_ms"] >= now_ms - KEPT_MS)
        & is_later
        & (fixes.times_ms <= now_ms + MAX_AHEAD_MS)
    )
    rows = np.flatnonzero(simple)
    rows = rows[~touched(index, before[rows], fixes.at(rows))]
    fixes, after = fixes.at(rows), before[rows]
    after["version"] = after["version"] % MAX_VERSION + 1
    after["heard_ms"] = after["received_ms"] = now_ms
    after["flags"] = encoding.HAS_FIX + encoding.HAS_ACCURACY * fixes.is_known
    after["latitude"], after["longitude"] = fixes.latitudes, fixes.longitudes
    after["time_ms"], after["sequence"] = fixes.times_ms, fixes.sequences
    after["accuracy_m"] = fixes.accuracies_m
    found, encoded, size = [b""] * len(records), after.tobytes(), PLAIN.itemsize
    for row, start in zip(rows.tolist(), range(0, len(encoded), size), strict=True):
        found[row] = encoded[start : start + size]
    return found


def touched(index: FenceIndex, before: NDArray[np.void], fixes: Fixes) -> NDArray[np.bool_]:
    """Whether a fence holds the fix, or touches the way to it."""
    found = np.zeros(len(before), np.bool_)
    if len(index) and len(before):
        for matches in index.track_many(
            before["latitude"], before["longitude"], fixes.latitudes, fixes.longitudes
        ):
            found[matches.rows] = True
    return found
