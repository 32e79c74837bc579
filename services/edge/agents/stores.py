"""The tool find_stores."""

from typing import Annotated

from mcp.server import MCPServer
from mcp_types import CallToolResult, ToolAnnotations
from pydantic import BaseModel, Field

from enrayon.stores.v1 import stores_pb2
from services.client import Client
from services.edge.agents.places import Latitude, Longitude, Place, origin
from services.edge.agents.speech import kilometres, listed, readable, said

READ_ONLY = ToolAnnotations(read_only_hint=True, open_world_hint=False)


class FoundStore(BaseModel):
    """A store near the place."""

    store: str
    name: str
    address: str
    distance_m: float
    phone: str = ""


class FoundStores(BaseModel):
    """The nearest stores, nearest first."""

    stores: list[FoundStore]
    taken_as: str = ""
    """What the text of the place was understood as."""


def add_tools(server: MCPServer[None], client: Client) -> None:
    """Add the tool."""

    @server.tool(title="Find stores", annotations=READ_ONLY)
    async def find_stores(
        place: Place = "",
        latitude: Latitude = None,
        longitude: Longitude = None,
        radius_km: Annotated[float | None, Field(ge=0, le=1000)] = None,
        open_now: Annotated[bool, Field(description="Only stores known to be open")] = False,
        brand: Annotated[str, Field(max_length=200)] = "",
        limit: Annotated[int, Field(ge=1, le=20)] = 5,
    ) -> Annotated[CallToolResult, FoundStores]:
        """Find the stores nearest to a place or a position, nearest first."""
        with readable():
            wanted = stores_pb2.StoreFilter(brands=[brand] if brand else [])
            if open_now:
                wanted.open_at.GetCurrentTime()
            request = stores_pb2.FindNearestStoresRequest(
                origin=origin(place, latitude, longitude),
                store_filter=wanted,
                page_size=limit,
            )
            if radius_km is not None:
                request.radius_m = radius_km * 1000
            answer = await client.stores.FindNearestStores(request)
        found = [
            FoundStore(
                store=hit.store.name,
                name=hit.store.display_name,
                address=one_line(hit.store),
                distance_m=round(hit.distance_m, 1),
                phone=hit.store.phones[0] if hit.store.phones else "",
            )
            for hit in answer.stores
        ]
        taken_as = answer.origin_place
        label = ", ".join(part for part in (taken_as.display_name, taken_as.description) if part)
        return said(_sentence(found, label), FoundStores(stores=found, taken_as=label))


def one_line(store: stores_pb2.Store) -> str:
    """The address of a store."""
    town = " ".join(part for part in (store.address.postal_code, store.address.locality) if part)
    return ", ".join(part for part in (*store.address.address_lines, town) if part)


def _sentence(found: list[FoundStore], place: str) -> str:
    near = f" near {place}" if place else ""
    if not found:
        return f"No store like that was found{near}."
    names = [f"{store.name} ({kilometres(store.distance_m)})" for store in found]
    if len(found) == 1:
        return f"The nearest store{near} is {names[0]}."
    return f"The nearest stores{near} are {listed(names)}."
