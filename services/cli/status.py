"""`enrayon status`."""

from typing import Any

import grpc
import orjson
import typer
from google.protobuf.field_mask_pb2 import FieldMask
from grpc_health.v1 import health_pb2, health_pb2_grpc
from rich.table import Table

from enrayon.stores.v1 import stores_pb2, stores_pb2_grpc
from services.app import SERVICES
from services.chassis.settings import ChassisSettings
from services.cli.channel import TIMEOUT_S, services
from services.cli.output import JsonOption, console

SERVING = health_pb2.HealthCheckResponse.SERVING


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("status")(status)


def status(json: JsonOption = False) -> None:
    """Show whether the services are well and what they hold; exit status 1 when one is not."""
    settings = ChassisSettings()
    with services(settings) as channel:
        states = {name: health_of(channel, name) for name in SERVICES}
        listed = stores_pb2_grpc.StoresServiceStub(channel).ListStores(
            stores_pb2.ListStoresRequest(page_size=1, read_mask=FieldMask(paths=["name"])),
            timeout=TIMEOUT_S,
        )
    as_of = listed.as_of.ToJsonString() if listed.HasField("as_of") else None
    if json:
        answer = {"services": states, "stores": listed.total_size, "as_of": as_of}
        typer.echo(orjson.dumps(answer, option=orjson.OPT_INDENT_2).decode())
    else:
        table = Table("service", "health", box=None, pad_edge=False)
        for name, state in states.items():
            colour = "green" if state == "SERVING" else "red"
            table.add_row(name, f"[{colour}]{state}[/]")
        console.print(table)
        console.print(f"{listed.total_size:,} stores at {settings.host}:{settings.grpc_port}")
        if as_of:
            console.print(f"[yellow]the database cannot be reached; all is as of {as_of}[/]")
    if any(state != "SERVING" for state in states.values()):
        raise typer.Exit(1)


def health_of(channel: grpc.Channel, name: str) -> str:
    """What a service says of itself."""
    request = health_pb2.HealthCheckRequest(service=f"enrayon.{name}.v1.{name.capitalize()}Service")
    stub: Any = health_pb2_grpc.HealthStub(channel)  # its stubs lack the methods
    answer = stub.Check(request, timeout=TIMEOUT_S)
    return health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status)
