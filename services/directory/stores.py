"""The replica of stores: all of them in memory, by id, place, filter and text.

How it works: a store with a location has a row in the H3 index and in the columns. A search gives
the index the mask of its filter, so only admitted rows are candidates; open hours are decided late,
for the rows near the point. Stores without a location have no row and are decided one by one.
"""

import bisect
from collections.abc import Callable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from enrayon.stores.v1 import stores_pb2
from geodata.distance import Floats
from geodata.nearest import NearestIndex, Rows
from geodata.points import Point
from services.directory.columns import Columns
from services.directory.filters import HIDDEN, Mask, StoreFilter, status_of
from services.directory.imported_hours import ImportedHours
from services.directory.keys import parse_store
from services.directory.replicas import Change, Records
from services.directory.text import Match, TextIndex, Texts


class StoresReplica(Records):
    """All stores of a process. Only `record` and `records` include private ones."""

    def __init__(self, records: Iterable[tuple[str, bytes]] = ()) -> None:
        super().__init__(records)
        self._hidden: set[str] = set()
        self._unlocated: set[str] = set()
        self._columns = Columns()
        self._sorted_ids: list[str] | None = None
        self._text = TextIndex(self._stores, texts_of)
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
        self.index = NearestIndex.build(located, latitudes, longitudes)

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
        """The ids that begin with `<source>-`."""
        return [id for id in self._records if id.startswith(f"{source}-")]

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
        accept = self._accept(wanted, also)
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

    def ids(self, wanted: StoreFilter, among: Sequence[str] | None = None) -> list[str]:
        """The ids that a filter admits, in order; with `among`, only its ids, in its order."""
        if among is None:
            if self._sorted_ids is None:
                self._sorted_ids = sorted(self._records)
            among = self._sorted_ids
        mask = self.mask(wanted).tolist()
        return [id for id in among if self._admits(wanted, mask, id)]

    def matching(self, query: str) -> list[Match]:
        """The public stores with the words of a query, the best match first."""
        return [match for match in self._text.search(query) if match.id not in self._hidden]

    def cells(self, resolution: int) -> NDArray[np.uint64]:
        """The H3 cell of each row of the index; read-only."""
        return self._columns.cells(resolution, self.index)

    def _stores(self) -> Iterable[tuple[str, stores_pb2.Store]]:
        return ((id, parse_store(encoded)) for id, encoded in self._records.items())

    def _index(self, change: Change) -> None:
        if change.after is not None:
            self._remember(change.id, change.after, is_new=change.before is None)
        elif change.before is not None:
            self._forget(change.id)

    def _remember(self, id: str, encoded: bytes, *, is_new: bool) -> None:
        store = parse_store(encoded)
        if is_new and self._sorted_ids is not None:
            bisect.insort(self._sorted_ids, id)
        (self._hidden.add if status_of(store) == HIDDEN else self._hidden.discard)(id)
        if store.HasField("location"):
            self._unlocated.discard(id)
            point = Point(store.location.latitude, store.location.longitude)
            self._columns.put(self.index.upsert(id, point), store)
        else:
            self._leave_index(id)
            self._unlocated.add(id)
        self._text.put(id, store)

    def _forget(self, id: str) -> None:
        if self._sorted_ids is not None:
            del self._sorted_ids[bisect.bisect_left(self._sorted_ids, id)]
        self._hidden.discard(id)
        self._unlocated.discard(id)
        self._leave_index(id)
        self._text.remove(id)

    def _leave_index(self, id: str) -> None:
        if id in self.index:
            self._columns.remove(self.index.delete(id))

    def _accept(
        self, wanted: StoreFilter, also: Callable[[Rows], Mask] | None
    ) -> Mask | Callable[[Rows], Mask]:
        """The admitted rows; open hours are evaluated only for the rows that are asked for."""
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

    def _admits(self, wanted: StoreFilter, mask: list[bool], id: str) -> bool:
        if id in self._unlocated:
            opening = wanted.opening
            return wanted.admits(parse_store(self._records[id])) and (
                opening is None or opening.admits(id)
            )
        return mask[self.index.row(id)]


def texts_of(store: stores_pb2.Store) -> Texts:
    """The texts of a store: its name, its brand and its address."""
    address = store.address
    parts = (*address.address_lines, address.postal_code, address.locality)
    return Texts(store.display_name, store.brand, " ".join(parts))
