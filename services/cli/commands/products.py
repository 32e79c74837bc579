"""`enrayon products`: the import of products from CSV, and their search."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from enrayon.stock.v1 import stock_pb2, stock_pb2_grpc
from services.cli import product_files
from services.cli.baskets import search_request
from services.cli.blocks import blocks
from services.cli.channel import TIMEOUT_S, services
from services.cli.consoles import console
from services.cli.output import FAILED, USAGE, CommandError, JsonOption, print_json
from services.cli.tables import BadRow, columns_of

UPLOAD_TIMEOUT_S = 3600.0
MAX_SHOWN = 20


def register(app: typer.Typer) -> None:
    """Add the commands."""
    products = typer.Typer(no_args_is_help=True, help="Import and search products.")
    products.command("import")(import_products)
    products.command("search")(search)
    app.add_typer(products, name="products")


def import_products(
    file: Annotated[
        Path, typer.Argument(help="Table: sku, name, brand, department, gtins, group, name:fi ...")
    ],
    map: Annotated[
        list[str] | None, typer.Option(metavar="COLUMN=FIELD", help="The field of a column.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check, but change nothing.")] = False,
    json: JsonOption = False,
) -> None:
    """Create and change products from a file, and report the outcome of its rows."""
    columns = columns_of(map or [], product_files.NAMES)
    try:
        read = list(product_files.read(file, columns))
        unread = product_files.unread(file, columns)
    except (OSError, ValueError) as error:
        raise CommandError(f"{file.name}: {error}", USAGE) from None

    rows = [row for row in read if isinstance(row, product_files.Row)]
    bad = [row for row in read if isinstance(row, BadRow)]

    def messages() -> Iterator[stock_pb2.UpsertProductsRequest]:
        for block in blocks(row.product for row in rows):
            yield stock_pb2.UpsertProductsRequest(products=block, validate_only=dry_run)

    with services() as channel:
        stub = stock_pb2_grpc.StockServiceStub(channel)
        answer = stub.UpsertProducts(messages(), timeout=UPLOAD_TIMEOUT_S)
    if json:
        print_json(answer)
    else:
        console.print(
            f"[green]{answer.created_count:,}[/] created, {answer.changed_count:,} changed, "
            f"{answer.unchanged_count:,} unchanged, "
            f"[red]{answer.rejected_count + len(bad):,}[/] rejected"
        )
        if unread:
            console.print(f"columns not read: {escape(', '.join(unread))}", highlight=False)
        for row in bad[:MAX_SHOWN]:
            console.print(f"  line {row.line}: {escape(row.reason)}")
        for item in answer.rejected[:MAX_SHOWN]:
            line = rows[item.index].line
            console.print(f"  line {line}: {item.field}: {escape(item.description)}")
    if answer.rejected_count or bad:
        raise typer.Exit(FAILED)


def search(
    words: Annotated[list[str], typer.Argument(help="Words, or a barcode.")],
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="At most so many.")] = 20,
    json: JsonOption = False,
) -> None:
    """Search products: `enrayon products search rye bread`."""
    request = search_request(" ".join(words), limit)
    with services() as channel:
        answer = stock_pb2_grpc.StockServiceStub(channel).SearchProducts(request, timeout=TIMEOUT_S)
    if json:
        print_json(answer)
        return
    table = Table("sku", "name", "brand", "department", "barcodes", box=None)
    for product in answer.products:
        sku = product.name.removeprefix("products/")
        cells = (sku, product.display_name, product.brand, product.department)
        table.add_row(*map(escape, cells), " ".join(product.gtins))
    console.print(table if answer.products else "No product matches.")
