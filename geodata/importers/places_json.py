"""Reads stores from the JSON of other systems: Overpass, Google Places, Shopify, any list."""

from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from geodata.importers import rows
from geodata.importers.files import Source
from geodata.importers.record import Records, clean
from geodata.importers.report import ImporterError, Rejected
from geodata.importers.table import Table
from geodata.importers.tags import record_of

_LISTS = ("places", "results", "locations", "stores", "shops", "branches", "items", "data", "nodes")
_MAX_DEPTH = 4


def document_of(file: Source) -> Any:
    """The document.

    Raises:
        ImporterError: it is not JSON.
    """
    try:
        return orjson.loads(file.document())
    except orjson.JSONDecodeError as error:
        raise ImporterError(f"not valid JSON ({error}); download it again") from error


def overpass_records(file: Source) -> Records:
    """One record for each tagged element of an answer of Overpass (`out center`)."""
    document = document_of(file)
    elements = document.get("elements") if isinstance(document, dict) else None
    if not isinstance(elements, list):
        raise ImporterError("no list `elements`; is it an answer of Overpass?")
    if remark := document.get("remark"):
        # Overpass answers 200 with what it had when it ran out of time or memory.
        raise ImporterError(f"the answer is incomplete: {clean(remark)[:200]}; ask again")
    for row, element in enumerate(elements, start=1):
        if not isinstance(element, dict):
            yield Rejected(row, "element", "not an object", {"element": element})
        elif isinstance(element.get("tags"), dict):
            center = element.get("center")
            place = center if isinstance(center, dict) else element
            point = place.get("lat"), place.get("lon")
            name = f"{clean(element.get('type'))}/{clean(element.get('id'))}"
            yield record_of(row, element["tags"], name, "osm", point)


def table_of(file: Source) -> Table:
    """The longest list of objects in a document, as a table with `address.city` for columns.

    Raises:
        ImporterError: the document has no list of objects.
    """
    document = document_of(file)
    lists = list(_lists(document))
    if not lists:
        raise ImporterError("the JSON has no list of objects, and no schema.org store")
    items = max(lists, key=lambda found: sum(isinstance(item, dict) for item in found))
    return rows.table_of("json", [_plain(item) for item in items])


def has_list(document: Any) -> bool:
    """True if the document has a list of objects."""
    return next(_lists(document), None) is not None


def _lists(document: Any, depth: int = 0) -> Iterator[list[Any]]:
    if isinstance(document, list):
        if document and all(isinstance(item, dict) for item in document):
            yield [item["node"] if set(item) == {"node", "cursor"} else item for item in document]
    elif isinstance(document, dict) and depth < _MAX_DEPTH:
        for key, value in document.items():
            if key in _LISTS or key == "edges" or isinstance(value, dict):
                yield from _lists(value, depth + 1)


def _plain(item: Any) -> Any:
    """A place of Google with the names of columns; any other object as it is."""
    if not isinstance(item, Mapping):
        return item
    if "displayName" in item and ("location" in item or "formattedAddress" in item):
        return _google(item)
    if "place_id" in item and "geometry" in item:
        return _google_legacy(item)
    return item


def _google(place: Mapping[str, Any]) -> dict[str, Any]:
    """A place of the Places API (New)."""
    hours = place.get("regularOpeningHours")
    return {
        "id": place.get("id", ""),
        "google_place_id": place.get("id", ""),
        "name": _get(place, "displayName", "text"),
        "lat": _get(place, "location", "latitude"),
        "lon": _get(place, "location", "longitude"),
        "address": place.get("formattedAddress", ""),
        **_components(place.get("addressComponents"), "longText", "shortText"),
        "phone": place.get("internationalPhoneNumber") or place.get("nationalPhoneNumber", ""),
        "website": place.get("websiteUri", ""),
        "status": place.get("businessStatus", ""),
        **_weekdays(_get({"h": hours}, "h", "weekdayDescriptions")),
    }


def _google_legacy(place: Mapping[str, Any]) -> dict[str, Any]:
    """A place of the Places API of before."""
    geometry = place.get("geometry")
    return {
        "id": place.get("place_id", ""),
        "google_place_id": place.get("place_id", ""),
        "name": place.get("name", ""),
        "lat": _get({"g": _get({"g": geometry}, "g", "location")}, "g", "lat"),
        "lon": _get({"g": _get({"g": geometry}, "g", "location")}, "g", "lng"),
        "address": place.get("formatted_address") or place.get("vicinity", ""),
        **_components(place.get("address_components"), "long_name", "short_name"),
        "phone": place.get("international_phone_number") or place.get("formatted_phone_number", ""),
        "website": place.get("website", ""),
        "status": place.get("business_status", ""),
        **_weekdays(_get(place, "opening_hours", "weekday_text")),
    }


def _get(item: Mapping[str, Any], first: str, second: str) -> Any:
    inner = item.get(first)
    return inner.get(second, "") if isinstance(inner, Mapping) else ""


def _components(given: Any, long: str, short: str) -> dict[str, str]:
    kinds = {"postal_code": "postcode", "country": "country", "locality": "city"}
    found: dict[str, str] = {}
    for part in given if isinstance(given, list) else ():
        types = part.get("types") if isinstance(part, Mapping) else None
        for kind in types if isinstance(types, list) else ():
            if kind in kinds:
                found[kinds[kind]] = clean(part.get(short if kind == "country" else long))
    return found


def _weekdays(texts: Any) -> dict[str, str]:
    """`Monday: 9:00 AM - 5:00 PM` in a column of its day."""
    parts = (clean(text).partition(": ") for text in (texts if isinstance(texts, list) else ()))
    return {day: hours for day, colon, hours in parts if colon}
