"""Imports stores from files of several formats, with a report of repairs, doubts and rejects.

A reader turns the rows of one format into `Record`s; `assemble` turns records of any format into
stores. The whole file is read before a result is returned: a damaged file raises `ImporterError`.
"""

from collections.abc import Mapping
from pathlib import Path

from geodata.importers import delimited, fuel_fr, geojson, jsonld, osm
from geodata.importers.assemble import Hour24, assemble
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
    "Hour24",
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
    hour_24: Hour24 = "auto",
    progress: Progress | None = None,
) -> Import:
    """Read all stores of a file, plain or gzip.

    Args:
        path: the file.
        format: one of `FORMATS`; `auto` detects it from the content.
        source: prefix of the store ids (`<source>-<id>`), 1 to 50 of `a-z 0-9 . _ ~`. Optional for
            formats that name it: OpenStreetMap, AllThePlaces, French fuel stations.
        columns: for CSV, a map from column name to a field of `FIELDS`.
        tag_filter: for OSM, a map from key to the values that make a store (None: any value except
            those that mean no).
        hour_24: the meaning of hours that begin at 24:00: `noon`, `midnight`, `doubt`, or `auto`,
            which takes noon where the rows prove it.
        progress: called with the bytes read and the file size.

    Raises:
        ImporterError: the file as a whole cannot be read.
    """
    file = Source(Path(path), progress)
    if format not in FORMATS:
        raise ImporterError(f"format {format!r} must be one of {', '.join(FORMATS)}")
    name = detect(file) if format == "auto" else format
    if columns and name != "csv":
        raise ImporterError(f"columns can be mapped only for csv, not for {name}")
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
    assemble(records, result, source, hour_24)
    if progress:
        size = file.path.stat().st_size
        progress(size, size)
    return result
