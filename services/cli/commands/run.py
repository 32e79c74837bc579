"""`enrayon serve` and `enrayon work`: run the services, or their background loops."""

from typing import Annotated

import typer

from geodata.roads import BadNetwork
from services import app as root
from services.chassis.access.settings import AccessError
from services.chassis.database.data_set import DataSetError
from services.chassis.database.embedded import EmbeddedValkeyError
from services.chassis.errors import ServiceError
from services.chassis.settings import ChassisSettings
from services.cli import sample
from services.cli.output import USAGE, CommandError

Names = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[SERVICE]...", help=f"Some of {', '.join(root.SERVICES)}; all by default."
    ),
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("serve")(serve)
    app.command("work")(work)


def serve(
    names: Names = None,
    demo: Annotated[bool, typer.Option("--demo", help="Load the sample before.")] = False,
) -> None:
    """Serve the named services on the gRPC port, until told to stop."""
    check(names)
    try:
        root.serve(ChassisSettings(), names or [], sample.load if demo else None)
    except (
        OSError,
        AccessError,
        BadNetwork,
        DataSetError,
        EmbeddedValkeyError,
        ServiceError,
    ) as error:
        raise CommandError(str(error)) from None


def work(names: Names = None) -> None:
    """Run the background loops of the named services, until told to stop."""
    check(names)
    try:
        root.work(ChassisSettings(), names or [])
    except (OSError, BadNetwork, DataSetError, EmbeddedValkeyError, ServiceError) as error:
        raise CommandError(str(error)) from None


def check(names: list[str] | None) -> None:
    """Refuse an unknown service.

    Raises:
        CommandError: a name is not that of a service.
    """
    for name in names or []:
        if name not in root.SERVICES:
            raise CommandError(f"no service {name!r}; there are {', '.join(root.SERVICES)}", USAGE)
