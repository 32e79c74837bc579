"""Reads stores from GeoJSON with OSM tags, as AllThePlaces and overpass turbo write it.

A file is one FeatureCollection, a list of features, or one feature per line.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import orjson
import shapely
from shapely.geometry import shape

from geodata.importers import rows
from geodata.importers.crs import Reprojection, of_geojson
from geodata.importers.files import Source
from geodata.importers.record import Record, Records, clean
from geodata.importers.report import ImporterError, Rejected
from geodata.importers.table import Table
from geodata.importers.tags import record_of

_OSM_NAMES = re.compile(
    rb'"(name|brand|operator|ref|shop|amenity|addr:[a-z]+|@id|@spider)"\s*:', re.IGNORECASE
)
_PROPERTIES = re.compile(rb'"properties"\s*:\s*\{\s*"')
_OSM_ID = re.compile(r"(node|way|relation)/\d+")


def records(file: Source) -> Records:
    """One record per feature.

    Raises:
        ImporterError: the file is not JSON, or has no features.
    """
    for row, feature in enumerate(_features(file), start=1):
        yield _record(row, feature)


def system_of(file: Source) -> Reprojection | None:
    """The coordinate reference system that the document names; None for degrees.

    Raises:
        ImporterError: it names no known system.
    """
    if _is_lines(file) or b'"crs"' not in (document := file.document()):
        return None
    return of_geojson(_parsed(document))


def is_table(file: Source) -> bool:
    """True if the properties of the features have other names than OpenStreetMap's."""
    head = file.head()
    if b'"enrayon_id' in head:
        return True
    return bool(_PROPERTIES.search(head)) and not _OSM_NAMES.search(head)


def table_of(file: Source) -> Table:
    """The features as a table of their properties, with the point of each."""
    objects = []
    for feature in _features(file):
        if not isinstance(feature, dict):
            raise ImporterError("a feature is not an object")
        properties = feature.get("properties")
        (latitude, longitude), _ = _point(feature.get("geometry"))
        row = {"id": feature["id"]} if "id" in feature else {}
        row |= properties if isinstance(properties, dict) else {}
        objects.append(row if latitude is None else row | {"lat": latitude, "lon": longitude})
    return rows.table_of("geojson", objects)


def _features(file: Source) -> Iterator[object]:
    if _is_lines(file):
        for number, line in enumerate(file.lines(), start=1):
            text = line.strip().lstrip("\x1e")
            if text:
                yield _parsed(text.encode(), f"line {number}: ")
        return
    document = _parsed(file.document())
    if isinstance(document, dict) and document.get("type") == "Feature":
        document = [document]
    features = document.get("features") if isinstance(document, dict) else document
    if not isinstance(features, list):
        raise ImporterError(
            "no list of features; is it GeoJSON? A floor plan is read by `enrayon aisle import`"
        )
    yield from features


def _is_lines(file: Source) -> bool:
    """True if the first line is a whole feature and another line follows."""
    first, _, rest = file.head().lstrip(b"\x1e\r\n").partition(b"\n")
    try:
        document = orjson.loads(first)
    except orjson.JSONDecodeError:
        return False
    return isinstance(document, dict) and document.get("type") == "Feature" and bool(rest.strip())


def _parsed(data: bytes, where: str = "") -> Any:
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise ImporterError(f"{where}not valid JSON ({error}); download it again") from error


def _record(row: int, feature: object) -> Record | Rejected:
    if not isinstance(feature, dict):
        return Rejected(row, "feature", "not an object", {"feature": feature})
    properties = feature.get("properties")
    if not isinstance(properties, dict):
        return Rejected(row, "properties", "missing", feature)
    identifier, source = _identity(feature, properties)
    point, fault = _point(feature.get("geometry"))
    record = record_of(row, properties, identifier, source, point)
    if fault:
        record.doubts.append(("geometry", fault))
    return record


def _identity(feature: Mapping[str, Any], properties: Mapping[str, Any]) -> tuple[str, str]:
    """The id in the source, and the source if the feature names it."""
    spider = clean(properties.get("@spider"))
    if spider:
        return clean(properties.get("ref") or feature.get("id")), spider
    for candidate in (properties.get("@id"), feature.get("id"), properties.get("id")):
        if _OSM_ID.fullmatch(clean(candidate)):
            return clean(candidate), "osm"
    candidates = (properties.get("@id"), properties.get("id"), properties.get("ref"))
    return next(filter(None, map(clean, (*candidates, feature.get("id")))), ""), ""


def _point(geometry: Any) -> tuple[tuple[object, object], str]:
    """Latitude and longitude, and the fault of the geometry."""
    if geometry is None:
        return (None, None), ""
    if isinstance(geometry, dict) and geometry.get("type") == "Point":
        match geometry.get("coordinates"):
            # No check of the range: `coordinates.locate` may repair the numbers.
            case [int() | float() as longitude, int() | float() as latitude, *_]:
                return (latitude, longitude), ""
            case []:
                return (None, None), ""
    try:
        with np.errstate(all="ignore"):  # GEOS raises its own error for NaN and infinity
            inside = shape(geometry).point_on_surface()
        return ((None, None), "empty") if inside.is_empty else ((inside.y, inside.x), "")
    except (
        ValueError,
        TypeError,
        KeyError,
        AttributeError,
        IndexError,
        shapely.errors.ShapelyError,
    ):
        return (None, None), "no valid geometry: kept without a location"
