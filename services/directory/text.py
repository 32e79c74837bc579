"""Full-text search over records by SQLite's FTS5, in memory.

Each word of a query must be the beginning of a word of the record's name, its brand or its other
texts, whatever the case and accents; if no record has them so, other forms of the words count.

The rank of a match depends on the query and the record alone, never on other records: so a page
continues where the last one ended, whatever was added or deleted in between. (BM25 is not such a
rank: each new record changes the weight of every word.)
"""

import sqlite3
import weakref
from collections.abc import Callable, Iterable
from typing import Generic, NamedTuple, TypeVar

from geodata.words import folded, is_one_change

SHORTEST_NEAR = 3
"""Letters of the shortest word that is looked for in another form."""
LONGEST_ENDING = 3
"""Letters by which a plural may be longer than what is common to it and the singular."""
MOST_NEAR = 20
"""Limit of the words that one word of a query may mean."""

MessageT = TypeVar("MessageT")


class Texts(NamedTuple):
    """The texts by which a record is found."""

    name: str
    brand: str
    rest: str
    names: tuple[str, ...] = ()
    """Names of which the whole, and then the beginning, is a better match than single words."""


TIERS = ("{name}", "{name brand}", "{name brand rest}")
"""The columns that hold all words of the query: the fewer, the better the match."""


class Match(NamedTuple):
    """A record that was found. Matches compare by their fields in order, the best first."""

    tier: int
    """0: the query is one of its names; 1: the beginning of one; else all words stand, 2: in the
    name; 3: in the name or the brand; 4: anywhere."""
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
        """All records that match, the best first.

        If there is none, those that match the words in another number, or with one letter changed.
        """
        if self._database is None:
            self._database = self._built()
        words = ["".join(c if c.isalnum() else " " for c in word) for word in query.split()]
        terms = [word for part in words for word in part.split()]
        if not terms:
            return []
        whole = " ".join(folded(query))
        found = self._found(self._database, whole, [f'"{term}"*' for term in terms])
        if not found:
            near = [near_terms(self._database, term) for term in terms]
            found = self._found(self._database, whole, near) if all(near) else []
        return found

    def _found(self, database: sqlite3.Connection, whole: str, terms: list[str]) -> list[Match]:
        all_terms = " AND ".join(terms)
        rows = database.execute(
            """
            SELECT CASE WHEN instr(names, ?) THEN 0 WHEN instr(names, ?) THEN 1 ELSE min(tier) END
                AS best, length, id FROM (
                SELECT rowid AS docid, 2 AS tier FROM texts WHERE texts MATCH ?
                UNION ALL SELECT rowid, 3 FROM texts WHERE texts MATCH ?
                UNION ALL SELECT rowid, 4 FROM texts WHERE texts MATCH ?
            ) JOIN ids USING (docid) GROUP BY docid ORDER BY best, length, id
            """,
            [f"\n{whole}\n", f"\n{whole}", *(f"{columns} : ({all_terms})" for columns in TIERS)],
        )
        return [Match(*row) for row in rows]

    def _built(self) -> sqlite3.Connection:
        database = sqlite3.connect(":memory:", check_same_thread=False)
        # Nobody closes a replica; Python 3.13 warns of a connection that is not closed.
        weakref.finalize(self, database.close)
        database.executescript(
            """
            CREATE TABLE ids (
                docid INTEGER PRIMARY KEY, id TEXT UNIQUE, length INTEGER, names TEXT
            );
            CREATE VIRTUAL TABLE texts USING fts5(
                name, brand, rest, detail = column,
                tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3'
            );
            CREATE VIRTUAL TABLE terms USING fts5vocab(texts, 'row');
            """
        )
        with database:
            for id, record in self._records():
                insert(database, id, self._texts_of(record))
        return database


def near_terms(database: sqlite3.Connection, word: str) -> str:
    """The expression of the index's words that a word may mean; empty if there is none.

    Those that it begins; those that begin like it, up to a few last letters; those of one changed
    letter, but not the first.
    """
    term = "".join(folded(word))
    if len(term) < SHORTEST_NEAR:
        return f'"{term}"*' if term else ""
    begins = term[: max(SHORTEST_NEAR, len(term) - LONGEST_ENDING)]
    rows = database.execute(
        "SELECT term FROM terms WHERE term >= ? AND term < ? AND length(term) BETWEEN ? AND ?",
        (term[0], f"{term[0]}\U0010ffff", len(begins), len(term) + LONGEST_ENDING),
    )
    near = sorted(
        (
            found
            for (found,) in rows
            if found.startswith((term, begins)) or is_one_change(term, found)
        ),
        key=lambda found: (not found.startswith(term), abs(len(found) - len(term)), found),
    )
    quoted = (f'"{found}"' for found in near[:MOST_NEAR])
    return f"({' OR '.join(quoted)})" if near else ""


def insert(database: sqlite3.Connection, id: str, texts: Texts) -> None:
    """Add the texts of a record that the index does not have."""
    names = "".join(f"\n{' '.join(folded(name))}" for name in texts.names)
    cursor = database.execute(
        "INSERT INTO ids (id, length, names) VALUES (?, ?, ?)",
        (id, len(texts.name), f"{names}\n" if names else ""),
    )
    database.execute(
        "INSERT INTO texts (rowid, name, brand, rest) VALUES (?, ?, ?, ?)",
        (cursor.lastrowid, *texts[:3]),
    )


def remove(database: sqlite3.Connection, id: str) -> None:
    """Remove the texts of a record, if the index has it."""
    row = database.execute("SELECT docid FROM ids WHERE id = ?", (id,)).fetchone()
    if row:
        database.execute("DELETE FROM texts WHERE rowid = ?", row)
        database.execute("DELETE FROM ids WHERE docid = ?", row)
