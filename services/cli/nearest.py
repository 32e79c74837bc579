"""Origins of nearest queries, and the table of their answers."""

from collections.abc import Mapping

from google.protobuf.field_mask_pb2 import FieldMask
from rich.markup import escape
from rich.table import Table

from enrayon.hours.v1 import hours_pb2
from enrayon.stores.v1 import stores_pb2, stores_pb2_grpc
from enrayon.type.v1 import geometry_pb2
from services.cli.channel import TIMEOUT_S
from services.cli.clock import local
from services.cli.consoles import console
from services.cli.output import USAGE, CommandError
from services.cli.states import in_words
from services.cli.stores import store_id
from services.client.questions import as_nearest, is_understood, nearest_request, search_request
from services.client.words import address_line, distance, travel_time


def zone_near(
    stub: "stores_pb2_grpc.StoresServiceStub", request: stores_pb2.FindNearestStoresRequest
) -> str:
    """The time zone of the first store that a request finds; empty if there is none."""
    first = stores_pb2.FindNearestStoresRequest(
        origin=request.origin if request.HasField("origin") else None,
        query=request.query,
        store_filter=request.store_filter,
        page_size=1,
        read_mask=FieldMask(paths=["time_zone"]),
    )
    stores = find(stub, first).stores
    return stores[0].store.time_zone if stores else ""


def position(where: list[str]) -> geometry_pb2.Origin | None:
    """The position that two numbers are; None for words and for a postcode.

    Raises:
        CommandError: there are numbers, but not two.
    """
    words = " ".join(where).replace(",", " ").split()
    try:
        numbers = [float(word) for word in words]
    except ValueError:
        return None
    if len(numbers) != 2:
        if len(words) == 1 and words[0].isdigit():  # a postcode
            return None
        raise CommandError("give a latitude and a longitude, or the name of a place", USAGE)
    return geometry_pb2.Origin(point={"latitude": numbers[0], "longitude": numbers[1]})


def origin(where: list[str]) -> geometry_pb2.Origin:
    """The origin that two numbers or the name of a place are.

    Raises:
        CommandError: there are numbers, but not two.
    """
    return position(where) or geometry_pb2.Origin(place=" ".join(where))


def ask(
    stub: "stores_pb2_grpc.StoresServiceStub",
    text: str,
    request: stores_pb2.FindNearestStoresRequest,
) -> stores_pb2.ParseQueryResponse:
    """Set in a request what a text asks for; one that is not understood is taken for a place."""
    parsed = stub.ParseQuery(stores_pb2.ParseQueryRequest(query=text), timeout=TIMEOUT_S)
    nearest_request(parsed, request)
    if not is_understood(parsed):
        request.origin.place = text
        parsed.rest = ""
    return parsed


def find(
    stub: "stores_pb2_grpc.StoresServiceStub", request: stores_pb2.FindNearestStoresRequest
) -> stores_pb2.FindNearestStoresResponse:
    """The stores of a request; without an origin, in the order of how well they match.

    Raises:
        CommandError: there is no origin, and distance or travel is asked for.
    """
    if request.HasField("origin"):
        return stub.FindNearestStores(request, timeout=TIMEOUT_S)
    if request.HasField("radius_m") or request.HasField("travel"):
        raise CommandError("distance and travel need a place, or latitude and longitude", USAGE)
    return as_nearest(stub.SearchStores(search_request(request), timeout=TIMEOUT_S))


def show(
    response: stores_pb2.FindNearestStoresResponse,
    states: Mapping[str, hours_pb2.OpenState],
    rest: str = "",
) -> None:
    """Print the stores as a table, and the words of the question that were not understood."""
    if rest:
        console.print(
            f"[yellow]Not understood: {escape(rest)}.[/] For products, see `enrayon products`."
        )
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
    table.add_column("id", no_wrap=True, style="dim")  # other commands take it
    table.add_column("address")
    for number, found in enumerate(response.stores, 1):
        store = found.store
        table.add_row(
            f"[dim]{number}[/]",
            f"[bold]{escape(store.display_name)}[/]",
            distance(found.distance_m) if found.HasField("distance_m") else "",
            *([travel_time(found.journey)] if has_journeys else []),
            in_words(states.get(store.name)),
            escape(store_id(store.name)),
            escape(address_line(store)),
        )
    console.print(table)
    if response.road_attribution:
        console.print(f"[dim]Times: {escape(response.road_attribution)}[/]")
    if response.HasField("as_of"):
        moment = local(response.as_of, response.stores[0].store.time_zone)
        console.print(f"[yellow]The database cannot be reached; this answer is of {moment}.[/]")
