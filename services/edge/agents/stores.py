"""The tool find_stores: the nearest stores to a place or a position."""

from typing import Annotated

from mcp.server import MCPServer
from mcp_types import CallToolResult
from pydantic import BaseModel, Field

from enrayon.stores.v1 import stores_pb2
from services.chassis.errors import InvalidArgument
from services.client import Client
from services.client.questions import as_nearest, is_understood, nearest_request, search_request
from services.client.words import address_line, distance, travel_time
from services.edge.agents.arguments import (
    READ_ONLY,
    Latitude,
    Limit,
    Longitude,
    MaxMinutes,
    OpenAt,
    OpenNow,
    Place,
    Question,
    RadiusKm,
    TravelBy,
    opening_time,
    origin,
    travel,
)
from services.edge.agents.places import Placed, Position, degrees, position_of
from services.edge.agents.speech import listed, readable, result
from services.edge.agents.views import STORES, shown_in


class FoundStore(Placed):
    """A store, and its distance from the origin."""

    store: str
    name: str
    address: str
    distance_m: float | None
    """Not set without a place."""
    travel_time: str = ""
    """In minutes, with `travel_by`; `about` before it: an estimate, without roads."""
    phone: str = ""


class FoundStores(BaseModel):
    """Stores, nearest first; without a place, those that match best first."""

    stores: list[FoundStore]
    taken_as: str = ""
    """The place that the text was understood as."""
    origin: Position | None = None
    """The position of that place."""
    not_understood: str = ""
    """Words of the question that are no shop, kind or place: perhaps a product."""
    road_attribution: str = ""
    """To be shown beside travel times."""


def add_tools(server: MCPServer[None], client: Client) -> None:
    """Add the tool."""

    @server.tool(title="Find stores", annotations=READ_ONLY, meta=shown_in(STORES))
    async def find_stores(
        question: Question = "",
        place: Place = "",
        latitude: Latitude = None,
        longitude: Longitude = None,
        radius_km: RadiusKm | None = None,
        open_now: OpenNow = False,
        open_at: OpenAt = "",
        counter: Annotated[
            str, Field(max_length=60, description="Only stores with this counter open: `pharmacy`")
        ] = "",
        brand: Annotated[str, Field(max_length=200)] = "",
        travel_by: TravelBy = "",
        max_minutes: MaxMinutes = None,
        limit: Limit = 5,
    ) -> Annotated[CallToolResult, FoundStores]:
        """Find the stores that a question asks for, or those nearest to a place, nearest first."""
        with readable():
            parsed = await understood(client, question, latitude, longitude)
            open_now = open_now or (parsed.open_now and not open_at)
            wanted = stores_pb2.StoreFilter(
                brands=[brand] if brand else [],
                open_at=opening_time(open_now, open_at),
                service=counter,
            )
            request = stores_pb2.FindNearestStoresRequest(
                origin=None
                if question and not place and latitude is None
                else origin(place, latitude, longitude),
                store_filter=wanted,
                page_size=limit,
                travel=travel(travel_by, max_minutes),
            )
            if radius_km is not None:
                request.radius_m = radius_km * 1000
            answer = await find(client, request, parsed)
        found = [
            FoundStore(
                store=hit.store.name,
                name=hit.store.display_name,
                address=address_line(hit.store),
                distance_m=round(hit.distance_m, 1) if hit.HasField("distance_m") else None,
                travel_time=travel_time(hit.journey) if hit.HasField("journey") else "",
                phone=hit.store.phones[0] if hit.store.phones else "",
                **position_of(hit.store),
            )
            for hit in answer.stores
        ]
        taken_as = answer.origin_place
        label = ", ".join(part for part in (taken_as.display_name, taken_as.description) if part)
        content = FoundStores(
            stores=found,
            taken_as=label,
            origin=Position(**degrees(taken_as.location))
            if taken_as.HasField("location")
            else None,
            road_attribution=answer.road_attribution,
            not_understood=parsed.rest,
        )
        doubt = f" Not understood: {parsed.rest!r}; it may be a product." if parsed.rest else ""
        said = _sentence(found, label, is_nearest=request.HasField("origin"))
        return result(said + doubt, content)


async def understood(
    client: Client, question: str, latitude: float | None, longitude: float | None
) -> stores_pb2.ParseQueryResponse:
    """What a question asks for; nothing for an empty one."""
    if not question:
        return stores_pb2.ParseQueryResponse()
    request = stores_pb2.ParseQueryRequest(query=question)
    if latitude is not None and longitude is not None:
        request.near.latitude, request.near.longitude = latitude, longitude
    parsed = await client.stores.ParseQuery(request)
    if not is_understood(parsed):
        raise InvalidArgument(
            f"{question!r} names no shop, kind of shop or place. "
            "It may be a product; or give `place`."
        )
    return parsed


async def find(
    client: Client,
    request: stores_pb2.FindNearestStoresRequest,
    parsed: stores_pb2.ParseQueryResponse,
) -> stores_pb2.FindNearestStoresResponse:
    """The stores of a request and a question; without any place, those that match best.

    Raises:
        InvalidArgument: there is no place, and distance or travel is asked for.
    """
    nearest_request(parsed, request)
    if request.HasField("origin"):
        answer = await client.stores.FindNearestStores(request)
        if parsed.HasField("place"):
            answer.origin_place.CopyFrom(parsed.place)
        return answer
    if parsed.near_me or request.HasField("radius_m") or request.HasField("travel"):
        raise InvalidArgument(
            "Distance and travel need an origin: give a place, or latitude and longitude."
        )
    return as_nearest(await client.stores.SearchStores(search_request(request)))


def _off(store: FoundStore) -> str:
    off = store.travel_time or ("" if store.distance_m is None else distance(store.distance_m))
    return f" ({off})" if off else ""


def _sentence(found: list[FoundStore], place: str, *, is_nearest: bool) -> str:
    near = f" near {place}" if place else ""
    if not found:
        return f"No such store was found{near}."
    names = [f"{store.name}{_off(store)}" for store in found]
    if not is_nearest:
        return f"Stores that match: {listed(names)}."
    if len(found) == 1:
        return f"The nearest store{near} is {names[0]}."
    return f"The nearest stores{near} are {listed(names)}."
