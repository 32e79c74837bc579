"""The tools of UCP's Location capability, with the arguments that UCP specifies."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from mcp.server import MCPServer
from mcp.shared.exceptions import MCPError
from mcp_types import CallToolResult
from pydantic import Field

from services.client import Client
from services.edge.agents.arguments import READ_ONLY
from services.edge.agents.speech import listed, readable, result
from services.edge.ucp.capability import Locations
from services.edge.ucp.platforms import Incompatible, Platforms, Refused, agent_of_meta
from services.edge.ucp.profile import LOOKUP, SEARCH

NEGOTIATION_FAILED = -32001
"""UCP's code for a platform that cannot be negotiated with."""

Meta = Annotated[dict[str, Any], Field(description='{"ucp-agent": {"profile": "https://..."}}')]
Body = Annotated[dict[str, Any], Field(description="The body of the request, the same as by REST")]


def add_tools(
    server: MCPServer[None], client: Client, services: frozenset[str], platforms: Platforms
) -> None:
    """Add both tools."""
    locations = Locations(client, services)

    async def answered(
        meta: dict[str, Any],
        answer: Callable[[Any], Awaitable[dict[str, Any]]],
        location: dict[str, Any],
        capability: str,
    ) -> CallToolResult:
        try:
            await platforms.check(agent_of_meta(meta), capability)
        except Incompatible as outcome:
            return result(outcome.content, outcome.body())
        except Refused as refused:
            raise MCPError(NEGOTIATION_FAILED, refused.content, refused.body()) from None
        with readable():
            return _result(await answer(location))

    @server.tool(title="UCP location search", annotations=READ_ONLY, structured_output=False)
    async def search_locations(meta: Meta, location: Body) -> CallToolResult:
        """Universal Commerce Protocol: search locations by distance, service area and filters."""
        return await answered(meta, locations.search, location, SEARCH)

    @server.tool(title="UCP location lookup", annotations=READ_ONLY, structured_output=False)
    async def lookup_locations(meta: Meta, location: Body) -> CallToolResult:
        """Universal Commerce Protocol: look up locations by their ids."""
        return await answered(meta, locations.lookup, location, LOOKUP)


def _result(body: dict[str, Any]) -> CallToolResult:
    names = [location["name"] for location in body["locations"]]
    return result(f"Found {listed(names)}." if names else "No location matches.", body)
