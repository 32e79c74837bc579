"""Makes store ids from the original ids of a source.

A store id is `<source>-<slug>`. The slug is the original id in lower case and without accents;
each run of characters other than `a-z 0-9 . _ -` becomes one `~`. A source has no hyphen, so ids
of two sources are never equal. If different ids of one source have the same slug (`A:1` and
`a/1`), the first in alphabetical order keeps it, and the others get `~` and eight hex digits of
their SHA-256. So an id depends on the set of ids, not on their order in the file.
"""

import hashlib
import re
import sqlite3
import unicodedata
import weakref
from collections.abc import Iterator
from contextlib import contextmanager

from geodata.importers.report import ImporterError

_SOURCE = re.compile(r"[a-z0-9][a-z0-9._~]{0,49}")
_MAX_SLUG = 70
_SCHEMA = """
    PRAGMA journal_mode = OFF;
    PRAGMA synchronous = OFF;
    PRAGMA cache_size = -16000;
    CREATE TABLE ids (
        number INTEGER PRIMARY KEY, source TEXT, original BLOB, slug TEXT, id TEXT,
        UNIQUE (source, original), UNIQUE (source, id)
    );
    BEGIN;
"""
_PLAIN = """
    UPDATE ids SET id = slug WHERE slug != '' AND number IN (
        SELECT number FROM (
            SELECT number, row_number() OVER (PARTITION BY source, slug ORDER BY original) AS place
            FROM ids
        ) WHERE place = 1
    )
"""
"""The first original id of each slug, in alphabetical order, keeps it."""


def checked_source(source: str) -> str:
    """The source in lower case.

    Raises:
        ImporterError: it is not a valid prefix of a store id.
    """
    lower = source.strip().lower()
    if not _SOURCE.fullmatch(lower):
        raise ImporterError(
            f"source {source!r} must be 1 to 50 of the characters a-z, 0-9, '.', '_' and '~'; "
            f"for example {source_of(source)!r}"
        )
    return lower


def source_of(name: str) -> str:
    """A valid source made from the name in a file."""
    return re.sub(r"[^a-z0-9._]+", "_", _plain(name)).strip("_.")[:50] or "import"


class Ids:
    """The original ids of the rows of a file, on disk, and the store ids made of them.

    The rows are numbered; a row that is left out frees its id.
    """

    def __init__(self) -> None:
        # A database without a name is a temporary one, in memory while it is small.
        self._rows = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        weakref.finalize(self, self._rows.close)
        with _told():
            self._rows.executescript(_SCHEMA)

    def add(self, number: int, source: str, original: str) -> int:
        """Add a row; returns the number of the first row with its id: another one, if it is twice.

        Args:
            number: of the row, higher than those before.
            source: of the row, a prefix from `checked_source` or `source_of`.
            original: the id in the file.

        Raises:
            ImporterError: the folder of temporary files is full.
        """
        # Lone surrogates cannot be encoded as UTF-8.
        encoded = original.encode("utf-8", "surrogatepass")
        row = (number, source, encoded, _slug(original))
        sql = "INSERT OR IGNORE INTO ids (number, source, original, slug) VALUES (?, ?, ?, ?)"
        with _told():
            if self._rows.execute(sql, row).rowcount:
                return number
        sql = "SELECT number FROM ids WHERE source = ? AND original = ?"
        [first] = self._rows.execute(sql, (source, encoded)).fetchone()
        return int(first)

    def remove(self, number: int) -> None:
        """Leave out a row."""
        self._rows.execute("DELETE FROM ids WHERE number = ?", (number,))

    def assign(self) -> None:
        """Make the store ids; all are distinct.

        Raises:
            ImporterError: the folder of temporary files is full.
        """
        with _told():
            self._assign()

    def _assign(self) -> None:
        self._rows.execute(_PLAIN)
        rest = "SELECT number, slug, original FROM ids WHERE id IS NULL ORDER BY slug, original"
        for number, slug, encoded in self._rows.execute(rest).fetchall():
            original = encoded.decode("utf-8", "surrogatepass")
            for digits in (8, 64):  # an original id may look like a marked slug
                marked = _marked(slug, original, digits)
                sql = "UPDATE OR IGNORE ids SET id = ? WHERE number = ?"
                if self._rows.execute(sql, (marked, number)).rowcount:
                    break

    def sources(self) -> set[str]:
        """The sources of all rows."""
        return {source for (source,) in self._rows.execute("SELECT DISTINCT source FROM ids")}

    def __iter__(self) -> Iterator[tuple[str, str, str]]:
        """Source, original id and store id of each row, in their order, after `assign`."""
        rows = self._rows.execute("SELECT source, original, id FROM ids ORDER BY number")
        for source, original, id in rows:
            yield source, original.decode("utf-8", "surrogatepass"), f"{source}-{id}"


@contextmanager
def _told() -> Iterator[None]:
    """Tell a full disk as what it is."""
    try:
        yield
    except sqlite3.OperationalError as error:
        raise ImporterError(
            f"cannot keep ids in a temporary file: {error}; "
            "set TMPDIR to a folder with room for some copies of the file"
        ) from error


def _slug(original: str) -> str:
    slug = re.sub(r"[^a-z0-9._-]+", "~", _plain(original)).strip("~")
    return slug if len(slug) <= _MAX_SLUG else _marked(slug, original)


def _marked(slug: str, original: str, digits: int = 8) -> str:
    digest = hashlib.sha256(original.encode("utf-8", "surrogatepass")).hexdigest()[:digits]
    return f"{slug[:_MAX_SLUG]}~{digest}" if slug else digest


def _plain(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c))
