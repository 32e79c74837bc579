"""CSV: comma, semicolon or tab, with a header line."""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from geodata.importers import attributes
from geodata.importers.files import Source
from geodata.importers.hours import week_of_columns
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
_SAMPLE = 64 * 2**10


def records(file: Source, columns: Mapping[str, str]) -> Records:
    """One row for each record of the file.

    Args:
        file: the CSV.
        columns: column name to field, over what the names themselves say.

    Raises:
        ImporterError: when there is no header, a column is missing, or the text is broken.
    """
    fields: dict[str, int] = {}
    for row in rows(file):
        if isinstance(row, Rejected):
            yield row
            continue
        fields = fields or _fields_of(list(row.raw), columns, file.name)
        yield _record(row, fields)


class Row(NamedTuple):
    """One row of a table."""

    line: int
    """Where it ends in the file."""
    raw: dict[str, str]
    """Values by column, as given."""


def rows(file: Source) -> Iterator[Row | Rejected]:
    """The rows below the header; a row with too few or too many values is rejected.

    Raises:
        ImporterError: when the text is broken.
    """
    with file.text() as text:
        reader = csv.reader(text, delimiter=_delimiter(file), strict=True)
        try:
            header = [clean(name) for name in next(reader, [])]
            for values in reader:
                raw = dict(zip(header, values, strict=False))
                if len(values) == len(header):
                    yield Row(reader.line_num, raw)
                elif values:
                    reason = f"{len(values)} values for {len(header)} columns"
                    rest = {"": ",".join(values[len(header) :])}
                    yield Rejected(reader.line_num, "row", reason, raw | rest)
        except csv.Error as error:
            raise ImporterError(
                f"{file.name}, line {reader.line_num}: {error}; is a quote not closed?"
            ) from error


def header_of(file: Source) -> list[str]:
    """The column names, normalised; used to tell formats apart."""
    first = file.head().decode("utf-8-sig", "replace").partition("\n")[0]
    return [_normal(name) for name in next(csv.reader([first], delimiter=_delimiter(file)), [])]


def _delimiter(file: Source) -> str:
    """The one of comma, semicolon and tab that the header has most of, outside of quotes."""
    first = file.head().decode("utf-8-sig", "replace").partition("\n")[0]
    outside = re.sub(r'"[^"]*"', "", first)
    return max(",;\t", key=outside.count)


def _fields_of(header: Sequence[str], columns: Mapping[str, str], name: str) -> dict[str, int]:
    """Which column holds which field."""
    if len(header) < 2:
        raise ImporterError(f"{name}: no header line with columns split by comma, semicolon or tab")
    for column, field in columns.items():
        if column not in header:
            raise ImporterError(f"{name}: no column {column!r}; there are {', '.join(header)}")
        if field not in FIELDS:
            raise ImporterError(f"no field {field!r}; there are {', '.join(sorted(FIELDS))}")
    fields: dict[str, int] = {}
    # The field's own name wins over its aliases, and a mapping over both.
    named = [(_normal(column), i) for i, column in enumerate(header) if column not in columns]
    for column, index in sorted(named, key=lambda item: (item[0] in FIELDS, -item[1])):
        if column in _FIELD_OF:
            fields[_FIELD_OF[column]] = index
    fields |= {field: header.index(column) for column, field in columns.items()}
    for field, instead in (("id", ()), ("name", ("brand", "operator"))):
        if field not in fields and not any(other in fields for other in instead):
            raise ImporterError(
                f"{name}: no column for {field!r} among {', '.join(header)}; "
                f"map one, as in --map {header[0]}={field}"
            )
    return fields


def _normal(column: str) -> str:
    return re.sub(r"[\s-]+", "_", clean(column).lower())


def _record(row: Row, fields: Mapping[str, int]) -> Record:
    values = list(row.raw.values())
    known = {field: text for field, index in fields.items() if (text := clean(values[index]))}
    record = Record(row.line, known, row.raw)
    _add_others(record, {_normal(column): clean(value) for column, value in row.raw.items()})
    return record


def _add_others(record: Record, others: Mapping[str, str]) -> None:
    """What columns beside the usual ones say: services, ownership, hours by day."""
    record.attributes |= attributes.from_tags(others)
    record.attributes |= attributes.from_services(others.get("services", ""))
    record.attributes |= attributes.from_services(others.get("services_yes", ""))
    record.attributes |= attributes.from_ownership(others.get("ownership", ""))
    if "insee" in others:  # only communes of France have such a number
        record.fields.setdefault("country", "FR")
    if "opening_hours" not in record.fields:
        hours, doubt = week_of_columns(others)
        if hours:
            record.fields["opening_hours"] = hours
        if doubt:
            record.doubts.append(("opening_hours", doubt))
