"""Detects the format of a file from its content."""

import re

import orjson

from geodata.importers import archives, delimited, excel, fuel_fr, geopackage, parquet, places_json
from geodata.importers.files import Source
from geodata.importers.report import ImporterError

_DATA = (
    *(".csv", ".tsv", ".txt", ".json", ".geojson", ".ndjson", ".jsonl", ".xml", ".gpx", ".html"),
    *(".htm", ".osm", ".parquet", ".gpkg"),
)


def detect(file: Source) -> str:
    """The name of the format, one of `importers.FORMATS`.

    Raises:
        ImporterError: the format is unknown.
    """
    head = file.head()
    text = head.lstrip(b"\x1e \t\r\n")
    if b"OSMHeader" in head[:64] or file.path.suffix in {".pbf", ".bz2"}:
        return "osm"
    for mark, name in (
        (excel.OLE, "excel"),
        (geopackage.SQLITE, "geopackage"),
        (geopackage.SHP, "shapefile"),
        (parquet.MAGIC, "parquet"),
    ):
        if head.startswith(mark):
            return name
    if head.startswith(b"PK\x03\x04"):
        return _archive(file)
    if not text:
        raise ImporterError("the file is empty")
    if text.startswith(b"<"):
        return _xml(text)
    if text[:1] in (b"{", b"["):
        return _json(file, text)
    header = delimited.header_of(file)
    if len(header) < 2 or (b"\0" in head and not file.encoding().startswith("utf-16")):
        raise ImporterError("unknown format; name it, for example --format csv")
    return "fuel-fr" if fuel_fr.is_table(header) else "csv"


def inside(file: Source) -> Source:
    """The one data file of an archive.

    Raises:
        ImporterError: it has none, or several.
    """
    with archives.opened(file.path) as archive:
        names = archive.ending(*_DATA)
        if len(names) != 1:
            listed = ", ".join(archive.names[:5]) or "nothing"
            raise ImporterError(f"a zip archive of {listed}; unpack it, and name one file")
        return Source(file.path, content=archive.read(names[0]))


def _archive(file: Source) -> str:
    if file.content is not None:
        raise ImporterError("an archive in an archive; unpack it first")
    with archives.opened(file.path) as archive:
        names = set(archive.names)
        if "[Content_Types].xml" in names or {"mimetype", "content.xml"} <= names:
            return "excel"
        if archive.ending(".kml"):
            return "kml"
        if archive.ending(".shp"):
            return "shapefile"
        if archive.ending("unit.geojson"):
            raise ImporterError("a floor plan (IMDF): enrayon aisle import FILE --store ID")
        return "zip"


def _xml(text: bytes) -> str:
    if re.match(rb"(?i)<!doctype\s+html|<html", text):
        return "html"
    root = re.search(rb"<(?:\w+:)?([A-Za-z_][\w.-]*)", text)
    match root[1] if root else b"":
        case b"osm":
            return "osm"
        case b"pdv_liste":
            return "fuel-fr"
        case b"kml":
            return "kml"
        case b"gpx":
            return "gpx"
        case b"html":
            return "html"
    raise ImporterError(
        "unknown XML: neither OpenStreetMap, KML, GPX, a page nor the French fuel feed"
    )


def _json(file: Source, text: bytes) -> str:
    if b'"@spider"' in text:
        return "alltheplaces"
    if re.search(rb'"type"\s*:\s*"Feature(Collection)?"', text):
        return "geojson"
    if b'"osm3s"' in text or re.search(rb'"elements"\s*:\s*\[', text[:2000]):
        return "overpass"
    if b'"@type"' in text or b'"@context"' in text or b'"@graph"' in text:
        return "jsonld"
    return "json" if _has_list(file) else "jsonld"


def _has_list(file: Source) -> bool:
    try:
        return places_json.has_list(orjson.loads(file.again().document()))
    except orjson.JSONDecodeError:
        return False
