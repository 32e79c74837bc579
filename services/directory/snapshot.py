"""Snapshots of replicas on disk, from which a process starts while the database is down.

A file is a line of JSON (format, epoch, sequence, as_of, count), then the records: the lengths of
id and record as two little-endian 32-bit numbers, the id, the record. It is written under another
name and renamed, so that a crash leaves no part of a file; a damaged file is not used.
"""

import datetime as dt
import os
import struct
from dataclasses import dataclass
from pathlib import Path

import orjson

FORMAT = 1
LENGTHS = struct.Struct("<II")


@dataclass(frozen=True)
class Snapshot:
    """All records of one kind after some change."""

    epoch: str
    sequence: int
    as_of: dt.datetime
    """The time at which they were last known to be current."""
    records: dict[str, bytes]


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
    }
    try:
        with scratch.open("wb") as file:
            file.write(orjson.dumps(header) + b"\n")
            for id, record in snapshot.records.items():
                name = id.encode()
                file.write(LENGTHS.pack(len(name), len(record)) + name + record)
            file.flush()
            os.fsync(file.fileno())
        scratch.replace(path)
    finally:
        scratch.unlink(missing_ok=True)


def read_snapshot(path: Path) -> Snapshot | None:
    """Read a file; None if there is none, or if it is damaged or of another format."""
    try:
        data = path.read_bytes()
        head, _, body = data.partition(b"\n")
        header = orjson.loads(head)
        if header["format"] != FORMAT:
            return None
        records, at = {}, 0
        for _ in range(header["count"]):
            id_length, record_length = LENGTHS.unpack_from(body, at)
            id_end = at + LENGTHS.size + id_length
            at = id_end + record_length
            if at > len(body):
                return None
            records[body[id_end - id_length : id_end].decode()] = body[id_end:at]
        as_of = dt.datetime.fromisoformat(header["as_of"])
        return Snapshot(header["epoch"], header["sequence"], as_of, records)
    except (OSError, ValueError, KeyError, TypeError, struct.error):
        return None
