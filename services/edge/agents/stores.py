"""The tool find_stores: the nearest stores to a place or a position."""

from typing import Annotated

from mcp.server import MCPServer
from mcp_types import CallToolResult
from pydantic import BaseModel, Field

from enrayon.stores.v1 import stores_pb2
from services.client import Client
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
    distance_m: float
    travel_time: str = ""
    """In minutes, with `travel_by`; `about` before it: an estimate, without roads."""
    phone: str = ""


class FoundStores(BaseModel):
    """The nearest stores, nearest first."""

    stores: list[FoundStore]
    taken_as: str = ""
    """The place that the text was understood as."""
    origin: Position | None = None
    """The position of that place."""
    road_attribution: str = ""
    """To be shown beside travel times."""


def add_tools(server: MCPServer[None], client: Client) -> None:
    """Add the tool."""

    @server.tool(title="Find stores", annotations=READ_ONLY, meta=shown_in(STORES))
    async def find_stores(
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
        """Find the stores nearest to a place or a position, nearest first."""
        with readable():
            wanted = stores_pb2.StoreFilter(
                brands=[brand] if brand else [],
                open_at=opening_time(open_now, open_at),
                service=counter,
            )
            request = stores_pb2.FindNearestStoresRequest(
                origin=origin(place, latitude, longitude),
                store_filter=wanted,
                page_size=limit,
                travel=travel(travel_by, max_minutes),
            )
            if radius_km is not None:
                request.radius_m = radius_km * 1000
            answer = await client.stores.FindNearestStores(request)
        found = [
            FoundStore(
                store=hit.store.name,
                name=hit.store.display_name,
                address=address_line(hit.store),
                distance_m=round(hit.distance_m, 1),
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
        )
        return result(_sentence(found, label), content)


def _sentence(found: list[FoundStore], place: str) -> str:
    near = f" near {place}" if place else ""
    if not found:
        return f"No such store was found{near}."
    names = [f"{store.name} ({store.travel_time or distance(store.distance_m)})" for store in found]
    if len(found) == 1:
        return f"The nearest store{near} is {names[0]}."
    return f"The nearest stores{near} are {listed(names)}."
