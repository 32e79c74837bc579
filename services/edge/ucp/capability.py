"""UCP's search and lookup of locations, answered with calls to stores, hours and stock."""

import asyncio
import re
from collections.abc import Iterable, Sequence
from typing import Any

import grpc
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.json_format import MessageToDict
from google.type.latlng_pb2 import LatLng

from enrayon.hours.v1 import hours_pb2
from enrayon.stores.v1 import stores_pb2
from enrayon.type.v1 import geometry_pb2
from services.chassis.errors import InvalidArgument
from services.client import Client
from services.edge.ucp.locations import attribute, location
from services.edge.ucp.profile import metadata
from services.edge.ucp.requests import (
    Filters,
    Geo,
    LookupRequest,
    Predicates,
    SearchRequest,
    Serves,
    instant,
    parsed,
)
from services.edge.ucp.stocked import Stocked

MAX_PAGE = 50
MAX_IDS = 100
_STORE_ID = re.compile(r"(?:stores/)?([a-z0-9][a-z0-9._~-]{0,190})")
_NAME_ONLY = FieldMask(paths=["name"])


class Locations:
    """Answers both operations with the available services."""

    def __init__(self, client: Client, services: frozenset[str]) -> None:
        self._client = client
        self._has_hours = "hours" in services
        self._stocked = Stocked(client) if "stock" in services else None

    async def search(self, body: Any) -> dict[str, Any]:
        """Answer a `search_request`.

        Raises:
            InvalidArgument: the request breaks the schema, or has a filter that is not supported.
        """
        request: SearchRequest = parsed(SearchRequest, body)
        wanted = await self._filter(request)
        size = min(request.pagination.limit, MAX_PAGE)
        if request.distance and request.query:
            wanted.names[:] = await self._matching(request.query, wanted)
            if not wanted.names:
                return _answer("search", [], pagination={"has_next_page": False})
        stores, token = await self._page(
            request, wanted, size, request.pagination.cursor, request.query
        )
        page: dict[str, Any] = {"has_next_page": bool(token)}
        if token:
            page["cursor"] = token
        locations = await self._locations(await self._in_stock(stores, request.filters))
        return _answer("search", locations, pagination=page)

    async def lookup(self, body: Any) -> dict[str, Any]:
        """Answer a `lookup_request`.

        Raises:
            InvalidArgument: the request breaks the schema, or has a filter that is not supported.
        """
        request: LookupRequest = parsed(LookupRequest, body)
        ids = list(dict.fromkeys(request.ids))
        taken, messages = ids[:MAX_IDS], []
        if len(ids) > MAX_IDS:
            messages.append(
                {
                    "type": "info",
                    "code": "batch_limit_applied",
                    "path": "$.ids",
                    "content": f"Only the first {MAX_IDS} ids were looked up; "
                    f"{len(ids) - MAX_IDS} were ignored.",
                }
            )
        inputs: dict[str, list[str]] = {}
        for id in taken:
            if known := _STORE_ID.fullmatch(id):
                inputs.setdefault(f"stores/{known[1]}", []).append(id)
        wanted = await self._filter(request)
        wanted.names[:] = list(inputs)
        stores = (await self._page(request, wanted, MAX_IDS))[0] if inputs else []
        found = {store.name: store for store in await self._in_stock(stores, request.filters)}
        names = [name for name in inputs if name in found]
        locations = await self._locations(found[name] for name in names)
        for name, each in zip(names, locations, strict=True):
            each["inputs"] = [{"id": id} for id in inputs[name]]
        return _answer("lookup", locations, messages=messages)

    async def _filter(self, request: Predicates) -> stores_pb2.StoreFilter:
        filters = request.filters
        if (filters.inventory or filters.items) and self._stocked is None:
            raise InvalidArgument.field("filters.items", "this server has no stock service")
        wanted = stores_pb2.StoreFilter(
            # Stores that buyers can enter; a public answer never has private stores.
            statuses=[stores_pb2.STORE_STATUS_OPEN],
            attributes=[attribute(amenity) for amenity in filters.amenities],
            serves=_target(request.serves) if request.serves else None,
        )
        address = request.serves.address if request.serves else None
        if address and address.address_country:
            wanted.region_codes.append(address.address_country.upper())
        if filters.hours:
            wanted.open_at.FromDatetime(instant(filters.hours.open_at))
        return wanted

    async def _matching(self, query: str, wanted: stores_pb2.StoreFilter) -> list[str]:
        request = stores_pb2.SearchStoresRequest(
            query=query, store_filter=wanted, page_size=1000, read_mask=_NAME_ONLY
        )
        found = await self._client.stores.SearchStores(request)
        return [match.store.name for match in found.matches]

    async def _page(
        self,
        request: Predicates,
        wanted: stores_pb2.StoreFilter,
        size: int,
        token: str = "",
        query: str = "",
    ) -> tuple[list[stores_pb2.Store], str]:
        if request.distance:
            near = await self._client.stores.FindNearestStores(
                stores_pb2.FindNearestStoresRequest(
                    origin=geometry_pb2.Origin(point=_latlng(request.distance.center)),
                    radius_m=request.distance.max,
                    store_filter=wanted,
                    page_size=size,
                    page_token=token,
                )
            )
            return [hit.store for hit in near.stores], near.next_page_token
        if query:
            matching = await self._client.stores.SearchStores(
                stores_pb2.SearchStoresRequest(
                    query=query, store_filter=wanted, page_size=size, page_token=token
                )
            )
            return [match.store for match in matching.matches], matching.next_page_token
        listed = await self._client.stores.ListStores(
            stores_pb2.ListStoresRequest(store_filter=wanted, page_size=size, page_token=token)
        )
        return list(listed.stores), listed.next_page_token

    async def _in_stock(
        self, stores: Sequence[stores_pb2.Store], filters: Filters
    ) -> list[stores_pb2.Store]:
        items = [*filters.inventory, *filters.items]
        if not items or self._stocked is None:
            return list(stores)
        return await self._stocked.holding(stores, items)

    async def _locations(self, stores: Iterable[stores_pb2.Store]) -> list[dict[str, Any]]:
        shown = list(stores)
        hours = await asyncio.gather(*(self._hours(store.name) for store in shown))
        return [location(store, known) for store, known in zip(shown, hours, strict=True)]

    async def _hours(self, store: str) -> dict[str, Any] | None:
        if not self._has_hours:
            return None
        try:
            answer = await self._client.hours.ExportStoreHours(
                hours_pb2.ExportStoreHoursRequest(
                    name=f"{store}/hours", format=hours_pb2.HOURS_FORMAT_UCP
                )
            )
        except grpc.aio.AioRpcError:
            return None  # the schema leaves unknown hours out
        return MessageToDict(answer.document)


def _target(serves: Serves) -> stores_pb2.ServesTarget:
    if serves.point:
        return stores_pb2.ServesTarget(point=_latlng(serves.point))
    postal_code = serves.address.postal_code if serves.address else None
    return stores_pb2.ServesTarget(postal_code=postal_code or "")


def _latlng(geo: Geo) -> LatLng:
    return LatLng(latitude=geo.latitude, longitude=geo.longitude)


def _answer(operation: str, locations: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    present = {key: value for key, value in more.items() if value}
    return {"ucp": metadata(operation), "locations": locations, **present}
