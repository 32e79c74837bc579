"""Reads places from GeoPackage (OGC 12-128) and from shapefiles, without GDAL."""

import contextlib
import io
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import shapefile
import shapely
from shapely.geometry import shape

from geodata.importers import archives, rows
from geodata.importers.files import Source
from geodata.importers.report import ImporterError
from geodata.importers.table import Table

SQLITE = b"SQLite format 3\0"
SHP = b"\x00\x00\x27\x0a"
MAX_BYTES = 1024 * 2**20
MAX_FEATURES = 2_000_000
MAX_VALUE_BYTES = 16 * 2**20
_MOST_STEPS = 20_000
"""Calls of the progress handler, each after 100,000 steps of SQLite: a view cannot run for ever."""
_ENVELOPE_BYTES = (0, 32, 48, 48, 64)


def table_of(file: Source) -> Table:
    """The first table of features of a GeoPackage.

    Raises:
        ImporterError: the file is no GeoPackage, is damaged, or has no features.
    """
    if file.path.stat().st_size > MAX_BYTES:
        raise ImporterError(f"over {MAX_BYTES // 2**20} MiB in one file; split it")
    try:
        with file.plain() as path:
            address = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
            with contextlib.closing(sqlite3.connect(address, uri=True)) as db:
                return _features(db)
    except (sqlite3.Error, UnicodeError, OverflowError, MemoryError) as error:
        raise ImporterError(f"not a readable GeoPackage ({error})") from error


def _features(db: sqlite3.Connection) -> Table:
    db.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MAX_VALUE_BYTES)
    db.set_progress_handler(_watch(), 100_000)
    db.execute("PRAGMA trusted_schema = OFF")
    real = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if not {"gpkg_contents", "gpkg_geometry_columns"} <= real:
        raise ImporterError("an SQLite database, but not a GeoPackage")
    found = [
        row
        for row in db.execute("SELECT table_name, column_name, srs_id FROM gpkg_geometry_columns")
        if row[0] in real
    ]
    if not found:
        raise ImporterError("the GeoPackage has no table of features")
    name, geometry, srs = found[0]
    others = ", ".join(repr(row[0]) for row in found[1:])
    notes = [("file", f"table {name!r} is read; not read: {others}")] if others else []
    quoted = '"' + str(name).replace('"', '""') + '"'
    cursor = db.execute(f"SELECT * FROM {quoted} LIMIT {MAX_FEATURES}")  # noqa: S608
    columns = [description[0] for description in cursor.description]
    objects = [_object(columns, row, geometry, _of_package) for row in cursor]
    crs = "" if srs in (4326, 0, -1) else _system(db, srs)
    return rows.table_of("geopackage", objects, notes, crs)


def _watch() -> Callable[[], int]:
    steps = 0

    def step() -> int:
        nonlocal steps
        steps += 1
        return int(steps > _MOST_STEPS)

    return step


def _system(db: sqlite3.Connection, srs: int) -> str:
    row = db.execute(
        "SELECT organization, organization_coordsys_id FROM gpkg_spatial_ref_sys WHERE srs_id = ?",
        (srs,),
    ).fetchone()
    return f"{row[0]}:{row[1]}".upper() if row else f"EPSG:{srs}"


def _of_package(value: object) -> Any:
    """The shape of a geometry of a GeoPackage: its header, then WKB."""
    if not isinstance(value, bytes) or value[:2] != b"GP" or len(value) < 8:
        return None
    kind = value[3] >> 1 & 7
    if kind >= len(_ENVELOPE_BYTES):
        return None
    return shapely.from_wkb(value[8 + _ENVELOPE_BYTES[kind] :], on_invalid="ignore")


def _object(
    columns: Iterable[str], row: Sequence[Any], geometry: str, read: Callable[[Any], Any]
) -> dict[str, Any]:
    found = {
        column: value
        for column, value in zip(columns, row, strict=True)
        if column != geometry and not isinstance(value, bytes)
    }
    place = read(dict(zip(columns, row, strict=True)).get(geometry))
    return with_point(found, place)


def with_point(values: dict[str, Any], place: Any) -> dict[str, Any]:
    """The values with the latitude and longitude of a shape, or of a point inside it."""
    if place is None or place.is_empty:
        return values
    inside = place if place.geom_type == "Point" else place.point_on_surface()
    return {**values, "lat": inside.y, "lon": inside.x}


def shapes_of(file: Source) -> Table:
    """The features of a shapefile: a `.shp` beside its `.dbf`, or a zip of both.

    Raises:
        ImporterError: a part is missing or damaged.
    """
    parts = _parts(file)
    if b"" in (parts[".shp"], parts[".dbf"]):
        raise ImporterError("a shapefile needs its .shp and its .dbf; give a zip of both")
    encoding = parts[".cpg"].decode("ascii", "ignore").strip().lower() or "utf-8"
    encoding = {"1252": "cp1252", "ansi 1252": "cp1252", "utf8": "utf-8"}.get(encoding, encoding)
    for number, name in enumerate((encoding, "cp1252")):
        try:
            objects = _shapes(parts, name)
            break
        except ImporterError:
            raise
        except Exception as error:  # pyshp lets errors of `struct` and others through
            # Without a .cpg that names its encoding, the table is often Windows-1252.
            if number:
                raise ImporterError(f"not a readable shapefile ({error})") from error
    return rows.table_of("shapefile", objects, (), parts[".prj"].decode("utf-8", "replace").strip())


def _shapes(parts: dict[str, bytes], encoding: str) -> list[dict[str, Any]]:
    reader = shapefile.Reader(
        shp=io.BytesIO(parts[".shp"]), dbf=io.BytesIO(parts[".dbf"]), encoding=encoding
    )
    objects = []
    for number, item in enumerate(reader.iterShapeRecords()):
        if number == MAX_FEATURES:
            raise ImporterError(f"over {MAX_FEATURES:,} features")
        place = shape(item.shape.__geo_interface__) if item.shape.points else None
        objects.append(with_point(item.record.as_dict(), place))
    return objects


def _parts(file: Source) -> dict[str, bytes]:
    suffixes = (".shp", ".dbf", ".prj", ".cpg")
    if file.head().startswith(b"PK"):
        with archives.opened(file.path) as archive:
            stem = archive.ending(".shp")[0][: -len(".shp")]
            names = {
                name[len(stem) :].lower(): name for name in archive.names if name.startswith(stem)
            }
            return {s: archive.read(names[s]) if s in names else b"" for s in suffixes}
    return {suffix: _beside(file.path, suffix) for suffix in suffixes}


def _beside(path: Path, suffix: str) -> bytes:
    other = next(
        (p for p in (path.with_suffix(suffix), path.with_suffix(suffix.upper())) if p.exists()),
        None,
    )
    if other is None:
        return b""
    if other.stat().st_size > archives.MAX_UNPACKED_BYTES:
        raise ImporterError(
            f"over {archives.MAX_UNPACKED_BYTES // 2**20} MiB in {suffix}; split it"
        )
    return other.read_bytes()
