"""Reads stores from schema.org JSON-LD, alone or in the web pages that embed it.

A store is any node, at any depth, whose type is a kind of LocalBusiness, or that has both a name
and a place (`address` or `geo`) and no type of something else.
"""

import contextlib
import re
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

import orjson

from geodata.importers import attributes
from geodata.importers.files import Source
from geodata.importers.hours import from_schema_org, from_text
from geodata.importers.html_pages import json_ld_of
from geodata.importers.record import Record, Records, clean, words
from geodata.importers.report import ImporterError

Node: TypeAlias = Mapping[str, Any]

_BUSINESS = re.compile(
    "(LocalBusiness|.*(Store|Shop|Restaurant|Pharmacy|Station|Dealer|Bakery|Salon))"
)
_OTHER_TYPES = words(
    """
    Corporation Event GeoCoordinates Offer Organization Person PostalAddress Product Review WebPage
    WebSite
    """
)


def records(file: Source) -> Records:
    """One record per store.

    Raises:
        ImporterError: the file is not JSON, or has no store.
    """
    stores = list(filter(_is_store, _nodes(_document(file))))
    if not stores:
        raise ImporterError("the JSON has no schema.org store")
    for row, node in enumerate(stores, start=1):
        yield _record(row, node)


def _document(file: Source) -> object:
    """The document; of a web page all its scripts of JSON-LD that are valid."""
    if not file.head().lstrip().startswith(b"<"):
        try:
            return orjson.loads(file.document())
        except orjson.JSONDecodeError as error:
            raise ImporterError(f"not valid JSON ({error}); download it again") from error
    documents = []
    for script in json_ld_of(file):
        with contextlib.suppress(orjson.JSONDecodeError):  # one of several may be broken
            documents.append(orjson.loads(script))
    return documents


def _nodes(document: object) -> Iterator[Node]:
    """All objects of a tree, in document order."""
    pending = [document]
    while pending:
        match pending.pop():
            case dict() as node:
                yield node
                pending.extend(reversed(list(node.values())))
            case list() as items:
                pending.extend(reversed(items))


def _is_store(node: Node) -> bool:
    types = {_last(name) for name in _texts(node.get("@type"))}
    if any(map(_BUSINESS.fullmatch, types)):
        return True
    has_place = bool(node.get("address") or node.get("geo"))
    return bool(types) and not types & _OTHER_TYPES and bool(node.get("name")) and has_place


def _record(row: int, node: Node) -> Record:
    geo, place = _object(node.get("geo")), node.get("address")
    parts = _object(place)
    fields = {
        "id": _identifier(node),
        "name": clean(node.get("name")),
        "brand": _name(node.get("brand")) or _name(node.get("parentOrganization")),
        "lat": clean(geo.get("latitude")) or clean(node.get("latitude")),
        "lon": clean(geo.get("longitude")) or clean(node.get("longitude")),
        "address": clean(parts.get("streetAddress")) or clean(place),
        "city": _name(parts.get("addressLocality")),
        "state": _name(parts.get("addressRegion")),
        "postcode": clean(parts.get("postalCode")),
        "country": _last(_name(parts.get("addressCountry"))),
        "phone": "; ".join(_texts(node.get("telephone"))),
        "website": "; ".join(_texts(node.get("url"))),
        "description": clean(node.get("description")),
        "images": "; ".join(_image(node.get("image"))),
        "payment_methods": ", ".join(_texts(node.get("paymentAccepted"))),
    }
    record = Record(row, {key: value for key, value in fields.items() if value}, node)
    from_schema_org(node).add_to(record)
    if note := _unread_hours(node, record.expression):
        record.doubts.append(("opening_hours", note))
    record.attributes |= {
        found
        for feature in _objects(node.get("amenityFeature"))
        if clean(feature.get("value", True)).lower() not in {"false", "no", "0"}
        for found in attributes.from_services(clean(feature.get("name")))
    }
    return record


def _unread_hours(node: Node, read: str) -> str:
    """A note on `openingHours` that says something else than the specification beside it."""
    texts = _texts(node.get("openingHours"))
    if not texts or not node.get("openingHoursSpecification"):
        return ""
    told = from_text(", ".join(texts)).expression
    if not told or told == read:
        return ""
    return f"openingHours {'; '.join(texts)[:100]!r} differs from the specification: not read"


def _identifier(node: Node) -> str:
    for key in ("branchCode", "identifier", "@id", "globalLocationNumber", "url"):
        value = node.get(key)
        text = clean(_object(value).get("value")) or clean(value)
        if text:
            return text
    return ""


def _image(value: object) -> Iterator[str]:
    for item in value if isinstance(value, list) else [value]:
        if text := clean(item) or clean(_object(item).get("url")):
            yield text


def _name(value: object) -> str:
    return clean(_object(value).get("name")) or clean(value)


def _object(value: object) -> Node:
    """The object, or the first object of a list."""
    return next(_objects(value), {})


def _objects(value: object) -> Iterator[Node]:
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, dict):
            yield item


def _texts(value: object) -> list[str]:
    items = value if isinstance(value, list) else [value]
    return [text for item in items if (text := clean(item))]


def _last(name: str) -> str:
    """The last part of a name: `Store` for `https://schema.org/Store` and `schema:Store`."""
    return name.replace(":", "/").rstrip("/").rpartition("/")[2]
