"""The row of a store in enrayon's own tables: texts by column, from which it comes back unchanged.

The same row stands in CSV, GeoJSON, GeoParquet and spreadsheets. Readers of tables join spaces and
drop control characters; so a text that they would change is written as a JSON string.
"""

import datetime as dt
import json
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from geodata.points import Point
from geodata.roads.modes import Mode
from geodata.stores import STORE_ID, Address, ServiceArea, Store, StoreStatus, TravelArea

KEY = "enrayon_id"
"""The column of the store's whole id, by which the table is known."""
DISARMED_KEY = "enrayon_id_for_spreadsheet"
"""The same in a table whose cells are disarmed."""
_BAR = "|"
_MOST_S = 86_400
"""Far more than the contract takes; it keeps the time in the range of a duration."""
_TEXTS = {
    "name": "display_name",
    "brand": "brand",
    "moved_to": "moved_to",
    "time_zone": "time_zone",
    "opening_hours": "opening_hours",
    "opening_hours_expression": "opening_hours_expression",
    "description": "description",
}
_ADDRESS_TEXTS = {
    "sublocality": "sublocality",
    "city": "locality",
    "state": "administrative_area",
    "postcode": "postal_code",
    "country": "region_code",
    "sorting_code": "sorting_code",
    "organization": "organization",
    "address_language": "language_code",
}
_ADDRESS_LISTS = {"address": "lines", "recipients": "recipients"}
_LISTS = {
    "phones": "phones",
    "websites": "urls",
    "attributes": "attributes",
    "payment_methods": "payment_methods",
    "images": "images",
}
_MAPS = {
    "external_ids": "external_ids",
    "localized_names": "localized_names",
    "localized_descriptions": "localized_descriptions",
}
_POINTS = {"location": ("lat", "lon"), "entrance": ("entrance_lat", "entrance_lon")}
COLUMNS = (
    *("name", "brand", "lat", "lon", "address", "sublocality", "city", "state", "postcode"),
    *("country", "phones", "websites", "opening_hours", "opening_hours_expression", "time_zone"),
    *("status", "opening_date", "closing_date", "moved_to", "attributes", "payment_methods"),
    *("description", "images", "localized_names", "localized_descriptions", "external_ids"),
    *("service_area", "entrance_lat", "entrance_lon", "recipients", "organization"),
    *("sorting_code", "address_language", "private"),
)
"""All columns beside the key, in order."""
PLACED = ("lat", "lon")
"""The columns that a geometry stands for, where the format has one."""


class BadRow(ValueError):
    """A row that is no store; it names the column."""

    def __init__(self, column: str, reason: str) -> None:
        super().__init__(reason)
        self.column = column
        self.reason = reason


def row_of(store: Store) -> dict[str, str]:
    """The row of a store: texts by `KEY` and `COLUMNS`."""
    row = {KEY: store.id}
    row |= {column: _told(getattr(store, name)) for column, name in _TEXTS.items()}
    row |= {column: _told(getattr(store.address, name)) for column, name in _ADDRESS_TEXTS.items()}
    row |= {column: _joined(getattr(store.address, n)) for column, n in _ADDRESS_LISTS.items()}
    row |= {column: _joined(getattr(store, name)) for column, name in _LISTS.items()}
    row |= {column: _json(dict(getattr(store, name))) for column, name in _MAPS.items()}
    for name, columns in _POINTS.items():
        point: Point | None = getattr(store, name)
        told = ("", "") if point is None else (repr(point.latitude), repr(point.longitude))
        row |= dict(zip(columns, told, strict=True))
    for name in ("opening_date", "closing_date"):
        day: dt.date | None = getattr(store, name)
        row[name] = day.isoformat() if day else ""
    row["status"] = store.status.value
    row["service_area"] = _json(_area_of(store.service_area))
    row["private"] = "yes" if store.private else "no"
    return {column: row[column] for column in (KEY, *COLUMNS)}


def store_of(row: Mapping[str, str]) -> Store:
    """The store of a row; columns that are missing are empty, others are ignored.

    Raises:
        BadRow: a value is not one that `row_of` writes.
    """
    id = row.get(KEY, "")
    if not STORE_ID.fullmatch(id):
        raise BadRow(KEY, f"{id[:100]!r} is not a store id")
    fields: dict[str, Any] = {name: _heard(row, column) for column, name in _TEXTS.items()}
    if not fields["display_name"]:
        raise BadRow("name", "missing")
    fields |= {name: _parted(row, column) for column, name in _LISTS.items()}
    fields |= {name: _map_of(row, column) for column, name in _MAPS.items()}
    fields |= {name: _point(row, *columns) for name, columns in _POINTS.items()}
    address: dict[str, Any] = {n: _heard(row, column) for column, n in _ADDRESS_TEXTS.items()}
    address |= {name: _parted(row, column) for column, name in _ADDRESS_LISTS.items()}
    return Store(
        id=id,
        **fields,
        address=Address(**address),
        status=_status(row.get("status", "")),
        opening_date=_date(row, "opening_date"),
        closing_date=_date(row, "closing_date"),
        service_area=_area(row),
        private=_truth(row.get("private", "")),
    )


def disarmed(text: str) -> str:
    """A cell that no spreadsheet runs as a formula: an apostrophe stands before it.

    A number is no formula, so coordinates stay numbers. A cell that begins with an apostrophe gets
    another one, so that `armed` gives every cell back.
    """
    begins = text.startswith(("=", "+", "-", "@", "'", "\t", "\r"))
    return f"'{text}" if begins and not _is_number(text) else text


def armed(text: str) -> str:
    """The cell as it was before `disarmed`."""
    return text.removeprefix("'")


def is_clean(text: str) -> bool:
    """True if readers of tables leave a text as it is."""
    has_control = any(unicodedata.category(c) in ("Cc", "Cs") for c in text)
    return not has_control and text == " ".join(text.split())


def _is_number(text: str) -> bool:
    sign, digits = text[:1], text[1:]
    return (
        sign == "-"
        and digits.replace(".", "", 1).isascii()
        and digits.replace(".", "", 1).isdigit()
    )


def _told(text: str) -> str:
    return text if is_clean(text) and not text.startswith('"') else _quoted(text)


def _heard(row: Mapping[str, str], column: str) -> str:
    text = row.get(column, "")
    if not text.startswith('"'):
        return text
    found = _parsed(text, column)
    if not isinstance(found, str):
        raise BadRow(column, f"{text[:100]!r} is not a text")
    return _unicode(found, column)


def _joined(texts: Sequence[str]) -> str:
    if all(text and is_clean(text) and _BAR not in text for text in texts) and not (
        texts and texts[0].startswith("[")
    ):
        return _BAR.join(texts)
    return _quoted(list(texts))


def _parted(row: Mapping[str, str], column: str) -> tuple[str, ...]:
    text = row.get(column, "")
    if not text.startswith("["):
        return tuple(part.strip() for part in text.split(_BAR)) if text else ()
    found = _parsed(text, column)
    if not isinstance(found, list):
        raise BadRow(column, f"{text[:100]!r} is not a list")
    return tuple(_all_texts(found, column))


def _map_of(row: Mapping[str, str], column: str) -> dict[str, str]:
    text = row.get(column, "")
    if not text:
        return {}
    found = _parsed(text, column)
    if not isinstance(found, dict):
        raise BadRow(column, f"{text[:100]!r} is not a JSON object")
    return dict(zip(_all_texts(found, column), _all_texts(found.values(), column), strict=True))


def _all_texts(values: Iterable[object], column: str) -> Iterable[str]:
    for value in values:
        if not isinstance(value, str):
            raise BadRow(column, f"{str(value)[:100]!r} is not a text")
        yield _unicode(value, column)


def _unicode(text: str, column: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:  # such as half a character of UTF-16, which JSON can spell
        raise BadRow(column, f"{text[:100]!r} is not valid Unicode") from None
    return text


def _json(value: Mapping[str, Any]) -> str:
    return _quoted(dict(value)) if value else ""


def _quoted(value: object) -> str:
    # Spaces stand only inside strings; two of them, or one at an end, would be joined or dropped.
    text = json.dumps(value, separators=(",", ":"))
    return (
        text
        if "  " not in text and '" ' not in text and ' "' not in text
        else text.replace(" ", "\\u0020")
    )


def _parsed(text: str, column: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):  # no JSON, or a number of thousands of digits
        raise BadRow(column, f"{text[:100]!r} is not valid JSON") from None


def _point(row: Mapping[str, str], latitude: str, longitude: str) -> Point | None:
    given = row.get(latitude, ""), row.get(longitude, "")
    if not any(given):
        return None
    if not all(given):
        raise BadRow(f"{latitude}, {longitude}", "one of the two is missing")
    try:
        return Point(*map(float, given))
    except ValueError as error:
        raise BadRow(f"{latitude}, {longitude}", str(error)) from None


def _date(row: Mapping[str, str], column: str) -> dt.date | None:
    text = row.get(column, "")
    try:
        return dt.date.fromisoformat(text) if text else None
    except ValueError:
        raise BadRow(column, f"{text[:100]!r} is not a date such as 2027-06-30") from None


def _status(text: str) -> StoreStatus:
    try:
        return StoreStatus(text or "open")
    except ValueError:
        names = ", ".join(status.value for status in StoreStatus)
        raise BadRow("status", f"{text[:100]!r} is none of {names}") from None


def _truth(text: str) -> bool:
    if text.lower() not in ("", "no", "yes", "true", "false"):
        raise BadRow("private", f"{text[:100]!r} is neither yes nor no")
    return text.lower() in ("yes", "true")


def _area_of(area: ServiceArea) -> dict[str, Any]:
    told: dict[str, Any] = {}
    if area.postal_codes:
        told["postal_codes"] = list(area.postal_codes)
    if area.radius_m is not None:
        told["radius_m"] = area.radius_m
    if area.polygons:
        told["polygons"] = [
            [[[p.latitude, p.longitude] for p in ring] for ring in rings] for rings in area.polygons
        ]
    if travel := area.travel_area:
        told["travel_area"] = {
            "mode": travel.mode.value,
            "max_travel_time_s": travel.max_travel_time_s,
        }
    return told


def _travel(found: Mapping[str, Any]) -> TravelArea:
    limit_s = float(found["max_travel_time_s"])
    if not 0 <= limit_s <= _MOST_S:
        raise ValueError(f"max_travel_time_s {limit_s} is not in [0, {_MOST_S}]")
    return TravelArea(mode=Mode(found["mode"]), max_travel_time_s=limit_s)


def _area(row: Mapping[str, str]) -> ServiceArea:
    text = row.get("service_area", "")
    if not text:
        return ServiceArea()
    found = _parsed(text, "service_area")
    try:
        radius_m, travel = found.get("radius_m"), found.get("travel_area")
        return ServiceArea(
            postal_codes=tuple(_all_texts(found.get("postal_codes", ()), "service_area")),
            radius_m=None if radius_m is None else float(radius_m),
            polygons=tuple(
                tuple(tuple(Point(*corner) for corner in ring) for ring in rings)
                for rings in found.get("polygons", ())
            ),
            travel_area=None if travel is None else _travel(travel),
        )
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise BadRow("service_area", f"{text[:100]!r} is not an area: {error}") from None
