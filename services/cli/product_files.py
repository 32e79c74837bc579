"""Files of products: CSV with the columns sku, name, brand, department, gtins, group.

A column `name:<language>` is the name in that language (`name:fi`), a column `variant:<attribute>`
what tells variants apart (`variant:size`). Several barcodes stand in one cell, with blanks between.
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
    """A line of a file and the product that it states."""

    line: int
    product: stock_pb2.Product


def read(file: Path) -> Iterator[Row]:
    """The products of a file.

    Raises:
        ValueError: a column that is needed is not there, one is unknown, or the file is broken.
    """
    with file.open(encoding="utf-8-sig", newline="") as text:
        rows = csv.DictReader(text)
        with lines_named(rows):
            columns = list(rows.fieldnames or ())
        for name in NEEDED:
            if name not in columns:
                raise ValueError(f"want the columns {', '.join(NEEDED)}; there is no {name}")
        for name in columns:
            if name not in (*NEEDED, *OTHERS) and name.partition(":")[0] not in ("name", "variant"):
                raise ValueError(f"no column is called {name!r}; there are {', '.join(OTHERS)}")
        with lines_named(rows):
            for cells in rows:
                yield Row(rows.line_num, product_of(cells))


def product_of(cells: dict[str, str]) -> stock_pb2.Product:
    """The product of a row."""
    kept = {name: (value or "").strip() for name, value in cells.items() if name}
    return stock_pb2.Product(
        name=f"products/{kept['sku']}",
        display_name=kept["name"],
        brand=kept.get("brand", ""),
        department=kept.get("department", ""),
        gtins=kept.get("gtins", "").split(),
        variant_group=kept.get("group", ""),
        localized_names=told(kept, "name:"),
        variant_attributes=told(kept, "variant:"),
    )


def told(cells: dict[str, str], prefix: str) -> dict[str, str]:
    """What the columns with a prefix say, by the rest of their names."""
    return {
        name.removeprefix(prefix): value
        for name, value in cells.items()
        if name.startswith(prefix) and value
    }
