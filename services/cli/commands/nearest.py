"""`enrayon nearest`: the nearest stores to a position or a place, with their opening states."""

from collections.abc import Mapping
from typing import Annotated

import orjson
import typer
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.json_format import MessageToDict
from rich.markup import escape
from rich.table import Table

from enrayon.hours.v1 import hours_pb2
from enrayon.stores.v1 import stores_pb2, stores_pb2_grpc
from enrayon.type.v1 import geometry_pb2
from services.cli.channel import TIMEOUT_S, services
from services.cli.clock import LanguageOption, has_offset, instant, language
from services.cli.output import USAGE, CommandError, JsonOption, console
from services.cli.states import in_words, states_of
from services.cli.travel import BikeOption, DriveOption, WalkOption, WithinOption, travel
from services.client.words import address_line, distance, travel_time


def register(app: typer.Typer) -> None:
    """Add the command."""
    # A negative longitude is an argument, not an option.
    app.command("nearest", context_settings={"ignore_unknown_options": True})(nearest)


def nearest(
    where: Annotated[
        list[str], typer.Argument(metavar="LAT LNG|PLACE", help="A position, or a place's name.")
    ],
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="At most so many.")] = 10,
    radius_m: Annotated[
        float | None, typer.Option("--radius-m", help="Within so many metres.")
    ] = None,
    brand: Annotated[
        list[str] | None, typer.Option(help="Only this brand. Repeatable: any of them.")
    ] = None,
    attribute: Annotated[
        list[str] | None,
        typer.Option(help="Only with this attribute, such as osm.organic. Repeatable: all."),
    ] = None,
    open_now: Annotated[bool, typer.Option("--open-now", help="Only stores open now.")] = False,
    open_at: Annotated[
        str | None,
        typer.Option("--open-at", help="Only stores open then: 18:30, 2026-12-24T18:30."),
    ] = None,
    at: Annotated[
        str | None, typer.Option("--at", help="Show the opening states of this local time.")
    ] = None,
    walk: WalkOption = False,
    bike: BikeOption = False,
    drive: DriveOption = False,
    minutes: WithinOption = None,
    lang: LanguageOption = None,
    json: JsonOption = False,
) -> None:
    """Find the nearest stores: `enrayon nearest Kamppi`, `enrayon nearest 60.1699 24.9384`."""
    if open_now and open_at:
        raise CommandError("--open-now and --open-at exclude each other", USAGE)
    request = stores_pb2.FindNearestStoresRequest(
        origin=origin(where),
        page_size=limit,
        radius_m=radius_m,
        travel=travel(walk=walk, bike=bike, drive=drive, minutes=minutes),
    )
    if brand or attribute:
        request.store_filter.brands.extend(brand or [])
        request.store_filter.attributes.extend(attribute or [])
    with services() as channel:
        stub = stores_pb2_grpc.StoresServiceStub(channel)
        open_then = "now" if open_now else open_at
        times = [text for text in (at, open_then) if text]
        zone = "" if all(map(has_offset, times)) else zone_near(stub, request.origin)
        if open_then:
            request.store_filter.open_at.FromDatetime(instant(open_then, zone, "--open-at"))
        moment = instant(times[0], zone, "--at" if at else "--open-at") if times else None
        response = stub.FindNearestStores(request, timeout=TIMEOUT_S)
        names = [found.store.name for found in response.stores]
        states = states_of(channel, names, moment, language(lang))
    if json:
        answer = MessageToDict(response)
        if moment is not None:  # without a time, scripts get the same answer as by HTTP
            answer["openStates"] = [MessageToDict(states[name]) for name in names if name in states]
        typer.echo(orjson.dumps(answer, option=orjson.OPT_INDENT_2).decode())
    else:
        show(response, states)


def zone_near(stub: "stores_pb2_grpc.StoresServiceStub", origin: geometry_pb2.Origin) -> str:
    """The time zone of the store nearest to an origin; empty if there is no store."""
    request = stores_pb2.FindNearestStoresRequest(
        origin=origin, page_size=1, read_mask=FieldMask(paths=["time_zone"])
    )
    stores = stub.FindNearestStores(request, timeout=TIMEOUT_S).stores
    return stores[0].store.time_zone if stores else ""


def origin(where: list[str]) -> geometry_pb2.Origin:
    """Reads an origin: two numbers are a position, anything else is a place.

    Raises:
        CommandError: there are numbers, but not two.
    """
    words = " ".join(where).replace(",", " ").split()
    try:
        numbers = [float(word) for word in words]
    except ValueError:
        return geometry_pb2.Origin(place=" ".join(where))
    if len(numbers) != 2:
        if len(words) == 1 and words[0].isdigit():  # a postcode
            return geometry_pb2.Origin(place=words[0])
        raise CommandError("give a latitude and a longitude, or the name of a place", USAGE)
    return geometry_pb2.Origin(point={"latitude": numbers[0], "longitude": numbers[1]})


def show(
    response: stores_pb2.FindNearestStoresResponse, states: Mapping[str, hours_pb2.OpenState]
) -> None:
    """Print the stores as a table."""
    if response.HasField("origin_place"):
        place = response.origin_place
        console.print(f"[dim]near[/] [bold]{escape(place.display_name)}[/], {place.description}")
    if not response.stores:
        console.print("No store matches. Increase the radius, or remove a filter.")
        return
    has_journeys = any(found.HasField("journey") for found in response.stores)
    table = Table("", "store", "distance", box=None, pad_edge=False)
    if has_journeys:
        table.add_column("time", no_wrap=True)
    table.add_column("hours", no_wrap=True)  # a narrow terminal wraps the address instead
    table.add_column("address")
    for number, found in enumerate(response.stores, 1):
        store = found.store
        table.add_row(
            f"[dim]{number}[/]",
            f"[bold]{escape(store.display_name)}[/]",
            distance(found.distance_m),
            *([travel_time(found.journey)] if has_journeys else []),
            in_words(states.get(store.name)),
            escape(address_line(store)),
        )
    console.print(table)
    if response.road_attribution:
        console.print(f"[dim]Times: {escape(response.road_attribution)}[/]")
    if response.HasField("as_of"):
        moment = response.as_of.ToJsonString()
        console.print(f"[yellow]The database cannot be reached; this answer is of {moment}.[/]")
