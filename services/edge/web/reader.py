"""Reads the services for the pages, as the page's own caller and never as the reader.

A page may be kept by caches and search engines, so it shows the same to all.
"""

import asyncio
import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import grpc
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from enrayon.hours.v1 import hours_pb2
from enrayon.stores.v1 import stores_pb2
from enrayon.type.v1 import geometry_pb2
from services.chassis.access.credentials import EDGE_HEADER, KEY_HEADER
from services.chassis.telemetry import tracing
from services.client import Client
from services.client.questions import as_nearest, is_understood, nearest_request, search_request
from services.edge import on_behalf
from services.edge.settings import EdgeSettings

PATIENCE_S = 3.0
"""Deadline of each call: a page without a part is better than none."""
MOST_EVENTS = 20
FIRST = 20
"""Stores of the first list."""
LISTED = FieldMask(
    paths=["name", "display_name", "location", "address", "attributes", "status", "external_ids"]
)
ENDED = (stores_pb2.STORE_STATUS_CLOSED_FOR_GOOD, stores_pb2.STORE_STATUS_MOVED)
TOWN_RESOLUTION = 5
"""H3 cells of about 250 km2, a large town."""


def as_page(edge: EdgeSettings) -> Callable[[], list[tuple[str, str]]]:
    """The headers of a call: the page's key and origin, and the reader's address for its limits."""
    parts = urlsplit(edge.edge_public_url)
    own = (
        [(KEY_HEADER, edge.edge_page_key), ("origin", f"{parts.scheme}://{parts.netloc}")]
        if edge.edge_page_key
        else []
    )

    def headers() -> list[tuple[str, str]]:
        address = on_behalf.forwarded(("x-forwarded-for", EDGE_HEADER))
        return [*tracing.outgoing(), *address, *own]

    return headers


class Found(NamedTuple):
    """The first list of the locator."""

    stores: Sequence[stores_pb2.NearestStore]
    """With distances where the origin is a place that the reader named."""
    place: str
    """The name of that place; empty without one."""
    states: dict[str, hours_pb2.OpenState]
    """By store; without those that cannot be had."""


class StorePage(NamedTuple):
    """The facts of a store's page."""

    store: stores_pb2.Store
    state: hours_pb2.OpenState | None
    days: Sequence[hours_pb2.LocalDay]
    time_zone: str
    services: Sequence[hours_pb2.InStoreService]
    events: Sequence[hours_pb2.StoreEvent]
    exported: dict[str, Any]
    """Its hours in schema.org's form."""


class Reader:
    """Reads the services. All methods raise `grpc.aio.AioRpcError` where the stores fail."""

    def __init__(self, client: Client, services: frozenset[str]) -> None:
        """Read by a client that calls as the page; `services` names the available APIs."""
        self._client = client
        self._has_hours = "hours" in services

    async def store(self, id: str, language: str) -> StorePage:
        """A store with its hours, services and events, as far as they can be had."""
        name = f"stores/{id}"
        request = stores_pb2.GetStoreRequest(name=name)
        store = await self._client.stores.GetStore(request, timeout=PATIENCE_S)
        if not self._has_hours:
            return StorePage(store, None, (), store.time_zone, (), (), {})
        states, week, services, events, exported = await asyncio.gather(
            self.states([name], language),
            self._or(
                self._client.hours.ListOpenIntervals,
                hours_pb2.ListOpenIntervalsRequest(name=f"{name}/hours", language_code=language),
            ),
            self._or(
                self._client.hours.ListInStoreServices,
                hours_pb2.ListInStoreServicesRequest(parent=name, language_code=language),
            ),
            self._or(
                self._client.hours.ListStoreEvents,
                hours_pb2.ListStoreEventsRequest(
                    parent=name, page_size=MOST_EVENTS, start_time=now()
                ),
            ),
            self._or(
                self._client.hours.ExportStoreHours,
                hours_pb2.ExportStoreHoursRequest(
                    name=f"{name}/hours", format=hours_pb2.HOURS_FORMAT_SCHEMA_ORG
                ),
            ),
        )
        return StorePage(
            store,
            states.get(name),
            week.days if week else (),
            (week.time_zone if week else "") or store.time_zone,
            services.in_store_services if services else (),
            events.store_events if events else (),
            MessageToDict(exported.document) if exported else {},
        )

    async def first(self, query: str, language: str) -> Found:
        """The first list: near a place or matching words, else where most stores are."""
        place, stores = await self._near(query) if query else ("", await self._where_most_are())
        states = await self.states([each.store.name for each in stores], language)
        return Found(stores, place, states)

    async def public(self, names: Sequence[str]) -> list[stores_pb2.Store]:
        """Those of the stores that are still public and not closed for good, in their order."""
        request = stores_pb2.BatchGetStoresRequest(names=names, read_mask=LISTED)
        answer = await self._client.stores.BatchGetStores(request, timeout=PATIENCE_S)
        return [store for store in answer.stores if store.status not in ENDED]

    async def states(self, names: Sequence[str], language: str) -> dict[str, hours_pb2.OpenState]:
        """The opening states of stores, as far as they can be had."""
        if not self._has_hours or not names:
            return {}
        request = hours_pb2.BatchCheckOpenStatesRequest(
            names=[f"{name}/hours" for name in names], language_code=language
        )
        answer = await self._or(self._client.hours.BatchCheckOpenStates, request)
        return {state.store: state for state in answer.open_states} if answer else {}

    async def page_of_all(self, token: str) -> stores_pb2.ListStoresResponse:
        """A page of all public stores that trade or will."""
        request = stores_pb2.ListStoresRequest(
            page_size=1000,
            page_token=token,
            read_mask=FieldMask(
                paths=["name", "display_name", "address", "attributes", "update_time"]
            ),
        )
        return await self._client.stores.ListStores(request)

    async def _near(self, query: str) -> tuple[str, Sequence[stores_pb2.NearestStore]]:
        request = stores_pb2.FindNearestStoresRequest(
            origin=geometry_pb2.Origin(place=query), page_size=FIRST, read_mask=LISTED
        )
        asked = stores_pb2.ParseQueryRequest(query=query)
        parsed = await self._client.stores.ParseQuery(asked, timeout=PATIENCE_S)
        if is_understood(parsed):
            nearest_request(parsed, request)
        if is_understood(parsed) and not parsed.HasField("place"):
            words = search_request(request)
            matching = await self._client.stores.SearchStores(words, timeout=PATIENCE_S)
            return "", as_nearest(matching).stores
        try:
            answer = await self._client.stores.FindNearestStores(request, timeout=PATIENCE_S)
        except grpc.aio.AioRpcError as error:
            if error.code() is not grpc.StatusCode.NOT_FOUND:
                raise
            words = stores_pb2.SearchStoresRequest(query=query, page_size=FIRST, read_mask=LISTED)
            found = await self._client.stores.SearchStores(words, timeout=PATIENCE_S)
            return "", as_nearest(found).stores
        place = parsed.place.display_name or answer.origin_place.display_name
        return place or query, answer.stores

    async def _where_most_are(self) -> Sequence[stores_pb2.NearestStore]:
        counted = await self._client.stores.CountStores(
            stores_pb2.CountStoresRequest(h3_resolution=TOWN_RESOLUTION), timeout=PATIENCE_S
        )
        if not counted.cells:
            return ()
        request = stores_pb2.FindNearestStoresRequest(
            origin=geometry_pb2.Origin(point=counted.cells[0].centroid),
            page_size=FIRST,
            read_mask=LISTED,
        )
        answer = await self._client.stores.FindNearestStores(request, timeout=PATIENCE_S)
        return [stores_pb2.NearestStore(store=each.store) for each in answer.stores]

    async def _or(self, call: Callable[..., Any], request: Message) -> Any:
        """An answer; None if it cannot be had."""
        try:
            return await call(request, timeout=PATIENCE_S)
        except grpc.aio.AioRpcError:
            return None


def now() -> Timestamp:
    """The present instant."""
    stamp = Timestamp()
    stamp.FromDatetime(dt.datetime.now(dt.UTC))
    return stamp
