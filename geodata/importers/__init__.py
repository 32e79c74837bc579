"""Imports stores from files of several formats, with a report of repairs, doubts and rejects.

A reader turns the rows of one format into `Record`s; `assemble` turns records of any format into
stores. The whole file is read before a result is returned: a damaged file raises `ImporterError`.
"""

import datetime as dt
from collections.abc import Mapping
from pathlib import Path

from geodata.importers import delimited, exported, fuel_fr, geojson, jsonld, osm, places_json
from geodata.importers.assemble import Hour24, assemble
from geodata.importers.columns import ColumnMap, Columns
from geodata.importers.convert import Settings
from geodata.importers.crs import Reprojection
from geodata.importers.detect import detect, inside
from geodata.importers.files import Progress, Source
from geodata.importers.presets import preset_of
from geodata.importers.record import FIELDS
from geodata.importers.report import (
    ColumnUse,
    Import,
    ImporterError,
    Rejected,
    Remark,
    SourceUnknown,
    write_rejected,
    write_remarks,
)
from geodata.importers.tables import READERS

__all__ = [
    "FIELDS",
    "FORMATS",
    "ColumnMap",
    "ColumnUse",
    "Hour24",
    "Import",
    "ImporterError",
    "Progress",
    "Rejected",
    "Remark",
    "SourceUnknown",
    "read",
    "write_rejected",
    "write_remarks",
]
_READ_SHARE = 0.3
"""The share of the time that reading rows takes, before stores are made of them."""
FORMATS = (
    "auto",
    *sorted(
        (
            *(READERS.keys() - {"geojson-table"}),
            "alltheplaces",
            "fuel-fr",
            "geojson",
            "html",
            "jsonld",
            "osm",
            "overpass",
        )
    ),
)


def read(
    path: Path,
    format: str = "auto",
    *,
    source: str | None = None,
    columns: ColumnMap | None = None,
    tag_filter: Mapping[str, frozenset[str] | None] | None = None,
    hour_24: Hour24 = "auto",
    crs: str | None = None,
    today: dt.date | None = None,
    progress: Progress | None = None,
) -> Import:
    """Read all stores of a file, plain or gzip.

    Args:
        path: the file.
        format: one of `FORMATS`; `auto` detects it from the content.
        source: prefix of the store ids (`<source>-<id>`), 1 to 50 of `a-z 0-9 . _ ~`. Optional for
            formats that name it: OpenStreetMap, AllThePlaces, French fuel stations.
        columns: for tables, what the columns are; by default their names tell.
        tag_filter: for OSM, a map from key to the values that make a store (None: any value except
            those that mean no).
        hour_24: the meaning of hours that begin at 24:00: `noon`, `midnight`, `doubt`, or `auto`,
            which takes noon where the rows prove it.
        crs: the coordinate reference system of the coordinates, such as `EPSG:25832`; None for
            degrees, or for the system that the file names.
        today: the day by which dates of opening and closing are past or to come; today in UTC.
        progress: called with the bytes read and the file size.

    Raises:
        ImporterError: the file as a whole cannot be read.
    """
    reading, making = _halves(progress)
    file = Source(Path(path), reading)
    if format not in FORMATS:
        raise ImporterError(f"format {format!r} must be one of {', '.join(FORMATS)}")
    name = detect(file) if format == "auto" else format
    if name == "zip":
        file = inside(file)
        name = detect(file)
    if name == "geojson" and (columns or geojson.is_table(file)):
        name = "geojson-table"
    if columns and name not in READERS:
        raise ImporterError(f"columns can be mapped only for tables, not for {name}")
    result = Import(format=name)
    system = crs or ""
    if name in READERS:
        table = READERS[name](file)
        result.format = table.format
        if exported.is_exported(table):
            if columns:
                raise ImporterError("a file of `enrayon export` takes no --map, --set or --id-from")
            exported.read(table, result, source)
            return result
        columns = columns or ColumnMap()
        mapped = Columns(table, columns)
        records = mapped.records()
        result.remarks += [Remark(0, field, note, repaired=True) for field, note in table.notes]
        # Apart from `file`, whose progress is reported.
        seen = Columns(delimited.table_of(file.again()), columns) if name == "csv" else mapped
        result.columns = seen.use()
        result.preset = preset_of(table.header)
        system = system or table.crs
    elif name in ("geojson", "alltheplaces"):
        records = geojson.records(file)
    elif name == "osm":
        records = osm.records(file.path, tag_filter or osm.TRADES)
    elif name == "overpass":
        records = places_json.overpass_records(file)
    elif name in ("jsonld", "html"):
        records = jsonld.records(file)
    else:
        records = fuel_fr.records(file)
    projected = Reprojection(system) if system else None
    if name in ("geojson", "geojson-table") and not projected:
        projected = geojson.system_of(file)
    if projected and projected.is_degrees:
        projected = None
    settings = Settings(projected, today or dt.datetime.now(dt.UTC).date())
    assemble(records, result, source, hour_24, settings, making)
    if progress:
        size = file.path.stat().st_size
        progress(size, size)
    return result


def _halves(progress: Progress | None) -> tuple[Progress | None, Progress | None]:
    """The progress of reading rows, and then of making stores of them, as one in bytes."""
    if progress is None:
        return None, None
    whole = 0

    def read(done: int, size: int) -> None:
        nonlocal whole
        whole = size
        progress(int(done * _READ_SHARE), size)

    def made(rows: int, of: int) -> None:
        progress(int(whole * (_READ_SHARE + (1 - _READ_SHARE) * rows / of)), whole)

    return read, made
