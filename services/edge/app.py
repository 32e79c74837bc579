"""The HTTP application behind Envoy: the web locator, UCP, MCP and the OpenAPI document.

It composes the services through their contracts, as any other channel could.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

import uvicorn
from google.protobuf.descriptor import ServiceDescriptor
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from services.chassis.settings import ChassisSettings
from services.chassis.telemetry import configure_logs
from services.client import Client
from services.edge import problems
from services.edge.access_log import AccessLog
from services.edge.settings import EdgeSettings
from services.edge.ucp import rest
from services.edge.ucp.capability import Locations
from services.edge.web import pages

HEALTH_PATH = "/healthz"
PREFIX = "/"
"""Of all paths that are not a method's."""


def build(services: str, edge: EdgeSettings, contracts: Sequence[ServiceDescriptor]) -> Starlette:
    """The application.

    Args:
        services: the address of the gRPC services, `host:port`.
        edge: its settings.
        contracts: the APIs that answer there. What needs others is not offered.
    """

    names = frozenset(contract.full_name.split(".")[1] for contract in contracts)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            client = await stack.enter_async_context(Client(services))
            app.state.client = client
            app.state.locations = Locations(client, names)
            yield

    return Starlette(
        routes=[
            Route(HEALTH_PATH, health),
            *rest.routes(edge),
            *pages.routes(edge, names),
        ],
        middleware=[Middleware(AccessLog)],
        exception_handlers=problems.HANDLERS,
        lifespan=lifespan,
    )


async def health(_: Request) -> Response:
    """Say that the process answers; Envoy's `/readyz` says whether the services do."""
    return JSONResponse({"status": "SERVING"})


def serve(
    settings: ChassisSettings, edge: EdgeSettings, contracts: Sequence[ServiceDescriptor]
) -> None:
    """Serve the application until told to stop."""
    configure_logs(settings)
    app = build(f"{settings.host}:{settings.grpc_port}", edge, contracts)
    uvicorn.run(
        app,
        host=settings.host,
        port=edge.edge_app_port,
        log_config=None,
        access_log=False,  # it would write down the query
        server_header=False,
        timeout_graceful_shutdown=round(settings.drain_s),
    )
