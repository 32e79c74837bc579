"""All services behind an access gate, and callers by their role and address."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc

from enrayon.access.v1 import access_pb2_grpc
from enrayon.aisle.v1 import aisle_pb2_grpc
from enrayon.events.v1 import events_pb2_grpc
from enrayon.geofence.v1 import geofence_pb2_grpc
from enrayon.hours.v1 import hours_pb2_grpc
from enrayon.stock.v1 import stock_pb2, stock_pb2_grpc
from enrayon.stores.v1 import stores_pb2_grpc
from services.chassis.access.gate import Gate
from services.chassis.access.key_store import KeyStore
from services.chassis.access.keys import new_key
from services.chassis.access.policy import Role
from services.chassis.access.settings import AccessSettings
from services.chassis.clock import utc_now
from services.client.interceptors import interceptors
from services.directory.parts import Parts
from services.policy import POLICY
from tests.support.hosting import serving
from tests.support.stock import PRODUCTS
from tests.support.stores import SHOPS, upsert

SHOP = "https://shop.example"
LIMITS = {f"limit_{role.name.lower()}_per_s": 1e6 for role in Role}


class Stubs:
    """The stubs of one caller."""

    def __init__(self, address: str, metadata: list[tuple[str, str]]) -> None:
        self.address = address
        self.channel: Any = grpc.aio.insecure_channel(
            address, interceptors=interceptors(30.0, lambda: metadata)
        )
        self.stores: Any = stores_pb2_grpc.StoresServiceStub(self.channel)
        self.hours: Any = hours_pb2_grpc.HoursServiceStub(self.channel)
        self.stock: Any = stock_pb2_grpc.StockServiceStub(self.channel)
        self.geofence: Any = geofence_pb2_grpc.GeofenceServiceStub(self.channel)
        self.events: Any = events_pb2_grpc.EventsServiceStub(self.channel)
        self.access: Any = access_pb2_grpc.AccessServiceStub(self.channel)
        self.aisle: Any = aisle_pb2_grpc.AisleServiceStub(self.channel)


class Callers:
    """Makes callers of the services at one address."""

    def __init__(self, server: str, keys: dict[Role, str]) -> None:
        self.server = server
        self.keys = keys
        self._made: list[Stubs] = []

    def by(self, role: Role, address: str = "192.0.2.1") -> Stubs:
        """A caller of a role, at an address that the edge tells."""
        metadata = [("x-forwarded-for", address), ("origin", SHOP)]
        if role in self.keys:
            metadata.append(("x-api-key", self.keys[role]))
        self._made.append(Stubs(self.server, metadata))
        return self._made[-1]

    async def close(self) -> None:
        """Close all channels."""
        for made in self._made:
            await made.channel.close()


@asynccontextmanager
async def gated(parts: Parts, **settings: Any) -> AsyncIterator[Callers]:
    """Serve behind a gate whose rates nobody meets, with shops and products, without stock."""
    store, keys = KeyStore(parts.client), {}
    for role in (Role.PAGE, Role.CHANNEL, Role.ADMIN):
        origins = [SHOP] if role is Role.PAGE else []
        key, keys[role] = new_key(role.name.lower(), role, utc_now(), origins=origins)
        assert await store.create(key)
    access = AccessSettings(access="enforced", **{**LIMITS, **settings})
    async with (
        Gate(access, POLICY, parts.client, utc_now) as gate,
        serving(parts, gate) as address,
    ):
        callers = Callers(address, keys)
        admin = callers.by(Role.ADMIN)
        await upsert(admin.stores, SHOPS)
        await admin.stock.UpsertProducts(iter([stock_pb2.UpsertProductsRequest(products=PRODUCTS)]))
        yield callers
        await callers.close()
