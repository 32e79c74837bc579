"""Full-text search over records by SQLite's FTS5, in memory.

Each word of a query must be the beginning of a word of the record's name, its brand or its other
texts, whatever the case and accents.

The rank of a match depends on the query and the record alone, never on other records: so a page
continues where the last one ended, whatever was added or deleted in between. (BM25 is not such a
rank: each new record changes the weight of every word.)
"""

import sqlite3
import weakref
from collections.abc import Callable, Iterable
from typing import Generic, NamedTuple, TypeVar

MessageT = TypeVar("MessageT")
Texts = tuple[str, str, str]
"""The name, the brand, and the other texts by which a record is found."""

TIERS = ("{name}", "{name brand}", "{name brand rest}")
"""The columns that hold all words of the query: the fewer, the better the match."""


class Match(NamedTuple):
    """A record that was found. Matches compare by their fields in order, the best first."""

    tier: int
    """0: all words stand in the name; 1: in the name or the brand; 2: anywhere."""
    length: int
    """Characters of the name: the shorter it is, the more of it the query names."""
    id: str


class TextIndex(Generic[MessageT]):
    """An index of the words of records, built at the first search."""

    def __init__(
        self,
        records: Callable[[], Iterable[tuple[str, MessageT]]],
        texts_of: Callable[[MessageT], Texts],
    ) -> None:
        """Prepare an index.

        Args:
            records: Reads all records by id.
            texts_of: The texts of a record.
        """
        self._records = records
        self._texts_of = texts_of
        self._database: sqlite3.Connection | None = None

    def put(self, id: str, record: MessageT) -> None:
        """Add or change a record; nothing before the first search."""
        if self._database is not None:
            with self._database as database:
                remove(database, id)
                insert(database, id, self._texts_of(record))

    def remove(self, id: str) -> None:
        """Remove a record; nothing before the first search."""
        if self._database is not None:
            with self._database as database:
                remove(database, id)

    def search(self, query: str) -> list[Match]:
        """All records that match, the best first."""
        if self._database is None:
            self._database = self._built()
        words = ["".join(c if c.isalnum() else " " for c in word) for word in query.split()]
        terms = [f'"{word}"*' for part in words for word in part.split()]
        if not terms:
            return []
        all_terms = " AND ".join(terms)
        rows = self._database.execute(
            """
            SELECT min(tier) AS best, length, id FROM (
                SELECT rowid AS docid, 0 AS tier FROM texts WHERE texts MATCH ?
                UNION ALL SELECT rowid, 1 FROM texts WHERE texts MATCH ?
                UNION ALL SELECT rowid, 2 FROM texts WHERE texts MATCH ?
            ) JOIN ids USING (docid) GROUP BY docid ORDER BY best, length, id
            """,
            [f"{columns} : ({all_terms})" for columns in TIERS],
        )
        return [Match(*row) for row in rows]

    def _built(self) -> sqlite3.Connection:
        database = sqlite3.connect(":memory:", check_same_thread=False)
        # Nobody closes a replica; Python 3.13 warns of a connection that is not closed.
        weakref.finalize(self, database.close)
        database.executescript(
            """
            CREATE TABLE ids (docid INTEGER PRIMARY KEY, id TEXT UNIQUE, length INTEGER);
            CREATE VIRTUAL TABLE texts USING fts5(
                name, brand, rest, detail = column,
                tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3'
            );
            """
        )
        with database:
            for id, record in self._records():
                insert(database, id, self._texts_of(record))
        return database


def insert(database: sqlite3.Connection, id: str, texts: Texts) -> None:
    """Add the texts of a record that the index does not have."""
    cursor = database.execute("INSERT INTO ids (id, length) VALUES (?, ?)", (id, len(texts[0])))
    database.execute(
        "INSERT INTO texts (rowid, name, brand, rest) VALUES (?, ?, ?, ?)",
        (cursor.lastrowid, *texts),
    )


def remove(database: sqlite3.Connection, id: str) -> None:
    """Remove the texts of a record, if the index has it."""
    row = database.execute("SELECT docid FROM ids WHERE id = ?", (id,)).fetchone()
    if row:
        database.execute("DELETE FROM texts WHERE rowid = ?", row)
        database.execute("DELETE FROM ids WHERE docid = ?", row)
