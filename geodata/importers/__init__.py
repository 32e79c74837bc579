"""Readers of the formats that stores come in: from a file to stores and a truthful report.

A reader turns rows of one format into `Record`s; `assemble` turns records of any format into
stores. Nothing is final before the whole file has been read: a broken file raises `ImporterError`.
"""

from collections.abc import Mapping
from pathlib import Path

from geodata.importers import delimited, fuel_fr, geojson, jsonld, osm
from geodata.importers.assemble import assemble
from geodata.importers.detect import detect
from geodata.importers.files import Progress, Source
from geodata.importers.record import FIELDS
from geodata.importers.report import (
    Import,
    ImporterError,
    Rejected,
    Remark,
    SourceUnknown,
    write_rejected,
)

__all__ = [
    "FIELDS",
    "FORMATS",
    "Import",
    "ImporterError",
    "Progress",
    "Rejected",
    "Remark",
    "SourceUnknown",
    "read",
    "write_rejected",
]

FORMATS = ("auto", "csv", "geojson", "alltheplaces", "osm", "jsonld", "fuel-fr")


def read(
    path: Path,
    format: str = "auto",
    *,
    source: str | None = None,
    columns: Mapping[str, str] | None = None,
    tag_filter: Mapping[str, frozenset[str] | None] | None = None,
    progress: Progress | None = None,
) -> Import:
    """Read all stores of a file; gzip is seen through.

    Args:
        path: the file.
        format: one of `FORMATS`; `auto` looks at the content.
        source: beginning of the store ids (`<source>-<id>`), 1 to 50 of `a-z 0-9 . _ ~`. May be
            left out where the file tells it: OpenStreetMap, AllThePlaces, French fuel stations.
        columns: for CSV, column name to the field of `FIELDS` that it holds.
        tag_filter: for OSM, key to the values that make a store (None: any but no).
        progress: called with bytes read and file size.

    Raises:
        ImporterError: when the file as a whole cannot be read.
    """
    file = Source(Path(path), progress)
    if format not in FORMATS:
        raise ImporterError(f"format {format!r} must be one of {', '.join(FORMATS)}")
    name = detect(file) if format == "auto" else format
    if columns and name != "csv":
        raise ImporterError(f"columns can be mapped for csv only, not for {name}")
    match name:
        case "csv":
            records = delimited.records(file, columns or {})
        case "geojson" | "alltheplaces":
            records = geojson.records(file)
        case "osm":
            records = osm.records(file.path, tag_filter or osm.TRADES)
        case "jsonld":
            records = jsonld.records(file)
        case _:
            records = fuel_fr.records(file)
    result = Import(format=name)
    assemble(records, result, source)
    if progress:
        size = file.path.stat().st_size
        progress(size, size)
    return result
