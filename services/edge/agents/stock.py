"""The tools find_stock_nearby, hold_items, change_hold and cancel_hold."""

import datetime as dt
import secrets
from typing import Annotated

import grpc
from google.protobuf.duration_pb2 import Duration
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.timestamp_pb2 import Timestamp
from mcp.server import MCPServer
from mcp_types import CallToolResult, ToolAnnotations
from pydantic import BaseModel, Field

from enrayon.stock.v1 import stock_pb2
from services.client import Client
from services.client.holds import changed_lines
from services.client.words import address_line, distance, opening, spoken_code
from services.edge.agents.arguments import (
    READ_ONLY,
    Latitude,
    Limit,
    Longitude,
    Place,
    RadiusKm,
    StoreName,
    origin,
)
from services.edge.agents.left_out import LeftOutStore, left_out_store, near_by
from services.edge.agents.products import ChangedItems, Items, basket_of
from services.edge.agents.speech import listed, readable, result

CREATES = ToolAnnotations(read_only_hint=False, destructive_hint=False, open_world_hint=False)
CHANGES = ToolAnnotations(
    read_only_hint=False, destructive_hint=True, idempotent_hint=True, open_world_hint=False
)
HeldName = Annotated[str, Field(max_length=260, description="A reservation's name from hold_items")]


class Line(BaseModel):
    """An item of the basket, and its quantity at a store."""

    product: str
    name: str
    quantity: int
    available: int


class StockedStore(BaseModel):
    """A store with some or all of the items."""

    store: str
    name: str
    distance_m: float
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


class Hold(BaseModel):
    """A hold of goods, or an offer of one."""

    held: bool
    reservation: str = ""
    store: str = ""
    items: list[Line] = []
    ready_by: str = ""
    """From then on the goods can be fetched; empty when unknown."""
    pickup_by: str = ""
    """Until then the store keeps them ready; empty when unknown."""
    expires: str = ""
    code: str = ""
    """The pick-up code to say at the counter."""
    notices: list[str] = []
    """What the person should know."""
    request_id: str = ""
    """Send it with a retry to get the same hold again."""


def add_tools(server: MCPServer[None], client: Client) -> None:
    """Add the tools."""

    @server.tool(title="Find stock nearby", annotations=READ_ONLY)
    async def find_stock_nearby(
        items: Items,
        place: Place = "",
        latitude: Latitude = None,
        longitude: Longitude = None,
        radius_km: RadiusKm = 16,
        open_now: Annotated[bool, Field(description="Only stores known to be open")] = False,
        allow_partial: Annotated[
            bool, Field(description="Also stores with a part of the items")
        ] = False,
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
                read_mask=FieldMask(paths=["*"]),
            )
            if open_now:
                request.open_at.GetCurrentTime()
            answer = await client.stock.FindNearestAvailability(request)
        found = [_stocked(store, names) for store in answer.stores]
        content = StockNearby(
            stores=found,
            left_out=[left_out_store(store, names) for store in answer.left_out],
            unreachable=list(answer.unreachable),
        )
        return result(_where(content), content)

    @server.tool(title="Hold items", annotations=CREATES)
    async def hold_items(
        store: StoreName,
        items: Items,
        confirm: Annotated[
            bool, Field(description="True only after the person agreed to exactly this hold")
        ] = False,
        hours: Annotated[
            float | None,
            Field(gt=0, le=168, description="Only if the person says how long, in hours"),
        ] = None,
        shopper: Annotated[str, Field(max_length=200, description="Opaque id of the shopper")] = "",
        request_id: Annotated[
            str, Field(max_length=100, description="The request_id of an earlier try, to retry it")
        ] = "",
    ) -> Annotated[CallToolResult, Hold]:
        """Hold all items at one store, or none of them. Without `confirm` nothing is held."""
        identity = request_id or secrets.token_urlsafe(12)
        with readable():
            basket, names = await basket_of(client, items)
            reservation = await client.stock.CreateReservation(
                stock_pb2.CreateReservationRequest(
                    parent=store,
                    items=basket,
                    shopper=shopper,
                    ttl=None if hours is None else _duration(hours),
                    request_id=identity if confirm else "",
                    validate_only=not confirm,
                )
            )
        hold = _hold(reservation, store, names)
        hold.request_id = identity
        if not confirm:
            hold.held, hold.reservation = False, ""
            return result(
                f"Nothing is held yet. {store} can hold {_terms(reservation, hold)} Ask the "
                "person, then call again with confirm=true and this request_id.",
                hold,
            )
        return await _held(client, reservation, hold)

    @server.tool(title="Change a hold", annotations=CHANGES)
    async def change_hold(
        reservation: HeldName, items: ChangedItems
    ) -> Annotated[CallToolResult, Hold]:
        """Change quantities in a hold, all or none; the rest of it and its code stay.

        Ask the person first: what is taken out is available to others at once.
        """
        with readable():
            basket, names = await basket_of(client, items)
            now = await client.stock.GetReservation(
                stock_pb2.GetReservationRequest(name=reservation)
            )
            wanted = stock_pb2.Reservation(
                name=now.name, etag=now.etag, items=changed_lines(now, basket)
            )
            changed = await client.stock.UpdateReservation(
                stock_pb2.UpdateReservationRequest(
                    reservation=wanted, update_mask=FieldMask(paths=["items"])
                )
            )
        store = changed.name.partition("/reservations/")[0]
        return await _held(client, changed, _hold(changed, store, names))

    @server.tool(title="Cancel a hold", annotations=CHANGES)
    async def cancel_hold(
        reservation: HeldName,
    ) -> Annotated[CallToolResult, Hold]:
        """Cancel a hold, so that the goods are available again."""
        with readable():
            ended = await client.stock.CancelReservation(
                stock_pb2.CancelReservationRequest(name=reservation)
            )
        store = ended.name.partition("/reservations/")[0]
        content = Hold(held=False, reservation=ended.name, store=store)
        return result("The hold is cancelled; the goods are available again.", content)


def _stocked(store: stock_pb2.StoreAvailability, names: dict[str, str]) -> StockedStore:
    return StockedStore(
        store=store.store,
        name=store.display_name,
        distance_m=round(store.distance_m, 1),
        complete=store.complete,
        address=address_line(store),
        hours=opening(store.open_state, dt.datetime.now(dt.UTC)),
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
        return f"No store has all of it; {found[0].name} comes closest."
    return f"No store within that distance has all of it.{near_by(content.left_out)}"


def _place(store: StockedStore) -> str:
    facts = ", ".join(part for part in (distance(store.distance_m), store.hours) if part)
    return f"{store.name} ({facts})"


def _hold(reservation: stock_pb2.Reservation, store: str, names: dict[str, str]) -> Hold:
    return Hold(
        held=True,
        reservation=reservation.name,
        store=store,
        items=[
            Line(
                product=item.product,
                name=names.get(item.product, item.product),
                quantity=item.requested_quantity,
                available=item.held_quantity,
            )
            for item in reservation.items
        ],
        ready_by=_json(reservation.ready_by) if reservation.HasField("ready_by") else "",
        pickup_by=_json(reservation.pickup_by) if reservation.HasField("pickup_by") else "",
        expires=_json(reservation.expire_time),
        notices=[notice.text for notice in reservation.notices],
    )


async def _held(client: Client, reservation: stock_pb2.Reservation, hold: Hold) -> CallToolResult:
    hold.code = await _code(client, reservation.name)
    code = f" The pick-up code is {hold.code}." if hold.code else ""
    return result(f"Held at {hold.store}: {_terms(reservation, hold)}{code}", hold)


def _terms(reservation: stock_pb2.Reservation, hold: Hold) -> str:
    goods = listed([f"{line.quantity} x {line.name}" for line in hold.items])
    ready = f", ready by {_words(reservation.ready_by)}" if hold.ready_by else ""
    notices = "".join(f" {text}" for text in hold.notices)
    return f"{goods} until {_words(reservation.expire_time)}{ready}.{notices}"


async def _code(client: Client, reservation: str) -> str:
    """The short pick-up code of a hold; empty if it cannot be read now: the hold is made."""
    request = stock_pb2.GetPickupCodeRequest(name=f"{reservation}/pickupCode")
    try:
        return spoken_code((await client.stock.GetPickupCode(request)).code)
    except grpc.aio.AioRpcError:
        return ""


def _json(time: Timestamp) -> str:
    return str(time.ToJsonString())


def _words(time: Timestamp) -> str:
    return f"{time.ToDatetime(dt.UTC):%Y-%m-%d %H:%M} UTC"


def _duration(hours: float) -> Duration:
    return Duration(seconds=round(hours * 3600))
