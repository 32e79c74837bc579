"""`enrayon stock`: find, import, export, reconcile."""

import time
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Annotated

import grpc
import orjson
import typer
from rich.markup import escape
from rich.table import Table

from enrayon.stock.v1 import stock_pb2, stock_pb2_grpc
from enrayon.stock.v1.stock_pb2 import StockBand
from enrayon.stores.v1 import stores_pb2, stores_pb2_grpc
from services.cli import stock_files
from services.cli.channel import TIMEOUT_S, services
from services.cli.nearest import origin
from services.cli.output import (
    FAILED,
    USAGE,
    CommandError,
    JsonOption,
    console,
    distance,
    print_json,
)

UPLOAD_TIMEOUT_S = 3600.0
ROWS_AT_ONCE = 1000
SHOWN = 20
COLOURS = {
    StockBand.STOCK_BAND_IN_STOCK: "green",
    StockBand.STOCK_BAND_LIMITED: "yellow",
    StockBand.STOCK_BAND_OUT_OF_STOCK: "red",
    StockBand.STOCK_BAND_UNKNOWN: "dim",
}

BasketArgument = Annotated[
    list[str],
    typer.Argument(metavar="PRODUCT[:UNITS]...", help="SKUs, barcodes or words: milk:2 bread."),
]
NearOption = Annotated[str, typer.Option("--near", help="A place's name, or `LAT LNG`.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    stock = typer.Typer(no_args_is_help=True, help="Find, import, export and check stock.")
    stock.command("find")(find)
    stock.command("import")(import_levels)
    stock.command("export")(export)
    stock.command("reconcile")(reconcile)
    app.add_typer(stock, name="stock")


def find(
    basket: BasketArgument,
    near: NearOption,
    radius_m: Annotated[
        float | None, typer.Option("--radius-m", help="How far at most, in metres. [50 km]")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="How many at most.")] = 5,
    service: Annotated[list[str] | None, typer.Option(help="All of these attributes.")] = None,
    open_now: Annotated[bool, typer.Option("--open", help="Only stores open now.")] = False,
    partial: Annotated[bool, typer.Option("--partial", help="Also stores with a part.")] = False,
    split: Annotated[
        bool, typer.Option("--split", help="If none has it all, the fewest that do together.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Find the nearest stores with a basket: `enrayon stock find milk:2 bread --near Kamppi`."""
    with services() as channel:
        stub = stock_pb2_grpc.StockServiceStub(channel)
        items, names = resolved(stub, basket)
        request = stock_pb2.FindNearestAvailabilityRequest(
            items=items,
            origin=origin(near.split() if near[:1] in "-0123456789" else [near]),
            radius_m=radius_m,
            services=service or [],
            allow_partial=partial,
            allow_split=split,
            max_results=limit,
        )
        if open_now:
            request.open_at.FromSeconds(int(time.time()))
        answer = stub.FindNearestAvailability(request, timeout=TIMEOUT_S)
        if json:
            print_json(answer)
        else:
            show(answer, names, store_names(channel, [o.store for o in answer.left_out]))


def import_levels(
    file: Annotated[Path, typer.Argument(help="CSV, or Google's local inventory feed.")],
    source: Annotated[str, typer.Option(help="Who says so.")] = "file",
    sequence: Annotated[
        int | None, typer.Option(min=1, help="Number of this snapshot. [the time, in seconds]")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Set levels from a file, and say what became of its rows."""
    try:
        rows = list(stock_files.read(file))
    except (OSError, ValueError) as error:
        raise CommandError(f"{file.name}: {error}", USAGE) from None
    bad = [row for row in rows if isinstance(row, stock_files.BadRow)]
    good = [row for row in rows if isinstance(row, stock_files.Row)]
    with services() as channel:
        counts, refused = send(channel, good, source, sequence or int(time.time()))
    counts["rejected"] += len(bad)
    why = [(row.line, row.why) for row in bad] + refused
    if json:
        typer.echo(orjson.dumps({**counts, "rejected_rows": why}).decode())
    else:
        console.print(
            f"[green]{counts['applied']:,}[/] set, {counts['ignored']:,} late or known, "
            f"[red]{counts['rejected']:,}[/] not taken"
        )
        for line, reason in why[:SHOWN]:
            console.print(f"  line {line}: {escape(reason)}")
    if counts["rejected"]:
        raise typer.Exit(FAILED)


def export(
    file: Annotated[Path, typer.Argument(help="Where to.")],
    store: Annotated[list[str] | None, typer.Option(help="Only these stores. [all]")] = None,
    google: Annotated[
        bool, typer.Option("--google", help="Google's local inventory feed, not our CSV.")
    ] = False,
) -> None:
    """Write levels to a file."""
    with services() as channel:
        names = [f"stores/{id}" for id in store] if store else list(all_stores(channel))
        write = stock_files.write_google if google else stock_files.write_csv
        count = write(levels_of(channel, names), file)
    console.print(f"{count:,} levels written to {file}", highlight=False)


def reconcile(json: JsonOption = False) -> None:
    """Compare all levels with the ledger and the holds; exit status 1 when they drift apart."""
    with services() as channel:
        answer = stock_pb2_grpc.StockServiceStub(channel).ReconcileStock(
            stock_pb2.ReconcileStockRequest(), timeout=UPLOAD_TIMEOUT_S
        )
    if json:
        print_json(answer)
    else:
        console.print(
            f"{answer.level_count:,} levels, {answer.movement_count:,} movements, "
            f"{answer.hold_count:,} holds: drift "
            + (f"[red]{answer.drift_count:,}[/]" if answer.drift_count else "[green]0[/]")
        )
        for drift in answer.drifts[:SHOWN]:
            console.print(
                f"  {drift.store} {drift.product} ({drift.kind}): "
                f"{drift.actual}, should be {drift.expected}"
            )
    if answer.drift_count:
        raise typer.Exit(FAILED)


def resolved(
    stub: "stock_pb2_grpc.StockServiceStub", basket: Iterable[str]
) -> tuple[list[stock_pb2.BasketItem], dict[str, str]]:
    """The items that were typed, and what each product is called.

    Raises:
        CommandError: nothing is called that, or the number is none.
    """
    items, names = [], {}
    for typed in basket:
        word, colon, units = typed.rpartition(":") if ":" in typed else (typed, "", "1")
        if colon and not units.isdecimal():
            raise CommandError(f"{typed}: want PRODUCT:UNITS", USAGE)
        product = product_of(stub, word)
        items.append(stock_pb2.BasketItem(product=product.name, quantity=int(units)))
        names[product.name] = product.display_name
    return items, names


def product_of(stub: "stock_pb2_grpc.StockServiceStub", word: str) -> stock_pb2.Product:
    """The product of a SKU, a barcode, or words: the one that is called just that, or the best."""
    try:
        return stub.GetProduct(
            stock_pb2.GetProductRequest(name=f"products/{word}"), timeout=TIMEOUT_S
        )
    except grpc.RpcError as error:
        if error.code() not in (grpc.StatusCode.NOT_FOUND, grpc.StatusCode.INVALID_ARGUMENT):
            raise
    is_barcode = word.isdecimal() and len(word) in (8, 12, 13, 14)
    request = (
        stock_pb2.SearchProductsRequest(gtin=word)
        if is_barcode
        else stock_pb2.SearchProductsRequest(query=word, page_size=100)
    )
    found = stub.SearchProducts(request, timeout=TIMEOUT_S).products
    if not found:
        raise CommandError(f"no product is called {word!r}", USAGE)
    exact = [p for p in found if p.display_name.casefold() == word.casefold()]
    return exact[0] if exact else found[0]


def send(
    channel: grpc.Channel, rows: list[stock_files.Row], source: str, sequence: int
) -> tuple[Counter[str], list[tuple[int, str]]]:
    """Send rows store by store; counts, and why some were not taken."""
    stub = stock_pb2_grpc.StockServiceStub(channel)
    counts: Counter[str] = Counter(applied=0, ignored=0, rejected=0)
    refused: list[tuple[int, str]] = []
    ordered = sorted(rows, key=lambda row: row.store)
    for store, group in groupby(ordered, key=lambda row: row.store):
        members = list(group)
        requests = messages(store, members, source, sequence)
        try:
            answer = stub.SetStockLevels(requests, timeout=UPLOAD_TIMEOUT_S)
        except grpc.RpcError as error:
            if error.code() not in (grpc.StatusCode.NOT_FOUND, grpc.StatusCode.INVALID_ARGUMENT):
                raise
            counts["rejected"] += len(members)
            refused += [(row.line, error.details() or "") for row in members]
            continue
        counts["applied"] += answer.applied_count
        counts["ignored"] += answer.ignored_count
        counts["rejected"] += answer.rejected_count
        for item in answer.rejected:
            refused.append((members[item.index].line, f"{item.field}: {item.description}"))
    return counts, refused


def messages(
    store: str, rows: list[stock_files.Row], source: str, sequence: int
) -> Iterator[stock_pb2.SetStockLevelsRequest]:
    """Rows of one store in messages of a bounded size."""
    for start in range(0, len(rows), ROWS_AT_ONCE):
        yield stock_pb2.SetStockLevelsRequest(
            store=f"stores/{store}",
            source=source,
            sequence=sequence,
            levels=[
                stock_pb2.StockLevelInput(
                    product=f"products/{row.sku}",
                    on_hand=max(min(row.on_hand, 2**31 - 1), -(2**31)),
                    safety_stock=max(min(row.safety_stock, 2**31 - 1), -(2**31)),
                )
                for row in rows[start : start + ROWS_AT_ONCE]
            ],
        )


def all_stores(channel: grpc.Channel) -> Iterator[str]:
    """The names of all stores."""
    stub = stores_pb2_grpc.StoresServiceStub(channel)
    request = stores_pb2.ListStoresRequest(page_size=1000)
    request.read_mask.paths.append("name")
    while True:
        page = stub.ListStores(request, timeout=TIMEOUT_S)
        yield from (store.name for store in page.stores)
        if not page.next_page_token:
            return
        request.page_token = page.next_page_token


def levels_of(channel: grpc.Channel, stores: Iterable[str]) -> Iterator[stock_pb2.StockLevel]:
    """All levels of some stores."""
    stub = stock_pb2_grpc.StockServiceStub(channel)
    for store in stores:
        request = stock_pb2.ListStockLevelsRequest(parent=store, page_size=5000)
        while True:
            page = stub.ListStockLevels(request, timeout=UPLOAD_TIMEOUT_S)
            yield from page.levels
            if not page.next_page_token:
                break
            request.page_token = page.next_page_token


def store_names(channel: grpc.Channel, stores: list[str]) -> dict[str, str]:
    """What people call some stores."""
    if not stores:
        return {}
    answer = stores_pb2_grpc.StoresServiceStub(channel).BatchGetStores(
        stores_pb2.BatchGetStoresRequest(names=stores), timeout=TIMEOUT_S
    )
    return {store.name: store.display_name for store in answer.stores}


def show(
    answer: stock_pb2.FindNearestAvailabilityResponse,
    products: dict[str, str],
    stores: dict[str, str],
) -> None:
    """Print what was found."""
    if answer.origin_display_name:
        console.print(f"[dim]near[/] [bold]{escape(answer.origin_display_name)}[/]")
    if "stock" in answer.unreachable:
        console.print("[yellow]The database cannot be reached: nothing is known of stock.[/]")
        return
    if answer.stores:
        console.print(table_of(answer.stores, products))
    elif answer.split.stores:
        count = len(answer.split.stores)
        least = "the fewest there can be" if answer.split.fewest else "perhaps not the fewest"
        console.print(f"No store has it all; {count} have it together ({least}):")
        console.print(table_of(answer.split.stores, products))
    else:
        console.print("No store has it all. Try --partial or --split, or a wider --radius-m.")
    if answer.left_out:
        reasons = "; ".join(
            f"{escape(stores.get(entry.store, entry.store))} ({reason(entry, products)})"
            for entry in answer.left_out[:4]
        )
        console.print(f"[dim]left out: {reasons}[/]")


def table_of(stores: Iterable[stock_pb2.StoreAvailability], products: dict[str, str]) -> Table:
    """Stores with what they have of each line."""
    table = Table("store", "distance", *map(escape, products.values()), "id", box=None)
    for found in stores:
        cells = []
        for line in found.lines:
            colour = COLOURS.get(line.level.band, "dim")
            level = line.level
            has = f" of {level.available}" if level.HasField("available") else ""
            cells.append(f"[{colour}]{line.offered_quantity}{has}[/]")
        table.add_row(
            f"[bold]{escape(found.display_name)}[/]",
            distance(found.distance_m),
            *cells,
            f"[dim]{found.store.removeprefix('stores/')}[/]",
        )
    return table


def reason(entry: stock_pb2.LeftOutStore, products: dict[str, str]) -> str:
    """Why a store was left out, in words."""
    name = stock_pb2.LeftOutStore.Reason.Name(entry.reason).removeprefix("REASON_")
    words = name.lower().replace("_", " ")
    product = products.get(entry.product, "")
    return f"{words}: {escape(product)}" if product else words
