"""The MCP server with all tools, over standard input and output or over HTTP."""

import asyncio
import importlib.metadata

from mcp.server import MCPServer
from mcp.server.transport_security import TransportSecuritySettings
from starlette.routing import BaseRoute

from services.client import Client
from services.edge.agents import (
    alerts,
    guides,
    holds,
    hours,
    in_store,
    pickup,
    stock,
    stores,
    ucp,
    views,
    way,
)
from services.edge.agents.strict import StrictServer
from services.edge.ucp.platforms import Platforms

PATH = "/mcp"
MAX_BODY_BYTES = 64 * 1024
INSTRUCTIONS = (
    "Finds a retailer's stores: nearby, open, with the wanted items in stock; and holds the items "
    "there. If a tool asks which product is meant, ask the person. Ask for no exact position if a "
    "place name is enough. Hold nothing before the person agrees; keep the `shopper` of the first "
    "hold."
)


def build(
    client: Client, services: frozenset[str], platforms: Platforms | None = None
) -> MCPServer[None]:
    """The server, with the tools that these services can answer."""
    server = StrictServer(
        "enrayon",
        title="Store locator",
        instructions=INSTRUCTIONS,
        version=importlib.metadata.version("enrayon"),
        log_level="WARNING",
        subscriptions=False,
        extensions=[views.apps()],
    )
    stores.add_tools(server, client)
    if "hours" in services:
        hours.add_tools(server, client)
    if "stock" in services:
        stock.add_tools(server, client)
        holds.add_tools(server, client)
        alerts.add_tools(server, client)
        pickup.add_tools(server, client, services)
    if "aisle" in services:
        in_store.add_tools(server, client)
        if "stock" in services:  # which knows the words of products
            way.add_tools(server, client)
    ucp.add_tools(server, client, services, platforms or Platforms())
    guides.add_guides(server)
    return server


def routes(server: MCPServer[None]) -> list[BaseRoute]:
    """The routes of the streamable HTTP transport; the server's `session_manager` must run.

    It is stateless, so that any process can answer any request. It does not check Host and Origin:
    behind Envoy the Host is the public one, and Envoy checks origins.
    """
    app = server.streamable_http_app(
        streamable_http_path=PATH,
        json_response=True,
        stateless_http=True,
        max_request_body_size=MAX_BODY_BYTES,
        transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),
    )
    return list(app.routes)


def serve_stdio(address: str, services: frozenset[str], api_key: str) -> None:
    """Serve one agent over standard input and output, until it closes them."""

    async def main() -> None:
        async with Client(address, api_key=api_key) as client:
            await build(client, services).run_stdio_async()

    asyncio.run(main())
