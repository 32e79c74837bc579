"""The tool find_pickup_options: stores to collect a basket at, with times and shelves."""

import datetime as dt
from typing import Annotated

from google.protobuf.field_mask_pb2 import FieldMask
from mcp.server import MCPServer
from mcp_types import CallToolResult
from pydantic import BaseModel, Field

from enrayon.aisle.v1 import aisle_pb2
from enrayon.hours.v1 import hours_pb2
from enrayon.stock.v1 import stock_pb2
from services.client import Client
from services.client.words import address_line, distance, opening, travel_time
from services.edge.agents.arguments import (
    READ_ONLY,
    Counters,
    Language,
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
from services.edge.agents.clocks import local
from services.edge.agents.left_out import LeftOutStore, left_out_store, near_by
from services.edge.agents.places import Placed, position_of
from services.edge.agents.products import Items, basket_of
from services.edge.agents.speech import listed, readable, result
from services.edge.agents.views import STORES, shown_in
from services.edge.pickup.options import Option, PickupFinder


class PickupLine(BaseModel):
    """An item of the basket at a store, with its shelf."""

    product: str
    name: str
    quantity: int
    available: int | None = None
    """None when unknown."""
    shelf: str = ""
    """Empty when no shelf is known."""


class PickupStore(Placed):
    """A store where the items can be collected."""

    store: str
    name: str
    distance_m: float
    travel_time: str = ""
    """In minutes, with `travel_by`; `about` before it: an estimate, without roads."""
    address: str = ""
    open: str = ""
    """OPEN, CLOSED or UNKNOWN; empty when neither hours nor stock can be reached."""
    hours: str = ""
    ready_by: str = ""
    """RFC 3339, on the clock of the store; empty when unknown."""
    pickup_by: str = ""
    in_hand: str = ""
    """When the shopper can have the goods, with `travel_by`; empty when unknown."""
    time_zone: str = ""
    transfer_from: str = ""
    lines: list[PickupLine]


class PickupOptions(BaseModel):
    """Stores that have all items or can get them by transfer, nearest first."""

    options: list[PickupStore]
    left_out: list[LeftOutStore] = []
    """Other stores near by, with what they lack and when it comes."""
    unreachable: list[str] = []
    """Services that cannot be reached; their part of the answer is missing."""
    road_attribution: str = ""
    """To be shown beside travel times."""


def add_tools(server: MCPServer[None], client: Client, services: frozenset[str]) -> None:
    """Add the tool."""
    finder = PickupFinder(client, services)

    @server.tool(title="Find pick-up options", annotations=READ_ONLY, meta=shown_in(STORES))
    async def find_pickup_options(
        items: Items,
        place: Place = "",
        latitude: Latitude = None,
        longitude: Longitude = None,
        radius_km: RadiusKm = 16,
        open_now: OpenNow = False,
        open_at: OpenAt = "",
        counters: Counters = [],  # noqa: B006 never changed
        travel_by: TravelBy = "",
        max_minutes: MaxMinutes = None,
        soonest_first: Annotated[
            bool,
            Field(description="Rank by when the goods are in hand; needs `travel_by`"),
        ] = False,
        language: Language = "en",
        limit: Limit = 3,
    ) -> Annotated[CallToolResult, PickupOptions]:
        """Find nearby stores to collect all items: opening state, ready time, shelves."""
        with readable():
            basket, names = await basket_of(client, items)
            request = stock_pb2.FindPickupOptionsRequest(
                items=basket,
                origin=origin(place, latitude, longitude),
                radius_m=radius_km * 1000,
                max_results=limit,
                open_at=opening_time(open_now, open_at),
                services=counters,
                read_mask=FieldMask(paths=["*"]),
                travel=travel(travel_by, max_minutes),
                soonest_first=soonest_first,
            )
            found = await finder.find(request, language)
        wanted = {item.product: item.quantity for item in basket}
        content = PickupOptions(
            options=[_store(option, wanted, names) for option in found.options],
            left_out=[left_out_store(store, names) for store in found.rest.left_out],
            unreachable=found.unreachable,
            road_attribution=found.rest.road_attribution,
        )
        return result(_sentence(content), content)


def _store(option: Option, wanted: dict[str, int], names: dict[str, str]) -> PickupStore:
    pickup, state, located = option.pickup, option.open_state, option.located
    zone = state.time_zone if state else pickup.open_state.time_zone
    offered = {line.product: line.offered_quantity for line in pickup.lines}
    shelves = {
        product.product: product.shelves[0].address
        for product in (located or aisle_pb2.LocateProductsResponse()).located
        if product.shelves
    }
    lines = [
        PickupLine(
            product=product,
            name=names.get(product, product),
            quantity=quantity,
            available=offered.get(product),
            shelf=shelves.get(product, ""),
        )
        for product, quantity in wanted.items()
    ]
    return PickupStore(
        store=pickup.store,
        name=pickup.display_name,
        distance_m=round(pickup.distance_m, 1),
        travel_time=travel_time(pickup.journey) if pickup.HasField("journey") else "",
        address=address_line(pickup),
        open=_state(option),
        hours=state.words if state else opening(pickup.open_state, dt.datetime.now(dt.UTC)),
        ready_by=local(pickup.ready_by, zone) if pickup.HasField("ready_by") else "",
        pickup_by=local(pickup.pickup_by, zone) if pickup.HasField("pickup_by") else "",
        in_hand=local(pickup.in_hand_time, zone) if pickup.HasField("in_hand_time") else "",
        time_zone=zone,
        transfer_from=pickup.transfer_from,
        **position_of(pickup),
        lines=lines,
    )


def _state(option: Option) -> str:
    """As the hours service tells it; while it cannot be reached, as stock does."""
    if option.open_state:
        name = hours_pb2.State.Name(option.open_state.state)
    elif option.pickup.HasField("open_state"):
        name = stock_pb2.OpenState.State.Name(option.pickup.open_state.state)
    else:
        return ""
    return name.removeprefix("STATE_")


def _sentence(content: PickupOptions) -> str:
    missing = (
        f" The answer is without {listed(content.unreachable)} at the moment."
        if content.unreachable
        else ""
    )
    if not content.options:
        others = near_by(content.left_out)
        return f"No store within that distance has all of it.{others}{missing}"
    first = content.options[0]
    way = first.travel_time or distance(first.distance_m)
    if "stock" in content.unreachable:
        store = f"The nearest store is {first.name} ({way})"
    else:
        store = f"You can collect all of it at {first.name} ({way})"
    ready = f", ready by {first.ready_by} ({first.time_zone})" if first.ready_by else ""
    hours = f"; {first.hours}" if first.hours else ""
    shelves = [f"{line.name}: {line.shelf}" for line in first.lines if line.shelf]
    where = f". {'; '.join(shelves)}" if shelves else ""
    more = f" {len(content.options) - 1} more." if len(content.options) > 1 else ""
    return f"{store}{ready}{hours}{where}.{more}{missing}"
