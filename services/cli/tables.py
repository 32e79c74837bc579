"""What the readers of tables share."""

import csv
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def lines_named(rows: "csv.DictReader[str]") -> Iterator[None]:
    """Make an error of csv, such as a cell without end, a ValueError that names its line."""
    try:
        yield
    except csv.Error as error:
        raise ValueError(f"line {rows.reader.line_num}: {error}") from None
