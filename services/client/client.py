"""The client: one channel, with a stub for each API."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Self

import grpc

from enrayon.access.v1 import access_pb2_grpc
from enrayon.aisle.v1 import aisle_pb2_grpc
from enrayon.events.v1 import events_pb2_grpc
from enrayon.geofence.v1 import geofence_pb2_grpc
from enrayon.hours.v1 import hours_pb2_grpc
from enrayon.stock.v1 import stock_pb2_grpc
from enrayon.stores.v1 import stores_pb2_grpc
from services.client.contracts import CONTRACTS
from services.client.interceptors import Headers, interceptors
from services.client.service_config import service_config

if TYPE_CHECKING:  # asynchronous stubs have types for type checkers alone
    from enrayon.access.v1.access_pb2_grpc import AccessServiceAsyncStub
    from enrayon.aisle.v1.aisle_pb2_grpc import AisleServiceAsyncStub
    from enrayon.events.v1.events_pb2_grpc import EventsServiceAsyncStub
    from enrayon.geofence.v1.geofence_pb2_grpc import GeofenceServiceAsyncStub
    from enrayon.hours.v1.hours_pb2_grpc import HoursServiceAsyncStub
    from enrayon.stock.v1.stock_pb2_grpc import StockServiceAsyncStub
    from enrayon.stores.v1.stores_pb2_grpc import StoresServiceAsyncStub


class Client:
    """The services behind one address."""

    stores: "StoresServiceAsyncStub"
    """Stores, and the nearest of them."""
    hours: "HoursServiceAsyncStub"
    """Opening hours and in-store services."""
    stock: "StockServiceAsyncStub"
    """Products, stock levels and holds."""
    geofence: "GeofenceServiceAsyncStub"
    """Geofences, positions and trips."""
    aisle: "AisleServiceAsyncStub"
    """Floor plans, shelves of products, and routes inside a store."""
    events: "EventsServiceAsyncStub"
    """Subscriptions to the events of all of these."""
    access: "AccessServiceAsyncStub"
    """Sessions of people at pages, and API keys."""

    def __init__(
        self,
        address: str = "localhost:50051",
        *,
        api_key: str = "",
        token: Callable[[], str] | None = None,
        timeout_s: float = 10.0,
        credentials: grpc.ChannelCredentials | None = None,
        headers: Headers = tuple,
    ) -> None:
        """Prepare a channel; the first call connects it.

        Args:
            address: `host:port`, or any other target that gRPC knows.
            api_key: sent as `x-api-key`; nothing is sent when empty.
            token: called for each call; returns a JSON Web Token, sent as `authorization: Bearer`.
            timeout_s: the deadline of a call without its own. Streams have none.
            credentials: for TLS, for example `grpc.ssl_channel_credentials(ca)`; with a client's
                key and certificate where the services authenticate callers by certificate. None
                for a connection without TLS.
            headers: called for each call; returns more headers, for example a trace context.
        """
        options = [("grpc.service_config", service_config(CONTRACTS))]

        def metadata() -> list[tuple[str, str]]:
            key = [("x-api-key", api_key)] if api_key else []
            bearer = [("authorization", f"Bearer {token()}")] if token else []
            return [*key, *bearer, *headers()]

        added = interceptors(timeout_s, metadata)
        if credentials is None:
            self.channel = grpc.aio.insecure_channel(address, options=options, interceptors=added)
        else:
            self.channel = grpc.aio.secure_channel(
                address, credentials, options=options, interceptors=added
            )
        self.stores = stores_pb2_grpc.StoresServiceStub(self.channel)
        self.hours = hours_pb2_grpc.HoursServiceStub(self.channel)
        self.stock = stock_pb2_grpc.StockServiceStub(self.channel)
        self.geofence = geofence_pb2_grpc.GeofenceServiceStub(self.channel)
        self.aisle = aisle_pb2_grpc.AisleServiceStub(self.channel)
        self.events = events_pb2_grpc.EventsServiceStub(self.channel)
        self.access = access_pb2_grpc.AccessServiceStub(self.channel)

    async def close(self) -> None:
        """Close the channel; running calls end with CANCELLED."""
        await self.channel.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()
