"""The file of a backup: gzip of a line of JSON, the keys, and an empty key with their number.

A key has its name, its expiry, and its dump in the database's own format, which the same database
and its later versions can read.
"""

import gzip
import os
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import orjson

FORMAT = "enrayon-backup-1"
LENGTHS = struct.Struct(">IqI")
"""Length of the name, expiry (ms since 1970; -1: none), length of the dump."""

MOST_NAME_BYTES = 64 * 1024
MOST_DUMP_BYTES = 512 * 1024 * 1024
"""The largest value of the databases: a damaged length asks for no more memory than that."""


class BackupError(Exception):
    """A backup cannot be made or restored; the text says why."""


@dataclass(frozen=True)
class Header:
    """The first line of a backup."""

    created: str
    """The time of its begin (RFC 3339)."""
    store: str
    """The version of the database that was copied."""
    keyring: list[str]
    """Fingerprints of the signing keys that belong to it, the current one first."""
    format: str = FORMAT


class Entry(NamedTuple):
    """A key of a backup."""

    name: bytes
    expire_ms: int
    dump: bytes


class Writer:
    """Writes the entries of a backup."""

    def __init__(self, file: gzip.GzipFile) -> None:
        self._file = file
        self.count = 0

    def add(self, entry: Entry) -> None:
        """Write one entry."""
        lengths = LENGTHS.pack(len(entry.name), entry.expire_ms, len(entry.dump))
        self._file.write(lengths + entry.name + entry.dump)
        self.count += 1


@contextmanager
def writing(path: Path, header: Header) -> Iterator[Writer]:
    """Write a backup that appears once it is complete; only its owner can read it."""
    partial = path.with_name(f"{path.name}.part")
    try:
        raw = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(raw, "wb") as disk:
            with gzip.GzipFile("", "wb", 1, disk) as file:
                file.write(orjson.dumps(header) + b"\n")
                writer = Writer(file)
                yield writer
                file.write(LENGTHS.pack(0, writer.count, 0))
            disk.flush()
            os.fsync(disk.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def check(path: Path) -> tuple[Header, int]:
    """Read a whole backup; returns its header and its number of keys.

    Raises:
        BackupError: the file is not a backup, or is cut off or damaged.
        OSError: the file cannot be read.
    """
    try:
        with gzip.open(path, "rb") as file:
            header = _header(file.readline(65_536))
            return header, sum(1 for _ in _entries(file))
    except (gzip.BadGzipFile, EOFError, ValueError, struct.error, zlib.error) as error:
        raise BackupError(f"{path} is not a backup, or is cut off or damaged: {error}") from error


def read(path: Path) -> Iterator[Entry]:
    """The keys of a backup that was checked."""
    with gzip.open(path, "rb") as file:
        file.readline()
        yield from _entries(file)


def _header(line: bytes) -> Header:
    match orjson.loads(line):
        case {"format": str(format), "created": str(created), "store": str(store), "keyring": keys}:
            texts = isinstance(keys, list) and all(isinstance(key, str) for key in keys)
            if format == FORMAT and texts:
                return Header(created, store, keys)
    raise ValueError("it has no header of a backup")


def _entries(file: gzip.GzipFile) -> Iterator[Entry]:
    count = 0
    while True:
        name_length, expire_ms, length = LENGTHS.unpack(file.read(LENGTHS.size))
        if not name_length:
            if count != expire_ms or file.read(1):
                raise ValueError("it does not have as many keys as it says")
            return
        if name_length > MOST_NAME_BYTES or length > MOST_DUMP_BYTES:
            raise ValueError("a key is larger than any can be")
        name, dump = file.read(name_length), file.read(length)
        if len(name) + len(dump) < name_length + length:
            raise EOFError("it ends within a key")
        yield Entry(name, expire_ms, dump)
        count += 1
