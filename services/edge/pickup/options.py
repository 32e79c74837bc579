"""Joins the answers of stock, stores, hours and aisle into pick-up options."""

import asyncio
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import grpc

from enrayon.aisle.v1 import aisle_pb2
from enrayon.hours.v1 import hours_pb2
from enrayon.stock.v1 import stock_pb2
from enrayon.stores.v1 import stores_pb2
from services.chassis.messages.masks import ReadMasks
from services.client import Client

MAX_OPTIONS = 20
DEFAULT_OPTIONS = 5
ADDITION_TIMEOUT_S = 3.0
"""Deadline of calls to hours and aisle: the answer is useful without them."""

FIELDS = ReadMasks(stock_pb2.PickupOption.DESCRIPTOR)
UNREACHABLE = {
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.UNIMPLEMENTED,  # the server does not host the service
}

T = TypeVar("T")


@dataclass(frozen=True)
class Option:
    """A store where the basket can be collected."""

    pickup: stock_pb2.PickupOption
    """Without lines and times if stock cannot be reached."""
    open_state: hours_pb2.OpenState | None = None
    located: aisle_pb2.LocateProductsResponse | None = None


@dataclass
class Options:
    """The stores, nearest first, and the services that cannot be reached."""

    options: list[Option] = field(default_factory=list)
    unreachable: list[str] = field(default_factory=list)
    rest: stock_pb2.FindPickupOptionsResponse = field(
        default_factory=stock_pb2.FindPickupOptionsResponse
    )
    """The other fields: stores that are left out, the origin, the age of the data."""


class PickupFinder:
    """Finds pick-up options with the available services."""

    def __init__(self, client: Client, services: frozenset[str]) -> None:
        self._client = client
        self._services = services

    async def find(
        self, request: stock_pb2.FindPickupOptionsRequest, language_code: str = ""
    ) -> Options:
        """Find at most 20 stores where the basket can be collected.

        Raises:
            AioRpcError: stock refuses the request or a product, or neither stock nor stores can
                be reached.
        """
        request.max_results = min(request.max_results or DEFAULT_OPTIONS, MAX_OPTIONS)
        found = Options()
        pickups = await self._pickups(request, found)
        stores = [pickup.store for pickup in pickups]
        products = list(dict.fromkeys(item.product for item in request.items))
        states, shelves = await asyncio.gather(
            self._open_states(stores, request, language_code, found),
            self._shelves(stores, products, language_code, found),
        )
        found.options = [
            Option(pickup, states.get(pickup.store), shelves.get(pickup.store))
            for pickup in pickups
        ]
        found.unreachable = sorted(set(found.unreachable))
        return found

    async def _pickups(
        self, request: stock_pb2.FindPickupOptionsRequest, found: Options
    ) -> Sequence[stock_pb2.PickupOption]:
        call = self._client.stock.FindPickupOptions(request)
        answer = await answer_of(call, "stock", found)
        if answer is not None:
            found.unreachable += answer.unreachable
            if answer.options or not answer.unreachable:
                found.rest.MergeFrom(answer)
                found.rest.ClearField("options")
                found.rest.ClearField("unreachable")
                return answer.options
        return await self._nearest(request, found)

    async def _nearest(
        self, request: stock_pb2.FindPickupOptionsRequest, found: Options
    ) -> list[stock_pb2.PickupOption]:
        """The nearest stores, whatever their stock."""
        fields = FIELDS.of(request.read_mask)
        nearest = stores_pb2.FindNearestStoresRequest(
            origin=request.origin,
            page_size=request.max_results,
            store_filter=stores_pb2.StoreFilter(attributes=request.services),
        )
        if request.HasField("radius_m"):
            nearest.radius_m = request.radius_m
        if request.HasField("open_at"):
            nearest.store_filter.open_at.CopyFrom(request.open_at)
        if request.HasField("travel"):
            nearest.travel.CopyFrom(request.travel)
        answer = await self._client.stores.FindNearestStores(nearest)
        found.rest.origin_uncertainty_m = answer.origin_uncertainty_m
        found.rest.origin_display_name = answer.origin_place.display_name
        found.rest.road_attribution = answer.road_attribution
        if answer.HasField("as_of"):
            found.rest.as_of.CopyFrom(answer.as_of)
        pickups = [without_stock(hit) for hit in answer.stores]
        for pickup in pickups:
            fields.cut(pickup)
        return pickups

    async def _open_states(
        self,
        stores: Sequence[str],
        asked: stock_pb2.FindPickupOptionsRequest,
        language_code: str,
        found: Options,
    ) -> dict[str, hours_pb2.OpenState]:
        if (
            not stores
            or "hours" not in self._services
            or "open_state" not in FIELDS.of(asked.read_mask)
        ):
            return {}
        request = hours_pb2.BatchCheckOpenStatesRequest(
            names=[f"{store}/hours" for store in dict.fromkeys(stores)],
            language_code=language_code,
        )
        if asked.HasField("open_at"):
            request.at_time.CopyFrom(asked.open_at)
        call = self._client.hours.BatchCheckOpenStates(request, timeout=ADDITION_TIMEOUT_S)
        answer = await answer_of(call, "hours", found)
        return {state.store: state for state in answer.open_states} if answer else {}

    async def _shelves(
        self, stores: Sequence[str], products: list[str], language_code: str, found: Options
    ) -> dict[str, aisle_pb2.LocateProductsResponse]:
        if "aisle" not in self._services:
            return {}

        async def shelves(store: str) -> aisle_pb2.LocateProductsResponse | None:
            request = aisle_pb2.LocateProductsRequest(
                store=store, products=products, language_code=language_code
            )
            call = self._client.aisle.LocateProducts(request, timeout=ADDITION_TIMEOUT_S)
            return await located_at(call, found)

        names = list(dict.fromkeys(stores))
        answers = await asyncio.gather(*(shelves(store) for store in names))
        return {
            store: answer
            for store, answer in zip(names, answers, strict=True)
            if answer is not None
        }


def without_stock(hit: stores_pb2.NearestStore) -> stock_pb2.PickupOption:
    """What the stores service has of a pick-up option."""
    store = hit.store
    return stock_pb2.PickupOption(
        store=store.name,
        display_name=store.display_name,
        distance_m=hit.distance_m,
        address=store.address if store.HasField("address") else None,
        location=store.location if store.HasField("location") else None,
        phone=store.phones[0] if store.phones else "",
        journey=hit.journey if hit.HasField("journey") else None,
    )


async def located_at(
    call: Awaitable[aisle_pb2.LocateProductsResponse], found: Options
) -> aisle_pb2.LocateProductsResponse | None:
    """The shelves at a store; None if it has neither plan nor placements, or aisle is unreachable.

    Raises:
        AioRpcError: the call failed for another reason.
    """
    try:
        return await answer_of(call, "aisle", found)
    except grpc.aio.AioRpcError as error:
        if error.code() is not grpc.StatusCode.NOT_FOUND:
            raise
        return None


async def answer_of(call: Awaitable[T], service: str, found: Options) -> T | None:
    """The answer of a call; None if its service cannot be reached, noted in `found.unreachable`.

    Raises:
        AioRpcError: the call failed for another reason.
    """
    try:
        return await call
    except grpc.aio.AioRpcError as error:
        if error.code() not in UNREACHABLE:
            raise
        found.unreachable.append(service)
        return None
