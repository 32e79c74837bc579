"""The tools of holds: make, show, list, change and cancel them, and find pick-up slots.

One key may serve many chats, and the server keeps no conversation. So the first hold makes a
`shopper`, which nobody guesses; the agent keeps it, and without it sees and changes no hold.
"""

import base64
import hashlib
import hmac
import io
import secrets
from collections.abc import Sequence
from typing import Annotated

import grpc
import segno
from google.protobuf.duration_pb2 import Duration
from google.protobuf.field_mask_pb2 import FieldMask
from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp_types import CallToolResult, ImageContent, ToolAnnotations
from pydantic import BaseModel, Field

from enrayon.stock.v1 import stock_pb2
from services.client import Client
from services.client.holds import changed_lines
from services.client.words import spoken_code
from services.edge.agents.arguments import READ_ONLY, StoreName
from services.edge.agents.clocks import local, spoken
from services.edge.agents.places import Shop, shop_of
from services.edge.agents.products import ChangedItems, Items, basket_of, names_of
from services.edge.agents.speech import listed, readable, result
from services.edge.agents.views import HOLD, shown_in

CREATES = ToolAnnotations(read_only_hint=False, destructive_hint=False, open_world_hint=False)
CHANGES = ToolAnnotations(
    read_only_hint=False, destructive_hint=True, idempotent_hint=True, open_world_hint=False
)
HeldName = Annotated[str, Field(max_length=260, description="A reservation's name from hold_items")]
Shopper = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9_-]{22,200}$",
        description="The `shopper` that the first hold_items of this chat returned",
    ),
]
SlotName = Annotated[str, Field(max_length=260, description="A slot's name from find_pickup_slots")]
MOST_LISTED = 20
LIVE = {"CONFIRMED", "PREPARING", "READY"}
"""States in which a hold holds goods."""
RANDOM_BYTES = 16
CHECK_DIGITS = 8
"""Characters of a request id that tell one of this tool from one that an agent made up."""


class HeldLine(BaseModel):
    """A product of a hold."""

    product: str
    name: str
    quantity: int
    available: int


class Hold(BaseModel):
    """A hold of goods, or an offer of one. Times are on the clock of the store."""

    held: bool
    reservation: str = ""
    state: str = ""
    """CONFIRMED, PREPARING, READY, COLLECTED, CANCELED or EXPIRED; empty for an offer."""
    store: str = ""
    store_name: str = ""
    items: list[HeldLine] = []
    ready_by: str = ""
    """From then on the goods can be fetched; empty when unknown."""
    pickup_by: str = ""
    """Until then the store keeps them ready; empty when unknown."""
    expires: str = ""
    time_zone: str = ""
    pickup_slot: str = ""
    code: str = ""
    """The pick-up code to say at the counter; the image is the same code to scan."""
    notices: list[str] = []
    """What the person should know."""
    request_id: str = ""
    """Send it with a retry to get the same hold again."""
    shopper: str = ""
    """Keep it: other holds of this chat, and every change, need it."""


class Holds(BaseModel):
    """The holds of a chat, the oldest first."""

    holds: list[Hold]


class Slot(BaseModel):
    """A window in which goods can be fetched, on the clock of the store."""

    slot: str
    method: str
    starts: str
    ends: str
    free: int


class Slots(BaseModel):
    """The windows with free places, the earliest first."""

    slots: list[Slot]
    time_zone: str


def add_tools(server: MCPServer[None], client: Client) -> None:
    """Add the tools."""

    @server.tool(title="Hold items", annotations=CREATES, meta=shown_in(HOLD))
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
        pickup_slot: SlotName = "",
        shopper: Shopper | None = None,
        request_id: Annotated[
            str, Field(max_length=100, description="The request_id that an earlier try returned")
        ] = "",
    ) -> Annotated[CallToolResult, Hold]:
        """Hold all items at one store, or none of them. Without `confirm` nothing is held."""
        identity = _checked(request_id) if request_id else _new_request_id()
        owner = shopper or _shopper_of(identity)
        with readable():
            basket, names = await basket_of(client, items)
            reservation = await client.stock.CreateReservation(
                stock_pb2.CreateReservationRequest(
                    parent=store,
                    items=basket,
                    shopper=owner,
                    ttl=None if hours is None else Duration(seconds=round(hours * 3600)),
                    pickup_slot=pickup_slot,
                    request_id=identity if confirm else "",
                    validate_only=not confirm,
                )
            )
        hold = _hold(reservation, names, await shop_of(client, store))
        hold.store, hold.request_id, hold.shopper = store, identity, owner
        if confirm:
            return await _told(client, reservation, hold, "Held")
        hold.held, hold.reservation, hold.state = False, "", ""
        return result(
            f"Nothing is held yet. {hold.store_name} can hold {_terms(reservation, hold)} Ask the "
            "person, then call again with confirm=true, this request_id and this shopper.",
            hold,
        )

    @server.tool(title="Show a hold", annotations=READ_ONLY, meta=shown_in(HOLD))
    async def get_hold(reservation: HeldName, shopper: Shopper) -> Annotated[CallToolResult, Hold]:
        """Show a hold with its state, times, and pick-up code, also as an image to scan."""
        with readable():
            found = await _own(client, reservation, shopper)
            hold = await _described(client, found)
        return await _told(client, found, hold, hold.state.capitalize())

    @server.tool(title="List holds", annotations=READ_ONLY)
    async def list_holds(shopper: Shopper) -> Annotated[CallToolResult, Holds]:
        """List the holds of this chat that still hold goods."""
        with readable():
            answer = await client.stock.ListReservations(
                stock_pb2.ListReservationsRequest(
                    parent="stores/-", shopper=shopper, page_size=MOST_LISTED
                )
            )
            holds = [await _described(client, each) for each in answer.reservations]
        told = [f"{_goods(hold)} at {hold.store_name} ({hold.state})" for hold in holds]
        return result(f"Held: {listed(told)}." if told else "Nothing is held.", Holds(holds=holds))

    @server.tool(title="Change a hold", annotations=CHANGES, meta=shown_in(HOLD))
    async def change_hold(
        reservation: HeldName,
        shopper: Shopper,
        items: ChangedItems | None = None,
        pickup_slot: SlotName | None = None,
    ) -> Annotated[CallToolResult, Hold]:
        """Change quantities in a hold or its pick-up slot, all or none; the rest and its code stay.

        Ask the person first: what is taken out is available to others at once.
        """
        if items is None and pickup_slot is None:
            raise ToolError("Give `items` or `pickup_slot`: nothing else of a hold can be changed.")
        with readable():
            basket, names = await basket_of(client, items or [])
            now = await _own(client, reservation, shopper)
            wanted = stock_pb2.Reservation(name=now.name, etag=now.etag)
            paths = []
            if items is not None:
                wanted.items.extend(changed_lines(now, basket))
                paths.append("items")
            if pickup_slot is not None:
                wanted.pickup_slot = pickup_slot
                paths.append("pickup_slot")
            changed = await client.stock.UpdateReservation(
                stock_pb2.UpdateReservationRequest(
                    reservation=wanted, update_mask=FieldMask(paths=paths)
                )
            )
            hold = await _described(client, changed, names)
        return await _told(client, changed, hold, "Held")

    @server.tool(title="Cancel a hold", annotations=CHANGES)
    async def cancel_hold(
        reservation: HeldName, shopper: Shopper
    ) -> Annotated[CallToolResult, Hold]:
        """Cancel a hold, so that the goods are available again."""
        with readable():
            await _own(client, reservation, shopper)
            ended = await client.stock.CancelReservation(
                stock_pb2.CancelReservationRequest(name=reservation)
            )
        content = Hold(held=False, reservation=ended.name, state="CANCELED", store=_store(ended))
        return result("The hold is cancelled; the goods are available again.", content)

    @server.tool(title="Find pick-up slots", annotations=READ_ONLY)
    async def find_pickup_slots(store: StoreName) -> Annotated[CallToolResult, Slots]:
        """List the pick-up windows of a store that have free places; many stores need none."""
        with readable():
            answer = await client.stock.ListPickupSlots(
                stock_pb2.ListPickupSlotsRequest(parent=store)
            )
        zone = (await shop_of(client, store)).zone
        slots = [
            Slot(
                slot=each.name,
                method=stock_pb2.PickupMethod.Name(each.method).removeprefix("PICKUP_METHOD_"),
                starts=local(each.start_time, zone),
                ends=local(each.end_time, zone),
                free=each.free_count,
            )
            for each in answer.pickup_slots
            if each.free_count
        ][:MOST_LISTED]
        told = f"The earliest is {slots[0].starts} ({zone})." if slots else "This store has none."
        return result(told, Slots(slots=slots, time_zone=zone))


def _new_request_id() -> str:
    random = secrets.token_urlsafe(RANDOM_BYTES)
    return random + _check_digits(random)


def _checked(request_id: str) -> str:
    """A request id that this tool has made: an agent that makes up its own takes one like `1`.

    Another chat may take the same one, and would get the shopper and the hold of the first.

    Raises:
        ToolError: it is made up.
    """
    random, digits = request_id[:-CHECK_DIGITS], request_id[-CHECK_DIGITS:]
    if digits != _check_digits(random):
        raise ToolError(
            "request_id: give one that hold_items returned; leave it out for a new hold."
        )
    return request_id


def _check_digits(random: str) -> str:
    digest = hashlib.sha256(f"request id {random}".encode()).digest()
    return base64.urlsafe_b64encode(digest).decode()[:CHECK_DIGITS]


def _shopper_of(request_id: str) -> str:
    """The shopper of a first hold: as hard to guess as its request id, and the same in a retry."""
    digest = hashlib.sha256(f"shopper of {request_id}".encode()).digest()
    return base64.urlsafe_b64encode(digest[:24]).decode()


async def _own(client: Client, reservation: str, shopper: str) -> stock_pb2.Reservation:
    """A hold of the shopper.

    Raises:
        ToolError: there is none, or it is another shopper's; the error is the same.
        AioRpcError: the call fails otherwise.
    """
    none = ToolError(f"there is no {reservation} of this shopper; list_holds shows those there are")
    try:
        found = await client.stock.GetReservation(stock_pb2.GetReservationRequest(name=reservation))
    except grpc.aio.AioRpcError as error:
        if error.code() is grpc.StatusCode.NOT_FOUND:
            raise none from None
        raise
    if not hmac.compare_digest(found.shopper.encode(), shopper.encode()):
        raise none
    return found


async def _described(
    client: Client, reservation: stock_pb2.Reservation, names: dict[str, str] | None = None
) -> Hold:
    """A hold with the names of its products and the clock of its store."""
    known = dict(names or {})
    unknown = [item.product for item in reservation.items if item.product not in known]
    known |= await names_of(client, unknown)
    return _hold(reservation, known, await shop_of(client, _store(reservation)))


def _hold(reservation: stock_pb2.Reservation, names: dict[str, str], shop: Shop) -> Hold:
    zone = shop.zone
    state = stock_pb2.Reservation.State.Name(reservation.state).removeprefix("STATE_")
    return Hold(
        held=state in LIVE,
        reservation=reservation.name,
        state=state,
        store=_store(reservation),
        store_name=shop.name,
        items=[
            HeldLine(
                product=item.product,
                name=names.get(item.product, item.product),
                quantity=item.requested_quantity,
                available=item.held_quantity,
            )
            for item in reservation.items
        ],
        ready_by=local(reservation.ready_by, zone) if reservation.HasField("ready_by") else "",
        pickup_by=local(reservation.pickup_by, zone) if reservation.HasField("pickup_by") else "",
        expires=local(reservation.expire_time, zone),
        time_zone=zone,
        pickup_slot=reservation.pickup_slot,
        notices=[notice.text for notice in reservation.notices],
        shopper=reservation.shopper,
    )


def _store(reservation: stock_pb2.Reservation) -> str:
    return str(reservation.name.partition("/reservations/")[0])


async def _told(
    client: Client, reservation: stock_pb2.Reservation, hold: Hold, begin: str
) -> CallToolResult:
    """A hold in words, with its code to say and to scan."""
    request = stock_pb2.GetPickupCodeRequest(name=f"{reservation.name}/pickupCode")
    images: Sequence[ImageContent] = ()
    try:
        code = await client.stock.GetPickupCode(request)
    except grpc.aio.AioRpcError:
        pass  # it cannot be read now, or the hold has ended: the rest holds
    else:
        hold.code, images = spoken_code(code.code), [_qr(code.text)]
    words = f" The pick-up code is {hold.code}." if hold.code else ""
    said = result(f"{begin} at {hold.store_name}: {_terms(reservation, hold)}{words}", hold)
    return said.model_copy(update={"content": [*said.content, *images]})


def _qr(text: str) -> ImageContent:
    file = io.BytesIO()
    segno.make(text, error="m", micro=False).save(file, kind="png", scale=6)
    data = base64.b64encode(file.getvalue()).decode()
    return ImageContent(type="image", data=data, mime_type="image/png")


def _terms(reservation: stock_pb2.Reservation, hold: Hold) -> str:
    zone = hold.time_zone
    ready = f", ready by {spoken(reservation.ready_by, zone)}" if hold.ready_by else ""
    notices = "".join(f" {text}" for text in hold.notices)
    return f"{_goods(hold)} until {spoken(reservation.expire_time, zone)}{ready}.{notices}"


def _goods(hold: Hold) -> str:
    return listed([f"{line.quantity} x {line.name}" for line in hold.items])
