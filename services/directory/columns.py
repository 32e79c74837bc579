"""Columns of the stores in the index, and the rows that a filter admits, as masks over them.

How it works: each store in the index has a row. A column holds one small code per row, since few
values are distinct; so a filter is decided once per distinct value and then looked up for all rows
at once. The masks of recent filters are kept and updated with each changed store.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Mapping
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
from services.directory.snapshot import Arrays

MASKS_KEPT = 64
"""Filters whose masks are kept: the most recent ones."""
CELLS_AT_ONCE = 2000
"""Cells that are computed before other calls have their turn."""

VALUES: Mapping[str, Callable[[stores_pb2.Store], Hashable]] = {
    "status": status_of,
    "brand": lambda store: fold(store.brand),
    "region": lambda store: store.address.region_code,
    "administrative_area": lambda store: fold(store.address.administrative_area),
    "hours": imported_hours,
}
"""The values of a store that are kept in columns."""

ValueT = TypeVar("ValueT", bound=Hashable)
ScalarT = TypeVar("ScalarT", bound=np.generic)


class Columns:
    """The columns of all rows, and the masks of recent filters."""

    def __init__(self) -> None:
        self._columns: dict[str, Column[Any]] = {name: Column() for name in VALUES}
        self._attributes = Sets()
        self._external_ids = Keys()
        self._areas = ServiceAreas()
        self._count = 0
        self._masks: OrderedDict[StoreFilter, Mask] = OrderedDict()
        self._cells: dict[int, NDArray[np.uint64]] = {}
        self._filling: dict[int, NDArray[np.uint64]] = {}

    def put(self, row: int, store: stores_pb2.Store) -> None:
        """Set the values of a row."""
        self._count = max(self._count, row + 1)
        for name, value_of in VALUES.items():
            self._columns[name].put(row, value_of(store))
        self._attributes.put(row, attributes_of(store))
        self._external_ids.put(row, external_keys(store))
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
        self._columns["status"].put(row, HIDDEN)
        self._external_ids.put(row, ())
        self._areas.remove(row)
        for wanted, mask in self._masks.items():
            self._masks[wanted] = with_row(mask, row, value=False)

    def copied(self) -> Callable[[Rows], Arrays]:
        """A copy; the function makes of it the arrays of some rows, for `loaded`."""
        codes = {name: column.codes.copy() for name, column in self._columns.items()}
        attributes, external_ids = self._attributes.copied(), self._external_ids.copied()
        areas = self._areas.rows()

        def arrays(rows: Rows) -> Arrays:
            made: Arrays = {**attributes(rows), "keys": external_ids(rows)}
            made["areas"] = np.flatnonzero(np.isin(rows, areas))
            for name, column in codes.items():
                # The first row with a code stands for its value.
                _, first, inverse = np.unique(column[rows], return_index=True, return_inverse=True)
                made[f"{name}.first"], made[f"{name}.codes"] = first, inverse.astype(np.int32)
            return made

        return arrays

    @classmethod
    def loaded(cls, arrays: Arrays, store_in: Callable[[int], stores_pb2.Store]) -> "Columns":
        """The columns of arrays that `copied` made; `store_in` finds the store of a row."""
        made = cls()
        made._attributes = Sets.loaded(arrays)
        made._external_ids = Keys(arrays["keys"])
        for name, value_of in VALUES.items():
            values = [value_of(store_in(row)) for row in arrays[f"{name}.first"].tolist()]
            made._columns[name] = Column(arrays[f"{name}.codes"], values)
        made._count = len(arrays["status.codes"])
        for row in arrays["areas"].tolist():
            made._areas.put(row, store_in(row))
        return made

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
        hours = self._columns["hours"]
        return hours.codes, hours.values

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
        result = self._columns["status"].where(wanted.admits_status, count)
        for name, admitted in (
            ("brand", wanted.brands),
            ("region", wanted.region_codes),
            ("administrative_area", wanted.administrative_areas),
        ):
            if admitted:
                result &= self._columns[name].where(admitted.__contains__, count)
        if wanted.attributes:
            result &= self._attributes.with_all(wanted.attributes, count)
        if wanted.any_attributes:
            result &= self._attributes.with_any(wanted.any_attributes, count)
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

    def __init__(
        self, codes: NDArray[np.int32] | None = None, values: Iterable[ValueT] = ()
    ) -> None:
        self._codes: NDArray[np.int32] = np.zeros(0, np.int32) if codes is None else codes
        self.values = list(values)
        """The distinct values, by code."""
        self._code_of = {value: code for code, value in enumerate(self.values)}

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

    def copied(self) -> Callable[[Rows], Arrays]:
        """A copy; the function makes of it the arrays of some rows, for `loaded`."""
        count, bits = self._count, {text: bytes(bits) for text, bits in self._bits.items()}

        def arrays(rows: Rows) -> Arrays:
            made = np.zeros((len(bits), -(-len(rows) // 8)), np.uint8)
            for number, packed in enumerate(bits.values()):
                found = unpacked(packed, count)[rows]
                made[number] = np.packbits(found, bitorder="little")
            return {"texts": np.array(list(bits), np.str_), "bits": made}

        return arrays

    @classmethod
    def loaded(cls, arrays: Arrays) -> "Sets":
        """The sets of arrays that `copied` made."""
        made = cls()
        bits = map(bytearray, arrays["bits"])
        made._bits = dict(zip(arrays["texts"].tolist(), bits, strict=True))
        made._count = len(arrays["status.codes"])
        return made

    def with_all(self, texts: Iterable[str], count: int) -> Mask:
        """The mask of the first `count` rows, true where a row has all of the texts."""
        result: Mask = np.ones(count, bool)
        for text in texts:
            result &= unpacked(self._bits.get(text, b""), count)
        return result

    def with_any(self, texts: Iterable[str], count: int) -> Mask:
        """The mask of the first `count` rows, true where a row has one of the texts."""
        result: Mask = np.zeros(count, bool)
        for text in texts:
            result |= unpacked(self._bits.get(text, b""), count)
        return result


class Keys:
    """A few texts per row, of which almost all are distinct, kept as hashes of 64 bits.

    Two of a million texts have the same hash with a probability below 10^-7. A search looks at all
    rows: a millisecond for a million.
    """

    def __init__(self, columns: Iterable[NDArray[np.int64]] = ()) -> None:
        self._columns = list(columns)
        """The first text of each row, the second, and so on; 0 for none."""

    def put(self, row: int, texts: Iterable[str]) -> None:
        """Set the texts of a row."""
        hashes = list(map(hash_of, texts))
        while len(self._columns) < len(hashes):
            self._columns.append(np.zeros(0, np.int64))
        for number, column in enumerate(self._columns):
            if number < len(hashes):
                self._columns[number] = with_row(column, row, value=hashes[number])
            elif row < len(column):
                column[row] = 0

    def copied(self) -> Callable[[Rows], NDArray[np.int64]]:
        """A copy; the function makes of it the columns of some rows, as one array."""
        columns = [column.copy() for column in self._columns]

        def array(rows: Rows) -> NDArray[np.int64]:
            made = np.zeros((len(columns), len(rows)), np.int64)
            for number, column in enumerate(columns):
                known = rows < len(column)
                made[number, known] = column[rows[known]]
            return made

        return array

    def with_any(self, texts: Iterable[str], count: int) -> Mask:
        """The mask of the first `count` rows, true where a row has one of the texts."""
        hashes = list(map(hash_of, texts))
        result: Mask = np.zeros(count, bool)
        for column in self._columns:
            part = column[:count]
            for one in hashes:
                result[: len(part)] |= part == one
        return result


_NO_BITS = bytearray()


def hash_of(text: str) -> int:
    """The hash of a text, the same in each process; never 0."""
    digest = hashlib.blake2b(text.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little", signed=True) or 1


def unpacked(packed: bytes | bytearray, count: int) -> Mask:
    """The first so many bits, False past the end."""
    if not packed:  # NumPy leaves the bits past the end of nothing as memory has them
        return np.zeros(count, np.bool_)
    bits = np.unpackbits(np.frombuffer(packed, np.uint8), count=count, bitorder="little")
    mask: Mask = bits.view(np.bool_)
    return mask


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
