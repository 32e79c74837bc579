"""`enrayon nearest`."""

from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from enrayon.stores.v1 import stores_pb2, stores_pb2_grpc
from enrayon.type.v1 import geometry_pb2
from services.cli.channel import TIMEOUT_S, services
from services.cli.output import USAGE, CommandError, JsonOption, console, distance, print_json


def register(app: typer.Typer) -> None:
    """Add the command."""
    # A negative longitude is no option.
    app.command("nearest", context_settings={"ignore_unknown_options": True})(nearest)


def nearest(
    where: Annotated[
        list[str], typer.Argument(metavar="LAT LNG|PLACE", help="A position, or a place's name.")
    ],
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="How many at most.")] = 10,
    radius_m: Annotated[
        float | None, typer.Option("--radius-m", help="How far at most, in metres.")
    ] = None,
    brand: Annotated[list[str] | None, typer.Option(help="One of these brands.")] = None,
    attribute: Annotated[
        list[str] | None, typer.Option(help="All of these attributes, such as osm.organic.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Find the nearest stores: `enrayon nearest Kamppi`, `enrayon nearest 60.1699 24.9384`."""
    request = stores_pb2.FindNearestStoresRequest(
        origin=origin(where),
        page_size=limit,
        radius_m=radius_m,
    )
    if brand or attribute:
        request.store_filter.brands.extend(brand or [])
        request.store_filter.attributes.extend(attribute or [])
    with services() as channel:
        response = stores_pb2_grpc.StoresServiceStub(channel).FindNearestStores(
            request, timeout=TIMEOUT_S
        )
    if json:
        print_json(response)
    else:
        show(response)


def origin(where: list[str]) -> geometry_pb2.Origin:
    """The origin that was typed.

    Raises:
        CommandError: two numbers that are no position.
    """
    words = " ".join(where).replace(",", " ").split()
    try:
        numbers = [float(word) for word in words]
    except ValueError:
        return geometry_pb2.Origin(place=" ".join(where))
    if len(numbers) != 2:
        if len(words) == 1 and words[0].isdigit():  # a postcode
            return geometry_pb2.Origin(place=words[0])
        raise CommandError("want a latitude and a longitude, or the name of a place", USAGE)
    return geometry_pb2.Origin(point={"latitude": numbers[0], "longitude": numbers[1]})


def show(response: stores_pb2.FindNearestStoresResponse) -> None:
    """Print the stores as a table."""
    if response.HasField("origin_place"):
        place = response.origin_place
        console.print(f"[dim]near[/] [bold]{escape(place.display_name)}[/], {place.description}")
    if not response.stores:
        console.print("No store matches. Widen the radius, or drop a filter.")
        return
    table = Table("", "store", "distance", "address", box=None, pad_edge=False)
    for number, found in enumerate(response.stores, 1):
        store = found.store
        table.add_row(
            f"[dim]{number}[/]",
            f"[bold]{escape(store.display_name)}[/]",
            f"[green]{distance(found.distance_m)}[/]",
            escape(one_line(store)),
        )
    console.print(table)
    if response.HasField("as_of"):
        moment = response.as_of.ToJsonString()
        console.print(f"[yellow]The database cannot be reached; this is as of {moment}.[/]")


def one_line(store: stores_pb2.Store) -> str:
    """The address of a store on one line."""
    address = store.address
    town = " ".join(part for part in (address.postal_code, address.locality) if part)
    return ", ".join(part for part in (*address.address_lines, town) if part)
