"""`enrayon edge`."""

import typer

from services import app as root
from services.chassis.settings import ChassisSettings
from services.edge import app as edge_app
from services.edge.settings import EdgeSettings


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("edge")(edge)


def edge() -> None:
    """Serve the application behind Envoy (web page, UCP, MCP), until told to stop."""
    edge_app.serve(ChassisSettings(), EdgeSettings(), root.descriptors())
