"""`enrayon aisle`: routes for a list, shelves of products, imports of plans, QR codes."""

from collections.abc import Iterable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import grpc
import segno
import typer
from rich.markup import escape
from rich.table import Table

from enrayon.aisle.v1 import aisle_pb2 as pb
from enrayon.aisle.v1 import aisle_pb2_grpc
from enrayon.stock.v1 import stock_pb2, stock_pb2_grpc
from geodata.samples import SUPERMARKET
from services.cli.baskets import product_of
from services.cli.channel import TIMEOUT_S, services
from services.cli.consoles import console
from services.cli.output import JsonOption, print_json
from services.cli.stores import store_name

DRAW_TIMEOUT_S = 60.0
COLOURS = {
    pb.RouteStep.KIND_NOTICE: "yellow",
    pb.RouteStep.KIND_WALK: "dim",
    pb.RouteStep.KIND_LEVEL: "cyan",
    pb.RouteStep.KIND_TAKE: "bold",
    pb.RouteStep.KIND_END: "green",
}


class Profile(StrEnum):
    """The profile of the walk."""

    WALKING = "walking"
    TROLLEY = "trolley"
    STEP_FREE = "step-free"


class End(StrEnum):
    """The end of the walk."""

    TILL = "till"
    COUNTER = "counter"
    ENTRANCE = "entrance"
    LAST_STOP = "last-stop"


ProductsArgument = Annotated[
    list[str], typer.Argument(metavar="PRODUCT...", help="SKUs, barcodes or words: milk bread.")
]
StoreOption = Annotated[
    str, typer.Option("--store", help="A store's id. [the demo's supermarket]", show_default=False)
]
LanguageOption = Annotated[str, typer.Option("--language", "-l", help="en, fr, fi or de.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(no_args_is_help=True, help="Inside a store: routes, shelves, floor plans.")
    group.command("route")(route)
    group.command("locate")(locate)
    group.command("list")(list_aisles)
    group.command("import")(import_file)
    group.command("anchor")(anchor)
    app.add_typer(group, name="aisle")


def route(
    products: ProductsArgument,
    store: StoreOption = SUPERMARKET,
    start: Annotated[
        str | None, typer.Option("--from", help="Start: a place's id, or the text of a QR code.")
    ] = None,
    end: Annotated[End, typer.Option("--to", help="The end of the walk.")] = End.TILL,
    profile: Annotated[Profile, typer.Option(help="The profile of the walk.")] = Profile.TROLLEY,
    language: LanguageOption = "en",
    picture: Annotated[
        Path | None, typer.Option("--picture", help="Draw the walk into this file: .svg or .png.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Plan the shortest walk for a list: `enrayon aisle route milk bread apples`."""
    name = store_name(store)
    with services() as channel:
        stub = aisle_pb2_grpc.AisleServiceStub(channel)
        wanted = named(channel, products)
        walk = pb.Walk(
            items=items(channel, name, wanted),
            profile=pb.RouteProfile.Value(f"ROUTE_PROFILE_{profile.name}"),
            end=pb.RouteEnd.Value(f"ROUTE_END_{end.name}"),
        )
        if start is not None:
            setattr(walk, "anchor" if len(start) > 40 else "place", start)
        request = pb.PlanRouteRequest(store=name, walk=walk, language_code=language)
        answer = stub.PlanRoute(request, timeout=TIMEOUT_S)
        if picture and answer.legs:
            draw(stub, name, walk, language, picture)
    if json:
        print_json(answer)
        return
    show(answer)
    if picture and answer.legs:
        console.print(f"[dim]picture: {escape(str(picture))}[/]", highlight=False)


def locate(
    products: ProductsArgument,
    store: StoreOption = SUPERMARKET,
    language: LanguageOption = "en",
    json: JsonOption = False,
) -> None:
    """Show the shelves of products: `enrayon aisle locate milk`."""
    with services() as channel:
        wanted = named(channel, products)
        answer = aisle_pb2_grpc.AisleServiceStub(channel).LocateProducts(
            pb.LocateProductsRequest(
                store=store_name(store), products=wanted, language_code=language
            ),
            timeout=TIMEOUT_S,
        )
    if json:
        print_json(answer)
        return
    table = Table("product", "shelf", "confidence", box=None)
    for found in answer.located:
        for number, shelf in enumerate(found.shelves):
            name = "" if number else f"[bold]{escape(found.display_name or found.product)}[/]"
            table.add_row(name, escape(shelf.address), f"{shelf.placement.confidence:.0%}")
    for missing in answer.unlocated:
        where = f"ask in {missing.department}" if missing.department else "unknown"
        table.add_row(escape(missing.display_name or missing.product), f"[dim]{where}[/]", "")
    console.print(table)


def list_aisles(store: StoreOption = SUPERMARKET, json: JsonOption = False) -> None:
    """List the aisles of a store in walking order."""
    with services() as channel:
        answer = aisle_pb2_grpc.AisleServiceStub(channel).ListAisles(
            pb.ListAislesRequest(parent=store_name(store), page_size=1000), timeout=TIMEOUT_S
        )
    if json:
        print_json(answer)
        return
    table = Table("aisle", "departments", "", box=None)
    for aisle in answer.aisles:
        shut = "[yellow]closed[/]" if aisle.blocked else ""
        table.add_row(f"[bold]{escape(aisle.aisle)}[/]", escape(", ".join(aisle.departments)), shut)
    console.print(table)


def import_file(
    file: Annotated[
        Path,
        typer.Argument(
            help="IMDF (.zip), GeoJSON of this project or of OSM, or a table of aisles "
            "or placements."
        ),
    ],
    store: Annotated[str, typer.Option("--store", help="The store's id.")],
    version: Annotated[str, typer.Option("--id", help="The id of the plan version.")] = "v1",
    level: Annotated[
        list[str] | None,
        typer.Option(metavar="FEATURE=LEVEL", help="For OSM: corrects the level of a feature."),
    ] = None,
    map: Annotated[
        list[str] | None,
        typer.Option(metavar="COLUMN=FIELD", help="For a table: the field of a column."),
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="For placements: remove those not in the file.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Report the problems, but change nothing.")
    ] = False,
) -> None:
    """Import a floor plan or placements, and report their problems."""
    from services.cli.commands.aisle_import import import_plan

    levels = dict(pair.partition("=")[::2] for pair in level or ())
    columns = dict(pair.rpartition("=")[::2] for pair in map or ())
    name = store_name(store)
    import_plan(file, name, version, levels, columns, replace=replace, dry_run=dry_run)


def anchor(
    id: Annotated[str, typer.Argument(help="The anchor's id; a short one makes a small code.")],
    x_m: Annotated[float, typer.Option("--x-m", help="Metres to the right on the plan.")],
    y_m: Annotated[float, typer.Option("--y-m", help="Metres upwards on the plan.")],
    level: Annotated[str, typer.Option("--level", help="The level's id.")] = "0",
    heading: Annotated[
        float | None,
        typer.Option(help="Direction of view, in degrees clockwise from the plan's y axis."),
    ] = None,
    store: StoreOption = SUPERMARKET,
    picture: Annotated[
        Path | None, typer.Option("--picture", help="Write the code into this file: .svg.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Create a signed QR code for a position in a store."""
    wanted = pb.Anchor(
        position=pb.IndoorPosition(level=level, x_m=x_m, y_m=y_m), heading_degrees=heading
    )
    with services() as channel:
        answer = aisle_pb2_grpc.AisleServiceStub(channel).CreateAnchor(
            pb.CreateAnchorRequest(parent=store_name(store), anchor=wanted, anchor_id=id),
            timeout=TIMEOUT_S,
        )
    if picture:
        picture.write_text(answer.qr_svg, "utf-8")
    if json:
        print_json(answer)
        return
    console.print(answer.url, highlight=False, soft_wrap=True)
    if picture:
        console.print(f"[dim]code: {escape(str(picture))}[/]", highlight=False)
    else:
        segno.make(answer.url, error="m", micro=False).terminal(compact=True)


def named(channel: grpc.Channel, typed: Iterable[str]) -> dict[str, str]:
    """Finds the products of arguments; their display names by resource name."""
    stub = stock_pb2_grpc.StockServiceStub(channel)
    products = [product_of(stub, word) for word in typed]
    return {product.name: product.display_name for product in products}


def items(channel: grpc.Channel, store: str, products: Iterable[str]) -> Iterator[pb.WalkItem]:
    """The items of a walk with their availability, where stock is reachable."""
    wanted = list(products)
    bands: dict[str, str] = {}
    try:
        levels = stock_pb2_grpc.StockServiceStub(channel).GetStockLevels(
            stock_pb2.GetStockLevelsRequest(store=store, products=wanted), timeout=TIMEOUT_S
        )
        bands = {
            level.product: stock_pb2.StockBand.Name(level.band).removeprefix("STOCK_BAND_")
            for level in levels.levels
        }
    except grpc.RpcError as error:
        if error.code() not in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.UNIMPLEMENTED):
            raise
    for product in wanted:
        band = bands.get(product, "UNSPECIFIED")
        yield pb.WalkItem(
            product=product, availability=pb.Availability.Value(f"AVAILABILITY_{band}")
        )


def draw(
    stub: "aisle_pb2_grpc.AisleServiceStub",
    store: str,
    walk: pb.Walk,
    language: str,
    target: Path,
) -> None:
    """Draw a walk into a file; a walk over several levels into one file per level."""
    is_png = target.suffix.lower() == ".png"
    request = pb.RenderFloorPlanRequest(
        store=store,
        walk=walk,
        language_code=language,
        wide=True,
        format=pb.RenderFloorPlanRequest.FORMAT_PNG
        if is_png
        else pb.RenderFloorPlanRequest.FORMAT_SVG,
    )
    first = stub.RenderFloorPlan(request, timeout=DRAW_TIMEOUT_S)
    for level in first.levels or [first.level]:
        request.level = level
        answer = first
        if level != first.level:
            answer = stub.RenderFloorPlan(request, timeout=DRAW_TIMEOUT_S)
        is_only = len(first.levels) < 2
        path = target if is_only else target.with_stem(f"{target.stem}-{level}")
        path.write_bytes(answer.png if is_png else answer.svg.encode())


def show(answer: pb.PlanRouteResponse) -> None:
    """Print the steps of a route."""
    number = 0
    for step in answer.steps:
        colour = COLOURS[step.kind]
        if step.kind == pb.RouteStep.KIND_TAKE:
            number += 1
        head = f"{number:>3}" if step.kind == pb.RouteStep.KIND_TAKE else "   "
        console.print(f"[dim]{head}[/] [{colour}]{escape(step.text)}[/]", highlight=False)
    if answer.HasField("length_m"):
        gap = answer.length_m / answer.lower_bound_m - 1 if answer.lower_bound_m else 0.0
        proof = "proved shortest" if gap < 1e-9 else f"at most {gap:.1%} above the shortest"
        console.print(f"[dim]{answer.length_m:.0f} m in all, {proof}[/]", highlight=False)
