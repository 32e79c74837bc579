"""Files of stock: CSV of our own, and Google's local inventory feed, read and written.

Ours has the columns store, sku, on_hand, safety_stock. Google's has store_code, id, availability,
quantity, price (tab-separated or CSV): without a quantity `in_stock` and `limited_availability`
count as one unit; the price is not ours to keep.
"""

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from enrayon.stock.v1 import stock_pb2
from enrayon.stock.v1.stock_pb2 import StockBand
from services.cli.tables import lines_named

COLUMNS = ("store", "sku", "on_hand", "safety_stock")
GOOGLE = ("store_code", "id", "quantity", "availability")
THERE = frozenset({"in_stock", "in stock", "limited_availability", "limited availability"})
AVAILABILITY = {
    StockBand.STOCK_BAND_IN_STOCK: "in_stock",
    StockBand.STOCK_BAND_LIMITED: "limited_availability",
    StockBand.STOCK_BAND_OUT_OF_STOCK: "out_of_stock",
}


class Row(NamedTuple):
    """A row of a file: of which store and product, how many."""

    line: int
    store: str
    sku: str
    on_hand: int
    safety_stock: int


class BadRow(NamedTuple):
    """A row that says nothing usable."""

    line: int
    why: str


def read(file: Path) -> Iterator[Row | BadRow]:
    """The rows of a file of either kind, told apart by its first line.

    Raises:
        ValueError: it is neither, or is broken.
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
            names = GOOGLE
        else:
            raise ValueError(
                f"want the columns {', '.join(COLUMNS)}, or Google's {', '.join(GOOGLE)}"
            )
        with lines_named(rows):
            for row in rows:
                values = {(k or "").strip().lower(): str(v or "").strip() for k, v in row.items()}
                told = [values.get(name, "") for name in names]
                yield row_of(rows.line_num, told, names is GOOGLE)


def row_of(line: int, values: list[str], is_google: bool) -> Row | BadRow:
    """A row from its values in the order of the columns."""
    store, sku, units, last = values
    if not store or not sku:
        return BadRow(line, "store and product must be there")
    if is_google and not units:
        if not last:
            return BadRow(line, "quantity or availability must be there")
        units, last = ("1" if last.lower() in THERE else "0"), "0"
    elif is_google:
        last = "0"
    try:
        return Row(line, store, sku, int(units), int(last or 0))
    except ValueError:
        return BadRow(line, f"not a whole number: {units or last!r}")


def write_google(levels: Iterable[stock_pb2.StockLevel], file: Path) -> int:
    """Write Google's local inventory feed, levels of which nothing is known left out; its rows."""
    count = 0
    with file.open("w", encoding="utf-8", newline="") as text:
        rows = csv.writer(text, delimiter="\t", lineterminator="\n")
        rows.writerow(GOOGLE)
        for level in levels:
            availability = AVAILABILITY.get(level.band)
            if availability is None:
                continue
            quantity = level.available if level.HasField("available") else ""
            store, sku = level.store.partition("/")[2], level.product.partition("/")[2]
            rows.writerow((store, sku, quantity, availability))
            count += 1
    return count


def write_csv(levels: Iterable[stock_pb2.StockLevel], file: Path) -> int:
    """Write our own CSV, levels of which no quantity is told left out; its rows."""
    count = 0
    with file.open("w", encoding="utf-8", newline="") as text:
        rows = csv.writer(text, lineterminator="\n")
        rows.writerow(COLUMNS)
        for level in levels:
            if level.HasField("on_hand"):
                store, sku = level.store.partition("/")[2], level.product.partition("/")[2]
                rows.writerow((store, sku, level.on_hand, level.safety_stock))
                count += 1
    return count
