"""Writes stores as CSV, GeoJSON and GeoParquet; `enrayon import` reads each back unchanged."""

import csv
import io
import itertools
import json
from collections.abc import Iterable
from typing import IO

import orjson
import shapely

from geodata.store_rows import COLUMNS, DISARMED_KEY, KEY, PLACED, disarmed, row_of
from geodata.stores import Store

ROWS_AT_ONCE = 5000
"""Stores of a row group of Parquet, and of one write of a text."""


MOST_OF_A_CELL = 131_072
"""Characters of a CSV cell that Python's reader takes, and so an import."""


class TooLong(ValueError):
    """A store has a value that no CSV cell holds."""


class NeedsPyarrow(Exception):
    """Parquet is written by pyarrow, which is not installed."""


def write_csv(stores: Iterable[Store], file: IO[bytes], *, for_spreadsheet: bool = False) -> int:
    """Write stores as CSV in UTF-8; answers how many.

    Args:
        stores: to write.
        file: to write to.
        for_spreadsheet: disarm cells that a spreadsheet would run as formulas, and begin with a
            byte order mark, without which Excel takes the text for Windows-1252.

    Raises:
        TooLong: a value is longer than an import reads.
    """
    text = io.TextIOWrapper(file, "utf-8-sig" if for_spreadsheet else "utf-8", newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow((DISARMED_KEY if for_spreadsheet else KEY, *COLUMNS))
    count = 0
    for store in stores:
        row = row_of(store)
        cells = [disarmed(cell) for cell in row.values()] if for_spreadsheet else [*row.values()]
        for column, cell in zip(row, cells, strict=True):
            if len(cell) > MOST_OF_A_CELL:
                raise TooLong(
                    f"stores/{store.id}: {column} has {len(cell):,} characters, a CSV cell holds "
                    f"{MOST_OF_A_CELL:,}; export as GeoJSON or GeoParquet"
                )
        writer.writerow(cells)
        count += 1
    text.flush()
    text.detach()
    return count


def write_geojson(stores: Iterable[Store], file: IO[bytes]) -> int:
    """Write stores as one FeatureCollection of points; answers how many."""
    file.write(b'{"type":"FeatureCollection","features":[')
    count = 0
    for store in stores:
        row = row_of(store)
        place = store.location
        geometry = place and {"type": "Point", "coordinates": [place.longitude, place.latitude]}
        properties = {name: row[name] for name in row if row[name] and name not in PLACED}
        feature = {"type": "Feature", "properties": properties, "geometry": geometry}
        file.write((b",\n" if count else b"\n") + orjson.dumps(feature))
        count += 1
    file.write(b"\n]}\n")
    return count


def write_geoparquet(stores: Iterable[Store], file: IO[bytes]) -> int:
    """Write stores as GeoParquet 1.1, points in WKB in degrees; answers how many.

    Raises:
        NeedsPyarrow: it is not installed.
    """
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise NeedsPyarrow from None
    texts = [column for column in (KEY, *COLUMNS) if column not in PLACED]
    geo = {
        "version": "1.1.0",
        "primary_column": "geometry",
        "columns": {"geometry": {"encoding": "WKB", "geometry_types": ["Point"]}},
    }
    schema = pyarrow.schema(
        [*((column, pyarrow.string()) for column in texts), ("geometry", pyarrow.binary())],
        metadata={b"geo": json.dumps(geo).encode()},
    )
    count, left = 0, iter(stores)
    with pyarrow.parquet.ParquetWriter(file, schema, compression="zstd") as writer:
        while block := list(itertools.islice(left, ROWS_AT_ONCE)):
            rows = [row_of(store) for store in block]
            columns: dict[str, list[str | bytes | None]] = {
                column: [row[column] or None for row in rows] for column in texts
            }
            columns["geometry"] = [
                None
                if store.location is None
                else shapely.Point(store.location.longitude, store.location.latitude).wkb
                for store in block
            ]
            writer.write_table(pyarrow.table(columns, schema=schema))
            count += len(block)
    return count
