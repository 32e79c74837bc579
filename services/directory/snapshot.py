"""Snapshots of replicas on disk, from which a process starts while the database is down.

A file is a line of JSON (format, epoch, sequence, as_of, count, columns), then the records: the
lengths of id and record as two little-endian 32-bit numbers, the id, the record; then the arrays of
indexes, in NumPy's format, in the order of their names in the line (older files have none); then
the CRC-32 of all before, as a little-endian 32-bit number (older files have none). It is
written under another name and renamed, so that a crash leaves no part of a file; a damaged file is
not used.
"""

import datetime as dt
import mmap
import os
import struct
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import numpy as np
import orjson
from numpy.typing import NDArray

FORMAT = 1
LENGTHS = struct.Struct("<II")
SUM = struct.Struct("<I")
Arrays = dict[str, NDArray[Any]]
"""Arrays of indexes by name."""


@dataclass(frozen=True)
class Snapshot:
    """All records of one kind after some change."""

    epoch: str
    sequence: int
    as_of: dt.datetime
    """The time at which they were last known to be current."""
    records: dict[str, bytes]
    columns: Arrays = field(default_factory=dict, compare=False)
    """What its indexes hold, with positions of the records in their order."""


def write_snapshot(path: Path, snapshot: Snapshot) -> None:
    """Write a file, in place of the one before.

    Raises:
        OSError: the file cannot be written.
    """
    scratch = path.with_name(f"{path.name}.{os.getpid()}")
    header = {
        "format": FORMAT,
        "epoch": snapshot.epoch,
        "sequence": snapshot.sequence,
        "as_of": snapshot.as_of,
        "count": len(snapshot.records),
        "columns": list(snapshot.columns),
        "has_sum": True,
    }
    try:
        with scratch.open("wb") as raw:
            file = Summed(raw)
            file.write(orjson.dumps(header) + b"\n")
            for id, record in snapshot.records.items():
                name = id.encode()
                file.write(LENGTHS.pack(len(name), len(record)) + name + record)
            for column in snapshot.columns.values():
                np.save(file, column, allow_pickle=False)
            raw.write(SUM.pack(file.sum))
            raw.flush()
            os.fsync(raw.fileno())
        scratch.replace(path)
    finally:
        scratch.unlink(missing_ok=True)


class Summed:
    """A file that is written, with the CRC-32 of what was."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.sum = 0

    def write(self, data: bytes) -> int:
        """Write, as files do."""
        self.sum = zlib.crc32(data, self.sum)
        return self._file.write(data)


def is_whole(data: mmap.mmap) -> bool:
    """True if the sum at the end of a file is that of all before."""
    with memoryview(data) as view, view[: -SUM.size] as content:
        return bool(zlib.crc32(content) == SUM.unpack_from(data, len(content))[0])


def read_snapshot(path: Path) -> Snapshot | None:
    """Read a file; None if there is none, or if it is damaged or of another format."""
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            at = data.find(b"\n") + 1
            header = orjson.loads(data[:at])
            if header["format"] != FORMAT or (header.get("has_sum") and not is_whole(data)):
                return None
            records = {}
            for _ in range(header["count"]):
                id_length, record_length = LENGTHS.unpack_from(data, at)
                id_end = at + LENGTHS.size + id_length
                at = id_end + record_length
                if at > len(data):
                    return None
                records[data[id_end - id_length : id_end].decode()] = data[id_end:at]
            file.seek(at)
            names = header.get("columns", [])
            columns = {name: np.load(file, allow_pickle=False) for name in names}
            as_of = dt.datetime.fromisoformat(header["as_of"])
            return Snapshot(header["epoch"], header["sequence"], as_of, records, columns)
    except (OSError, EOFError, ValueError, KeyError, TypeError, struct.error):
        return None
