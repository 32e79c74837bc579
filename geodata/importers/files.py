"""Opens files, plain or gzip, and turns every fault of a file into one clear error."""

import codecs
import gzip
import io
import tempfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import IO, TypeAlias

from geodata.importers.report import ImporterError

Progress: TypeAlias = Callable[[int, int], None]
"""A callback for the number of bytes read so far, and the size of the file."""

MAX_DOCUMENT_BYTES = 256 * 2**20
"""The largest JSON document, which is kept in memory; a larger one must be split into lines."""
MAX_VALUES = 20_000_000
"""The most values in a document: an empty list takes three bytes there, and sixty in memory."""
MAX_PLAIN_BYTES = 1024 * 2**20
"""The largest database, spreadsheet or table that is unpacked to a file."""
MAX_LINE_CHARACTERS = 4 * 2**20
MAX_EXPANSION = 100
"""The largest expansion factor of gzip; tables and JSON have a factor of five to thirty."""
_FREE_EXPANSION_BYTES = 16 * 2**20
HEAD_BYTES = 64 * 2**10
_GZIP = b"\x1f\x8b"
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_NOT_IN_CP1252 = frozenset((0x81, 0x8D, 0x8F, 0x90, 0x9D))
"""Bytes that are no letter of Windows-1252."""


def check_values(data: bytes) -> None:
    """Refuse a document of JSON or XML with more values than fit into the memory.

    Raises:
        ImporterError: it has too many.
    """
    marks = (
        (b"<", b"=")
        if data[:100].lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<"
        else (b",", b"[", b"{")
    )
    if sum(map(data.count, marks)) > MAX_VALUES:
        raise ImporterError(
            f"over {MAX_VALUES // 10**6} million values in one document; "
            "split it, or write one feature per line"
        )


class Source:
    """A file that can be read several times."""

    def __init__(
        self, path: Path, progress: Progress | None = None, content: bytes | None = None
    ) -> None:
        """A file.

        Args:
            path: of the file.
            progress: called while it is read.
            content: the bytes, if they were taken out of the file at the path, an archive.
        """
        self.path = path
        self.content = content
        self._progress = progress
        self._encoding: str | None = None

    def head(self) -> bytes:
        """The first bytes, decompressed, without a byte order mark."""
        return self._start.removeprefix(b"\xef\xbb\xbf")

    def document(self) -> bytes:
        """All bytes, decompressed, without a byte order mark."""
        with self.open() as file:
            data = file.read(MAX_DOCUMENT_BYTES + 1)
        if len(data) > MAX_DOCUMENT_BYTES:
            raise ImporterError(
                f"over {MAX_DOCUMENT_BYTES // 2**20} MiB in one document; "
                "split it, or write one feature per line"
            )
        check_values(data)
        return data.removeprefix(b"\xef\xbb\xbf")

    def lines(self) -> Iterator[str]:
        """Lines of text with their line ends, without a byte order mark."""
        with self.text() as file:
            while line := file.readline(MAX_LINE_CHARACTERS):
                if len(line) == MAX_LINE_CHARACTERS:
                    raise ImporterError(
                        f"a line has over {MAX_LINE_CHARACTERS // 2**20} million "
                        "characters; is the format right?"
                    )
                yield line

    def head_text(self) -> str:
        """The first characters, without a byte order mark."""
        return self._start.decode(self.encoding(), "replace").removeprefix("\ufeff")

    def encoding(self) -> str:
        """The name of the text's encoding: of its byte order mark, else UTF-8 or Windows-1252.

        Windows-1252 is what spreadsheets write in western Europe; nearly every byte is a letter of
        it, so it is taken only if some byte of the whole file is not UTF-8.
        """
        if self._encoding is None:
            self._encoding = self._found_encoding()
        return self._encoding

    def _found_encoding(self) -> str:
        start = self._start
        for mark, name in _MARKS:
            if start.startswith(mark):
                return name
        if len(start) >= 4 and start[1] == 0 != start[0] and start[3] == 0:
            return "utf-16-le"
        if len(start) >= 4 and start[0] == 0 != start[1] and start[2] == 0:
            return "utf-16-be"
        decoder = codecs.getincrementaldecoder("utf-8")()
        has_utf_8 = False
        with self.again().open() as file:
            while data := file.read(2**20):
                try:
                    has_utf_8 = not decoder.decode(data).isascii() or has_utf_8
                except UnicodeDecodeError as error:
                    before = error.object[: error.start].decode("utf-8", "ignore")
                    is_western = error.object[error.start] not in _NOT_IN_CP1252
                    # UTF-8 with one damaged byte is not another encoding.
                    has_utf_8 = has_utf_8 or not before.isascii()
                    return "cp1252" if is_western and not has_utf_8 else "utf-8-sig"
        return "utf-8-sig"

    @cached_property
    def _start(self) -> bytes:
        with self.again().open() as file:
            return file.read(HEAD_BYTES)

    def again(self) -> "Source":
        """The same file, read without telling the progress."""
        return Source(self.path, content=self.content)

    @contextmanager
    def text(self) -> Iterator[io.TextIOBase]:
        """The file as text with its own line ends."""
        encoding = self.encoding()
        with self.open() as file, io.TextIOWrapper(file, encoding, newline="") as text:
            yield text

    @contextmanager
    def plain(self) -> Iterator[Path]:
        """A path with the decompressed bytes, for readers that need a file of their own."""
        if self.content is None and not self.is_gzip:
            yield self.path
            return
        with tempfile.NamedTemporaryFile() as copy:
            with self.again().open() as file:
                while data := file.read(2**20):
                    if copy.tell() > MAX_PLAIN_BYTES:
                        raise ImporterError(f"unpacks to over {MAX_PLAIN_BYTES // 2**20} MiB")
                    copy.write(data)
            copy.flush()
            yield Path(copy.name)

    @property
    def is_gzip(self) -> bool:
        """True if the file is compressed by gzip."""
        with self._raw() as raw:
            return raw.read(2) == _GZIP

    @contextmanager
    def open(self) -> Iterator["io.BufferedReader[_Watched]"]:
        """The bytes of the file, decompressed if they are gzip.

        Raises:
            ImporterError: reading, decompressing or decoding failed inside the `with` block.
        """
        try:
            with self._raw() as raw:
                size = self.size
                is_gzip = raw.read(2) == _GZIP
                raw.seek(0)
                file = io.BufferedReader(_Watched(raw, self._report(size)), 2**18)
                if not is_gzip:
                    yield file
                    return
                with gzip.GzipFile(fileobj=file) as unzipped:
                    yield io.BufferedReader(_Watched(unzipped, self._limit(size)), 2**18)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise ImporterError(
                f"damaged or truncated gzip ({error}); download it again"
            ) from error
        except UnicodeDecodeError as error:
            raise ImporterError(
                f"not UTF-8 (byte 0x{error.object[error.start]:02x}); "
                "save it as UTF-8 and try again"
            ) from error
        except OSError as error:
            raise ImporterError(f"{error.strerror or error}") from error

    def _raw(self) -> IO[bytes]:
        return self.path.open("rb") if self.content is None else io.BytesIO(self.content)

    @property
    def size(self) -> int:
        """The number of bytes, compressed or not."""
        return self.path.stat().st_size if self.content is None else len(self.content)

    def _report(self, size: int) -> Callable[[int], None]:
        progress = self._progress or (lambda _read, _size: None)
        return lambda read: progress(read, size)

    def _limit(self, size: int) -> Callable[[int], None]:
        def limit(read: int) -> None:
            if read > _FREE_EXPANSION_BYTES + MAX_EXPANSION * size:
                raise ImporterError(f"the gzip file expands over {MAX_EXPANSION} times")

        return limit


class _Watched(io.RawIOBase):
    """Reports the number of bytes read after each read from a file."""

    def __init__(self, file: IO[bytes] | gzip.GzipFile, watch: Callable[[int], None]) -> None:
        self._file = file
        self._watch = watch
        self._read = 0

    def readable(self) -> bool:
        """Always True."""
        return True

    def readinto(self, buffer: "bytearray | memoryview") -> int:  # type: ignore[override]
        """Fill the buffer and report the bytes read so far."""
        data = self._file.read(len(buffer))
        buffer[: len(data)] = data
        self._read += len(data)
        self._watch(self._read)
        return len(data)
