"""UCP's search and lookup of locations, answered with calls to stores, hours and stock."""

import asyncio
import re
from collections.abc import Sequence
from typing import Any

import grpc
from google.protobuf.json_format import MessageToDict
from google.type.latlng_pb2 import LatLng

from enrayon.hours.v1 import hours_pb2
from enrayon.stores.v1 import stores_pb2
from services.chassis.errors import InvalidArgument
from services.chassis.telemetry import correlation
from services.client import Client
from services.edge.languages import accepted, best
from services.edge.ucp.amenities import attribute
from services.edge.ucp.locations import location
from services.edge.ucp.pages import Keep, Page, Pages
from services.edge.ucp.profile import LOOKUP, SEARCH, metadata
from services.edge.ucp.requests import (
    Context,
    Geo,
    LookupRequest,
    Predicates,
    SearchRequest,
    Serves,
    instant,
    parsed,
)
from services.edge.ucp.stocked import MOST_LEVELS, Stocked, no_stock

MAX_PAGE = 50
MAX_IDS = 100
MAX_CHUNK = 1000
"""Candidates of one call to the stores service."""
AFTER = ">"
"""Begins a cursor that is the id of the last location, where few stores have an item."""
SHOWN = "@"
"""In a cursor between the home store, which the first page began with, and the token."""
_STORE_ID = re.compile(r"(?:stores/)?([a-z0-9][a-z0-9._~-]{0,190})")


class Locations:
    """Answers both operations with the available services."""

    def __init__(self, client: Client, services: frozenset[str]) -> None:
        self._client = client
        self._pages = Pages(client)
        self._has_hours = "hours" in services
        self._stocked = Stocked(client) if "stock" in services else None

    async def search(self, body: Any) -> dict[str, Any]:
        """Answer a `search_request`.

        Raises:
            InvalidArgument: the request breaks the schema, or cannot be evaluated.
        """
        request = parsed(SearchRequest, body)
        wanted = search_of(request)
        if wanted is None:
            return answer_of(SEARCH, [], pagination={"has_next_page": False})
        wanted.query = request.query
        products, messages = await self._products(request)
        if messages:
            return answer_of(SEARCH, [], messages, pagination={"has_next_page": False})
        size = min(request.pagination.limit, MAX_PAGE)
        page = await self._page(wanted, request, size, products)
        pagination: dict[str, Any] = {"has_next_page": bool(page.next_token)}
        if page.next_token:
            pagination["cursor"] = page.next_token
        if page.total is not None:
            pagination["total_count"] = page.total
        locations = await self._locations(page.stores, request.context)
        return answer_of(SEARCH, locations, pagination=pagination)

    async def lookup(self, body: Any) -> dict[str, Any]:
        """Answer a `lookup_request`.

        Raises:
            InvalidArgument: the request breaks the schema, or cannot be evaluated.
        """
        request = parsed(LookupRequest, body)
        ids = list(dict.fromkeys(request.ids))
        messages = [batch_limit(len(ids))] if len(ids) > MAX_IDS else []
        inputs: dict[str, list[str]] = {}
        for id in ids[:MAX_IDS]:
            if name := store_of(id):
                inputs.setdefault(name, []).append(id)
        wanted = search_of(request)
        products, unknown = await self._products(request)
        if wanted is None or unknown or not inputs:
            return answer_of(LOOKUP, [], messages + unknown)
        wanted.store_filter.names[:] = inputs
        found = set((await self._pages.candidates(wanted, "", MAX_IDS)).stores)
        names = [name for name in inputs if name in found]
        if products and self._stocked:
            available = await self._stocked.holding(names, products)
            names = [name for name in names if name in available]
        locations = await self._locations(names, request.context)
        for each in locations:
            each["inputs"] = [{"id": id} for id in inputs[f"stores/{each['id']}"]]
        return answer_of(LOOKUP, locations, messages)

    async def _products(self, request: Predicates) -> tuple[list[str], list[dict[str, Any]]]:
        """The products of the filter of items; and a message for each item that is unknown."""
        items = request.filters.items
        if not items:
            return [], []
        if self._stocked is None:
            raise no_stock("filters.items")
        products, unknown = await self._stocked.products(items)
        return products, [
            {
                "type": "info",
                "code": "item_not_found",
                "path": f"$.filters.items[{items.index(item)}]",
                "content": f"There is no item {item}.",
            }
            for item in unknown
        ]

    async def _page(
        self,
        wanted: stores_pb2.SearchStoresRequest,
        request: SearchRequest,
        size: int,
        products: Sequence[str],
    ) -> Page:
        """The page of a search; the home store of the context, if it matches, is the very first."""
        cursor = request.pagination.cursor
        shown, _, token = cursor.rpartition(SHOWN)
        home = store_of(shown if cursor else request.context.location)
        first: list[str] = []
        if home and not cursor:
            only = stores_pb2.SearchStoresRequest()
            only.CopyFrom(wanted)
            only.store_filter.names[:] = [home]
            first = await self._available(
                (await self._pages.candidates(only, "", 1)).stores, products
            )
            home = next(iter(first), None)
        if not products and not home:
            return await self._pages.candidates(wanted, token, size)

        holders = await self._stocked.holders(products) if products and self._stocked else None

        async def keep(stores: Sequence[str]) -> set[str]:
            others = [
                store for store in stores if store != home and (holders is None or store in holders)
            ]
            return set(await self._available(others, products))

        room = size - len(first)
        if holders is not None and (not token or token.startswith(AFTER)):
            page = await self._among(holders, wanted, token.removeprefix(AFTER), room, keep)
        else:
            chunk = min(MAX_CHUNK, MOST_LEVELS // len(products)) if products else size + 1
            page = await self._pages.matching(wanted, token, room, keep, chunk)
        page.stores[:0] = first
        if home and page.next_token is not None:
            page.next_token = home.removeprefix("stores/") + SHOWN + page.next_token
        return page

    async def _among(
        self,
        holders: set[str],
        wanted: stores_pb2.SearchStoresRequest,
        last_id: str,
        size: int,
        keep: Keep,
    ) -> Page:
        """The page of a search among few stores, after the store that the page before ended with.

        Raises:
            InvalidArgument: that store is gone.
        """
        last = store_of(last_id)
        names = sorted(holders | ({last} if last else set()))
        if not names:
            return Page([], None)
        only = stores_pb2.SearchStoresRequest()
        only.CopyFrom(wanted)
        only.store_filter.names[:] = names
        stores = (await self._pages.candidates(only, "", len(names))).stores
        if last_id:
            if last not in stores:
                raise InvalidArgument.field(
                    "pagination.cursor", "the location that it ended with is gone; start without it"
                )
            stores = stores[stores.index(last) + 1 :]
        kept = await keep(stores)
        matching = [store for store in stores if store in kept]
        page = matching[:size]
        if len(matching) == len(page):
            return Page(page, None)
        return Page(page, AFTER + (page[-1].removeprefix("stores/") if page else last_id))

    async def _available(self, stores: Sequence[str], products: Sequence[str]) -> list[str]:
        """The stores where every product is available now; all of them without products."""
        if not products or self._stocked is None:
            return list(stores)
        holding = await self._stocked.holding(stores, products)
        return [store for store in stores if store in holding]

    async def _locations(self, names: Sequence[str], context: Context) -> list[dict[str, Any]]:
        if not names:
            return []
        answer, hours = await asyncio.gather(
            self._client.stores.BatchGetStores(stores_pb2.BatchGetStoresRequest(names=names)),
            asyncio.gather(*map(self._hours, names)),
        )
        stores = {store.name: store for store in answer.stores}
        language = language_of(context)
        return [
            location(stores[name], known, language)
            for name, known in zip(names, hours, strict=True)
            if name in stores
        ]

    async def _hours(self, store: str) -> dict[str, Any] | None:
        if not self._has_hours:
            return None
        request = hours_pb2.ExportStoreHoursRequest(
            name=f"{store}/hours", format=hours_pb2.HOURS_FORMAT_UCP
        )
        try:
            answer = await self._client.hours.ExportStoreHours(request)
        except grpc.aio.AioRpcError:
            return None  # the schema leaves unknown hours out
        known: dict[str, Any] = MessageToDict(answer.document)
        return known if known.get("timezone") else None


def search_of(request: Predicates) -> stores_pb2.SearchStoresRequest | None:
    """The search of the stores that meet the predicates, items aside; None if no store can."""
    filters, serves = request.filters, request.serves
    attributes = [attribute(amenity) for amenity in dict.fromkeys(filters.amenities)]
    wanted = stores_pb2.StoreFilter(
        # Stores that buyers can enter; a public answer never has private stores.
        statuses=[stores_pb2.STORE_STATUS_OPEN],
        attributes=[known for known in attributes if known],
        serves=target_of(serves) if serves else None,
    )
    if serves and (address := serves.address):
        # The postcodes that a store serves are those of its own country and region.
        if address.address_country:
            wanted.region_codes.append(address.address_country.upper())
        if address.address_region:
            wanted.administrative_areas.append(address.address_region)
    if filters.hours:
        wanted.open_at.FromDatetime(instant(filters.hours.open_at))
    if None in attributes:
        return None
    search = stores_pb2.SearchStoresRequest(store_filter=wanted)
    if request.distance:
        search.circle.center.CopyFrom(latlng(request.distance.center))
        search.circle.radius_m = request.distance.max
    return search


def target_of(serves: Serves) -> stores_pb2.ServesTarget:
    """The target that a store must serve."""
    if serves.point:
        return stores_pb2.ServesTarget(point=latlng(serves.point))
    postal_code = serves.address.postal_code if serves.address else None
    return stores_pb2.ServesTarget(postal_code=postal_code or "")


def latlng(geo: Geo) -> LatLng:
    """A position of a request."""
    return LatLng(latitude=geo.latitude, longitude=geo.longitude)


def store_of(id: str) -> str | None:
    """The name of the store that an id means, with or without `stores/`; None if none can."""
    match = _STORE_ID.fullmatch(id)
    return f"stores/{match[1]}" if match else None


def language_of(context: Context) -> str:
    """The language of descriptions: that of the context, else of `Accept-Language`."""
    if context.language:
        return best([context.language])
    return best(accepted(correlation.current_metadata().get("accept-language", "")))


def batch_limit(count: int) -> dict[str, Any]:
    """The message that ids beyond the cap were not looked up."""
    return {
        "type": "info",
        "code": "batch_limit_applied",
        "path": "$.ids",
        "content": f"Only the first {MAX_IDS} ids were looked up; {count - MAX_IDS} were ignored.",
    }


def answer_of(
    capability: str,
    locations: list[dict[str, Any]],
    messages: Sequence[dict[str, Any]] = (),
    **more: Any,
) -> dict[str, Any]:
    """An answer of the capability."""
    answer = {"ucp": metadata(capability), "locations": locations, **more}
    return answer | ({"messages": list(messages)} if messages else {})
