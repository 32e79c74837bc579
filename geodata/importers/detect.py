"""Which format a file has, by what is in it."""

import re

from geodata.importers import delimited, fuel_fr
from geodata.importers.files import Source
from geodata.importers.report import ImporterError


def detect(file: Source) -> str:
    """Name of the format.

    Raises:
        ImporterError: when it is none that is known.
    """
    head = file.head()
    text = head.lstrip(b"\x1e \t\r\n")
    if b"OSMHeader" in head[:64] or file.path.suffix in {".pbf", ".bz2"}:
        return "osm"
    if head.startswith(b"PK\x03\x04"):
        raise ImporterError("a zip archive; unpack it first")
    if not text:
        raise ImporterError("empty")
    if text.startswith(b"<"):
        return _xml(text)
    if text[:1] in (b"{", b"["):
        return _json(text)
    header = delimited.header_of(file)
    if len(header) < 2 or b"\0" in head:
        raise ImporterError("no format that is known; name it, as in --format csv, if it is one")
    return "fuel-fr" if fuel_fr.is_table(header) else "csv"


def _xml(text: bytes) -> str:
    root = re.search(rb"<([A-Za-z_][\w.-]*)", text)
    match root[1] if root else b"":
        case b"osm":
            return "osm"
        case b"pdv_liste":
            return "fuel-fr"
    raise ImporterError("XML that is neither OpenStreetMap's nor the French fuel feed's")


def _json(text: bytes) -> str:
    if b'"@spider"' in text:
        return "alltheplaces"
    if re.search(rb'"type"\s*:\s*"Feature(Collection)?"', text):
        return "geojson"
    return "jsonld"
