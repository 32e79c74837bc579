"""The replica's file on disk, from which a process starts when Redis is down.

A line of JSON (format, epoch, sequence, count), then the records: the lengths of id and store as
two little-endian 32-bit numbers, the id, the store. Written beside and renamed, so that a file is
whole or not there; a damaged one is left unread.
"""

import os
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import orjson

FORMAT = 1
LENGTHS = struct.Struct("<II")


@dataclass(frozen=True)
class Snapshot:
    """The stores as they were after some change."""

    epoch: str
    sequence: int
    records: dict[str, bytes]


def write_snapshot(
    path: Path, epoch: str, sequence: int, records: Iterable[tuple[str, bytes]]
) -> None:
    """Write the file, replacing what was there."""
    kept = list(records)
    scratch = path.with_name(f"{path.name}.{os.getpid()}")
    header = {"format": FORMAT, "epoch": epoch, "sequence": sequence, "count": len(kept)}
    try:
        with scratch.open("wb") as file:
            file.write(orjson.dumps(header) + b"\n")
            for id, store in kept:
                name = id.encode()
                file.write(LENGTHS.pack(len(name), len(store)) + name + store)
            file.flush()
            os.fsync(file.fileno())
        scratch.replace(path)
    finally:
        scratch.unlink(missing_ok=True)


def read_snapshot(path: Path) -> Snapshot | None:
    """The file's stores; None when there is no whole file of this format."""
    try:
        data = path.read_bytes()
        head, _, body = data.partition(b"\n")
        header = orjson.loads(head)
        if header["format"] != FORMAT:
            return None
        records, at = {}, 0
        for _ in range(header["count"]):
            id_length, store_length = LENGTHS.unpack_from(body, at)
            id_end = at + LENGTHS.size + id_length
            at = id_end + store_length
            if at > len(body):
                return None
            records[body[id_end - id_length : id_end].decode()] = body[id_end:at]
        return Snapshot(header["epoch"], header["sequence"], records)
    except (OSError, ValueError, KeyError, TypeError, struct.error):
        return None
