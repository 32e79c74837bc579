"""Reads and writes stock levels as this project's CSV or as Google's local inventory feed.

The CSV has the columns store, sku, on_hand, safety_stock. Google's feed (CSV or tab-separated) has
store_code, id, availability, quantity, price; without a quantity, `in_stock` and
`limited_availability` count as one unit. The price is not read.
"""

import csv
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from enrayon.stock.v1 import stock_pb2
from enrayon.stock.v1.stock_pb2 import StockBand
from services.cli.tables import lines_named

COLUMNS = ("store", "sku", "on_hand", "safety_stock")
GOOGLE_COLUMNS = ("store_code", "id", "quantity", "availability")
IN_STOCK = frozenset({"in_stock", "in stock", "limited_availability", "limited availability"})
AVAILABILITY = {
    StockBand.STOCK_BAND_IN_STOCK: "in_stock",
    StockBand.STOCK_BAND_LIMITED: "limited_availability",
    StockBand.STOCK_BAND_OUT_OF_STOCK: "out_of_stock",
}


class Row(NamedTuple):
    """The level of a product at a store, and its line in the file."""

    line: int
    store: str
    sku: str
    on_hand: int
    safety_stock: int


class BadRow(NamedTuple):
    """A row that cannot be used, and the reason."""

    line: int
    reason: str


def read(file: Path) -> Iterator[Row | BadRow]:
    """Reads the rows of a file of either format, which its header decides.

    Raises:
        ValueError: the header fits neither format, or the CSV is broken.
    """
    with file.open(encoding="utf-8-sig", newline="") as text:
        first = text.readline()
        text.seek(0)
        rows = csv.DictReader(text, delimiter="\t" if "\t" in first else ",")
        with lines_named(rows):
            columns = {name.strip().lower() for name in rows.fieldnames or ()}
        if {"store", "sku", "on_hand"} <= columns:
            names = COLUMNS
        elif {"store_code", "id"} <= columns and columns & {"quantity", "availability"}:
            names = GOOGLE_COLUMNS
        else:
            raise ValueError(
                f"needs the columns {', '.join(COLUMNS)}, or Google's {', '.join(GOOGLE_COLUMNS)}"
            )
        with lines_named(rows):
            for row in rows:
                values = {(k or "").strip().lower(): str(v or "").strip() for k, v in row.items()}
                ordered = [values.get(name, "") for name in names]
                yield row_of(rows.line_num, ordered, names is GOOGLE_COLUMNS)


def row_of(line: int, values: list[str], is_google: bool) -> Row | BadRow:
    """Checks a row's values, given in the order of the columns."""
    store, sku, units, last = values
    if not store or not sku:
        return BadRow(line, "store and product are required")
    if is_google and not units:
        if not last:
            return BadRow(line, "quantity or availability is required")
        units, last = ("1" if last.lower() in IN_STOCK else "0"), "0"
    elif is_google:
        last = "0"
    try:
        return Row(line, store, sku, int(units), int(last or 0))
    except ValueError:
        return BadRow(line, f"not a whole number: {units or last!r}")


def write_google(levels: Iterable[stock_pb2.StockLevel], file: Path) -> int:
    """Write Google's local inventory feed without levels in an unknown band.

    Returns:
        The number of rows.
    """
    rows = (
        (level, level.available if level.HasField("available") else "", AVAILABILITY[level.band])
        for level in levels
        if level.band in AVAILABILITY
    )
    return _write(file, GOOGLE_COLUMNS, rows, "\t")


def write_csv(levels: Iterable[stock_pb2.StockLevel], file: Path) -> int:
    """Write this project's CSV without levels whose quantity is hidden or unknown.

    Returns:
        The number of rows.
    """
    rows = (
        (level, level.on_hand, level.safety_stock) for level in levels if level.HasField("on_hand")
    )
    return _write(file, COLUMNS, rows, ",")


def _write(
    file: Path,
    columns: Sequence[str],
    rows: Iterable[tuple[stock_pb2.StockLevel, int | str, int | str]],
    delimiter: str,
) -> int:
    """Write a row for each level: its store, its SKU and two further cells."""
    count = 0
    with file.open("w", encoding="utf-8", newline="") as text:
        writer = csv.writer(text, delimiter=delimiter, lineterminator="\n")
        writer.writerow(columns)
        for level, third, fourth in rows:
            store, sku = level.store.partition("/")[2], level.product.partition("/")[2]
            writer.writerow((store, sku, third, fourth))
            count += 1
    return count
