"""Reads stores from CSV with comma, semicolon or tab, and a header line."""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from geodata.importers import attributes
from geodata.importers.files import Source
from geodata.importers.hours import day_texts
from geodata.importers.record import FIELDS, Record, Records, clean
from geodata.importers.report import ImporterError, Rejected

_ALIASES = {
    "id": "@id store_id storeid store_number ref code identifier",
    "name": "display_name store_name title nom",
    "brand": "chain banner enseigne",
    "lat": "latitude y",
    "lon": "lng long longitude x",
    "housenumber": "house_number street_number addr:housenumber",
    "street": "road addr:street",
    "unit": "suite addr:unit",
    "address": "street_address address1 address_line_1 addr:full adresse",
    "address2": "address_line_2",
    "city": "town locality municipality ville commune addr:city",
    "state": "province region addr:state",
    "postcode": "zip zip_code zipcode postal_code postalcode code_postal cp addr:postcode",
    "country": "country_code pays addr:country",
    "phone": "telephone tel phone_number contact:phone",
    "website": "url web link contact:website",
    "opening_hours": "hours openinghours horaires",
    "timezone": "time_zone tz",
}
_FIELD_OF = {alias: field for field, names in _ALIASES.items() for alias in names.split()} | {
    field: field for field in FIELDS
}
MAX_LINES = 10_000_000


def records(file: Source, columns: Mapping[str, str]) -> Records:
    """One record per row of the file.

    Args:
        file: the CSV.
        columns: column name to field; it overrides the meaning of the name itself.

    Raises:
        ImporterError: there is no header, a column is missing, or the text is damaged.
    """
    header = header_of(file)
    fields = _fields_of(header, columns)
    names = [normal(column) for column in header]
    for row in rows(file, header):
        yield row if isinstance(row, Rejected) else _record(row, fields, names)


class Row(NamedTuple):
    """One row of a table."""

    line: int
    """The number of its last line in the file."""
    values: list[str]
    raw: dict[str, object]
    """The values by column."""


def rows(file: Source, header: Sequence[str]) -> Iterator[Row | Rejected]:
    """The cleaned rows below the header; a row with too few or too many values is rejected.

    Raises:
        ImporterError: the text is damaged.
    """
    with file.text() as text:
        reader = csv.reader(text, delimiter=_delimiter(file), strict=True)
        try:
            next(reader, None)
            for given in reader:
                if reader.line_num > MAX_LINES:
                    raise ImporterError(f"over {MAX_LINES:,} lines; split the file")
                raw: dict[str, object] = dict(zip(header, given, strict=False))
                if len(given) == len(header):
                    yield Row(reader.line_num, list(map(clean, given)), raw)
                elif given:
                    reason = f"{len(given)} values for {len(header)} columns"
                    rest = {"": ",".join(given[len(header) :])}
                    yield Rejected(reader.line_num, "row", reason, raw | rest)
        except UnicodeDecodeError as error:
            raise ImporterError(
                f"after line {reader.line_num}: not UTF-8 "
                f"(byte 0x{error.object[error.start]:02x}); save it as UTF-8 and try again"
            ) from error
        except csv.Error as error:
            raise ImporterError(
                f"line {reader.line_num}: {error}; is a quote not closed?"
            ) from error


def header_of(file: Source) -> list[str]:
    """The column names; missing and repeated names get a number."""
    text = io.StringIO(file.head().decode("utf-8", "replace"), newline="")
    header: list[str] = []
    for index, given in enumerate(next(csv.reader(text, delimiter=_delimiter(file)), []), start=1):
        name = clean(given)
        header.append(f"{name} {index}".strip() if not name or name in header else name)
    return header


def normal(column: str) -> str:
    """A column name in normal form: `Zip Code` becomes `zip_code`."""
    return re.sub(r"[\s-]+", "_", clean(column).lower())


def _delimiter(file: Source) -> str:
    """The most frequent of comma, semicolon and tab in the header, outside quotes."""
    first = file.head().decode("utf-8", "replace").partition("\n")[0]
    outside = re.sub(r'"[^"]*"', "", first)
    return max(",;\t", key=outside.count)


def _fields_of(header: Sequence[str], columns: Mapping[str, str]) -> dict[str, int]:
    """The index of the column of each field."""
    if len(header) < 2:
        raise ImporterError("no header line with columns separated by comma, semicolon or tab")
    for column, field in columns.items():
        if column not in header:
            raise ImporterError(f"no column {column!r}; the columns are {', '.join(header)}")
        if field not in FIELDS:
            raise ImporterError(f"no field {field!r}; the fields are {', '.join(sorted(FIELDS))}")
    fields: dict[str, int] = {}
    # The name of the field has priority over its aliases, and a mapping over both.
    named = [(normal(column), i) for i, column in enumerate(header) if column not in columns]
    for column, index in sorted(named, key=lambda item: (item[0] in FIELDS, -item[1])):
        if column in _FIELD_OF:
            fields[_FIELD_OF[column]] = index
    fields |= {field: header.index(column) for column, field in columns.items()}
    for field, instead in (("id", ()), ("name", ("brand", "operator"))):
        if field not in fields and not any(other in fields for other in instead):
            raise ImporterError(
                f"no column for {field!r} among {', '.join(header)}; "
                f"map one, for example --map {header[0]}={field}"
            )
    return fields


def _record(row: Row, fields: Mapping[str, int], names: Sequence[str]) -> Record:
    given = {field: text for field, index in fields.items() if (text := row.values[index])}
    record = Record(row.line, given, row.raw)
    others = dict(zip(names, row.values, strict=True))
    record.attributes |= attributes.from_tags(others)
    record.attributes |= set(others.get("attributes", "").split("|"))
    record.attributes |= attributes.from_services(others.get("services", ""))
    record.attributes |= attributes.from_services(others.get("services_yes", ""))
    record.attributes |= attributes.from_ownership(others.get("ownership", ""))
    if "insee" in others:  # the number of a commune of France
        record.fields.setdefault("country", "FR")
    if "opening_hours" not in record.fields:
        record.day_texts = day_texts(others)
    return record
