"""Devices of a batch whose fixes may be decided in columns."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain, compress
from typing import NamedTuple

import numpy as np

from enrayon.geofence.v1 import geofence_pb2 as pb
from geodata.fences import FenceIndex
from services.geofence.convert.fixes import fix_columns
from services.geofence.model.devices import NO_TRIPS, PLAIN, subject_in
from services.geofence.model.roaming import Flags, Tracks, next_heads
from services.geofence.state.devices import NO_HEADS, Heads, heads_of

LEAST = 32
"""For fewer fixes, columns cost more than they save."""
WIDTH = PLAIN.itemsize


class Roamed(NamedTuple):
    """Devices that were decided in columns."""

    indexes: Sequence[Sequence[int]]
    """Indexes of the fixes of each device in the batch."""
    hashes: Sequence[bytes]
    records: Sequence[bytes]
    """As they were read."""
    heads: Heads

    def subject(self, number: int) -> str:
        """The id that events carry for a device."""
        return subject_in(self.hashes[number], self.records[number])


NOBODY = Roamed((), (), (), NO_HEADS)


class Roaming(NamedTuple):
    """Devices that may be near no fence. The fields run in parallel."""

    indexes: Sequence[Sequence[int]]
    """Indexes of the fixes of each device in the batch."""
    hashes: Sequence[Sequence[bytes]]
    """The hashes of each device's id, that by the current key first."""
    tracks: Tracks

    @classmethod
    def among(
        cls,
        messages: Sequence[pb.Fix],
        by_device: Mapping[str, Sequence[int]],
        hashes_of: Callable[[Sequence[str]], Sequence[Sequence[bytes]]],
    ) -> "Roaming":
        """The devices of a batch whose fixes are all valid."""
        groups = list(by_device.values())
        fixes = fix_columns([messages[index] for index in chain.from_iterable(groups)])
        tracks = Tracks(fixes, np.fromiter(map(len, groups), np.int64, len(groups)))
        are_valid = tracks.all(fixes.is_valid)
        kept = are_valid.tolist()
        hashes = hashes_of(list(compress(by_device, kept)))
        return cls(list(compress(groups, kept)), hashes, tracks.of(are_valid))

    def moved(
        self, index: FenceIndex, records: Mapping[bytes, bytes], now_ms: int
    ) -> tuple[Roamed, Flags]:
        """The devices that are simple, and for each device, True if it is.

        Args:
            index: All fences; none of them reports every fix.
            records: Of the devices, by hash.
            now_ms: The server's clock.
        """
        # A record under an older key is not looked for here: that device is left to detection.
        found = [records.get(hashes[0], b"") for hashes in self.hashes]
        are_simple = np.array([is_without_trips(record) for record in found], np.bool_)
        columns = b"".join(record[:WIDTH] for record in compress(found, are_simple))
        before = np.frombuffer(columns, PLAIN)
        numbers, heads = next_heads(index, before, self.tracks.of(are_simple), now_ms)
        rows = np.flatnonzero(are_simple)[numbers]
        are_simple[:] = False
        are_simple[rows] = True
        if not rows.size:
            return NOBODY, are_simple
        hashes = [self.hashes[row][0] for row in rows.tolist()]
        return Roamed(
            list(compress(self.indexes, are_simple)),
            hashes,
            list(compress(found, are_simple)),
            heads_of(hashes, before[numbers], heads),
        ), are_simple

    def rest(self, decided: Flags) -> Iterator[tuple[Sequence[bytes], Sequence[int]]]:
        """The hashes of the devices that were not decided, and the indexes of their fixes."""
        return compress(zip(self.hashes, self.indexes, strict=True), ~decided)


def is_without_trips(record: bytes) -> bool:
    """True for a record that may be a row of columns, with no trips behind it."""
    return len(record) == WIDTH or (len(record) > WIDTH and record.startswith(NO_TRIPS, WIDTH))
