"""Full-text search over records: SQLite's FTS5, in memory, built when it is first asked.

Each word of a query must be the beginning of a word of the record's name, its brand, or whatever
else it is found by, whatever the case and accents. Better matches first by BM25, the name weighing
most.
"""

import sqlite3
from collections.abc import Iterable

Texts = tuple[str, str, str]
"""The name, the brand, and whatever else a record is found by."""

WEIGHTS = "10.0, 5.0, 1.0"


class TextIndex:
    """Words to the names of records."""

    def __init__(self) -> None:
        self._database = sqlite3.connect(":memory:", check_same_thread=False)
        self._database.executescript(
            """
            CREATE TABLE ids (docid INTEGER PRIMARY KEY, id TEXT UNIQUE);
            CREATE VIRTUAL TABLE texts USING fts5(
                name, brand, rest, detail = column,
                tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3'
            );
            """
        )

    def put_all(self, records: Iterable[tuple[str, Texts]]) -> None:
        """Add or change records by name, all or none."""
        with self._database as database:
            for name, texts in records:
                self._remove(name)
                cursor = database.execute("INSERT INTO ids (id) VALUES (?)", (name,))
                database.execute(
                    "INSERT INTO texts (rowid, name, brand, rest) VALUES (?, ?, ?, ?)",
                    (cursor.lastrowid, *texts),
                )

    def remove(self, name: str) -> None:
        """Forget a record."""
        with self._database:
            self._remove(name)

    def search(self, query: str) -> list[str]:
        """The names of all records that match, the best first, equal ones by name."""
        words = ["".join(c if c.isalnum() else " " for c in word) for word in query.split()]
        terms = [f'"{word}"*' for part in words for word in part.split()]
        if not terms:
            return []
        found = self._database.execute(
            f"""
            SELECT id FROM texts JOIN ids ON docid = texts.rowid
            WHERE texts MATCH ? ORDER BY bm25(texts, {WEIGHTS}), id
            """,  # noqa: S608  (the weights are a constant)
            (" AND ".join(terms),),
        )
        return [name for (name,) in found]

    def _remove(self, name: str) -> None:
        row = self._database.execute("SELECT docid FROM ids WHERE id = ?", (name,)).fetchone()
        if row:
            self._database.execute("DELETE FROM texts WHERE rowid = ?", row)
            self._database.execute("DELETE FROM ids WHERE docid = ?", row)
