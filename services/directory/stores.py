"""The replica of stores: all of them in memory, by id, place, filter and text.

How it works: a store with a location has a row in the H3 index and in the columns. A search gives
the index the mask of its filter, so only admitted rows are candidates; open hours are decided late,
for the rows near the point. Stores without a location have no row and are decided one by one.
"""

import heapq
import importlib.metadata
import math
from collections.abc import Callable, Iterable, Sequence
from itertools import compress, islice

import numpy as np
from numpy.typing import NDArray
from sortedcontainers import SortedList

from enrayon.stores.v1 import stores_pb2
from geodata.distance import Floats
from geodata.nearest import NearestIndex, Rows, passing
from geodata.points import Point
from geodata.steps import Steps
from services.chassis.clock import steady_s
from services.directory.closing import closes_at
from services.directory.columns import Columns
from services.directory.filters import ENDED, HIDDEN, Mask, StoreFilter, status_of
from services.directory.imported_hours import ImportedHours
from services.directory.keys import parse_store
from services.directory.replicas import Change, Records
from services.directory.snapshot import Arrays
from services.directory.text import Match, TextIndex, Texts

COLUMNS_VERSION = f"1 {importlib.metadata.version('enrayon')}"
"""Columns that another version wrote are made anew: their values may have another meaning."""
ROWS_AT_ONCE = 256
"""Rows of one step at most; it is one row where open hours have to be read first."""
STEP_S = 0.001
"""Time of a step after which the next one has twice as many rows."""
CLOSED_AT_ONCE = 200
"""Stores whose closing date is over that one read closes; the next one goes on."""
_CLOSING_DATE = stores_pb2.Store(closing_date={}).SerializeToString()[:-1]
"""The bytes before the closing date in an encoded store."""
UNLOCATED_AT_ONCE = 50
"""Stores without a location that are decided before other calls have their turn."""


class StoresReplica(Records):
    """All stores of a process. Only `record` and `records` include private ones."""

    def __init__(
        self, records: Iterable[tuple[str, bytes]] = (), columns: Arrays | None = None
    ) -> None:
        super().__init__(records)
        self._hidden: set[str] = set()
        self._unlocated: set[str] = set()
        self._columns = Columns()
        self._ends: list[tuple[float, str]] = []
        """Heap of the instants at which stores close for good by their closing date."""
        self._turned_s = -math.inf
        """The instant of the last turn."""
        self._sorted_ids: SortedList[str] = SortedList(self._records)
        self._text = TextIndex(self._stores, texts_of)
        if columns and columns["version"].item() == COLUMNS_VERSION:
            self.index = self._loaded(columns)
        else:
            self.index = self._built()

    def _built(self) -> NearestIndex:
        """Look at each store, and keep its columns; returns the index of the places."""
        located: list[str] = []
        latitudes: list[float] = []
        longitudes: list[float] = []
        for id, store in self._stores():
            if store.HasField("location"):
                self._columns.put(len(located), store)
                located.append(id)
                latitudes.append(store.location.latitude)
                longitudes.append(store.location.longitude)
            else:
                self._unlocated.add(id)
            if store.private:
                self._hidden.add(id)
            self._note_end(id, store)
        return NearestIndex.build(located, latitudes, longitudes)

    def _loaded(self, columns: Arrays) -> NearestIndex:
        """Take the columns of a snapshot; returns the index of the places."""
        ids = list(self._records)
        located = [ids[number] for number in columns["located"].tolist()]
        self._columns = Columns.loaded(
            columns, lambda row: parse_store(self._records[located[row]])
        )
        self._unlocated = set(ids).difference(located)
        self._hidden = {ids[number] for number in columns["hidden"].tolist()}
        for number in columns["ending"].tolist():
            self._note_end(ids[number], parse_store(self._records[ids[number]]))
        positions = (columns[name] for name in ("latitude", "longitude", "cell"))
        return NearestIndex.build(located, *positions)

    def columns(self) -> Callable[[Iterable[str]], Arrays]:
        """A copy of what indexes hold; the function makes arrays of it, for the ids in order."""
        index, rows, hidden = self.index, self.index.rows(), list(self._hidden)
        ids_of_rows = index.copied_ids()
        latitudes, longitudes = index.latitudes[rows], index.longitudes[rows]
        cells, copied = index.cells[rows], self._columns.copied()
        ending = {id for _, id in self._ends}

        def arrays(ids: Iterable[str]) -> Arrays:
            number_of = {id: number for number, id in enumerate(ids)}
            return {
                "version": np.array(COLUMNS_VERSION),
                "located": np.array([number_of[id] for id in ids_of_rows if id], np.int32),
                "ending": np.array([number_of[id] for id in ending if id in number_of], np.int32),
                "hidden": np.array([number_of[id] for id in hidden], np.int32),
                "latitude": latitudes,
                "longitude": longitudes,
                "cell": cells,
                **copied(rows),
            }

        return arrays

    def turn(self, now_s: float) -> Sequence[Change]:
        """Give stores whose closing date is over the status that says so; `CLOSED_AT_ONCE` most.

        The record in the database stays as it is.
        """
        closed: dict[str, bytes | None] = {}
        self._turned_s = max(self._turned_s, now_s)
        while self._ends and self._ends[0][0] <= now_s and len(closed) < CLOSED_AT_ONCE:
            _, id = heapq.heappop(self._ends)
            if (encoded := self._records.get(id)) is None:
                continue
            if (after := ended(encoded, now_s)) != encoded:
                closed[id] = after
        self.turns_at = self._ends[0][0] if self._ends else math.inf
        return super().apply_all(list(closed.items())) if closed else ()

    def apply_all(self, writes: Sequence[tuple[str, bytes | None]]) -> list[Change]:
        """Add, change or (None) delete many records, each once.

        Stores that were closed by their closing date before stay so: no reader sees them open.
        """
        return super().apply_all(
            [(id, encoded and ended(encoded, self._turned_s)) for id, encoded in writes]
        )

    def encoded(self, id: str) -> bytes:
        """The encoded store of an id that is known to exist."""
        return self._records[id]

    def public(self, id: str) -> bytes | None:
        """An encoded store; None if there is none or it is private."""
        return None if id in self._hidden else self._records.get(id)

    def row(self, id: str) -> int | None:
        """The row of a store in the index; None if it has no location."""
        return self.index.row(id) if id in self.index else None

    @property
    def imported_hours(self) -> tuple[NDArray[np.int32], list[ImportedHours]]:
        """The imported hours of each row, as indexes into the list of distinct hours."""
        codes, values = self._columns.imported_hours
        return codes[: self.index.row_count], values

    def imported_hours_of(self, row: int) -> ImportedHours:
        """The imported hours of the store in a row."""
        codes, values = self._columns.imported_hours
        return values[int(codes[row])]

    def ids_of_source(self, source: str) -> list[str]:
        """The ids that begin with `<source>-`, in order."""
        return list(self._sorted_ids.irange(f"{source}-", f"{source}.", inclusive=(True, False)))

    def mask(self, wanted: StoreFilter) -> Mask:
        """The mask of the rows that a filter admits; read-only."""
        count = self.index.row_count
        result = self._columns.mask(wanted, self.row)[:count]
        if wanted.opening is None:
            return result
        rows = np.flatnonzero(result)
        admitted = np.zeros(count, np.bool_)
        admitted[rows] = wanted.opening.rows(rows)
        return admitted

    def nearest(
        self,
        point: Point,
        limit: int,
        wanted: StoreFilter,
        *,
        radius_m: float | None = None,
        after: tuple[float, str] | None = None,
        also: Callable[[Rows], Mask] | None = None,
    ) -> list[tuple[str, float]]:
        """Ids and distances in metres, nearest first, ties by id.

        Args:
            point: The origin.
            limit: The largest number of stores.
            wanted: The filter.
            radius_m: The largest distance, inclusive.
            after: Distance and id of the last store of the page before.
            also: A further condition: for each given row whether it is admitted.
        """
        accept = self.accept(wanted, also)
        hits = self.index.nearest(point, limit, max_distance_m=radius_m, accept=accept, after=after)
        return [(self.index.id(row), distance_m) for row, distance_m in hits]

    def nearest_batch(
        self,
        latitudes: Sequence[float],
        longitudes: Sequence[float],
        limit: int,
        wanted: StoreFilter,
        *,
        radius_m: float | None = None,
    ) -> tuple[Rows, Floats]:
        """Rows and distances in metres of the nearest stores of each point.

        Both arrays have the shape (points, limit); row -1 fills up a point with fewer stores.
        """
        return self.index.nearest_batch(
            latitudes, longitudes, limit, max_distance_m=radius_m, accept=self.mask(wanted)
        )

    def ids_of_rows(self, rows: Rows) -> list[str]:
        """The ids of the stores in these rows."""
        return [self.index.id(row) for row in rows.tolist()]

    def rows(self, ids: Iterable[str]) -> Rows:
        """The rows of those of the ids that have a location."""
        found = [row for id in ids if (row := self.row(id)) is not None]
        return np.array(found, np.int64)

    def ids(self, wanted: StoreFilter) -> list[str]:
        """All ids that a filter admits, in order."""
        return self.admitted(list(self._sorted_ids), wanted)

    def ids_after(self, after: str, most: int) -> list[str]:
        """The first ids after another in order, at most so many, of all stores."""
        return list(islice(self._sorted_ids.irange(after, inclusive=(False, True)), most))

    def admitted(
        self, ids: Iterable[str], wanted: StoreFilter, among: Mask | None = None
    ) -> list[str]:
        """Those of the ids that a filter admits, in their order; not those without a store.

        With `among`, a mask of rows, those of other rows are left out.
        """
        known = [id for id in ids if id in self._records]
        rows = np.fromiter((self._row_or(id) for id in known), np.int64, len(known))
        if among is not None:
            known = [id for id, row in zip(known, rows.tolist(), strict=True) if row >= 0]
            rows = rows[rows >= 0]
            inside = rows < len(among)
            inside[inside] = among[rows[inside]]
            known = list(compress(known, inside.tolist()))
            rows = rows[inside]
        located = rows >= 0
        accepted = np.zeros(len(known), np.bool_)
        accepted[located] = passing(rows[located], self.accept(wanted, None))
        return [
            id
            for id, is_located, is_in in zip(
                known, located.tolist(), accepted.tolist(), strict=True
            )
            if is_in or (not is_located and self._admits_unlocated(wanted, id))
        ]

    def has_any(self, wanted: StoreFilter) -> bool:
        """True if a filter without open hours admits some store."""
        mask = self._columns.mask(wanted, self.row)[: self.index.row_count]
        return bool(mask.any()) or any(self._admits_unlocated(wanted, id) for id in self._unlocated)

    def count(self, wanted: StoreFilter) -> Steps[int]:
        """The number of stores that a filter admits."""
        rows = yield from self.admitted_rows(
            wanted, np.arange(self.index.row_count, dtype=np.int64)
        )
        return len(rows) + len((yield from self.unlocated(wanted)))

    def named(self, wanted: StoreFilter) -> Steps[list[str]]:
        """All ids that a filter which names its stores admits, in order."""
        rows = yield from self.admitted_rows(
            wanted, np.arange(self.index.row_count, dtype=np.int64)
        )
        return sorted([*self.ids_of_rows(rows), *(yield from self.unlocated(wanted))])

    def admitted_rows(self, wanted: StoreFilter, rows: Rows) -> Steps[Rows]:
        """Those of the rows that a filter admits, in their order.

        Open hours that nobody asked for yet are read first, which takes long for a country whose
        holidays are computed; so a step is short after a slow one.
        """
        rows = rows[self._columns.mask(wanted, self.row)[rows]]
        if wanted.opening is None:
            return rows
        found, begin, size = [rows[:0]], 0, 1
        while begin < len(rows):
            part = rows[begin : begin + size]
            began_s = steady_s()
            found.append(part[wanted.opening.rows(part)])
            begin += size
            is_quick = steady_s() - began_s < STEP_S
            size = min(2 * size, ROWS_AT_ONCE) if is_quick else 1
            yield None
        return np.concatenate(found)

    def texts(self) -> TextIndex[stores_pb2.Store]:
        """The index of the words of the stores."""
        return self._text

    def matching(self, query: str) -> list[Match]:
        """All public stores with the words of a query, the best match first."""
        return [match for match in self._text.search(query) if match.id not in self._hidden]

    def cells(self, resolution: int) -> Steps[NDArray[np.uint64]]:
        """The H3 cell of each row of the index; read-only."""
        return self._columns.cells(resolution, self.index)

    def _stores(self) -> Iterable[tuple[str, stores_pb2.Store]]:
        return ((id, parse_store(encoded)) for id, encoded in self._records.items())

    def _index_all(self, changes: Sequence[Change]) -> None:
        located: list[tuple[str, Point]] = []
        stores: list[stores_pb2.Store] = []
        for change in changes:
            before = None if change.before is None else parse_store(change.before)
            after = None if change.after is None else parse_store(change.after)
            if before is None and after is not None:
                self._sorted_ids.add(change.id)
            elif before is not None and after is None:
                self._sorted_ids.remove(change.id)
            self._text.put(change.id, before, after)
            if after is not None and status_of(after) == HIDDEN:
                self._hidden.add(change.id)
            else:
                self._hidden.discard(change.id)
            if after is not None:
                self._note_end(change.id, after)
            if after is not None and after.HasField("location"):
                self._unlocated.discard(change.id)
                point = Point(after.location.latitude, after.location.longitude)
                located.append((change.id, point))
                stores.append(after)
                continue
            if change.id in self.index:
                self._columns.remove(self.index.delete(change.id))
            (self._unlocated.discard if after is None else self._unlocated.add)(change.id)
        for row, store in zip(self.index.upsert_many(located), stores, strict=True):
            self._columns.put(row, store)

    def unlocated(self, wanted: StoreFilter) -> Steps[list[str]]:
        """The ids without a location that a filter admits."""
        found: list[str] = []
        for number, id in enumerate(list(self._unlocated)):
            if number % UNLOCATED_AT_ONCE == 0:
                yield None
            if id in self._unlocated and self._admits_unlocated(wanted, id):
                found.append(id)
        return found

    def _note_end(self, id: str, store: stores_pb2.Store) -> None:
        if store.HasField("closing_date") and store.status not in ENDED:
            heapq.heappush(self._ends, (closes_at(store), id))
            self.turns_at = self._ends[0][0]

    def accept(
        self, wanted: StoreFilter, also: Callable[[Rows], Mask] | None
    ) -> Mask | Callable[[Rows], Mask]:
        """The rows that a filter and a further condition admit.

        Open hours are evaluated only for the rows that are asked for.
        """
        opening = wanted.opening
        mask = self._columns.mask(wanted, self.row)[: self.index.row_count]
        conditions = [part for part in (also, opening and opening.rows) if part]
        if not conditions:
            return mask

        def accept(rows: Rows) -> Mask:
            result: Mask = mask[rows]
            for condition in conditions:
                result[result] = condition(rows[result])
            return result

        return accept

    def _row_or(self, id: str, none: int = -1) -> int:
        row = self.row(id)
        return none if row is None else row

    def _admits_unlocated(self, wanted: StoreFilter, id: str) -> bool:
        opening = wanted.opening
        return wanted.admits(parse_store(self._records[id])) and (
            opening is None or opening.admits(id)
        )


def ended(encoded: bytes, now_s: float) -> bytes:
    """A store with the status that says so if its closing date is over, else as it is."""
    if _CLOSING_DATE not in encoded:  # parsing all stores of an import would take long
        return encoded
    store = parse_store(encoded)
    if closes_at(store) > now_s or store.status in ENDED:
        return encoded
    store.status = stores_pb2.STORE_STATUS_CLOSED_FOR_GOOD
    return store.SerializeToString()


def texts_of(store: stores_pb2.Store) -> Texts:
    """The texts of a store: its name, its brand and its address."""
    address = store.address
    parts = (*address.address_lines, address.postal_code, address.locality)
    return Texts(store.display_name, store.brand, " ".join(parts))
