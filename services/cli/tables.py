"""Reads the named columns of a table in any format, for commands."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from geodata.importers.columns import normal
from geodata.importers.report import ImporterError, Rejected
from geodata.importers.tables import open_table
from services.cli.output import USAGE, CommandError


class Cells(NamedTuple):
    """The cells of a row by field; a field without a column is missing."""

    line: int
    values: dict[str, str]


class BadRow(NamedTuple):
    """A row that cannot be used, and the reason."""

    line: int
    reason: str


class NamedColumns:
    """The rows of a table by the names that a command gives its columns."""

    def __init__(
        self, file: Path, names: Mapping[str, Iterable[str]], columns: Mapping[str, str]
    ) -> None:
        """Open a table.

        Args:
            file: the table.
            names: field to the names of columns that have it, the usual first.
            columns: column to field, as the caller says; it has priority over the names.

        Raises:
            ValueError: the file is no table, or a column is missing.
        """
        try:
            self._table = open_table(file)
        except ImporterError as error:
            raise ValueError(str(error)) from None
        header = list(self._table.header)
        for column in columns:
            if column not in header:
                raise ValueError(f"no column {column!r}; the columns are {', '.join(header)}")
        normals = [normal(column) for column in header]
        self._index = {
            field: normals.index(found)
            for field, known in names.items()
            if (found := next((name for name in map(normal, known) if name in normals), None))
        } | {field: header.index(column) for column, field in columns.items()}
        self.header = header

    @property
    def fields(self) -> frozenset[str]:
        """The fields that have a column."""
        return frozenset(self._index)

    @property
    def unused(self) -> list[str]:
        """The columns that have no field."""
        used = set(self._index.values())
        return [column for index, column in enumerate(self.header) if index not in used]

    def rows(self) -> Iterator[Cells | BadRow]:
        """The rows.

        Raises:
            ValueError: the file is damaged.
        """
        try:
            for row in self._table.rows():
                if isinstance(row, Rejected):
                    yield BadRow(row.row, row.reason)
                else:
                    values = {field: row.values[index] for field, index in self._index.items()}
                    yield Cells(row.line, values)
        except ImporterError as error:
            raise ValueError(str(error)) from None


def open_header(file: Path) -> list[str]:
    """The column names of a table.

    Raises:
        ValueError: the file is no table.
    """
    try:
        return list(open_table(file).header)
    except ImporterError as error:
        raise ValueError(str(error)) from None


def columns_of(pairs: Iterable[str], fields: Iterable[str]) -> dict[str, str]:
    """The columns and fields of the options `--map COLUMN=FIELD`.

    Raises:
        CommandError: a pair has another form, or its field is unknown.
    """
    known = sorted(fields)
    columns = {}
    for pair in pairs:
        # The name of a column may have an equals sign, a field has none.
        column, equals, field = pair.rpartition("=")
        if not equals or field not in known:
            raise CommandError(
                f"--map {pair}: must be COLUMN=FIELD, FIELD one of {', '.join(known)}", USAGE
            )
        columns[column] = field
    return columns
