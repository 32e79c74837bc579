"""`enrayon edge`: runs the HTTP application behind Envoy."""

import typer

from services.chassis.access.settings import AccessError, AccessSettings, check_exposure
from services.chassis.settings import ChassisSettings
from services.cli.output import CommandError
from services.edge import app as edge_app
from services.edge.settings import EdgeSettings


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("edge")(edge)


def edge() -> None:
    """Serve the application behind Envoy (web page, UCP, MCP), until told to stop."""
    settings = ChassisSettings()
    try:
        check_exposure(settings, AccessSettings())
    except AccessError as error:
        raise CommandError(str(error)) from None
    edge_app.serve(settings, EdgeSettings())
