"""The tools of UCP's Location capability, with the arguments that UCP specifies."""

from typing import Annotated, Any

from mcp.server import MCPServer
from mcp_types import CallToolResult
from pydantic import Field

from services.client import Client
from services.edge.agents.arguments import READ_ONLY
from services.edge.agents.speech import listed, readable, result
from services.edge.ucp.capability import Locations

Meta = Annotated[dict[str, Any], Field(description='{"ucp-agent": {"profile": "https://..."}}')]
Body = Annotated[dict[str, Any], Field(description="The body of the request, the same as by REST")]


def add_tools(server: MCPServer[None], client: Client, services: frozenset[str]) -> None:
    """Add both tools."""
    locations = Locations(client, services)

    @server.tool(title="UCP location search", annotations=READ_ONLY, structured_output=False)
    async def search_locations(meta: Meta, location: Body) -> CallToolResult:  # noqa: ARG001 named by UCP
        """Universal Commerce Protocol: search locations by distance, service area and filters."""
        with readable():
            return _answer(await locations.search(location))

    @server.tool(title="UCP location lookup", annotations=READ_ONLY, structured_output=False)
    async def lookup_locations(meta: Meta, location: Body) -> CallToolResult:  # noqa: ARG001 named by UCP
        """Universal Commerce Protocol: look up locations by their ids."""
        with readable():
            return _answer(await locations.lookup(location))


def _answer(body: dict[str, Any]) -> CallToolResult:
    names = [location["name"] for location in body["locations"]]
    return result(f"Found {listed(names)}." if names else "No location matches.", body)
