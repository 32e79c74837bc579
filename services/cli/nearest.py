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
from services.client.words import address_line, distance, travel_time


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
    table.add_column("id", no_wrap=True, style="dim")  # other commands take it
    table.add_column("address")
    for number, found in enumerate(response.stores, 1):
        store = found.store
        table.add_row(
            f"[dim]{number}[/]",
            f"[bold]{escape(store.display_name)}[/]",
            distance(found.distance_m),
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
