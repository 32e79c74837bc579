"""Fixes of a batch that are decided in columns: one each of devices that may be near no fence."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from enrayon.geofence.v1 import geofence_pb2 as pb
from geodata.fences import FenceIndex
from services.geofence.convert.fixes import fix_columns
from services.geofence.model.devices import NO_TRIPS, PLAIN, STAMP_BYTES
from services.geofence.model.roaming import FixColumns, next_records
from services.geofence.state.devices import DeviceChange

LEAST = 32
"""For fewer fixes, columns cost more than they save."""


class Roaming(NamedTuple):
    """Devices with one fix each. The fields run in parallel."""

    indexes: Sequence[int]
    """Indexes of the fixes in the batch."""
    hashes: Sequence[list[bytes]]
    """The hashes of each device's id, that by the current key first."""
    fixes: FixColumns

    @classmethod
    def among(
        cls,
        messages: Sequence[pb.Fix],
        indexes: Sequence[int],
        hashes_of: Callable[[str], list[bytes]],
    ) -> "Roaming":
        """The fixes of a batch that are valid, among those that are alone for their device."""
        fixes = fix_columns([messages[index] for index in indexes])
        rows = np.flatnonzero(fixes.is_valid)
        kept = [indexes[row] for row in rows.tolist()]
        hashes = [hashes_of(messages[index].device_id) for index in kept]
        return cls(kept, hashes, fixes.at(rows))

    def changes(
        self, index: FenceIndex, records: Mapping[bytes, bytes], now_ms: int
    ) -> dict[int, DeviceChange]:
        """The changes to write, by index of the fix; without the devices that are not simple.

        Args:
            index: All fences; none of them reports every fix.
            records: Of the devices, by hash.
            now_ms: The server's clock.
        """
        # A record under an older key is not looked for here: that device is left to detection.
        found = [records.get(hashes[0], b"") for hashes in self.hashes]
        rows = [row for row, record in enumerate(found) if is_without_trips(record)]
        if not rows:
            return {}
        before = [found[row] for row in rows]
        after = next_records(index, before, self.fixes.at(rows), now_ms)
        return {
            self.indexes[row]: DeviceChange(self.hashes[row][0], old[:STAMP_BYTES], new)
            for row, old, new in zip(rows, before, after, strict=True)
            if new
        }


def is_without_trips(record: bytes) -> bool:
    """True for a record that may be a row of columns, with no trips behind it."""
    size = PLAIN.itemsize
    return len(record) == size or (len(record) > size and record.startswith(NO_TRIPS, size))
