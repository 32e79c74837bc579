"""Reads places from Parquet and GeoParquet, Overture Places among them; needs pyarrow."""

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import shapely

from geodata.importers import rows
from geodata.importers.apart import lines_of
from geodata.importers.files import Source
from geodata.importers.geopackage import with_point
from geodata.importers.report import ImporterError
from geodata.importers.table import Table
from geodata.importers.workbooks import bounded

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
    if importlib.util.find_spec("pyarrow") is None:
        raise ImporterError("Parquet needs the package pyarrow: pip install 'enrayon[parquet]'")
    with file.plain() as path:
        arguments = ["-c", f"from {__name__} import main; main()", str(path)]
        with lines_of(arguments, subprocess.DEVNULL, "Parquet file") as lines:
            crs = next(lines)["crs"]
            return rows.table_of("parquet", lines, (), crs)


def main() -> None:
    """Write the rows of a file within bounds: its system, then each row, as lines of JSON.

    A text that many rows share stands in a file once, so that 50 kilobytes may be 40 gigabytes.
    """
    os.environ["ARROW_DEFAULT_MEMORY_POOL"] = "system"  # the others reserve more than they use
    bounded()
    output = sys.stdout.buffer
    try:
        for told in objects_of(Path(sys.argv[1])):
            output.write(orjson.dumps(told, default=str) + b"\n")
    except ImporterError as error:
        output.write(orjson.dumps({"error": str(error)}) + b"\n")
    except MemoryError:
        sys.exit(1)


def objects_of(path: Path) -> Iterator[dict[str, Any]]:
    """The system of a file, then its rows.

    Raises:
        ImporterError: the file is damaged or too large.
        MemoryError: its values are.
    """
    import pyarrow
    import pyarrow.parquet

    try:
        with pyarrow.parquet.ParquetFile(path, thrift_string_size_limit=2**26) as data:
            _check(data.metadata)
            geometry, crs = _geometry(data.schema_arrow.metadata or {})
            yield {"crs": crs}
            for batch in data.iter_batches(batch_size=_BATCH, use_threads=False):
                for item in batch.to_pylist():
                    yield dict(rows.flattened(_object(item, geometry)))
    except pyarrow.ArrowMemoryError:
        raise MemoryError from None
    except (pyarrow.ArrowException, OSError, ValueError, TypeError) as error:
        raise ImporterError(f"not a readable Parquet file ({error})") from error


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


if __name__ == "__main__":
    main()
