"""All stores in memory: by id, by place, by filter and by text. Knows nothing of Redis."""

import bisect
from collections.abc import Callable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from enrayon.stores.v1 import stores_pb2
from geodata.distance import Floats
from geodata.nearest import NearestIndex, Rows
from geodata.points import Point
from services.directory.filters import HIDDEN, Columns, Mask, StoreFilter, status_of
from services.directory.keys import parse_store
from services.directory.replicas import Change
from services.directory.store_hours import ImportedHours
from services.directory.text import Match, TextIndex, Texts


class StoresReplica:
    """The stores. Answers leave private ones out; `record` alone has them."""

    def __init__(self, records: Iterable[tuple[str, bytes]] = ()) -> None:
        self._records: dict[str, bytes] = dict(records)
        self._hidden: set[str] = set()
        self._unlocated: set[str] = set()
        self._columns = Columns()
        self._sorted_ids: list[str] | None = None
        self._text: TextIndex | None = None
        located: list[str] = []
        latitudes: list[float] = []
        longitudes: list[float] = []
        for id, encoded in self._records.items():
            store = parse_store(encoded)
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

    def __len__(self) -> int:
        return len(self._records)

    def record(self, id: str) -> bytes | None:
        """The encoded store, private or not."""
        return self._records.get(id)

    def encoded(self, id: str) -> bytes:
        """The encoded store of an id that exists."""
        return self._records[id]

    def public(self, id: str) -> bytes | None:
        """The encoded store, unless there is none or it is private."""
        return None if id in self._hidden else self._records.get(id)

    def records(self) -> Iterable[tuple[str, bytes]]:
        """All ids with their encoded stores."""
        return self._records.items()

    def row(self, id: str) -> int | None:
        """The row of a store in the index; None when it has no location."""
        return self.index.row(id) if id in self.index else None

    @property
    def imported_hours(self) -> tuple[NDArray[np.int32], list[ImportedHours]]:
        """For each row of the index which hours the store came with, as a place in the list."""
        codes, values = self._columns.imported_hours
        return codes[: self.index.row_count], values

    def imported_hours_of(self, row: int) -> ImportedHours:
        """The hours that the store of a row came with."""
        codes, values = self._columns.imported_hours
        return values[int(codes[row])]

    def ids_of_source(self, source: str) -> list[str]:
        """The ids that begin with `<source>-`."""
        return [id for id in self._records if id.startswith(f"{source}-")]

    def apply(self, id: str, after: bytes | None) -> Change:
        """Add, change or (None) delete one store."""
        before = self._records.get(id)
        if after is None:
            self._forget(id)
        else:
            self._remember(id, after)
        return Change(id, before, after)

    def mask(self, wanted: StoreFilter) -> Mask:
        """The rows of the index that the filter admits. Not to be changed."""
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
        """Ids and distances in metres, nearest first, ties by id, beginning past `after`.

        `also` says which of some rows of the index are admitted besides by the filter.
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
        """For each point what `nearest` answers, as rows and distances in metres.

        Both have the shape (points, limit); a point with fewer hits is filled up with rows of -1.
        """
        return self.index.nearest_batch(
            latitudes, longitudes, limit, max_distance_m=radius_m, accept=self.mask(wanted)
        )

    def ids_of_rows(self, rows: Rows) -> list[str]:
        """The ids in rows of the index."""
        return [self.index.id(row) for row in rows.tolist()]

    def ids(self, wanted: StoreFilter, among: Sequence[str] | None = None) -> list[str]:
        """The ids that the filter admits, in order; of `among` only, in its order, when given."""
        if among is None:
            if self._sorted_ids is None:
                self._sorted_ids = sorted(self._records)
            among = self._sorted_ids
        mask = self.mask(wanted).tolist()
        return [id for id in among if self._admits(wanted, mask, id)]

    def matching(self, query: str) -> list[Match]:
        """The public stores with the words of a query, the best match first."""
        if self._text is None:
            self._text = TextIndex()
            self._text.put_all(
                (id, texts_of(parse_store(encoded))) for id, encoded in self._records.items()
            )
        return [match for match in self._text.search(query) if match.id not in self._hidden]

    def cells(self, resolution: int) -> NDArray[np.uint64]:
        """The H3 cell of each row of the index. Not to be changed."""
        return self._columns.cells(resolution, self.index)

    def stores(self, ids: Sequence[str]) -> list[stores_pb2.Store]:
        """The stores of ids that exist."""
        return [parse_store(self._records[id]) for id in ids]

    def _remember(self, id: str, encoded: bytes) -> None:
        store = parse_store(encoded)
        if id not in self._records and self._sorted_ids is not None:
            bisect.insort(self._sorted_ids, id)
        self._records[id] = encoded
        (self._hidden.add if status_of(store) == HIDDEN else self._hidden.discard)(id)
        if store.HasField("location"):
            self._unlocated.discard(id)
            point = Point(store.location.latitude, store.location.longitude)
            self._columns.put(self.index.upsert(id, point), store)
        else:
            self._leave_index(id)
            self._unlocated.add(id)
        if self._text is not None:
            self._text.put_all([(id, texts_of(store))])

    def _forget(self, id: str) -> None:
        if self._records.pop(id, None) is None:
            return
        if self._sorted_ids is not None:
            del self._sorted_ids[bisect.bisect_left(self._sorted_ids, id)]
        self._hidden.discard(id)
        self._unlocated.discard(id)
        self._leave_index(id)
        if self._text is not None:
            self._text.remove(id)

    def _leave_index(self, id: str) -> None:
        if id in self.index:
            self._columns.remove(self.index.delete(id))

    def _accept(
        self, wanted: StoreFilter, also: Callable[[Rows], Mask] | None
    ) -> Mask | Callable[[Rows], Mask]:
        """The rows that the filter admits. Hours are looked at of the rows near the point alone."""
        opening = wanted.opening
        mask = self._columns.mask(wanted, self.row)[: self.index.row_count]
        later = [part for part in (also, opening and opening.rows) if part]
        if not later:
            return mask

        def accept(rows: Rows) -> Mask:
            result: Mask = mask[rows]
            for part in later:
                result[result] = part(rows[result])
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
    """The words of a store: its name, its brand, and where it is."""
    address = store.address
    where = (*address.address_lines, address.postal_code, address.locality)
    return store.display_name, store.brand, " ".join(where)
