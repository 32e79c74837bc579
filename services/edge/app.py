"""The HTTP application behind Envoy: pick-up options, web locator, UCP, MCP and OpenAPI."""

import asyncio
import importlib.metadata
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from types import FrameType

import uvicorn
import uvloop
from google.protobuf.descriptor import ServiceDescriptor
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from services.chassis.settings import ChassisSettings
from services.chassis.telemetry import tracing
from services.chassis.telemetry.logs import configure_logs
from services.client import Client
from services.client.contracts import CONTRACTS, api_name
from services.client.tls import credentials
from services.edge import on_behalf, problems
from services.edge.access_log import AccessLog
from services.edge.addresses import base_url
from services.edge.agents import server as agents
from services.edge.envoy.clusters import APP_IDLE_S
from services.edge.openapi import document
from services.edge.pickup import described, lists
from services.edge.pickup import rest as pickup
from services.edge.pickup.lists import PickupLists
from services.edge.pickup.options import PickupFinder
from services.edge.settings import EdgeSettings
from services.edge.staff import pages as staff
from services.edge.ucp import rest as ucp
from services.edge.ucp.capability import Locations
from services.edge.ucp.fulfillment import Fulfillment
from services.edge.ucp.platforms import Platforms
from services.edge.web.reader import as_page
from services.edge.web.web import Web

HEALTH_PATH = "/healthz"


def build(services: str, edge: EdgeSettings, contracts: Sequence[ServiceDescriptor]) -> Starlette:
    """The application, for the running event loop.

    Args:
        services: the address of the gRPC services, `host:port`.
        edge: the settings.
        contracts: the APIs at that address; a feature that needs another API is left out.
    """
    names = frozenset(map(api_name, contracts))
    tls = credentials(edge.edge_services_ca, edge.edge_certificate, edge.edge_certificate_key)
    client = Client(services, headers=on_behalf.outgoing, credentials=tls)
    web = Web(edge, Client(services, headers=as_page(edge), credentials=tls), names)
    platforms = Platforms(edge.edge_ucp_platforms)
    mcp = agents.build(client, names, platforms)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(client)
            await stack.enter_async_context(web.running())
            await stack.enter_async_context(mcp.session_manager.run())
            app.state.client = client
            app.state.locations = Locations(client, names)
            app.state.fulfillment = Fulfillment(client)
            app.state.pickup = PickupFinder(client, names)
            app.state.pickup_lists = PickupLists(client, names)
            yield

    async def openapi(_: Request) -> Response:
        """The OpenAPI document of the JSON API."""
        version = importlib.metadata.version("enrayon")
        added = described.described() if "stock" in names else None
        return JSONResponse(document(contracts, version, base_url(edge), added))

    def not_routed(request: Request, error: Exception) -> Response:
        """A person who came to an address without a page gets a page, a program an error."""
        assert isinstance(error, HTTPException)
        if error.status_code == 404 and "text/html" in request.headers.get("accept", ""):
            return web.missing(request)
        return problems.not_routed(request, error)

    return Starlette(
        routes=[
            Route(HEALTH_PATH, health),
            Route("/openapi.json", openapi),
            *([*pickup.routes(), *lists.routes()] if "stock" in names else []),
            *ucp.routes(edge, platforms, has_stock="stock" in names),
            *agents.routes(mcp),
            *staff.routes(names),
            *web.routes(),
        ],
        middleware=[Middleware(AccessLog, quiet=HEALTH_PATH)],
        exception_handlers={**problems.HANDLERS, HTTPException: not_routed},
        lifespan=lifespan,
    )


async def health(_: Request) -> Response:
    """The health of this process; Envoy's `/readyz` gives the health of the services."""
    return JSONResponse({"status": "SERVING"})


def server_config(app: Starlette, settings: ChassisSettings, edge: EdgeSettings) -> uvicorn.Config:
    """The uvicorn configuration of the application."""
    return uvicorn.Config(
        app,
        host=settings.host,
        port=edge.edge_app_port,
        log_config=None,
        access_log=False,  # it would log the query, which may have coordinates
        server_header=False,
        timeout_keep_alive=APP_IDLE_S + 15,
        timeout_graceful_shutdown=round(settings.drain_s),
        ssl_certfile=edge.edge_app_certificate,
        ssl_keyfile=edge.edge_app_certificate_key,
    )


class QuietServer(uvicorn.Server):
    """Looks once a second at the time and its state; uvicorn's own looks ten times."""

    async def main_loop(self) -> None:
        """Wait until it is told to stop."""
        self._told, self._loop = asyncio.Event(), asyncio.get_running_loop()
        while not await self.on_tick(0):
            with suppress(TimeoutError):
                async with asyncio.timeout(1.0):
                    await self._told.wait()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop at once."""
        super().handle_exit(sig, frame)
        self._loop.call_soon_threadsafe(self._told.set)


def serve(settings: ChassisSettings, edge: EdgeSettings) -> None:
    """Serve the application until told to stop."""
    configure_logs(settings)

    async def main() -> None:
        services = edge.edge_services or f"{settings.host}:{settings.grpc_port}"
        app = build(services, edge, CONTRACTS)
        await QuietServer(server_config(app, settings, edge)).serve()

    with (
        tracing.traced(settings, "application"),
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        runner.run(main())
