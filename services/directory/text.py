"""Full-text search over records: SQLite's FTS5, in memory, built when it is first asked.

Each word of a query must be the beginning of a word of the record's name, its brand, or whatever
else it is found by, whatever the case and accents.

The rank of a match depends on the query and the record alone, never on other records: so a page
goes on where the last one ended, whatever was added or deleted in between. (BM25 has no such rank:
each new record changes the weight of every word.)
"""

import sqlite3
from collections.abc import Iterable
from typing import NamedTuple

Texts = tuple[str, str, str]
"""The name, the brand, and whatever else a record is found by."""

TIERS = ("{name}", "{name brand}", "{name brand rest}")
"""Columns that hold all words of the query: the fewer, the better the match."""


class Match(NamedTuple):
    """A record that was found; in the order of the fields the best match comes first."""

    tier: int
    """0: all words stand in the name; 1: in the name or the brand; 2: anywhere."""
    length: int
    """Of the name, in characters: the shorter, the larger the part of it that was asked for."""
    id: str


class TextIndex:
    """Words to the names of records."""

    def __init__(self) -> None:
        self._database = sqlite3.connect(":memory:", check_same_thread=False)
        self._database.executescript(
            """
            CREATE TABLE ids (docid INTEGER PRIMARY KEY, id TEXT UNIQUE, length INTEGER);
            CREATE VIRTUAL TABLE texts USING fts5(
                name, brand, rest, detail = column,
                tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3'
            );
            """
        )

    def put_all(self, records: Iterable[tuple[str, Texts]]) -> None:
        """Add or change records by id, all or none."""
        with self._database as database:
            for id, texts in records:
                self._remove(id)
                cursor = database.execute(
                    "INSERT INTO ids (id, length) VALUES (?, ?)", (id, len(texts[0]))
                )
                database.execute(
                    "INSERT INTO texts (rowid, name, brand, rest) VALUES (?, ?, ?, ?)",
                    (cursor.lastrowid, *texts),
                )

    def remove(self, id: str) -> None:
        """Forget a record."""
        with self._database:
            self._remove(id)

    def search(self, query: str) -> list[Match]:
        """All records that match, the best first."""
        words = ["".join(c if c.isalnum() else " " for c in word) for word in query.split()]
        terms = [f'"{word}"*' for part in words for word in part.split()]
        if not terms:
            return []
        wanted = " AND ".join(terms)
        found = self._database.execute(
            """
            SELECT min(tier) AS best, length, id FROM (
                SELECT rowid AS docid, 0 AS tier FROM texts WHERE texts MATCH ?
                UNION ALL SELECT rowid, 1 FROM texts WHERE texts MATCH ?
                UNION ALL SELECT rowid, 2 FROM texts WHERE texts MATCH ?
            ) JOIN ids USING (docid) GROUP BY docid ORDER BY best, length, id
            """,
            [f"{columns} : ({wanted})" for columns in TIERS],
        )
        return [Match(*row) for row in found]

    def _remove(self, id: str) -> None:
        row = self._database.execute("SELECT docid FROM ids WHERE id = ?", (id,)).fetchone()
        if row:
            self._database.execute("DELETE FROM texts WHERE rowid = ?", row)
            self._database.execute("DELETE FROM ids WHERE docid = ?", row)
