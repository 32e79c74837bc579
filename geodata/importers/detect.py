"""Detects the format of a file from its content."""

import re

from geodata.importers import delimited, fuel_fr
from geodata.importers.files import Source
from geodata.importers.report import ImporterError


def detect(file: Source) -> str:
    """The name of the format, one of `importers.FORMATS`.

    Raises:
        ImporterError: the format is unknown.
    """
    head = file.head()
    text = head.lstrip(b"\x1e \t\r\n")
    if b"OSMHeader" in head[:64] or file.path.suffix in {".pbf", ".bz2"}:
        return "osm"
    if head.startswith(b"PK\x03\x04"):
        raise ImporterError("the file is a zip archive; unpack it first")
    if not text:
        raise ImporterError("the file is empty")
    if text.startswith(b"<"):
        return _xml(text)
    if text[:1] in (b"{", b"["):
        return _json(text)
    header = delimited.header_of(file)
    if len(header) < 2 or b"\0" in head:
        raise ImporterError("unknown format; name it, for example --format csv")
    return "fuel-fr" if fuel_fr.is_table(header) else "csv"


def _xml(text: bytes) -> str:
    root = re.search(rb"<([A-Za-z_][\w.-]*)", text)
    match root[1] if root else b"":
        case b"osm":
            return "osm"
        case b"pdv_liste":
            return "fuel-fr"
    raise ImporterError("unknown XML: neither OpenStreetMap nor the French fuel feed")


def _json(text: bytes) -> str:
    if b'"@spider"' in text:
        return "alltheplaces"
    if re.search(rb'"type"\s*:\s*"Feature(Collection)?"', text):
        return "geojson"
    return "jsonld"
