"""Reads places from Parquet and GeoParquet, Overture Places among them; needs pyarrow."""

import json
from typing import Any

import shapely

from geodata.importers import rows
from geodata.importers.files import Source
from geodata.importers.geopackage import with_point
from geodata.importers.report import ImporterError
from geodata.importers.table import Table

MAGIC = b"PAR1"
MAX_ROWS = 2_000_000
MAX_GROUP_BYTES = 1024 * 2**20
MAX_BYTES = 4096 * 2**20
_BATCH = 5000


def table_of(file: Source) -> Table:
    """The rows of a Parquet file, read by groups; a geometry in WKB becomes a point.

    Raises:
        ImporterError: pyarrow is missing, or the file is damaged or too large.
    """
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise ImporterError(
            "Parquet needs the package pyarrow: pip install 'enrayon[parquet]'"
        ) from None
    try:
        with (
            file.plain() as path,
            pyarrow.parquet.ParquetFile(path, thrift_string_size_limit=2**26) as data,
        ):
            _check(data.metadata)
            geometry, crs = _geometry(data.schema_arrow.metadata or {})
            objects = [
                _object(item, geometry)
                for batch in data.iter_batches(batch_size=_BATCH)
                for item in batch.to_pylist()
            ]
    except (pyarrow.ArrowException, OSError, ValueError, TypeError, MemoryError) as error:
        raise ImporterError(f"not a readable Parquet file ({error})") from error
    return rows.table_of("parquet", objects, (), crs)


def _check(metadata: Any) -> None:
    sizes = [metadata.row_group(i).total_byte_size for i in range(metadata.num_row_groups)]
    if metadata.num_rows > MAX_ROWS:
        raise ImporterError(f"over {MAX_ROWS:,} rows; split the file")
    if max(sizes, default=0) > MAX_GROUP_BYTES or sum(sizes) > MAX_BYTES:
        raise ImporterError(f"unpacks to over {MAX_BYTES // 2**20} MiB; split the file")


def _geometry(metadata: dict[bytes, bytes]) -> tuple[str, str]:
    """The column with the geometry, and its system; empty for degrees."""
    geo = json.loads(metadata.get(b"geo", b"{}"))
    primary = str(geo.get("primary_column", "geometry"))
    system = geo.get("columns", {}).get(primary, {}).get("crs")
    if not isinstance(system, dict) or system.get("id", {}).get("code") in (4326, "CRS84"):
        return primary, ""
    return primary, json.dumps(system)


def _object(item: dict[str, Any], geometry: str) -> dict[str, Any]:
    value = item.pop(geometry, None)
    item.pop("bbox", None)
    if isinstance(value, bytes):
        return with_point(item, shapely.from_wkb(value, on_invalid="ignore"))
    return item if value is None else {**item, geometry: value}
