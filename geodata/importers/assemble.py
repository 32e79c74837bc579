"""Assembles records of any format into an import: sources, duplicates and store ids."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from geodata.importers import neighbours
from geodata.importers.convert import NOWHERE, Converted, Refused, Settings, store_of
from geodata.importers.hours import Starts
from geodata.importers.ids import checked_source, source_of, store_ids
from geodata.importers.record import Record
from geodata.importers.report import Import, Rejected, Remark, SourceUnknown
from geodata.importers.spreadsheets import WHOLE
from geodata.points import Point
from geodata.stores import Store

Hour24: TypeAlias = Literal["auto", "noon", "midnight", "doubt"]
"""The meaning of hours that begin at 24:00. `auto`: noon if the rows prove it, else a doubt."""


_CROWD = 5
"""Stores at one point from which the point is in doubt."""


@dataclass(slots=True)
class _Draft:
    """A store without its id, which depends on all original ids of its source."""

    source: str
    original: str
    record: Record
    found: Converted

    @property
    def neighbour(self) -> neighbours.Row:
        """Its location, as the other rows judge it."""
        store, located = self.found.store, self.found.located
        return neighbours.Row(store.location, store.address.region_code, located.checked)


def assemble(
    records: Iterable[Record | Rejected],
    result: Import,
    source: str | None,
    hour_24: Hour24 = "auto",
    settings: Settings | None = None,
) -> None:
    """Fill the result with the stores of the records.

    A row with the id of an earlier row is dropped with a remark if both are equal, else rejected.

    Args:
        records: the rows of a reader.
        result: receives the stores, remarks and rejected rows.
        source: prefix of all store ids; None takes the source that the file names.
        hour_24: what hours that begin at 24:00 mean.
        settings: what the caller says beside the rows.

    Raises:
        SourceUnknown: neither the file nor the caller names the source.
    """
    settings = settings or Settings()
    given = checked_source(source) if source is not None else ""
    first_of: dict[tuple[str, str], Record] = {}
    drafts: list[_Draft] = []
    rows = list(records)
    _make_ids_whole(rows, result)
    noon_is_24 = _noon_is_24(rows, result, hour_24)
    for record in rows:
        result.rows += 1
        if isinstance(record, Rejected):
            result.rejected.append(record)
            continue
        try:
            owner = given or _own_source(record)
            found = store_of(record, noon_is_24, settings)
            record.attributes = set()  # large; the store has them
            original = record.fields["id"]
            first = first_of.setdefault((owner, original), record)
            if first is record:
                drafts.append(_Draft(owner, original, record, found))
            elif first.raw == record.raw:
                note = f"{original!r}: same as row {first.row}, dropped"
                result.remarks.append(Remark(record.row, "id", note, repaired=True))
            else:
                raise Refused("id", f"row {first.row} already has the id {original!r}")
        except Refused as refused:
            result.rejected.append(Rejected(record.row, refused.field, refused.reason, record.raw))
    drafts = _among_neighbours(drafts, result, noon_is_24, settings)
    for draft in drafts:
        result.remarks += draft.found.remarks
    _note_crowds(drafts, result)
    result.sources = {draft.source for draft in drafts}
    result.stores = _with_ids(drafts, result.sources)


def _make_ids_whole(rows: Iterable[Record | Rejected], result: Import) -> None:
    """Remove `.0` from the ids, if all have it: a data frame wrote whole numbers as decimals."""
    named = [row for row in rows if isinstance(row, Record) and row.fields.get("id")]
    wholes = [WHOLE.fullmatch(row.fields["id"]) for row in named]
    if not named or not all(wholes):
        return
    for row, whole in zip(named, wholes, strict=True):
        assert whole
        row.fields["id"] = whole[1]
    note = f"all ids are decimals such as {wholes[0][0]!r}: read as whole numbers"  # type: ignore[index]
    result.remarks.append(Remark(0, "id", note, repaired=True))


def _among_neighbours(
    drafts: list[_Draft], result: Import, noon_is_24: bool | None, settings: Settings
) -> list[_Draft]:
    """The drafts, with locations mended that the other rows prove wrong."""
    verdicts = neighbours.judge([draft.neighbour for draft in drafts])
    kept: list[_Draft] = []
    for number, draft in enumerate(drafts):
        verdict = verdicts.get(number)
        if verdict is None:
            kept.append(draft)
            continue
        record, point = draft.record, verdict.point
        remark = Remark(record.row, "lat, lon", verdict.note, verdict.repaired)
        if point is None and not _has_address(draft.found.store):
            reason = f"{NOWHERE}{verdict.note.partition(': kept')[0]}"
            result.rejected.append(Rejected(record.row, "lat, lon", reason, record.raw))
            continue
        if verdict.repaired and point is not None:
            record.fields |= {"lat": str(point.latitude), "lon": str(point.longitude)}
            record.attributes = set(draft.found.store.attributes)
            draft.found = store_of(record, noon_is_24, replace(settings, crs=None))
        elif point is None:
            address = replace(draft.found.store.address, region_code="")
            store = replace(draft.found.store, location=None, address=address)
            draft.found = draft.found._replace(store=store)
        draft.found.remarks.append(remark)
        kept.append(draft)
    return kept


def _note_crowds(drafts: Iterable[_Draft], result: Import) -> None:
    """Name the points at which many stores are: often the middle of a town or a default."""
    at: defaultdict[Point, list[int]] = defaultdict(list)
    for draft in drafts:
        if draft.found.store.location:
            at[draft.found.store.location].append(draft.record.row)
    for point, rows in at.items():
        if len(rows) >= _CROWD:
            note = f"{len(rows)} stores are at {point.latitude}, {point.longitude}: kept as given"
            result.remarks.append(Remark(rows[0], "lat, lon", note, repaired=False))


def _has_address(store: Store) -> bool:
    return bool(store.address.lines or store.address.locality or store.address.postal_code)


def _noon_is_24(rows: Iterable[Record | Rejected], result: Import, hour_24: Hour24) -> bool | None:
    """True if 24:00 as the beginning of hours is noon; None leaves such hours in doubt."""
    if hour_24 != "auto":
        return {"noon": True, "midnight": False}.get(hour_24)
    starts = Starts()
    for record in rows:
        if isinstance(record, Record):
            starts.add(record)
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


def _with_ids(drafts: list[_Draft], sources: Iterable[str]) -> list[Store]:
    ids = {
        source: store_ids(source, (d.original for d in drafts if d.source == source))
        for source in sources
    }
    return [
        replace(
            draft.found.store,
            id=ids[draft.source][draft.original],
            external_ids={**draft.found.store.external_ids, draft.source: draft.original},
        )
        for draft in drafts
    ]
