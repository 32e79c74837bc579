"""Full-text search over records by SQLite's FTS5, in memory.

Each word of a query must be the beginning of a word of the record's name, its brand or its other
texts, whatever the case and accents. An index may take other forms of the words where no record
has them so.

How it works: a record's number in FTS5 is its rank, the length of its name before a hash of its
id, so FTS5 yields matches in order of rank, and a page costs what it holds: it goes on after the
number of the last match, whatever was added or deleted in between. (BM25 is not such a rank: each
new record changes the weight of every word.)

Changes wait until the next search or `settle`, then are one transaction. FTS5 keeps no texts: a
change gives those of before too. Use an index from one thread at a time.
"""

import hashlib
import os
import sqlite3
import threading
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice, takewhile
from pathlib import Path
from typing import Generic, NamedTuple, TypeVar

from geodata.words import SHORTEST_WITH_SLIP, folded, is_one_change, is_slip

MessageT = TypeVar("MessageT")


class Texts(NamedTuple):
    """The texts by which a record is found."""

    name: str
    brand: str
    rest: str
    names: tuple[str, ...] = ()
    """Names of which the whole, and then the beginning, is a better match than single words."""


Change = tuple[str, Texts | None, Texts | None]
"""An id with its texts before and after; None where there is no record."""

SHORTEST_NEAR = 3
"""Letters of the shortest word that is looked for in another form."""
LONGEST_ENDING = 3
"""Letters by which a plural may be longer than what is common to it and the singular."""
MOST_NEAR = 20
"""Limit of the words that one word of a query may mean."""
TIERS = ("{name}", "{name brand}", "{name brand rest}")
"""The columns that hold all words of the query: the fewer, the better the match."""
FIRST_TIER = 2
"""The number of the first of them: whole names come before."""
MOST_NAMED = 50
"""Records with some words in their names that are told at once."""
ALL = -1
"""No limit of their number, to SQLite."""
HASH_BITS = 32
LONGEST = 2**10 - 1
"""Names longer than this rank as if they had this length."""
NEIGHBOURS = 8
"""Numbers tried for a record: two ids of one length and one hash get numbers in a row."""
WRITTEN_AT_ONCE = 50_000
"""Records of one transaction while an index is built. FTS5 needs them in order of number."""
FORMAT = 1
SCHEMA = """
    CREATE TABLE ids (number INTEGER PRIMARY KEY, id TEXT, names TEXT);
    CREATE TABLE state (format INTEGER, mark TEXT);
    CREATE VIRTUAL TABLE texts USING fts5(
        name, brand, rest, content = '', detail = column,
        tokenize = 'unicode61 remove_diacritics 2', prefix = '1 2 3'
    );
    CREATE VIRTUAL TABLE terms USING fts5vocab(texts, 'row');
    INSERT INTO texts (texts, rank) VALUES ('hashsize', 67108864);
"""


class Match(NamedTuple):
    """A record that was found. Matches compare by their fields in order, the best first."""

    tier: int
    """0: the query is one of its names; 1: the beginning of one; else all words stand, 2: in the
    name; 3: in the name or the brand; 4: anywhere."""
    number: int
    """Less for a shorter name: the shorter it is, the more of it the query names."""
    id: str


@dataclass
class Saving:
    """An index that is to be written to a file."""

    path: Path
    mark: str
    error: str = ""
    """Why it could not be written."""

    def write(self, database: sqlite3.Connection) -> None:
        """Write the file, in place of the one before."""
        scratch = self.path.with_name(f"{self.path.name}.{os.getpid()}")
        try:
            with database:
                database.execute("DELETE FROM state")
                database.execute("INSERT INTO state VALUES (?, ?)", (FORMAT, self.mark))
            with closing(sqlite3.connect(scratch)) as file:
                file.execute("PRAGMA synchronous = OFF")
                database.backup(file)
            scratch.replace(self.path)
        except (sqlite3.Error, OSError) as error:
            self.error = str(error)
        finally:
            scratch.unlink(missing_ok=True)


class TextIndex(Generic[MessageT]):
    """An index of the words of records, built by `build` or at the first search."""

    def __init__(
        self,
        records: Callable[[], Iterable[tuple[str, MessageT]]],
        texts_of: Callable[[MessageT], Texts],
        *,
        takes_forms: bool = False,
    ) -> None:
        """Prepare an index.

        Args:
            records: Reads all records by id.
            texts_of: The texts of a record.
            takes_forms: If no record has the words, take other forms of them.
        """
        self._takes_forms = takes_forms
        self._records = records
        self._texts_of = texts_of
        self._database: sqlite3.Connection | None = None
        self._changes: list[Change | Saving] = []
        self._lock = threading.Lock()

    def put(self, id: str, before: MessageT | None, after: MessageT | None) -> None:
        """Add, change or remove a record; None stands for no record before or after."""
        if self._database is not None:
            old, new = (None if one is None else self._texts_of(one) for one in (before, after))
            if old != new:
                self._changes.append((id, old, new))

    @property
    def waiting(self) -> int:
        """Number of changes that wait to be written."""
        return len(self._changes)

    def build(self, saved: Path | None = None, mark: str = "") -> None:
        """Load the index from a file if it was saved with this mark, else make it anew."""
        with self._lock:
            database = opened()
            # Nobody closes a replica; Python 3.13 warns of a connection that is not closed.
            weakref.finalize(self, database.close)
            if saved is None or not _loaded(database, saved, mark):
                database.executescript(SCHEMA)
                made = ((id, self._texts_of(record)) for id, record in self._records())
                while block := list(islice(made, WRITTEN_AT_ONCE)):
                    with database:
                        _write(database, ((id, None, texts) for id, texts in block))
            self._changes, self._database = [], database

    def save(self, path: Path, mark: str) -> "Saving":
        """Have the index, as it is now, written to a file by the next search or `settle`."""
        saving = Saving(path, mark)
        if self._database is not None:
            self._changes.append(saving)
        return saving

    def settle(self) -> None:
        """Write the changes that wait."""
        self._settled()

    def search(self, query: str) -> list[Match]:
        """All records that match, the best first, also by their whole names.

        If there is none, those that match the words in another number, or with one letter changed.
        """
        found = list(self.matches(query))
        whole, database = " ".join(folded(query)), self._settled()
        for tier, begin in ((1, f"\n{whole}"), (0, f"\n{whole}\n")):
            sql = "SELECT number FROM ids WHERE names != '' AND instr(names, ?)"
            named = {number for (number,) in database.execute(sql, (begin,))} if whole else set()
            found = [one._replace(tier=tier) if one.number in named else one for one in found]
        return sorted(found)

    def matches(self, query: str) -> Iterator[Match]:
        """All records that match by their words, the best first."""
        after, most = None, 1000
        while page := self.page(query, after, most):
            yield from page
            if len(page) < most:
                return
            after, most = page[-1], 10_000

    def page(self, query: str, after: Match | None, most: int) -> list[Match]:
        """The first matches by words after another, at most so many; fewer only at the end."""
        database = self._settled()
        found: list[Match] = []
        for tier, words in enumerate(self._expressions(database, query), start=FIRST_TIER):
            if after is not None and tier < after.tier:
                continue
            first = after.number if after is not None and tier == after.tier else -1
            rows = database.execute(
                """
                SELECT number, id FROM texts JOIN ids ON number = texts.rowid
                WHERE texts MATCH ? AND texts.rowid > ? ORDER BY texts.rowid LIMIT ?
                """,
                (words, first, most - len(found)),
            )
            found += (Match(tier, number, id) for number, id in rows.fetchall())
            if len(found) >= most:
                break
        return found

    def sample(self, query: str, most: int) -> tuple[int, list[str]]:
        """The number of records that match, and the ids of at most about so many, at random.

        The number of a record ends with a hash of its id, so those below a bound of the hash are a
        sample, whatever the lengths of their names; they come in the order of the hash.
        """
        database = self._settled()
        together = self._together(database, query)
        if not together:
            return 0, []
        words = f"{TIERS[-1]} : ({together})"
        sql = "SELECT count(*) FROM texts WHERE texts MATCH ?"
        [count] = database.execute(sql, (words,)).fetchone()
        bound = min(2**HASH_BITS, most * 2**HASH_BITS // max(count, 1))
        rows = database.execute(
            """
            SELECT id FROM texts JOIN ids ON number = texts.rowid
            WHERE texts MATCH ? AND texts.rowid & 0xffffffff < ?
            ORDER BY texts.rowid & 0xffffffff
            """,
            (words, bound),
        )
        return count, [id for (id,) in rows.fetchall()]

    def named(
        self, words: Sequence[str], *, begins: bool = False, most: int = MOST_NAMED
    ) -> list[str]:
        """The ids of records with all of the folded words in name and brand, at most so many.

        Each is a whole word there, with `begins` the beginning of one; the shortest names come
        first.
        """
        terms = ["".join(c for c in word if c.isalnum()) for word in words]
        if not terms or not all(terms):
            return []
        together = " AND ".join(f'"{term}"{"*" if begins else ""}' for term in terms)
        sql = """
            SELECT id FROM texts JOIN ids ON number = texts.rowid
            WHERE texts MATCH ? ORDER BY texts.rowid LIMIT ?
            """
        found = self._settled().execute(sql, (f"{TIERS[1]} : ({together})", most))
        return [id for (id,) in found]

    def slips(self, word: str) -> list[str]:
        """The words of all texts that a folded word with a slip of the keyboard may mean."""
        if len(word) < SHORTEST_WITH_SLIP:
            return []
        rows = self._settled().execute(
            "SELECT term FROM terms WHERE term >= ? AND term < ? AND length(term) BETWEEN ? AND ?",
            (word[0], f"{word[0]}\U0010ffff", len(word) - 1, len(word) + 1),
        )
        return [term for (term,) in rows if is_slip(word, term)]

    def _expressions(self, database: sqlite3.Connection, query: str) -> list[str]:
        """The expression of each tier, which excludes those before it; none without words."""
        together = self._together(database, query)
        if not together:
            return []
        each = [f"({columns} : ({together}))" for columns in TIERS]
        return [each[0], f"{each[1]} NOT {each[0]}", f"{each[2]} NOT {each[1]}"]

    def _together(self, database: sqlite3.Connection, query: str) -> str:
        """The expression of all words of a query; empty without words or matches."""
        words = ["".join(c if c.isalnum() else " " for c in word) for word in query.split()]
        terms = [word for part in words for word in part.split()]
        if not terms:
            return ""
        together = " AND ".join(f'"{term}"*' for term in terms)
        sql = "SELECT 1 FROM texts WHERE texts MATCH ? LIMIT 1"
        if database.execute(sql, (f"{TIERS[-1]} : ({together})",)).fetchone() is None:
            near = [near_terms(database, term) for term in terms] if self._takes_forms else []
            return " AND ".join(near) if all(near) else ""
        return together

    def _settled(self) -> sqlite3.Connection:
        if self._database is None:
            self.build()
        assert self._database is not None
        with self._lock:
            changes, self._changes = self._changes, []
            while changes:
                ready = list(takewhile(lambda one: not isinstance(one, Saving), changes))
                if ready:
                    with self._database as database:
                        _write(database, (one for one in ready if isinstance(one, tuple)))
                for saving in changes[len(ready) : len(ready) + 1]:
                    if isinstance(saving, Saving):
                        saving.write(self._database)
                changes = changes[len(ready) + 1 :]
        return self._database


def opened() -> sqlite3.Connection:
    """An empty database in memory."""
    return sqlite3.connect(":memory:", check_same_thread=False)


def number_of(id: str, name: str) -> int:
    """The number of a record in FTS5, if no other has it: its rank."""
    digest = hashlib.blake2b(id.encode(), digest_size=HASH_BITS // 8).digest()
    return min(len(name), LONGEST) << HASH_BITS | int.from_bytes(digest)


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


def _loaded(database: sqlite3.Connection, path: Path, mark: str) -> bool:
    """True if the database now has the index in a file, which has this mark."""
    if not path.exists():
        return False
    try:
        with closing(sqlite3.connect(path)) as file:
            if file.execute("SELECT format, mark FROM state").fetchall() == [(FORMAT, mark)]:
                file.backup(database)
                return True
    except sqlite3.Error:
        pass
    return False


def _write(database: sqlite3.Connection, changes: Iterable[Change]) -> None:
    """Write changes of records, each with its texts before and after, in order of number."""
    first: dict[str, Texts | None] = {}
    last: dict[str, Texts | None] = {}
    for id, before, after in changes:
        first.setdefault(id, before)
        last[id] = after
    gone = sorted(
        (_found(database, id, texts.name), *texts[:3])
        for id, texts in first.items()
        if texts is not None
    )
    database.executemany("DELETE FROM ids WHERE number = ?", ((row[0],) for row in gone))
    database.executemany(
        "INSERT INTO texts (texts, rowid, name, brand, rest) VALUES ('delete', ?, ?, ?, ?)", gone
    )
    come = sorted(
        (number_of(id, texts.name), id, texts) for id, texts in last.items() if texts is not None
    )
    rows: list[tuple[int, str, str, str]] = []
    for number, id, texts in come:
        free = _free(database, number)
        names = "".join(f"\n{' '.join(folded(name))}" for name in texts.names)
        stored = (free, id, f"{names}\n" if names else "")
        database.execute("INSERT INTO ids VALUES (?, ?, ?)", stored)
        rows.append((free, texts.name, texts.brand, texts.rest))
    # FTS5 begins another segment at each number that is lower than the last.
    rows.sort()
    database.executemany("INSERT INTO texts (rowid, name, brand, rest) VALUES (?, ?, ?, ?)", rows)


def _found(database: sqlite3.Connection, id: str, name: str) -> int:
    """The number that a record has."""
    number = number_of(id, name)
    sql = "SELECT number FROM ids WHERE number BETWEEN ? AND ? AND id = ?"
    [found] = database.execute(sql, (number, number + NEIGHBOURS, id)).fetchone()
    return int(found)


def _free(database: sqlite3.Connection, number: int) -> int:
    """The number, or the next one that no record has."""
    sql = "SELECT number FROM ids WHERE number BETWEEN ? AND ?"
    taken = {each for (each,) in database.execute(sql, (number, number + NEIGHBOURS))}
    return next(each for each in range(number, number + NEIGHBOURS + 1) if each not in taken)
