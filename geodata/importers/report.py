"""The result of an import: stores, remarks on repairs and doubts, and rejected rows."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import orjson

from geodata.stores import Store


class ImporterError(Exception):
    """The file as a whole cannot be imported; the message gives the fault and the remedy."""


class SourceUnknown(ImporterError):
    """Neither the file nor the caller names the source of the stores."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that did not become a store."""

    row: int
    """Line number in a CSV file, or number of a feature, from 1."""
    field: str
    """The invalid column or tag."""
    reason: str
    raw: Mapping[str, object]
    """The row as read."""


@dataclass(frozen=True, slots=True)
class Remark:
    """A remark on a row that was imported, or dropped as a copy."""

    row: int
    field: str
    note: str
    repaired: bool
    """True if the value was repaired; False if it is doubtful, and was kept or ignored."""


@dataclass(frozen=True, slots=True)
class ColumnUse:
    """What a column is used for, with some of its values."""

    column: str
    goes_to: str
    """A field, `hours`, `attributes`; empty if it is not used."""
    values: tuple[str, ...]
    suggestion: str = ""
    """The field that its name or values resemble, if it is not used."""


@dataclass(slots=True)
class Import:
    """The result of one file, in the order of the file."""

    format: str
    """Name of the file's format."""
    stores: Sequence[Store] = field(default_factory=list)
    """Those of a large file are read from disk; go through them in order."""
    lines: Sequence[int] = ()
    """The row of each store, as in `Rejected.row`."""
    rejected: list[Rejected] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    sources: set[str] = field(default_factory=set)
    """The sources of the stores: usually one, several for a concatenated file."""
    columns: list[ColumnUse] = field(default_factory=list)
    """The columns of a table, and what each is used for."""
    preset: str = ""
    """The program whose export has these columns, if it is known."""
    rows: int = 0
    """Rows read: stores, rejected rows and dropped copies."""
    is_export: bool = False
    """True for a table of `enrayon export`, which has no private stores."""

    @property
    def unused(self) -> list[ColumnUse]:
        """The columns that have values and go nowhere."""
        return [use for use in self.columns if use.values and not use.goes_to]

    @property
    def repaired(self) -> list[Remark]:
        """Remarks on repaired values."""
        return [remark for remark in self.remarks if remark.repaired]

    @property
    def warnings(self) -> list[Remark]:
        """Remarks on doubtful values."""
        return [remark for remark in self.remarks if not remark.repaired]


def write_rejected(rejected: list[Rejected], path: Path) -> None:
    """Write rejected rows as CSV: row, field and reason, then the columns of the file.

    Values that are not text are written as JSON.
    """
    columns = dict.fromkeys(name for item in rejected for name in item.raw)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["rejected_row", "rejected_field", "rejected_reason", *columns])
        for item in rejected:
            values = [_text(item.raw.get(name)) for name in columns]
            writer.writerow([item.row, item.field, item.reason, *values])


def write_remarks(remarks: Iterable[Remark], path: Path) -> None:
    """Write remarks as CSV: the row, the field, whether it is a repair or a doubt, and the note."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["row", "field", "kind", "note"])
        for remark in remarks:
            kind = "repair" if remark.repaired else "doubt"
            writer.writerow([remark.row or "", remark.field, kind, remark.note])


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    try:
        return orjson.dumps(value, default=str).decode()
    except orjson.JSONEncodeError:  # orjson reads deeper nesting than it writes
        return "nested too deep to be written"
