"""`enrayon status`: the health of the services and of the parts they share."""

from typing import Any

import grpc
import orjson
import typer
from google.protobuf.field_mask_pb2 import FieldMask
from grpc_health.v1 import health_pb2, health_pb2_grpc
from rich.table import Table

from enrayon.stores.v1 import stores_pb2, stores_pb2_grpc
from services.chassis.settings import ChassisSettings
from services.cli.channel import TIMEOUT_S, services
from services.cli.consoles import console
from services.cli.output import JsonOption
from services.client.contracts import CONTRACTS, api_name

MEANINGS = {
    "reads": "the server cannot answer until its stores are loaded",
    "directory": "the data in memory may be old; answers say so in as_of",
    "database": "the database does not answer; stores and hours are answered from memory",
    "writes": "the database refuses changes: no holds, no positions, no updates",
}
"""The parts of the server, and the meaning of each being unhealthy."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("status")(status)


def status(json: JsonOption = False) -> None:
    """Show the health of services and their parts; exit status 1 if one is unhealthy."""
    settings = ChassisSettings()
    with services(settings) as channel:
        states = {api_name(each): health_of(channel, each.full_name) for each in CONTRACTS}
        parts = {name: health_of(channel, name) for name in MEANINGS}
        listed = stores_pb2_grpc.StoresServiceStub(channel).ListStores(
            stores_pb2.ListStoresRequest(page_size=1, read_mask=FieldMask(paths=["name"])),
            timeout=TIMEOUT_S,
        )
    as_of = listed.as_of.ToJsonString() if listed.HasField("as_of") else None
    if json:
        answer = {"services": states, "parts": parts, "stores": listed.total_size, "as_of": as_of}
        typer.echo(orjson.dumps(answer, option=orjson.OPT_INDENT_2).decode())
    else:
        table = Table("service or part", "health", "", box=None, pad_edge=False)
        for name, state in (states | parts).items():
            is_healthy = state == "SERVING"
            meaning = "" if is_healthy else MEANINGS.get(name, "")
            table.add_row(name, f"[{'green' if is_healthy else 'red'}]{state}[/]", meaning)
        console.print(table)
        console.print(f"{listed.total_size:,} stores at {settings.host}:{settings.grpc_port}")
        if as_of:
            console.print(f"[yellow]the database cannot be reached; answers are of {as_of}[/]")
    if any(state != "SERVING" for state in (states | parts).values()):
        raise typer.Exit(1)


def health_of(channel: grpc.Channel, name: str) -> str:
    """The health of a service or a part, by gRPC's health protocol."""
    request = health_pb2.HealthCheckRequest(service=name)
    stub: Any = health_pb2_grpc.HealthStub(channel)  # its stubs lack the methods
    answer = stub.Check(request, timeout=TIMEOUT_S)
    return health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status)
