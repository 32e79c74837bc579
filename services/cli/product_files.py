"""Reads products from a table with the columns sku, name, brand, department, gtins, group.

A column `name:<language>` has the name in that language (`name:fi`); a column
`variant:<attribute>` has an attribute of variants (`variant:size`). A cell of `gtins` may have
several barcodes, separated by spaces or commas. Google's and Shopify's names of columns do as well.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from enrayon.stock.v1 import stock_pb2
from geodata.importers.spreadsheets import damage
from services.cli.blocks import too_large
from services.cli.tables import BadRow, Cells, NamedColumns, open_header

NAMES = {
    "sku": ("sku", "id", "code", "item_id", "article", "artikelnummer", "variant_sku"),
    "name": ("name", "title", "display_name", "product_name", "nom", "bezeichnung", "nombre"),
    "brand": ("brand", "brands", "vendor", "marque", "marke"),
    "department": ("department", "category", "product_type", "rayon", "abteilung"),
    "gtins": ("gtins", "gtin", "ean", "upc", "barcode", "barcodes", "variant_barcode"),
    "group": ("group", "item_group_id", "variant_group", "handle"),
}
"""The columns of each field, ours first, then those of Google and Shopify and the usual ones."""
PREFIXES = ("name:", "variant:")


class Row(NamedTuple):
    """A product and its line in the file."""

    line: int
    product: stock_pb2.Product


def read(file: Path, columns: Mapping[str, str] | None = None) -> Iterator[Row | BadRow]:
    """Reads the products of a table of any format; further columns are allowed.

    Args:
        file: the table.
        columns: column to field of `NAMES`, as the caller says.

    Raises:
        ValueError: a column is missing, or the file is damaged.
    """
    given = columns or {}
    names: dict[str, Iterable[str]] = dict(NAMES)
    prefixed_columns = {c: c for c in open_header(file) if c.startswith(PREFIXES)}
    table = NamedColumns(file, names, {**prefixed_columns, **given})
    for name in ("sku", "name"):
        if name not in table.fields:
            raise ValueError(
                f"no column for {name!r} among {', '.join(table.header)}; "
                f"name one by --map COLUMN={name}"
            )
    for row in table.rows():
        yield row if isinstance(row, BadRow) else _row(row)


def unread(file: Path, columns: Mapping[str, str] | None = None) -> list[str]:
    """The columns of a table that are not read."""
    table = NamedColumns(file, NAMES, columns or {})
    return [column for column in table.unused if not column.startswith(PREFIXES)]


def _row(row: Cells) -> Row | BadRow:
    kept = {name: value for name, value in row.values.items() if value}
    if fault := damage(kept.get("sku", "")):
        return BadRow(row.line, f"sku: {kept['sku']!r} is {fault}")
    gtins = re.split(r"[\s,;|]+", kept.get("gtins", "").strip("' "))
    if shortened := next((gtin for gtin in gtins if damage(gtin)), ""):
        return BadRow(row.line, f"gtins: {shortened!r} is {damage(shortened)}")
    product = product_of(kept, gtins)
    if reason := too_large(product):
        return BadRow(row.line, f"{reason} for a product")
    return Row(row.line, product)


def product_of(kept: Mapping[str, str], gtins: Iterable[str]) -> stock_pb2.Product:
    """The product message of a row."""
    return stock_pb2.Product(
        name=f"products/{kept.get('sku', '')}",
        display_name=kept.get("name", ""),
        brand=kept.get("brand", ""),
        department=kept.get("department", ""),
        gtins=filter(None, gtins),
        variant_group=kept.get("group", ""),
        localized_names=prefixed(kept, "name:"),
        variant_attributes=prefixed(kept, "variant:"),
    )


def prefixed(cells: Mapping[str, str], prefix: str) -> dict[str, str]:
    """The cells of columns with a prefix, by the rest of the column's name."""
    return {
        name.removeprefix(prefix): value
        for name, value in cells.items()
        if name.startswith(prefix) and value
    }
