"""What an import found: the stores, what was repaired or doubted, and what was refused."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import orjson

from geodata.stores import Store


class ImporterError(Exception):
    """The file as a whole cannot be imported: says what is wrong, where, and what to do."""


class SourceUnknown(ImporterError):
    """Neither the file nor the caller tells whose stores they are."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that became no store."""

    row: int
    """Line of a CSV file's record, or ordinal of a feature, from 1."""
    field: str
    """The column or tag at fault."""
    reason: str
    raw: Mapping[str, object]
    """The row as it was read."""


@dataclass(frozen=True, slots=True)
class Remark:
    """What a reader of the report should know about a row that was taken or dropped as a copy."""

    row: int
    field: str
    note: str
    repaired: bool
    """True when the value was set right, False when it is doubtful and kept or left out."""


@dataclass(slots=True)
class Import:
    """Everything read from one file, in the order of the file."""

    format: str
    """Name of the format that the file had."""
    stores: list[Store] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    sources: set[str] = field(default_factory=set)
    """Sources the stores' ids begin with; one, but for files that were put together."""
    rows: int = 0
    """Rows read: stores, rejected ones and dropped copies."""

    @property
    def repaired(self) -> list[Remark]:
        """Values that were set right."""
        return [remark for remark in self.remarks if remark.repaired]

    @property
    def warnings(self) -> list[Remark]:
        """Values in doubt."""
        return [remark for remark in self.remarks if not remark.repaired]


def write_rejected(rejected: list[Rejected], path: Path) -> None:
    """Write refused rows as CSV: the file's own columns after `row`, `field` and `reason`.

    Values that are not text are written as JSON, so that nothing is lost.
    """
    columns = dict.fromkeys(name for item in rejected for name in item.raw)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["rejected_row", "rejected_field", "rejected_reason", *columns])
        for item in rejected:
            values = [_text(item.raw.get(name)) for name in columns]
            writer.writerow([item.row, item.field, item.reason, *values])


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    try:
        return orjson.dumps(value, default=str).decode()
    except orjson.JSONEncodeError:  # what was read may be nested deeper than what is written
        return "nested too deep to be written"
