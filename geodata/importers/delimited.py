"""Reads tables of text: CSV with comma, semicolon, tab or bar, and a header line."""

import csv
import io
import re
from collections.abc import Iterator

from geodata.importers.files import Source
from geodata.importers.record import clean
from geodata.importers.report import ImporterError, Rejected
from geodata.importers.table import Row, Table, named

DELIMITERS = ",;\t|"
_SEPARATOR_LINE = re.compile(r"sep=(.)\r?\n", re.IGNORECASE)
MAX_LINES = 10_000_000


def table_of(file: Source) -> Table:
    """The table of a text file."""
    encoding = file.encoding()
    notes = []
    if encoding == "cp1252":
        notes.append(("file", "not UTF-8: read as Windows-1252; check the accents"))
    return Table("csv", header_of(file), lambda: rows(file, header_of(file)), notes)


def rows(file: Source, header: list[str]) -> Iterator[Row | Rejected]:
    """The cleaned rows below the header; a row with too few or too many values is rejected.

    Raises:
        ImporterError: the text is damaged.
    """
    with file.text() as text:
        reader = csv.reader(text, delimiter=_delimiter(file), strict=True)
        try:
            if _SEPARATOR_LINE.match(_start(file)):
                next(reader, None)
            next(reader, None)
            for given in reader:
                if reader.line_num > MAX_LINES:
                    raise ImporterError(f"over {MAX_LINES:,} lines; split the file")
                raw: dict[str, object] = dict(zip(header, given, strict=False))
                extra = given[len(header) :]
                if len(given) == len(header) or (given and not any(extra) and extra):
                    yield Row(reader.line_num, list(map(clean, given[: len(header)])), raw)
                elif given:
                    reason = f"{len(given)} values for {len(header)} columns"
                    rest = {"": ",".join(extra)}
                    yield Rejected(reader.line_num, "row", reason, raw | rest)
        except UnicodeDecodeError as error:
            raise ImporterError(
                f"after line {reader.line_num}: not {error.encoding.upper()} "
                f"(byte 0x{error.object[error.start]:02x}); save it as UTF-8 and try again"
            ) from error
        except csv.Error as error:
            raise ImporterError(
                f"line {reader.line_num}: {error}; is a quote not closed?"
            ) from error


def header_of(file: Source) -> list[str]:
    """The column names; missing and repeated names get a number."""
    text = _SEPARATOR_LINE.sub("", _start(file), count=1)
    try:
        return named(
            next(csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(file)), [])
        )
    except csv.Error as error:
        raise ImporterError(f"line 1: {error}") from error


def _start(file: Source) -> str:
    return file.head_text()


def _delimiter(file: Source) -> str:
    """What a line `sep=` says, else the most frequent delimiter in the header, outside quotes."""
    start = _start(file)
    if said := _SEPARATOR_LINE.match(start):
        return said[1]
    outside = re.sub(r'"[^"]*"', "", start.partition("\n")[0])
    return max(DELIMITERS, key=outside.count)
