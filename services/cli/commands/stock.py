"""`enrayon stock`: finds stores with a basket; imports and exports are in `stock_feeds`."""

import datetime as dt
import time
from collections.abc import Iterable
from typing import Annotated

import typer
from google.protobuf.field_mask_pb2 import FieldMask
from rich.markup import escape
from rich.table import Table

from enrayon.stock.v1 import stock_pb2, stock_pb2_grpc
from enrayon.stock.v1.stock_pb2 import StockBand
from services.cli.baskets import BasketArgument, resolved
from services.cli.channel import TIMEOUT_S, services
from services.cli.commands import stock_feeds
from services.cli.consoles import console
from services.cli.nearest import origin
from services.cli.options import BikeOption, DriveOption, WalkOption, WithinOption
from services.cli.output import JsonOption, print_json
from services.cli.stores import store_id
from services.cli.travel import travel
from services.client.words import address_line, distance, left_out, opening, travel_time

COLOURS = {
    StockBand.STOCK_BAND_IN_STOCK: "green",
    StockBand.STOCK_BAND_LIMITED: "yellow",
    StockBand.STOCK_BAND_OUT_OF_STOCK: "red",
    StockBand.STOCK_BAND_UNKNOWN: "dim",
}

WIDE = 100
"""Columns of a terminal that shows addresses too."""

NearOption = Annotated[str, typer.Option("--near", help="A place's name, or `LAT LNG`.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    stock = typer.Typer(no_args_is_help=True, help="Find, import, export and check stock.")
    stock.command("find")(find)
    stock.command("import")(stock_feeds.import_levels)
    stock.command("export")(stock_feeds.export)
    stock.command("movements")(stock_feeds.movements)
    stock.command("reconcile")(stock_feeds.reconcile)
    app.add_typer(stock, name="stock")


def find(
    basket: BasketArgument,
    near: NearOption,
    radius_m: Annotated[
        float | None, typer.Option("--radius-m", help="Within so many metres. [50 km]")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="At most so many.")] = 5,
    service: Annotated[
        list[str] | None, typer.Option(help="Only with this attribute. Repeatable: all.")
    ] = None,
    open_now: Annotated[bool, typer.Option("--open", help="Only stores open now.")] = False,
    partial: Annotated[
        bool, typer.Option("--partial", help="Also stores with a part of the basket.")
    ] = False,
    split: Annotated[
        bool, typer.Option("--split", help="If no store has all, the fewest that have it together.")
    ] = False,
    walk: WalkOption = False,
    bike: BikeOption = False,
    drive: DriveOption = False,
    minutes: WithinOption = None,
    json: JsonOption = False,
) -> None:
    """Find the nearest stores with a basket: `enrayon stock find milk bread --near Hakaniemi`."""
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
            read_mask=FieldMask(paths=["*"]),
            travel=travel(walk=walk, bike=bike, drive=drive, minutes=minutes),
        )
        if open_now:
            request.open_at.FromSeconds(int(time.time()))
        answer = stub.FindNearestAvailability(request, timeout=TIMEOUT_S)
        if json:
            print_json(answer)
        else:
            show(answer, names)


def show(
    answer: stock_pb2.FindNearestAvailabilityResponse,
    products: dict[str, str],
) -> None:
    """Print the stores, the split, or why there is none."""
    if answer.origin_display_name:
        console.print(f"[dim]near[/] [bold]{escape(answer.origin_display_name)}[/]")
    if "stock" in answer.unreachable:
        console.print("[yellow]The database cannot be reached: stock is unknown.[/]")
        return
    if answer.stores:
        console.print(table_of(answer.stores, products))
    elif answer.split.stores:
        count = len(answer.split.stores)
        proof = "the fewest possible" if answer.split.fewest else "perhaps not the fewest"
        console.print(f"No store has all of it; {count} stores have it together ({proof}):")
        console.print(table_of(answer.split.stores, products))
    else:
        console.print("No store has all of it. Try --partial, --split or a larger --radius-m.")
    if answer.road_attribution:
        console.print(f"[dim]Times: {escape(answer.road_attribution)}[/]")
    if answer.left_out:
        reasons = "; ".join(
            escape(f"{entry.display_name or entry.store} ({left_out(entry, products)})")
            for entry in answer.left_out[:4]
        )
        console.print(f"[dim]left out: {reasons}[/]")


def table_of(stores: Iterable[stock_pb2.StoreAvailability], products: dict[str, str]) -> Table:
    """A table of stores with the offered quantity of each product."""
    stores = list(stores)
    way = "time" if any(found.HasField("journey") for found in stores) else "distance"
    table = Table("store", way, *map(escape, products.values()), box=None)
    table.add_column("hours", no_wrap=True)
    if is_wide := console.width >= WIDE:
        table.add_column("address")
    table.add_column("id", no_wrap=True)  # to be copied
    now = dt.datetime.now(dt.UTC)
    for found in stores:
        cells = []
        for line in found.lines:
            colour = COLOURS.get(line.level.band, "dim")
            level = line.level
            has = f" of {level.available}" if level.HasField("available") else ""
            cells.append(f"[{colour}]{line.offered_quantity}{has}[/]")
        table.add_row(
            f"[bold]{escape(found.display_name)}[/]",
            travel_time(found.journey) if found.HasField("journey") else distance(found.distance_m),
            *cells,
            opening(found.open_state, now),
            *([escape(address_line(found))] if is_wide else []),
            f"[dim]{store_id(found.store)}[/]",
        )
    return table
