"""Gives errors of CSV files their line."""

import csv
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def lines_named(rows: "csv.DictReader[str]") -> Iterator[None]:
    """Turns an error of `csv`, such as an unclosed quote, into a ValueError with its line."""
    try:
        yield
    except csv.Error as error:
        raise ValueError(f"line {rows.reader.line_num}: {error}") from None
