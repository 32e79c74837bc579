"""The file of a backup: gzip of a line of JSON, the keys, and an empty key with their number.

A key has its name, its expiry, and its dump in the database's own format, which the same database
and its later versions can read. The whole is signed, and encrypted if wanted (`sealed_file`);
files from before that are not.
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

from services.chassis.database.sealed_file import SealError, SealKey, opening, sealing, verify

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
    data_format: int = 1
    """Of the keys and records; a file from before it was noted has 1."""
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
def writing(
    path: Path, header: Header, key: SealKey, *, is_encrypted: bool = False
) -> Iterator[Writer]:
    """Write a backup that appears once it is complete; only its owner can read it."""
    partial = path.with_name(f"{path.name}.part")
    partial.unlink(missing_ok=True)  # what is there may be another's, or lead elsewhere
    try:
        raw = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(raw, "wb") as disk:
            with (
                sealing(disk, key, is_encrypted=is_encrypted) as sealed,
                gzip.GzipFile("", "wb", 1, sealed) as file,
            ):
                file.write(orjson.dumps(header) + b"\n")
                writer = Writer(file)
                yield writer
                file.write(LENGTHS.pack(0, writer.count, 0))
            disk.flush()
            os.fsync(disk.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def check(path: Path, key: SealKey | None, *, is_unsigned: bool = False) -> tuple[Header, int]:
    """Read a whole backup; returns its header and its number of keys.

    Args:
        path: the file.
        key: the key that signed it; None only with `is_unsigned`.
        is_unsigned: take it without a look at its signature.

    Raises:
        BackupError: the file is not a backup, is cut off or damaged, or not signed with the key.
        OSError: the file cannot be read.
    """
    try:
        if not is_unsigned:
            if key is None:
                raise SealError("a signature cannot be checked without a backup key")
            verify(path, key)
        with opened(path, key) as file:
            header = _header(file.readline(65_536))
            return header, sum(1 for _ in _entries(file))
    except SealError as error:
        raise BackupError(str(error)) from error
    except (gzip.BadGzipFile, EOFError, ValueError, struct.error, zlib.error) as error:
        raise BackupError(f"{path} is not a backup, or is cut off or damaged: {error}") from error


def read(path: Path, key: SealKey | None, *, is_unsigned: bool = False) -> Iterator[Entry]:
    """The keys of a backup that was checked.

    The file may have been changed since the check, so the signature is checked again: of what is
    read.

    Raises:
        BackupError: at the end at the latest: what was read was not signed with the key.
    """
    try:
        with opened(path, key, is_verified=not is_unsigned) as file:
            file.readline(65_536)
            yield from _entries(file)
    except (SealError, OSError, EOFError, ValueError, struct.error, zlib.error) as error:
        raise BackupError(f"{path} was changed while it was restored: {error}") from error


@contextmanager
def opened(
    path: Path, key: SealKey | None, *, is_verified: bool = False
) -> Iterator[gzip.GzipFile]:
    """The unpacked content of a backup; with `is_verified`, its signature is checked at the end."""
    with (
        opening(path, key, is_verified=is_verified) as content,
        gzip.GzipFile("", "rb", fileobj=content) as file,
    ):
        yield file


def _header(line: bytes) -> Header:
    match found := orjson.loads(line):
        case {"format": str(format), "created": str(created), "store": str(store), "keyring": keys}:
            texts = isinstance(keys, list) and all(isinstance(key, str) for key in keys)
            data_format = found.get("data_format", 1)
            if format == FORMAT and texts and isinstance(data_format, int):
                return Header(created, store, keys, data_format)
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
