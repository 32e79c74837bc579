"""Assembles records of any format into an import: sources, duplicates and store ids."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from geodata.importers.convert import Refused, store_of
from geodata.importers.ids import checked_source, source_of, store_ids
from geodata.importers.record import Record
from geodata.importers.report import Import, Rejected, Remark, SourceUnknown
from geodata.stores import Store


@dataclass(frozen=True, slots=True)
class _Draft:
    """A store without its id, which depends on all original ids of its source."""

    source: str
    original: str
    store: Store


def assemble(records: Iterable[Record | Rejected], result: Import, source: str | None) -> None:
    """Fill the result with the stores of the records.

    A row with the id of an earlier row is dropped with a remark if both are equal, else rejected.

    Args:
        records: the rows of a reader.
        result: receives the stores, remarks and rejected rows.
        source: prefix of all store ids; None takes the source that the file names.

    Raises:
        SourceUnknown: neither the file nor the caller names the source.
    """
    given = checked_source(source) if source is not None else ""
    first_of: dict[tuple[str, str], Record] = {}
    drafts: list[_Draft] = []
    for record in records:
        result.rows += 1
        if isinstance(record, Rejected):
            result.rejected.append(record)
            continue
        try:
            owner = given or _own_source(record)
            store, remarks = store_of(record)
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
