"""Opens a table in any format that has named columns and rows."""

from pathlib import Path

from geodata.importers import delimited
from geodata.importers.files import Source
from geodata.importers.report import ImporterError
from geodata.importers.table import Table


def open_table(path: Path) -> Table:
    """The table of a file.

    Raises:
        ImporterError: the file is no table, or cannot be read.
    """
    return table_of(Source(path))


def table_of(file: Source) -> Table:
    """The table of a file.

    Raises:
        ImporterError: the file is no table, or cannot be read.
    """
    table = delimited.table_of(file)
    if not any(table.header):
        raise ImporterError("the file is empty")
    return table
