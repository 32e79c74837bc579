"""Opens a table in any format that has named columns and rows."""

from pathlib import Path

from geodata.importers import delimited, excel, geojson, geopackage, kml, parquet, places_json
from geodata.importers.detect import detect, inside
from geodata.importers.files import Source
from geodata.importers.report import ImporterError
from geodata.importers.table import Table

READERS = {
    "csv": delimited.table_of,
    "excel": excel.table_of,
    "geopackage": geopackage.table_of,
    "geojson-table": geojson.table_of,
    "gpx": kml.waypoints_of,
    "json": places_json.table_of,
    "kml": kml.table_of,
    "parquet": parquet.table_of,
    "shapefile": geopackage.shapes_of,
}
"""The formats that are tables."""


def open_table(path: Path) -> Table:
    """The table of a file of any format.

    Raises:
        ImporterError: the file is no table, or cannot be read.
    """
    file = Source(path)
    name = format_of(file)
    if name == "zip":
        file = inside(file)
        name = format_of(file)
    if name not in READERS:
        raise ImporterError(f"{name} is not a table; give CSV or a spreadsheet")
    return READERS[name](file)


def format_of(file: Source) -> str:
    """The format of a table; a text that is no other format is CSV, also with one column."""
    head = file.head().lstrip()
    is_other = head[:1] in (b"<", b"{", b"[") or head[:4] in _MAGIC or b"\0" in head[:4]
    return detect(file) if is_other or not head else "csv"


_MAGIC = (b"PK\x03\x04", b"PAR1", b"SQLi", excel.OLE[:4])
