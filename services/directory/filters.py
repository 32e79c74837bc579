"""Which stores a search is about, decided for all rows at once from columns of small numbers."""

import unicodedata
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, replace
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
from h3.api.basic_int import latlng_to_cell
from numpy.typing import NDArray

from enrayon.stores.v1 import stores_pb2
from geodata.nearest import NearestIndex, Rows
from geodata.points import Point
from services.directory.keys import store_id
from services.directory.service_areas import ServiceArea, ServiceAreas
from services.directory.store_hours import ImportedHours, imported_hours

Mask = NDArray[np.bool_]
ValueT = TypeVar("ValueT", bound=Hashable)
ScalarT = TypeVar("ScalarT", bound=np.generic)

ENDED = frozenset({stores_pb2.STORE_STATUS_CLOSED_FOR_GOOD, stores_pb2.STORE_STATUS_MOVED})
HIDDEN = -1
"""Stands in the status column for a row that no public answer shows."""
MASKS_KEPT = 64


class Opening(Protocol):
    """Which stores are open at some instant."""

    def rows(self, rows: Rows) -> Mask:
        """For each of some rows whether its store is."""

    def admits(self, id: str) -> bool:
        """Whether one store is."""


@dataclass(frozen=True)
class StoreFilter:
    """Which stores are meant; all parts that are set must hold.

    Unless `statuses` or `ids` say otherwise, stores closed for good or moved are left out.
    Private stores always are.
    """

    brands: frozenset[str] = frozenset()
    """Folded by `fold`; any of them."""
    attributes: frozenset[str] = frozenset()
    """All of them."""
    region_codes: frozenset[str] = frozenset()
    """Any of them."""
    ids: frozenset[str] = frozenset()
    """Any of them."""
    statuses: frozenset[int] = frozenset()
    """Any of them, as in the contract."""
    serves_point: Point | None = None
    serves_postal_code: str = ""
    """Without spaces and in capitals."""
    opening: "Opening | None" = field(default=None, compare=False)
    """Left out of comparison, `admits` and the masks of `Columns`: its answer changes with time."""

    @property
    def repeats(self) -> bool:
        """Whether many callers are likely to ask the same."""
        return self.serves_point is None and not self.serves_postal_code and not self.ids

    def admits(self, store: stores_pb2.Store) -> bool:
        """Whether one store is meant, `opening` aside. The reference for `Columns.mask`."""
        return (
            self.admits_status(status_of(store))
            and (not self.brands or fold(store.brand) in self.brands)
            and self.attributes.issubset(store.attributes)
            and (not self.region_codes or store.address.region_code in self.region_codes)
            and (not self.ids or store_id(store.name) in self.ids)
            and self._is_served_by(store)
        )

    def admits_status(self, status: int) -> bool:
        """Whether stores of this status are meant."""
        if status == HIDDEN:
            return False
        if self.statuses:
            return status in self.statuses
        return bool(self.ids) or status not in ENDED

    def _is_served_by(self, store: stores_pb2.Store) -> bool:
        if self.serves_point is None and not self.serves_postal_code:
            return True
        return ServiceArea.of(store).serves(self.serves_point, self.serves_postal_code)


EVERYTHING = StoreFilter()


class Columns:
    """The columns that filters look at, and the masks of the filters asked for lately."""

    def __init__(self) -> None:
        self._status: Column[int] = Column()
        self._brand: Column[str] = Column()
        self._region: Column[str] = Column()
        self._attributes: Column[frozenset[str]] = Column()
        self._hours: Column[ImportedHours] = Column()
        self._areas = ServiceAreas()
        self._count = 0
        self._masks: OrderedDict[StoreFilter, Mask] = OrderedDict()
        self._cells: dict[int, NDArray[np.uint64]] = {}

    def put(self, row: int, store: stores_pb2.Store) -> None:
        """Set what filters know of a row."""
        self._count = max(self._count, row + 1)
        self._status.put(row, status_of(store))
        self._brand.put(row, fold(store.brand))
        self._region.put(row, store.address.region_code)
        self._attributes.put(row, frozenset(store.attributes))
        self._hours.put(row, imported_hours(store))
        self._areas.put(row, store)
        for wanted, mask in self._masks.items():
            self._masks[wanted] = with_row(mask, row, value=wanted.admits(store))
        for resolution, cells in self._cells.items():
            position = store.location
            cell = latlng_to_cell(position.latitude, position.longitude, resolution)
            self._cells[resolution] = with_row(cells, row, value=cell)

    def remove(self, row: int) -> None:
        """Forget a row."""
        self._status.put(row, HIDDEN)
        self._areas.remove(row)
        for wanted, mask in self._masks.items():
            self._masks[wanted] = with_row(mask, row, value=False)

    def mask(self, wanted: StoreFilter, row_of: Callable[[str], int | None]) -> Mask:
        """The rows that the filter admits; `row_of` finds a row by id. Not to be changed."""
        if (known := self._masks.get(wanted)) is not None:
            self._masks.move_to_end(wanted)
            return known
        result = self._computed(wanted, row_of)
        if wanted.repeats:
            self._masks[replace(wanted, opening=None)] = result
            if len(self._masks) > MASKS_KEPT:
                self._masks.popitem(last=False)
        return result

    @property
    def imported_hours(self) -> tuple[NDArray[np.int32], list[ImportedHours]]:
        """For each row which hours its store came with, as a place in the list."""
        return self._hours.codes, self._hours.values

    def cells(self, resolution: int, index: NearestIndex) -> NDArray[np.uint64]:
        """The H3 cell of each row of the index. Not to be changed."""
        if resolution not in self._cells:
            self._cells[resolution] = np.fromiter(
                (
                    latlng_to_cell(latitude, longitude, resolution)
                    for latitude, longitude in zip(index.latitudes, index.longitudes, strict=True)
                ),
                np.uint64,
                index.row_count,
            )
        return self._cells[resolution]

    def _computed(self, wanted: StoreFilter, row_of: Callable[[str], int | None]) -> Mask:
        count = self._count
        result = self._status.where(wanted.admits_status, count)
        if wanted.brands:
            result &= self._brand.where(wanted.brands.__contains__, count)
        if wanted.region_codes:
            result &= self._region.where(wanted.region_codes.__contains__, count)
        if wanted.attributes:
            result &= self._attributes.where(wanted.attributes.issubset, count)
        if wanted.ids:
            rows = [row for row in map(row_of, wanted.ids) if row is not None]
            result &= rows_mask(rows, count)
        if wanted.serves_point is not None or wanted.serves_postal_code:
            serving = self._areas.serving(wanted.serves_point, wanted.serves_postal_code)
            result &= rows_mask(serving, count)
        return result


class Column(Generic[ValueT]):
    """A value per row, kept as a small number, since few values are distinct."""

    def __init__(self) -> None:
        self._codes: NDArray[np.int32] = np.zeros(0, np.int32)
        self._numbers: dict[ValueT, int] = {}
        self.values: list[ValueT] = []
        """The distinct values, each in the place that is its code."""

    @property
    def codes(self) -> NDArray[np.int32]:
        """The code of each row, and perhaps of rows to come. Not to be changed."""
        return self._codes

    def put(self, row: int, value: ValueT) -> None:
        """Set the value of a row."""
        number = self._numbers.setdefault(value, len(self.values))
        if number == len(self.values):
            self.values.append(value)
        self._codes = with_row(self._codes, row, value=number)

    def where(self, admits: Callable[[Any], bool], count: int) -> Mask:
        """The rows below `count` whose value is admitted."""
        admitted = np.fromiter(map(admits, self._numbers), bool, len(self._numbers))
        result: Mask = admitted[self._codes[:count]] if count else np.zeros(0, bool)
        return result


def fold(text: str) -> str:
    """The text without case and accents."""
    if text.isascii():
        return text.casefold().strip()
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c)).strip()


def status_of(store: stores_pb2.Store) -> int:
    """The status as filters see it: private stores are hidden, unset means open."""
    return HIDDEN if store.private else store.status or stores_pb2.STORE_STATUS_OPEN


def rows_mask(rows: list[int], count: int) -> Mask:
    """A mask of `count` rows, true for those given."""
    result = np.zeros(count, bool)
    result[rows] = True
    return result


def with_row(column: NDArray[ScalarT], row: int, *, value: Any) -> NDArray[ScalarT]:
    """The column with one row set; longer when the row is new."""
    if row >= len(column):
        grown = np.zeros(max(row + 1, 2 * len(column)), column.dtype)
        grown[: len(column)] = column
        column = grown
    column[row] = value
    return column
