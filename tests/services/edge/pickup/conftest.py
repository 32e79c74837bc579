"""Each service on its own server, so that one can stop while the others answer."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any, NamedTuple

import grpc
import httpx
import pytest
from starlette.applications import Starlette

from enrayon.aisle.v1 import aisle_pb2, aisle_pb2_grpc
from enrayon.stock.v1 import stock_pb2
from enrayon.stores.v1 import stores_pb2
from services import app as root
from services.chassis.serving.methods import methods_of
from services.chassis.serving.server import Server
from services.client import Client
from services.directory.parts import Parts
from services.edge import problems
from services.edge.pickup import lists, rest
from services.edge.pickup.lists import PickupLists
from services.edge.pickup.options import PickupFinder
from tests.support.edge_app import listening, shops
from tests.support.stock import FORUM, MILK, PRODUCTS, STOCKMANN, state

SERVICES = frozenset({"stores", "hours", "stock", "aisle"})


class Shelves(aisle_pb2_grpc.AisleServiceServicer):
    """Knows that milk stands in aisle 7 of every store, and of nothing else."""

    async def LocateProducts(  # noqa: N802 named by the contract
        self, request: aisle_pb2.LocateProductsRequest, _: Any
    ) -> aisle_pb2.LocateProductsResponse:
        answer = aisle_pb2.LocateProductsResponse()
        for product in request.products:
            if product == MILK:
                shelf = aisle_pb2.Shelf(address="Aisle 7, left, third bay")
                answer.located.add(product=product, display_name="Milk", shelves=[shelf])
            else:
                answer.unlocated.add(product=product)
        return answer


class Suite(NamedTuple):
    """The calls over HTTP, the servers behind them by service, and a client of these."""

    http: httpx.AsyncClient
    servers: dict[str, Any]
    finder: PickupFinder
    client: Client


@pytest.fixture
async def suite(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Suite]:
    monkeypatch.setenv("ENRAYON_STOCK_ALLOW_LOSS", "true")
    servers: dict[str, Any] = {}
    async with AsyncExitStack() as stack:
        client = Client("127.0.0.1:1")
        for name in ("stores", "hours", "stock"):
            services = root.built(parts, [name])
            server = Server(parts.settings, methods(services, parts))
            await stack.enter_async_context(root.background(services))
            await server.start()
            stack.push_async_callback(server.stop)
            servers[name] = server
            own = await stack.enter_async_context(Client(f"127.0.0.1:{server.port}"))
            setattr(client, name, getattr(own, name))
        servers["aisle"], port = await shelves()
        stack.push_async_callback(servers["aisle"].stop, None)
        own = await stack.enter_async_context(Client(f"127.0.0.1:{port}"))
        client.aisle = own.aisle
        await fill(client)
        finder = PickupFinder(client, SERVICES)
        app = application(finder, PickupLists(client, SERVICES))
        url = await stack.enter_async_context(listening(app))
        http = await stack.enter_async_context(httpx.AsyncClient(base_url=url, timeout=30))
        yield Suite(http, servers, finder, client)


def methods(services: Any, parts: Parts) -> list[Any]:
    return [
        method
        for service in services
        for method in methods_of(
            service.descriptor, service.servicer, parts.settings.max_request_bytes
        )
    ]


async def shelves() -> tuple[grpc.aio.Server, int]:
    server = grpc.aio.server()
    aisle_pb2_grpc.add_AisleServiceServicer_to_server(Shelves(), server)  # type: ignore[abstract]
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    return server, port


async def fill(client: Client) -> None:
    """Real shops with hours; milk, bread and shears at two of them."""
    await client.stores.UpsertStores(iter([stores_pb2.UpsertStoresRequest(stores=shops())]))
    await client.stock.UpsertProducts(iter([stock_pb2.UpsertProductsRequest(products=PRODUCTS)]))
    await state(client.stock, STOCKMANN, milk=5, bread=3, shears=1)
    await state(client.stock, FORUM, milk=5, bread=1)


def application(finder: PickupFinder, pickup_lists: PickupLists) -> Starlette:
    routes = [*rest.routes(), *lists.routes()]
    app = Starlette(routes=routes, exception_handlers=problems.HANDLERS)
    app.state.pickup, app.state.pickup_lists = finder, pickup_lists
    return app
