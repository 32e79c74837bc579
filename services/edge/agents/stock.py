"""The tool find_stock_nearby: the nearest stores that have a basket."""

import datetime as dt
from typing import Annotated

from google.protobuf.field_mask_pb2 import FieldMask
from mcp.server import MCPServer
from mcp_types import CallToolResult
from pydantic import BaseModel, Field

from enrayon.stock.v1 import stock_pb2
from services.client import Client
from services.client.words import address_line, distance, opening, travel_time
from services.edge.agents.arguments import (
    READ_ONLY,
    Counters,
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
from services.edge.agents.left_out import LeftOutStore, left_out_store, near_by
from services.edge.agents.places import Placed, position_of
from services.edge.agents.products import Items, basket_of
from services.edge.agents.speech import listed, readable, result
from services.edge.agents.views import STORES, shown_in


class Line(BaseModel):
    """An item of the basket, and its quantity at a store."""

    product: str
    name: str
    quantity: int
    available: int


class StockedStore(Placed):
    """A store with some or all of the items."""

    store: str
    name: str
    distance_m: float
    travel_time: str = ""
    """In minutes, with `travel_by`; `about` before it: an estimate, without roads."""
    complete: bool
    address: str = ""
    hours: str = ""
    """Open or closed, and until when on the clock there; empty when unknown."""
    lines: list[Line]


class StockNearby(BaseModel):
    """Stores that have the items, the nearest with all of them first."""

    stores: list[StockedStore]
    left_out: list[LeftOutStore] = []
    """Other stores near by, with what they lack and when it comes."""
    unreachable: list[str] = []
    """Services that cannot be reached; their part of the answer is missing."""
    road_attribution: str = ""
    """To be shown beside travel times."""


def add_tools(server: MCPServer[None], client: Client) -> None:
    """Add the tools."""

    @server.tool(title="Find stock nearby", annotations=READ_ONLY, meta=shown_in(STORES))
    async def find_stock_nearby(
        items: Items,
        place: Place = "",
        latitude: Latitude = None,
        longitude: Longitude = None,
        radius_km: RadiusKm = 16,
        open_now: OpenNow = False,
        open_at: OpenAt = "",
        counters: Counters = [],  # noqa: B006 never changed
        allow_partial: Annotated[
            bool, Field(description="Also stores with a part of the items")
        ] = False,
        travel_by: TravelBy = "",
        max_minutes: MaxMinutes = None,
        limit: Limit = 5,
    ) -> Annotated[CallToolResult, StockNearby]:
        """Find the nearest stores that have all items in the wanted quantities."""
        with readable():
            basket, names = await basket_of(client, items)
            request = stock_pb2.FindNearestAvailabilityRequest(
                items=basket,
                origin=origin(place, latitude, longitude),
                radius_m=radius_km * 1000,
                allow_partial=allow_partial,
                max_results=limit,
                open_at=opening_time(open_now, open_at),
                services=counters,
                read_mask=FieldMask(paths=["*"]),
                travel=travel(travel_by, max_minutes),
            )
            answer = await client.stock.FindNearestAvailability(request)
        found = [_stocked(store, names) for store in answer.stores]
        content = StockNearby(
            stores=found,
            left_out=[left_out_store(store, names) for store in answer.left_out],
            unreachable=list(answer.unreachable),
            road_attribution=answer.road_attribution,
        )
        return result(_where(content), content)


def _stocked(store: stock_pb2.StoreAvailability, names: dict[str, str]) -> StockedStore:
    return StockedStore(
        store=store.store,
        name=store.display_name,
        distance_m=round(store.distance_m, 1),
        travel_time=travel_time(store.journey) if store.HasField("journey") else "",
        complete=store.complete,
        address=address_line(store),
        hours=opening(store.open_state, dt.datetime.now(dt.UTC)),
        **position_of(store),
        lines=[
            Line(
                product=line.product,
                name=names.get(line.product, line.product),
                quantity=line.requested_quantity,
                available=line.offered_quantity,
            )
            for line in store.lines
        ],
    )


def _where(content: StockNearby) -> str:
    found = content.stores
    if content.unreachable:
        return f"{listed(content.unreachable)} cannot be reached at the moment; try again soon."
    complete = [_place(store) for store in found if store.complete]
    if complete:
        return f"All of it is at {listed(complete)}."
    if found:
        short = [
            f"{line.quantity - line.available} x {line.name}"
            for line in found[0].lines
            if line.available < line.quantity
        ]
        others = near_by(content.left_out)
        return f"No store has all of it; {found[0].name} lacks only {listed(short)}.{others}"
    return f"No store within that distance has all of it.{near_by(content.left_out)}"


def _place(store: StockedStore) -> str:
    way = store.travel_time or distance(store.distance_m)
    facts = ", ".join(part for part in (way, store.hours) if part)
    return f"{store.name} ({facts})"
