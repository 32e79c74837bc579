"""Opens zip archives within bounds on entries, size, ratio and depth; nothing is unpacked to disk.

The names in an archive never become paths. An archive in an archive is not opened.
"""

import io
import lzma
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from geodata.importers.report import ImporterError

MAX_ENTRIES = 2000
MAX_UNPACKED_BYTES = 512 * 2**20
MAX_EXPANSION = 100
"""The largest ratio of the unpacked to the packed size; spreadsheets have up to forty."""
_FREE_BYTES = 16 * 2**20
_CHUNK = 2**20
UNREADABLE = (
    OSError,
    EOFError,
    RuntimeError,
    NotImplementedError,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    ValueError,
)
"""The errors of `zipfile` for archives that are damaged, encrypted or of another compression."""


class Archive:
    """The files of an archive, whose unpacked bytes are counted together."""

    def __init__(self, archive: zipfile.ZipFile, packed_bytes: int) -> None:
        self._archive = archive
        self._left = min(MAX_UNPACKED_BYTES, _FREE_BYTES + MAX_EXPANSION * packed_bytes)
        entries = archive.infolist()
        if len(entries) > MAX_ENTRIES:
            raise ImporterError(f"the archive has over {MAX_ENTRIES:,} entries")
        self._entries = {
            entry.filename: entry
            for entry in entries
            if entry.filename and not entry.filename.endswith("/")
        }

    @property
    def names(self) -> list[str]:
        """The names of the files, without those that systems add."""
        return [
            name
            for name in self._entries
            if not name.startswith("__MACOSX/") and not PurePosixPath(name).name.startswith(".")
        ]

    def ending(self, *suffixes: str) -> list[str]:
        """The names with one of the suffixes, in any case."""
        return [name for name in self.names if name.lower().endswith(suffixes)]

    def read(self, name: str) -> bytes:
        """The bytes of a file.

        Raises:
            ImporterError: the archive unpacks to more than its bounds.
        """
        entry = self._entries[name]
        parts: list[bytes] = []
        with self._archive.open(entry) as file:
            while part := file.read(_CHUNK):
                self._left -= len(part)
                if self._left < 0:
                    raise ImporterError(
                        f"the archive expands over {MAX_EXPANSION} times, or to over "
                        f"{MAX_UNPACKED_BYTES // 2**20} MiB"
                    )
                parts.append(part)
        return b"".join(parts)

    def stored(self) -> io.BytesIO:
        """The archive again, its files not compressed: no reader of it can unpack more."""
        copy = io.BytesIO()
        with zipfile.ZipFile(copy, "w", zipfile.ZIP_STORED) as archive:
            for name in self._entries:
                archive.writestr(zipfile.ZipInfo(name), self.read(name))
        copy.seek(0)
        return copy


@contextmanager
def opened(path: Path) -> Iterator[Archive]:
    """Open an archive.

    Raises:
        ImporterError: it is damaged or encrypted, or exceeds a bound.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            yield Archive(archive, path.stat().st_size)
    except UNREADABLE as error:
        raise ImporterError(f"damaged or encrypted archive ({error})") from error
