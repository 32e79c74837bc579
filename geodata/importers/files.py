"""Opening files, compressed or not, so that a broken one gives one clear error."""

import gzip
import io
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TypeAlias

from geodata.importers.report import ImporterError

Progress: TypeAlias = Callable[[int, int], None]
"""Called now and then with the bytes of the file that were read, and its size."""

MAX_DOCUMENT_BYTES = 512 * 2**20
"""A JSON document is held in memory as a whole; a larger one belongs into lines."""
MAX_LINE_CHARACTERS = 16 * 2**20
HEAD_BYTES = 64 * 2**10
_GZIP = b"\x1f\x8b"


class Source:
    """A file to read, once or several times."""

    def __init__(self, path: Path, progress: Progress | None = None) -> None:
        self.path = path
        self._progress = progress

    @property
    def name(self) -> str:
        """The file's name, for messages."""
        return self.path.name

    def head(self) -> bytes:
        """The first bytes, decompressed."""
        with self.open() as file:
            return file.read(HEAD_BYTES)

    def document(self) -> bytes:
        """All bytes, decompressed."""
        with self.open() as file:
            data = file.read(MAX_DOCUMENT_BYTES + 1)
        if len(data) > MAX_DOCUMENT_BYTES:
            raise ImporterError(
                f"{self.name}: over {MAX_DOCUMENT_BYTES // 2**20} MiB in one document; "
                "split it, or write one feature per line"
            )
        return data.removeprefix(b"\xef\xbb\xbf")

    def lines(self) -> Iterator[str]:
        """Lines of UTF-8 text with their ends; a byte order mark is left out."""
        with self.text() as file:
            while line := file.readline(MAX_LINE_CHARACTERS):
                if len(line) == MAX_LINE_CHARACTERS:
                    raise ImporterError(
                        f"{self.name}: a line has over {MAX_LINE_CHARACTERS // 2**20} million "
                        "characters; is it the right format?"
                    )
                yield line

    @contextmanager
    def text(self) -> Iterator[io.TextIOBase]:
        """The file as UTF-8 text, line ends untouched."""
        with self.open() as file, io.TextIOWrapper(file, "utf-8-sig", newline="") as text:
            yield text

    @contextmanager
    def open(self) -> Iterator["gzip.GzipFile | io.BufferedReader[_Counted]"]:
        """The file's bytes, decompressed when they are gzip.

        Raises:
            ImporterError: in place of any error of reading, decompressing or decoding inside
                the `with` block.
        """
        try:
            with self.path.open("rb") as raw:
                counted = _Counted(raw, self.path.stat().st_size, self._progress)
                is_gzip = raw.read(2) == _GZIP
                raw.seek(0)
                file = io.BufferedReader(counted, buffer_size=2**18)
                if is_gzip:
                    with gzip.GzipFile(fileobj=file) as unzipped:
                        yield unzipped
                else:
                    yield file
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise ImporterError(
                f"{self.name}: broken or cut short gzip ({error}); fetch it again"
            ) from error
        except UnicodeDecodeError as error:
            raise ImporterError(
                f"{self.name}: not UTF-8 (byte 0x{error.object[error.start]:02x}); "
                "save it as UTF-8 and try again"
            ) from error
        except OSError as error:
            raise ImporterError(f"{self.name}: {error.strerror or error}") from error


class _Counted(io.RawIOBase):
    """Reports how much of a file has been read."""

    def __init__(self, file: IO[bytes], size: int, progress: Progress | None) -> None:
        self._file = file
        self._size = size
        self._progress = progress
        self._read = 0

    def readable(self) -> bool:
        """It can be read."""
        return True

    def readinto(self, buffer: "bytearray | memoryview") -> int:  # type: ignore[override]
        """Fill the buffer and report."""
        data = self._file.read(len(buffer))
        buffer[: len(data)] = data
        self._read += len(data)
        if self._progress:
            self._progress(self._read, self._size)
        return len(data)
