"""Pick-up for a retailer's own checkout, in UCP's words: options, then the hold that completes one.

We are no checkout: we know no prices, so options have no totals, and our profile does not have the
capability. A destination that was named is answered for alone; another store never takes its place.
Options that would bring goods from another store are left out, because no hold can take them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import grpc
from pydantic import Field

from enrayon.stock.v1 import stock_pb2
from enrayon.stores.v1 import stores_pb2
from enrayon.type.v1 import geometry_pb2, travel_pb2
from services.chassis.errors import InvalidArgument, Unavailable
from services.client import Client
from services.client.words import left_out
from services.edge.problems import of_call, reason_of
from services.edge.ucp.capability import language_of, latlng, store_of
from services.edge.ucp.locations import destination
from services.edge.ucp.profile import metadata
from services.edge.ucp.requests import Context, Distance, ItemId, LocationId, Model, parsed
from services.edge.ucp.stocked import Stocked
from services.edge.ucp.titles import OPTIONS, title

MAX_LINES = 100
MAX_DESTINATIONS = 20
MAX_AT_ONE_PLACE = 100
"""Stores at the very position of the named one, at most."""
METHOD = "pickup"
BY_CAR = travel_pb2.Travel(mode=travel_pb2.TRAVEL_MODE_DRIVE, omit_road_distance=True)
"""A request does not say how its buyer comes. Without roads this ranks by distance."""
_OPEN = {stores_pb2.STORE_STATUS_UNSPECIFIED, stores_pb2.STORE_STATUS_OPEN}
_OUTCOMES = {
    "INSUFFICIENT_STOCK": "out_of_stock",
    "STOCK_UNKNOWN": "item_unavailable",
    "QUANTITY_NOT_SOLD": "item_unavailable",
    "STORE_NOT_OPEN": "destination_unavailable",
    "STORE_NOT_FOUND": "destination_unavailable",
    "METHOD_NOT_OFFERED": "option_unavailable",
    "SLOT_NOT_OFFERED": "option_unavailable",
    "SLOT_FULL": "option_unavailable",
}
"""Reasons for which there is no hold although the request is well formed -> code of the message."""


class Item(Model):
    """An item of a line, by its SKU with or without `products/`."""

    id: ItemId


class LineItem(Model):
    """A line of the cart; without an id it has that of its item."""

    id: str = Field("", max_length=200)
    item: Item
    quantity: int = Field(ge=1, le=1_000_000)


class OptionsRequest(Model):
    """A cart, and the destination, or else where to look for one."""

    line_items: list[LineItem] = Field(min_length=1, max_length=MAX_LINES)
    selected_destination_id: LocationId = ""
    distance: Distance | None = None
    context: Context = Context()


class CompleteRequest(Model):
    """A cart, its destination and option, and the caller's reference for the shopper."""

    line_items: list[LineItem] = Field(min_length=1, max_length=MAX_LINES)
    selected_destination_id: LocationId = Field(min_length=1)
    selected_option_id: str = Field("", max_length=300)
    shopper: str = Field("", max_length=200)
    context: Context = Context()


@dataclass(frozen=True)
class Cart:
    """A cart: the ids of its lines, and the units of each product."""

    line_ids: list[str]
    basket: list[stock_pb2.BasketItem]


class NotFulfilled(Exception):
    """The request is well formed, and there is no hold; `code` is that of the message."""

    def __init__(self, code: str, content: str) -> None:
        super().__init__(content)
        self.code = code
        self.content = content


class Fulfillment:
    """Answers both operations with the stores and the stock service."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._stocked = Stocked(client)

    async def options(self, body: Any) -> dict[str, Any]:
        """The options of a cart: at the named destination, or at the nearest ones.

        Raises:
            InvalidArgument: the request is malformed, names an unknown item, or says not where.
            Unavailable: the stock cannot be read.
        """
        request = parsed(OptionsRequest, body)
        cart = await self._cart(request.line_items)
        named = request.selected_destination_id
        if not named:
            found = await self._find(cart, *await self._around(request), MAX_DESTINATIONS)
            names = [option.store for option in found.options]
            return answer_of(cart, await self._stores(names), found, request.context)
        store = await self._named(named)
        if store is None:
            messages = [error("destination_unavailable", f"There is no store {named}.")]
            return answer_of(cart, [], None, request.context, messages, named)
        if not store.HasField("location"):
            messages = [error("destination_unavailable", f"{store.display_name} has no position.")]
            return answer_of(cart, [store], None, request.context, messages, named)
        origin = geometry_pb2.Origin(point=store.location)
        found = await self._find(cart, origin, 0, MAX_AT_ONE_PLACE)
        messages = []
        if not any(option.store == store.name for option in found.options):
            messages = [await self._reason(store, found)]
        return answer_of(cart, [store], found, request.context, messages, named)

    async def complete(self, body: Any, idempotency_key: str) -> dict[str, Any]:
        """Hold the cart at its destination: all of it, or nothing.

        Raises:
            InvalidArgument: the request is malformed, names an unknown item, or an option of
                another destination.
            NotFulfilled: the store cannot hold the cart.
            AioRpcError: the call failed for another reason.
        """
        request = parsed(CompleteRequest, body)
        method = method_of(request)
        cart = await self._cart(request.line_items)
        store = await self._named(request.selected_destination_id)
        if store is None:
            content = f"There is no store {request.selected_destination_id}."
            raise NotFulfilled("destination_unavailable", content)
        try:
            hold = await self._client.stock.CreateReservation(
                stock_pb2.CreateReservationRequest(
                    parent=store.name,
                    items=cart.basket,
                    method=method,
                    shopper=request.shopper,
                    request_id=idempotency_key,
                )
            )
        except grpc.aio.AioRpcError as failure:
            if code := _OUTCOMES.get(reason_of(failure)):
                raise NotFulfilled(code, of_call(failure).message) from None
            raise
        taken = stock_pb2.PickupOption(store=store.name, methods=[method])
        for field in ("ready_by", "pickup_by"):
            if hold.HasField(field):
                getattr(taken, field).CopyFrom(getattr(hold, field))
        found = stock_pb2.FindPickupOptionsResponse(options=[taken])
        answer = answer_of(
            cart, [store], found, request.context, named=request.selected_destination_id
        )
        [group] = answer["fulfillment"]["methods"][0]["groups"]
        group["selected_option_id"] = group["options"][0]["id"]
        return answer | {"id": hold.name, "expires_at": hold.expire_time.ToJsonString()}

    async def _cart(self, lines: Sequence[LineItem]) -> Cart:
        items = [line.item.id for line in lines]
        _, unknown = await self._stocked.products(dict.fromkeys(items))
        if unknown:
            at = items.index(unknown[0])
            raise InvalidArgument.field(
                f"line_items.{at}.item.id", f"there is no item {unknown[0]}"
            )
        units: dict[str, int] = {}
        for line in lines:
            product = f"products/{line.item.id.removeprefix('products/')}"
            units[product] = units.get(product, 0) + line.quantity
        return Cart(
            [line.id or line.item.id for line in lines],
            [stock_pb2.BasketItem(product=name, quantity=count) for name, count in units.items()],
        )

    async def _around(self, request: OptionsRequest) -> tuple[geometry_pb2.Origin, float | None]:
        """Where to look for destinations, and how far."""
        context = request.context
        if request.distance:
            point = latlng(request.distance.center)
            return geometry_pb2.Origin(point=point), request.distance.max
        home = await self._named(context.location)
        if home is not None and home.HasField("location"):
            return geometry_pb2.Origin(point=home.location), None
        if context.postal_code:
            parts = filter(None, (context.postal_code, context.address_country))
            return geometry_pb2.Origin(place=", ".join(parts)), None
        raise InvalidArgument.field(
            "selected_destination_id",
            "name a destination, or say where to look: distance, context.location or "
            "context.postal_code",
        )

    async def _find(
        self, cart: Cart, origin: geometry_pb2.Origin, radius_m: float | None, count: int
    ) -> stock_pb2.FindPickupOptionsResponse:
        """The pick-up options from the stores' own stock, by the minutes to them by car."""
        request = stock_pb2.FindPickupOptionsRequest(
            items=cart.basket,
            origin=origin,
            radius_m=radius_m,
            max_results=count,
            travel=BY_CAR,
        )
        found = await self._client.stock.FindPickupOptions(request)
        if "stock" in found.unreachable:
            raise Unavailable("the stock cannot be read at the moment; try again")
        own = [option for option in found.options if not option.transfer_from]
        del found.options[:]
        found.options.extend(own)
        return found

    async def _stores(self, names: Sequence[str]) -> list[stores_pb2.Store]:
        if not names:
            return []
        request = stores_pb2.BatchGetStoresRequest(names=names)
        return list((await self._client.stores.BatchGetStores(request)).stores)

    async def _named(self, id: str) -> stores_pb2.Store | None:
        """The store of an id; None if there is none that buyers may enter."""
        name = store_of(id)
        stores = await self._stores([name]) if name else []
        return next((store for store in stores if store.status in _OPEN), None)

    async def _reason(
        self, store: stores_pb2.Store, found: stock_pb2.FindPickupOptionsResponse
    ) -> dict[str, Any]:
        """The message why the named store has no option."""
        for each in found.left_out:
            if each.store == store.name:
                return error("item_unavailable", f"{store.display_name}: {left_out(each, {})}.")
        return error("item_unavailable", f"{store.display_name} does not have all of the items.")


def method_of(request: CompleteRequest) -> stock_pb2.PickupMethod.ValueType:
    """The pick-up method of the chosen option; any without one.

    Raises:
        InvalidArgument: there is no such option, or it is one of another destination.
    """
    if not request.selected_option_id:
        return stock_pb2.PICKUP_METHOD_UNSPECIFIED
    store, _, option = request.selected_option_id.rpartition(":")
    if store_of(store) != store_of(request.selected_destination_id):
        raise InvalidArgument.field(
            "selected_option_id", "is an option of another destination; nothing is held"
        )
    methods = {name: method for method, name in OPTIONS.items()}
    if option not in methods:
        raise InvalidArgument.field("selected_option_id", "is no option that was offered")
    return methods[option]


def answer_of(
    cart: Cart,
    stores: Sequence[stores_pb2.Store],
    found: stock_pb2.FindPickupOptionsResponse | None,
    context: Context,
    messages: Sequence[dict[str, Any]] = (),
    named: str = "",
) -> dict[str, Any]:
    """The destinations, and the options there; `named` is the selected destination."""
    language = language_of(context)
    known = {store.name: store for store in stores}
    options = [
        option_at(known[each.store], each, method, language, is_only=bool(named))
        for each in (found.options if found else [])
        if each.store in known
        for method in each.methods
    ]
    group = {"id": METHOD, "line_item_ids": cart.line_ids, "options": options}
    method = {
        "id": METHOD,
        "type": METHOD,
        "line_item_ids": cart.line_ids,
        "destinations": [destination(store) for store in stores],
        **({"selected_destination_id": named} if named else {}),
        "groups": [group],
    }
    answer = {"ucp": metadata(), "fulfillment": {"methods": [method]}}
    return answer | ({"messages": list(messages)} if messages else {})


def option_at(
    store: stores_pb2.Store,
    found: stock_pb2.PickupOption,
    method: stock_pb2.PickupMethod.ValueType,
    language: str,
    *,
    is_only: bool,
) -> dict[str, Any]:
    """A `fulfillment_option`: a pick-up method of a store, and when the goods can be fetched."""
    name = title(method, language)
    option: dict[str, Any] = {
        "id": f"{store.name.removeprefix('stores/')}:{OPTIONS[method]}",
        "title": name if is_only else f"{name}: {store.display_name}",
        "totals": [],
    }
    if found.HasField("ready_by"):
        option["earliest_fulfillment_time"] = found.ready_by.ToJsonString()
    if found.HasField("pickup_by"):
        option["latest_fulfillment_time"] = found.pickup_by.ToJsonString()
    return option


def error(code: str, content: str) -> dict[str, Any]:
    """The message that a destination has no option."""
    return {
        "type": "error",
        "code": code,
        "path": "$.selected_destination_id",
        "content": content,
        "severity": "recoverable",
    }
