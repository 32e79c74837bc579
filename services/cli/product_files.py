"""Reads products from CSV with the columns sku, name, brand, department, gtins, group.

A column `name:<language>` has the name in that language (`name:fi`); a column
`variant:<attribute>` has an attribute of variants (`variant:size`). A cell of `gtins` may have
several barcodes, separated by spaces.
"""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from enrayon.stock.v1 import stock_pb2
from services.cli.tables import lines_named

NEEDED = ("sku", "name")
OTHERS = ("brand", "department", "gtins", "group")


class Row(NamedTuple):
    """A product and its line in the file."""

    line: int
    product: stock_pb2.Product


def read(file: Path) -> Iterator[Row]:
    """Reads the products of a file.

    Raises:
        ValueError: a required column is missing, a column is unknown, or the CSV is broken.
    """
    with file.open(encoding="utf-8-sig", newline="") as text:
        rows = csv.DictReader(text)
        with lines_named(rows):
            columns = list(rows.fieldnames or ())
        for name in NEEDED:
            if name not in columns:
                raise ValueError(f"needs the columns {', '.join(NEEDED)}; {name} is missing")
        for name in columns:
            if name not in (*NEEDED, *OTHERS) and name.partition(":")[0] not in ("name", "variant"):
                raise ValueError(f"unknown column {name!r}; the others are {', '.join(OTHERS)}")
        with lines_named(rows):
            for cells in rows:
                yield Row(rows.line_num, product_of(cells))


def product_of(cells: dict[str, str]) -> stock_pb2.Product:
    """The product message of a row."""
    kept = {name: (value or "").strip() for name, value in cells.items() if name}
    return stock_pb2.Product(
        name=f"products/{kept['sku']}",
        display_name=kept["name"],
        brand=kept.get("brand", ""),
        department=kept.get("department", ""),
        gtins=kept.get("gtins", "").split(),
        variant_group=kept.get("group", ""),
        localized_names=prefixed(kept, "name:"),
        variant_attributes=prefixed(kept, "variant:"),
    )


def prefixed(cells: dict[str, str], prefix: str) -> dict[str, str]:
    """The non-empty cells of columns with a prefix, by the rest of the column's name."""
    return {
        name.removeprefix(prefix): value
        for name, value in cells.items()
        if name.startswith(prefix) and value
    }
