"""The table: named columns and rows, of any format that has them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from geodata.importers.record import clean
from geodata.importers.report import ImporterError, Rejected

MAX_COLUMNS = 2000
MAX_NAME = 1000
MAX_ROWS = 10_000_000


class Row(NamedTuple):
    """One row of a table."""

    line: int
    """The number of its last line in a text, else of the row, from 1."""
    values: list[str]
    raw: dict[str, object]
    """The values by column."""


@dataclass(frozen=True, slots=True)
class Table:
    """The columns of a file, and a way to read its rows, as often as needed."""

    format: str
    header: Sequence[str]
    rows: Callable[[], Iterator[Row | Rejected]]
    notes: Sequence[tuple[str, str]] = field(default_factory=tuple)
    """(field, note) of what was repaired in the file as a whole."""
    crs: str = ""
    """The coordinate reference system, if the file names one other than degrees."""

    def __post_init__(self) -> None:
        if len(self.header) > MAX_COLUMNS:
            raise ImporterError(f"over {MAX_COLUMNS:,} columns; is the format right?")


def named(columns: Sequence[object]) -> list[str]:
    """Column names; missing and repeated names get a number."""
    header: list[str] = []
    for index, given in enumerate(columns, start=1):
        name = clean(given)
        if len(name) > MAX_NAME:
            raise ImporterError(f"line 1: a column name of over {MAX_NAME:,} characters")
        header.append(f"{name} {index}".strip() if not name or name in header else name)
    return header
