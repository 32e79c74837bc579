"""Full-text search over stores: SQLite's FTS5, in memory, built when it is first asked.

Each word of a query must be the beginning of a word of the store's name, brand, address, city or
postcode, whatever the case and accents. Better matches first by BM25, the name weighing most.
"""

import sqlite3
from collections.abc import Iterable

from enrayon.stores.v1 import stores_pb2

Texts = tuple[str, str, str]

WEIGHTS = "10.0, 5.0, 1.0"


class TextIndex:
    """Words to store ids."""

    def __init__(self) -> None:
        self._database = sqlite3.connect(":memory:", check_same_thread=False)
        self._database.executescript(
            """
            CREATE TABLE ids (docid INTEGER PRIMARY KEY, id TEXT UNIQUE);
            CREATE VIRTUAL TABLE texts USING fts5(
                name, brand, address, detail = column,
                tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3'
            );
            """
        )

    def put_all(self, stores: Iterable[stores_pb2.Store]) -> None:
        """Add or change stores, all or none."""
        with self._database as database:
            for store in stores:
                self._remove(store.name)
                cursor = database.execute("INSERT INTO ids (id) VALUES (?)", (store.name,))
                database.execute(
                    "INSERT INTO texts (rowid, name, brand, address) VALUES (?, ?, ?, ?)",
                    (cursor.lastrowid, *texts_of(store)),
                )

    def remove(self, name: str) -> None:
        """Forget a store."""
        with self._database:
            self._remove(name)

    def search(self, query: str) -> list[str]:
        """The names of all stores that match, the best first, equal ones by name."""
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


def texts_of(store: stores_pb2.Store) -> Texts:
    """The words of a store: its name, its brand, and where it is."""
    address = store.address
    where = (*address.address_lines, address.postal_code, address.locality)
    return store.display_name, store.brand, " ".join(where)
