"""`enrayon mcp`: tools for a chat agent over standard input and output."""

import typer

from services.chassis.settings import ChassisSettings
from services.cli.channel import CallerSettings
from services.client.contracts import CONTRACTS, api_name
from services.edge.agents.server import serve_stdio
from services.edge.settings import EdgeSettings


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("mcp")(mcp)


def mcp() -> None:
    """Serve a chat agent over standard input and output (Model Context Protocol)."""
    settings, edge = ChassisSettings(), EdgeSettings()
    key = edge.mcp_key or CallerSettings().api_key
    address = edge.edge_services or f"{settings.host}:{settings.grpc_port}"
    serve_stdio(address, frozenset(map(api_name, CONTRACTS)), key)
