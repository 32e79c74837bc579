"""Columns of the stores in the index, and the rows that a filter admits, as masks over them.

How it works: each store in the index has a row. A column holds one small code per row, since few
values are distinct; so a filter is decided once per distinct value and then looked up for all rows
at once. The masks of recent filters are kept and updated with each changed store.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import replace
from typing import Any, Generic, TypeVar

import numpy as np
from h3.api.basic_int import latlng_to_cell
from numpy.typing import NDArray

from enrayon.stores.v1 import stores_pb2
from geodata.nearest import NearestIndex, Rows
from geodata.steps import Steps
from services.directory.filters import (
    HIDDEN,
    Mask,
    StoreFilter,
    attributes_of,
    external_keys,
    fold,
    status_of,
)
from services.directory.imported_hours import ImportedHours, imported_hours
from services.directory.service_areas import ServiceAreas

MASKS_KEPT = 64
"""Filters whose masks are kept: the most recent ones."""
CELLS_AT_ONCE = 2000
"""Cells that are computed before other calls have their turn."""

ValueT = TypeVar("ValueT", bound=Hashable)
ScalarT = TypeVar("ScalarT", bound=np.generic)


class Columns:
    """The columns of all rows, and the masks of recent filters."""

    def __init__(self) -> None:
        self._status: Column[int] = Column()
        self._brand: Column[str] = Column()
        self._region: Column[str] = Column()
        self._administrative_area: Column[str] = Column()
        self._attributes = Sets()
        self._external_ids = Keys()
        self._hours: Column[ImportedHours] = Column()
        self._areas = ServiceAreas()
        self._count = 0
        self._masks: OrderedDict[StoreFilter, Mask] = OrderedDict()
        self._cells: dict[int, NDArray[np.uint64]] = {}
        self._filling: dict[int, NDArray[np.uint64]] = {}

    def put(self, row: int, store: stores_pb2.Store) -> None:
        """Set the values of a row."""
        self._count = max(self._count, row + 1)
        self._status.put(row, status_of(store))
        self._brand.put(row, fold(store.brand))
        self._region.put(row, store.address.region_code)
        self._administrative_area.put(row, fold(store.address.administrative_area))
        self._attributes.put(row, attributes_of(store))
        self._external_ids.put(row, external_keys(store))
        self._hours.put(row, imported_hours(store))
        self._areas.put(row, store)
        for wanted, mask in self._masks.items():
            self._masks[wanted] = with_row(mask, row, value=wanted.admits(store))
        position = store.location
        for columns in (self._cells, self._filling):
            for resolution, cells in columns.items():
                cell = latlng_to_cell(position.latitude, position.longitude, resolution)
                columns[resolution] = with_row(cells, row, value=cell)

    def remove(self, row: int) -> None:
        """Remove a row: no filter admits it any more."""
        self._status.put(row, HIDDEN)
        self._external_ids.put(row, ())
        self._areas.remove(row)
        for wanted, mask in self._masks.items():
            self._masks[wanted] = with_row(mask, row, value=False)

    def mask(self, wanted: StoreFilter, row_of: Callable[[str], int | None]) -> Mask:
        """The rows that a filter admits, read-only; `row_of` finds the row of an id."""
        if (cached := self._masks.get(wanted)) is not None:
            self._masks.move_to_end(wanted)
            return cached
        result = self._computed(wanted, row_of)
        if wanted.repeats:
            self._masks[replace(wanted, opening=None)] = result
            if len(self._masks) > MASKS_KEPT:
                self._masks.popitem(last=False)
        return result

    @property
    def imported_hours(self) -> tuple[NDArray[np.int32], list[ImportedHours]]:
        """The imported hours of each row, as indexes into the list of distinct hours."""
        return self._hours.codes, self._hours.values

    def cells(self, resolution: int, index: NearestIndex) -> Steps[NDArray[np.uint64]]:
        """The H3 cell of each row of the index, read-only."""
        if resolution not in self._cells:
            # From here on `put` keeps the column current, also in rows that are not filled yet.
            column = self._filling.setdefault(resolution, np.zeros(index.row_count, np.uint64))
            end = len(column)
            for begin in range(0, end, CELLS_AT_ONCE):
                rows = range(begin, min(begin + CELLS_AT_ONCE, end))
                filled = [
                    latlng_to_cell(index.latitudes[row], index.longitudes[row], resolution)
                    for row in rows
                ]
                self._filling[resolution][rows.start : rows.stop] = filled
                yield None
            if resolution in self._filling:
                self._cells[resolution] = self._filling.pop(resolution)
        return self._cells[resolution][: index.row_count]

    def _computed(self, wanted: StoreFilter, row_of: Callable[[str], int | None]) -> Mask:
        count = self._count
        result = self._status.where(wanted.admits_status, count)
        if wanted.brands:
            result &= self._brand.where(wanted.brands.__contains__, count)
        if wanted.region_codes:
            result &= self._region.where(wanted.region_codes.__contains__, count)
        if wanted.administrative_areas:
            result &= self._administrative_area.where(
                wanted.administrative_areas.__contains__, count
            )
        if wanted.attributes:
            result &= self._attributes.with_all(wanted.attributes, count)
        if wanted.external_ids:
            result &= self._external_ids.with_any(wanted.external_ids, count)
        if wanted.ids:
            rows = [row for row in map(row_of, wanted.ids) if row is not None]
            result &= rows_mask(rows, count)
        if wanted.serves_point is not None or wanted.serves_postal_code:
            serving = self._areas.serving(
                wanted.serves_point, wanted.serves_postal_code, wanted.by_road
            )
            result &= rows_mask(serving, count)
        return result


class Column(Generic[ValueT]):
    """One value per row, kept as a code: its index in the list of distinct values."""

    def __init__(self) -> None:
        self._codes: NDArray[np.int32] = np.zeros(0, np.int32)
        self._code_of: dict[ValueT, int] = {}
        self.values: list[ValueT] = []
        """The distinct values, by code."""

    @property
    def codes(self) -> NDArray[np.int32]:
        """The code of each row, read-only; may be longer than the rows are many."""
        return self._codes

    def put(self, row: int, value: ValueT) -> None:
        """Set the value of a row."""
        code = self._code_of.setdefault(value, len(self.values))
        if code == len(self.values):
            self.values.append(value)
        self._codes = with_row(self._codes, row, value=code)

    def where(self, admits: Callable[[Any], bool], count: int) -> Mask:
        """The mask of the first `count` rows, true where the value is admitted."""
        admitted = np.fromiter(map(admits, self.values), bool, len(self.values))
        result: Mask = admitted[self._codes[:count]] if count else np.zeros(0, bool)
        return result


class Sets:
    """A set of texts per row, kept as one bit per row for each distinct text."""

    def __init__(self) -> None:
        self._bits: dict[str, bytearray] = {}
        self._count = 0

    def put(self, row: int, texts: Iterable[str]) -> None:
        """Set the texts of a row."""
        byte, bit = row >> 3, 1 << (row & 7)
        if row < self._count:  # the row had other texts before
            for bits in self._bits.values():
                if byte < len(bits):
                    bits[byte] &= 255 - bit
        self._count = max(self._count, row + 1)
        for text in texts:
            bits = self._bits.get(text, _NO_BITS)
            if byte >= len(bits):
                bits = bits + bytes(max(byte + 1 - len(bits), len(bits)))
                self._bits[text] = bits
            bits[byte] |= bit

    def with_all(self, texts: Iterable[str], count: int) -> Mask:
        """The mask of the first `count` rows, true where a row has all of the texts."""
        result: Mask = np.ones(count, bool)
        for text in texts:
            packed = np.frombuffer(self._bits.get(text, b""), np.uint8)
            bits = np.unpackbits(packed, bitorder="little")[:count]
            result[: len(bits)] &= bits.astype(bool)
            result[len(bits) :] = False
        return result


class Keys:
    """A few texts per row, of which almost all are distinct, kept as hashes of 64 bits.

    Two of a million texts have the same hash with a probability below 10^-7. A search looks at all
    rows: a millisecond for a million.
    """

    def __init__(self) -> None:
        self._columns: list[NDArray[np.int64]] = []
        """The first text of each row, the second, and so on; 0 for none."""

    def put(self, row: int, texts: Iterable[str]) -> None:
        """Set the texts of a row."""
        hashes = [hash(text) or 1 for text in texts]
        while len(self._columns) < len(hashes):
            self._columns.append(np.zeros(0, np.int64))
        for number, column in enumerate(self._columns):
            if number < len(hashes):
                self._columns[number] = with_row(column, row, value=hashes[number])
            elif row < len(column):
                column[row] = 0

    def with_any(self, texts: Iterable[str], count: int) -> Mask:
        """The mask of the first `count` rows, true where a row has one of the texts."""
        hashes = [hash(text) or 1 for text in texts]
        result: Mask = np.zeros(count, bool)
        for column in self._columns:
            part = column[:count]
            for one in hashes:
                result[: len(part)] |= part == one
        return result


_NO_BITS = bytearray()


def rows_mask(rows: list[int] | Rows, count: int) -> Mask:
    """The mask of `count` rows, true for the given ones."""
    result = np.zeros(count, bool)
    result[rows] = True
    return result


def with_row(column: NDArray[ScalarT], row: int, *, value: Any) -> NDArray[ScalarT]:
    """The column with one row set; a longer copy if the row is new."""
    if row >= len(column):
        grown = np.zeros(max(row + 1, 2 * len(column)), column.dtype)
        grown[: len(column)] = column
        column = grown
    column[row] = value
    return column
