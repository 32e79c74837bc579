"""Assembles records of any format into an import: sources, duplicates and store ids.

What a row becomes may depend on all other rows: their ids, their hours, their places. So rows and
stores wait in temporary files (`spill`, `ids`); in memory is the place of each row, and what the
report tells of it.
"""

from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from math import nan
from sys import intern
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np

from geodata.importers import neighbours
from geodata.importers.convert import NOWHERE, Converted, Refused, Settings, store_of
from geodata.importers.hours import Starts
from geodata.importers.ids import Ids, checked_source, source_of
from geodata.importers.record import Record
from geodata.importers.report import Import, Rejected, Remark, SourceUnknown
from geodata.importers.spill import Spill, listed
from geodata.importers.spreadsheets import WHOLE
from geodata.points import Point
from geodata.stores import Store

Hour24: TypeAlias = Literal["auto", "noon", "midnight", "doubt"]
"""The meaning of hours that begin at 24:00. `auto`: noon if the rows prove it, else a doubt."""


_CROWD = 5
"""Stores at one point from which the point is in doubt."""
_TOLD_EVERY = 1000
"""Rows between two reports of the progress."""


class _Draft(NamedTuple):
    """A store without its id, which depends on all original ids of its source."""

    number: int
    """Of its row."""
    store: Store


class _Rows:
    """All rows of a file, and what they prove together."""

    def __init__(self, records: Iterable[Record | Rejected]) -> None:
        self.starts = Starts()
        self.whole = ""
        """An id such as `12.0`, if all are of this form: a data frame wrote whole numbers so."""
        self._rows: Spill[Record | Rejected] = Spill()
        are_whole = True
        for record in records:
            if isinstance(record, Record):
                self.starts.add(record)
                id = record.fields.get("id", "")
                are_whole = are_whole and (not id or WHOLE.fullmatch(id) is not None)
                self.whole = self.whole or id
            self._rows.append(record)
        self.whole = self.whole if are_whole else ""

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[Record | Rejected]:
        return map(self._mended, self._rows)

    def record(self, number: int) -> Record:
        """The record of a row."""
        record = self._mended(self._rows[number])
        assert isinstance(record, Record)
        return record

    def _mended(self, record: Record | Rejected) -> Record | Rejected:
        if self.whole and isinstance(record, Record) and record.fields.get("id"):
            record.fields["id"] = WHOLE.sub(r"\1", record.fields["id"])
        return record


class _Places(Sequence[neighbours.Row]):
    """The locations of drafts, in columns, as the other rows judge them."""

    def __init__(self) -> None:
        self.latitudes, self.longitudes = array("d"), array("d")
        self._countries: list[str] = []
        self._checked = bytearray()

    def __len__(self) -> int:
        return len(self._countries)

    def __getitem__(self, number: Any) -> Any:
        latitude, country = self.latitudes[number], self._countries[number]
        point = None if latitude != latitude else Point(latitude, self.longitudes[number])
        return neighbours.Row(point, country, bool(self._checked[number]))

    def append(self, found: Converted) -> None:
        """Add a draft."""
        self.latitudes.append(nan)
        self.longitudes.append(nan)
        self._countries.append(intern(found.store.address.region_code))
        self._checked.append(found.located.checked)
        self.move(len(self) - 1, found.store.location)

    def move(self, number: int, point: Point | None) -> None:
        """Set the location of a draft."""
        self.latitudes[number] = point.latitude if point else nan
        self.longitudes[number] = point.longitude if point else nan


class _Stores(Sequence[Store]):
    """The stores of a large file, made anew each time that they are read."""

    def __init__(
        self, drafts: Spill[_Draft], changed: Mapping[int, Store | None], ids: Ids
    ) -> None:
        self._drafts = drafts
        self._changed = changed
        self._ids = ids
        self._length = len(drafts) - sum(store is None for store in changed.values())

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[Store]:
        kept = (
            store
            for number, draft in enumerate(self._drafts)
            if (store := self._changed.get(number, draft.store)) is not None
        )
        for store, (source, original, id) in zip(kept, self._ids, strict=True):
            external_ids = {**store.external_ids, source: original}
            yield replace(store, id=id, external_ids=external_ids)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return list(self)[index]
        return next(islice(self, index % len(self), None))


def assemble(
    records: Iterable[Record | Rejected],
    result: Import,
    source: str | None,
    hour_24: Hour24 = "auto",
    settings: Settings | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Fill the result with the stores of the records.

    A row with the id of an earlier row is dropped with a remark if both are equal, else rejected.

    Args:
        records: the rows of a reader.
        result: receives the stores, remarks and rejected rows.
        source: prefix of all store ids; None takes the source that the file names.
        hour_24: what hours that begin at 24:00 mean.
        settings: what the caller says beside the rows.
        progress: called with the number of rows that are made, and of all.

    Raises:
        SourceUnknown: neither the file nor the caller names the source.
    """
    settings = settings or Settings()
    given = checked_source(source) if source is not None else ""
    rows = _Rows(records)
    if rows.whole:
        note = f"all ids are decimals such as {rows.whole!r}: read as whole numbers"
        result.remarks.append(Remark(0, "id", note, repaired=True))
    noon_is_24 = _noon_is_24(rows.starts, result, hour_24)
    ids, places = Ids(), _Places()
    drafts: Spill[_Draft] = Spill()
    remarks: dict[int, list[Remark]] = {}
    lines = array("Q")
    for number, record in enumerate(rows):
        if progress and number % _TOLD_EVERY == 0:
            progress(number, len(rows))
        if isinstance(record, Rejected):
            result.rejected.append(record)
            continue
        try:
            owner = given or _own_source(record)
            found = store_of(record, noon_is_24, settings)
            original = record.fields["id"]
            first = ids.add(number, owner, original)
            if first == number:
                if found.remarks:
                    remarks[len(drafts)] = found.remarks
                drafts.append(_Draft(number, found.store))
                places.append(found)
                lines.append(record.row)
            elif (earlier := rows.record(first)).raw == record.raw:
                note = f"{original!r}: same as row {earlier.row}, dropped"
                result.remarks.append(Remark(record.row, "id", note, repaired=True))
            else:
                raise Refused("id", f"row {earlier.row} already has the id {original!r}")
        except Refused as refused:
            result.rejected.append(Rejected(record.row, refused.field, refused.reason, record.raw))
    result.rows += len(rows)
    changed: dict[int, Store | None] = {}
    for number, verdict in neighbours.judge(places).items():
        number_of_row, store = drafts[number]
        record = rows.record(number_of_row)
        remark = Remark(record.row, "lat, lon", verdict.note, verdict.repaired)
        point = verdict.point
        # A repair of what is no location after all was none.
        told = [
            each
            for each in remarks.pop(number, [])
            if point is not None or not (each.repaired and each.field == "lat, lon")
        ]
        if point is None and not _has_address(store):
            reason = f"{NOWHERE}{verdict.note.partition(': kept')[0]}"
            result.rejected.append(Rejected(record.row, "lat, lon", reason, record.raw))
            changed[number] = None
            ids.remove(number_of_row)
            places.move(number, None)
            continue
        if verdict.repaired and point is not None:
            record.fields |= {"lat": str(point.latitude), "lon": str(point.longitude)}
            store, _, told = store_of(record, noon_is_24, replace(settings, crs=None))
        elif point is None:
            address = replace(store.address, region_code="")
            store = replace(store, location=None, address=address)
        changed[number] = store
        remarks[number] = [*told, remark]
        places.move(number, store.location)
    for number in sorted(remarks):
        result.remarks += remarks[number]
    _note_crowds(places, lines, result)
    ids.assign()
    result.sources = ids.sources()
    result.stores = listed(_Stores(drafts, changed, ids))
    gone = {number for number, store in changed.items() if store is None}
    result.lines = array("Q", (row for number, row in enumerate(lines) if number not in gone))


def _note_crowds(places: _Places, lines: Sequence[int], result: Import) -> None:
    """Name the points at which many stores are: often the middle of a town or a default."""
    points = np.empty(len(places), np.complex128)
    points.real, points.imag = places.latitudes, places.longitudes
    located = np.flatnonzero(~np.isnan(points.real))
    at, first, counts = np.unique(points[located], return_index=True, return_counts=True)
    crowded = np.flatnonzero(counts >= _CROWD)
    for each in crowded[first[crowded].argsort()].tolist():
        row = lines[int(located[first[each]])]
        point = f"{float(at[each].real)}, {float(at[each].imag)}"
        note = f"{counts[each]} stores are at {point}: kept as given"
        result.remarks.append(Remark(row, "lat, lon", note, repaired=False))


def _has_address(store: Store) -> bool:
    return bool(store.address.lines or store.address.locality or store.address.postal_code)


def _noon_is_24(starts: Starts, result: Import, hour_24: Hour24) -> bool | None:
    """True if 24:00 as the beginning of hours is noon; None leaves such hours in doubt."""
    if hour_24 != "auto":
        return {"noon": True, "midnight": False}.get(hour_24)
    if starts.noon_is_24:
        note = f"24:00 as the beginning of hours is read as noon: {starts}"
        result.remarks.append(Remark(0, "opening_hours", note, repaired=True))
    return starts.noon_is_24


def _own_source(record: Record) -> str:
    if not record.source:
        raise SourceUnknown(
            "the file does not name its source: give a source, "
            "a short name that becomes the prefix of the store ids"
        )
    return source_of(record.source)
