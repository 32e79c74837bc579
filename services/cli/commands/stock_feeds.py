"""`enrayon stock import`, `export`, `movements` and `reconcile`: levels and ledger as files."""

import csv
import datetime as dt
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

from enrayon.stock.v1 import stock_pb2, stock_pb2_grpc
from enrayon.stores.v1 import stores_pb2, stores_pb2_grpc
from services.cli import stock_files
from services.cli.blocks import blocks
from services.cli.channel import TIMEOUT_S, services
from services.cli.consoles import console
from services.cli.output import FAILED, USAGE, CommandError, JsonOption, print_json
from services.cli.stores import store_name
from services.cli.tables import BadRow, columns_of

UPLOAD_TIMEOUT_S = 3600.0
MAX_SHOWN = 20
MOVEMENT_COLUMNS = (
    "time",
    "store",
    "sku",
    "kind",
    "source",
    "reservation",
    "on_hand_change",
    "reserved_change",
    "on_hand",
    "reserved",
    "version",
)


def import_levels(
    file: Annotated[Path, typer.Argument(help="A table, or Google's local inventory feed.")],
    map: Annotated[
        list[str] | None, typer.Option(metavar="COLUMN=FIELD", help="The field of a column.")
    ] = None,
    source: Annotated[str, typer.Option(help="The system that states the levels.")] = "file",
    sequence: Annotated[
        int | None, typer.Option(min=1, help="Number of this snapshot. [seconds since 1970]")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Set levels from a file, and report the outcome of its rows."""
    columns = columns_of(map or [], stock_files.NAMES)
    try:
        rows = list(stock_files.read(file, columns))
    except (OSError, ValueError) as error:
        raise CommandError(f"{file.name}: {error}", USAGE) from None
    bad = [row for row in rows if isinstance(row, BadRow)]
    good = [row for row in rows if isinstance(row, stock_files.Row)]
    with services() as channel:
        counts, refused = send(channel, good, source, sequence or int(time.time()))
    counts["rejected"] += len(bad)
    rejected = [(row.line, row.reason) for row in bad] + refused
    unknown = [(row.line, row.reason) for row in good if row.on_hand is None]
    if json:
        report = {**counts, "rejected_rows": rejected, "unknown_rows": unknown}
        typer.echo(orjson.dumps(report).decode())
    else:
        console.print(
            f"[green]{counts['applied']:,}[/] set, {counts['ignored']:,} late or repeated, "
            f"[red]{counts['rejected']:,}[/] rejected"
        )
        if unknown:
            console.print(f"[yellow]{len(unknown):,}[/] of these are now UNKNOWN: no whole number")
        for line, reason in (*rejected, *unknown)[:MAX_SHOWN]:
            console.print(f"  line {line}: {escape(reason)}")
    if counts["rejected"] or unknown:
        raise typer.Exit(FAILED)


def export(
    file: Annotated[Path, typer.Argument(help="The file to write.")],
    store: Annotated[list[str] | None, typer.Option(help="Only these stores. [all]")] = None,
    google: Annotated[
        bool, typer.Option("--google", help="Write Google's local inventory feed instead.")
    ] = False,
) -> None:
    """Write levels to a file."""
    with services() as channel:
        names = [store_name(id) for id in store] if store else list(all_stores(channel))
        write = stock_files.write_google if google else stock_files.write_csv
        count = write(levels_of(channel, names), file)
    console.print(f"{count:,} levels written to {file}", highlight=False)


def reconcile(json: JsonOption = False) -> None:
    """Compare all levels with the ledger and the holds; exit status 1 if they differ."""
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
        for drift in answer.drifts[:MAX_SHOWN]:
            console.print(
                f"  {drift.store} {drift.product} ({drift.kind}): "
                f"{drift.actual}, should be {drift.expected}"
            )
    if answer.drift_count:
        raise typer.Exit(FAILED)


def movements(
    file: Annotated[Path, typer.Argument(help="The CSV file to write.")],
    store: Annotated[str, typer.Option(help="Only this store. [all]")] = "",
    since: Annotated[
        dt.datetime | None, typer.Option(help="Only from this instant on, in UTC. [all]")
    ] = None,
) -> None:
    """Write the movements of the ledger to a file; trimmed ones are missing."""
    request = stock_pb2.ExportStockMovementsRequest(store=store_name(store) if store else "")
    if since:
        request.start_time.FromDatetime(since)
    count = 0
    with services() as channel, file.open("w", encoding="utf-8", newline="") as text:
        rows = csv.writer(text, lineterminator="\n")
        rows.writerow(MOVEMENT_COLUMNS)
        stub = stock_pb2_grpc.StockServiceStub(channel)
        for page in stub.ExportStockMovements(request, timeout=UPLOAD_TIMEOUT_S):
            rows.writerows(map(movement_row, page.movements))
            count += len(page.movements)
    console.print(f"{count:,} movements written to {file}", highlight=False)


def movement_row(movement: stock_pb2.StockMovement) -> tuple[str | int, ...]:
    """A movement in the order of the columns."""
    kind = stock_pb2.StockMovement.Kind.Name(movement.kind).removeprefix("KIND_").lower()
    return (
        movement.create_time.ToDatetime(dt.UTC).isoformat(timespec="milliseconds"),
        movement.store.removeprefix("stores/"),
        movement.product.removeprefix("products/"),
        kind,
        movement.source,
        movement.reservation,
        movement.on_hand_change,
        movement.reserved_change,
        movement.on_hand,
        movement.reserved,
        movement.level_version,
    )


def send(
    channel: grpc.Channel, rows: list[stock_files.Row], source: str, sequence: int
) -> tuple[Counter[str], list[tuple[int, str]]]:
    """Send rows store by store.

    Returns:
        The number of rows for each outcome, and the line and reason of each refused row.
    """
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
    """The requests for one store's rows, each of bounded size."""
    levels = (
        stock_pb2.StockLevelInput(
            product=f"products/{row.sku}",
            on_hand=row.on_hand or 0,
            safety_stock=row.safety_stock,
            unknown=row.on_hand is None,
        )
        for row in rows
    )
    for block in blocks(levels):
        yield stock_pb2.SetStockLevelsRequest(
            store=store_name(store), source=source, sequence=sequence, levels=block
        )


def all_stores(channel: grpc.Channel) -> Iterator[str]:
    """The resource names of all stores."""
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
