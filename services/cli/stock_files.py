"""Reads and writes stock levels as this project's table or as Google's local inventory feed.

The table has the columns store, sku, on_hand, safety_stock. Google's feed has store_code, id,
availability, quantity, price; without a quantity, `in_stock` and `limited_availability` count as
one unit. Other columns, the price among them, are not read.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from enrayon.stock.v1 import stock_pb2
from enrayon.stock.v1.stock_pb2 import StockBand
from geodata.importers.spreadsheets import damage
from services.cli.tables import BadRow, Cells, NamedColumns

COLUMNS = ("store", "sku", "on_hand", "safety_stock")
GOOGLE_COLUMNS = ("store_code", "id", "quantity", "availability")
IN_STOCK = frozenset({"in_stock", "in stock", "limited_availability", "limited availability"})
OUT_OF_STOCK = frozenset({"out_of_stock", "out of stock", "on_display_to_order"})
_SPACES = re.compile(r"[\s\u00a0\u202f'’]")
_MINUS = re.compile("[\N{MINUS SIGN}\N{EN DASH}]")
AVAILABILITY = {
    StockBand.STOCK_BAND_IN_STOCK: "in_stock",
    StockBand.STOCK_BAND_LIMITED: "limited_availability",
    StockBand.STOCK_BAND_OUT_OF_STOCK: "out_of_stock",
}


MOST_UNITS = 1_000_000
MOST_SAFETY = 65_535
LONGEST_ID = 300


class Row(NamedTuple):
    """The level of a product at a store, and its line in the file."""

    line: int
    store: str
    sku: str
    on_hand: int | None
    """None if the file has no number of units: the level is not known."""
    safety_stock: int
    reason: str = ""
    """Why the level is not known."""


NAMES = {
    "store": ("store", "store_code", "store_id", "magasin", "filiale"),
    "sku": ("sku", "id", "product", "item_id", "article", "artikel"),
    "on_hand": ("on_hand", "quantity", "qty", "stock", "quantite", "bestand"),
    "safety_stock": ("safety_stock",),
    "availability": ("availability",),
}
"""The columns of each field, ours first, then Google's and the usual ones."""


def read(file: Path, columns: Mapping[str, str] | None = None) -> Iterator[Row | BadRow]:
    """Reads the rows of a table.

    A level whose units are no whole number is not known: the level of before is no longer true.

    Args:
        file: a table of any format.
        columns: column to field of `NAMES`, as the caller says.

    Raises:
        ValueError: a column is missing, or the file is damaged.
    """
    table = NamedColumns(file, NAMES, columns or {})
    if not {"store", "sku"} <= table.fields or not {"on_hand", "availability"} & table.fields:
        raise ValueError(
            f"needs the columns {', '.join(COLUMNS)}, or Google's {', '.join(GOOGLE_COLUMNS)}; "
            f"it has {', '.join(table.header)}; name one by --map COLUMN=FIELD"
        )
    for row in table.rows():
        yield row if isinstance(row, BadRow) else row_of(row)


def row_of(row: Cells) -> Row | BadRow:
    """Checks a row's values."""
    value = row.values
    store, sku = value["store"], value["sku"]
    if not store or not sku:
        return BadRow(row.line, "store and product are required")
    for name, text in (("store", store), ("sku", sku)):
        if len(text) > LONGEST_ID:
            return BadRow(row.line, f"{name}: longer than {LONGEST_ID} characters")
        if fault := damage(text):
            return BadRow(row.line, f"{name}: {text!r} is {fault}")
    units, availability = value.get("on_hand", ""), value.get("availability", "").lower()
    if not units and availability:
        if availability not in IN_STOCK | OUT_OF_STOCK:
            reason = f"availability {availability!r} is none of Google's"
            return Row(row.line, store, sku, None, 0, reason)
        return Row(row.line, store, sku, int(availability in IN_STOCK), 0)
    on_hand, safety = whole(units), whole(value.get("safety_stock", "") or "0")
    if on_hand is None or not -MOST_UNITS <= on_hand <= MOST_UNITS:
        return Row(row.line, store, sku, None, 0, f"units {units!r}: {_why_not(on_hand)}")
    if safety is None or not 0 <= safety <= MOST_SAFETY:
        reason = f"safety_stock {value['safety_stock']!r}: not a number in [0, {MOST_SAFETY}]"
        return Row(row.line, store, sku, None, 0, reason)
    return Row(row.line, store, sku, on_hand, safety)


def whole(text: str) -> int | None:
    """A whole number as a person or a spreadsheet writes it: `5`, `-3`, `5.0`, `1 200`."""
    match = re.fullmatch(r"([+-]?\d{1,9})(?:[.,]0+)?", _SPACES.sub("", _MINUS.sub("-", text)))
    return int(match[1]) if match else None


def _why_not(number: int | None) -> str:
    return "not a whole number" if number is None else f"not in [-{MOST_UNITS}, {MOST_UNITS}]"


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
