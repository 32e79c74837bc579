"""Assembles records of any format into an import: sources, duplicates and store ids."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from geodata.importers.convert import Refused, store_of
from geodata.importers.hours import Starts
from geodata.importers.ids import checked_source, source_of, store_ids
from geodata.importers.record import Record
from geodata.importers.report import Import, Rejected, Remark, SourceUnknown
from geodata.stores import Store

Hour24: TypeAlias = Literal["auto", "noon", "midnight", "doubt"]
"""The meaning of hours that begin at 24:00. `auto`: noon if the rows prove it, else a doubt."""


@dataclass(frozen=True, slots=True)
class _Draft:
    """A store without its id, which depends on all original ids of its source."""

    source: str
    original: str
    store: Store


def assemble(
    records: Iterable[Record | Rejected],
    result: Import,
    source: str | None,
    hour_24: Hour24 = "auto",
) -> None:
    """Fill the result with the stores of the records.

    A row with the id of an earlier row is dropped with a remark if both are equal, else rejected.

    Args:
        records: the rows of a reader.
        result: receives the stores, remarks and rejected rows.
        source: prefix of all store ids; None takes the source that the file names.
        hour_24: what hours that begin at 24:00 mean.

    Raises:
        SourceUnknown: neither the file nor the caller names the source.
    """
    given = checked_source(source) if source is not None else ""
    first_of: dict[tuple[str, str], Record] = {}
    drafts: list[_Draft] = []
    rows = list(records)
    noon_is_24 = _noon_is_24(rows, result, hour_24)
    for record in rows:
        result.rows += 1
        if isinstance(record, Rejected):
            result.rejected.append(record)
            continue
        try:
            owner = given or _own_source(record)
            store, remarks = store_of(record, noon_is_24)
            original = record.fields["id"]
            first = first_of.setdefault((owner, original), record)
            if first is record:
                drafts.append(_Draft(owner, original, store))
                result.remarks += remarks
            elif first.raw == record.raw:
                note = f"{original!r}: same as row {first.row}, dropped"
                result.remarks.append(Remark(record.row, "id", note, repaired=True))
            else:
                raise Refused("id", f"row {first.row} already has the id {original!r}")
        except Refused as refused:
            result.rejected.append(Rejected(record.row, refused.field, refused.reason, record.raw))
    result.sources = {draft.source for draft in drafts}
    result.stores = _with_ids(drafts, result.sources)


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
            draft.store,
            id=ids[draft.source][draft.original],
            external_ids={**draft.store.external_ids, draft.source: draft.original},
        )
        for draft in drafts
    ]
