"""`enrayon up`: starts and supervises the whole suite on this machine."""

import asyncio
import os
import shutil
import socket
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import grpc
import typer
from grpc_health.v1 import health_pb2, health_pb2_grpc
from rich.panel import Panel
from rich.table import Table

from enrayon.stores.v1 import stores_pb2, stores_pb2_grpc
from geodata.samples import HELSINKI_CENTRE, HELSINKI_ROADS
from services.chassis.access.settings import AccessError, AccessSettings, check_grpc_exposure
from services.chassis.database.embedded import (
    REPAIR_ADVICE,
    EmbeddedValkey,
    EmbeddedValkeyError,
    is_damage,
)
from services.chassis.processes.supervisor import Child, ChildError, Supervisor
from services.chassis.settings import ChassisSettings
from services.cli.channel import TIMEOUT_S, services
from services.cli.commands import envoy
from services.cli.consoles import console, errors
from services.cli.output import USAGE, CommandError
from services.edge.envoy import EnvoyError, drain
from services.edge.envoy.program import admin_socket, socket_path
from services.edge.envoy.program import command as envoy_command
from services.edge.settings import EdgeSettings


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("up")(up)


def up(
    demo: Annotated[
        bool,
        typer.Option(
            "--demo", help="Load the sample: the shops of central Helsinki, with made-up stock."
        ),
    ] = False,
    anew: Annotated[
        bool,
        typer.Option(
            "--anew", help="Begin with no data where the database's files are gone for good."
        ),
    ] = False,
) -> None:
    """Run the whole suite on this machine, on the embedded Valkey, until Ctrl-C."""
    settings, access = ChassisSettings(), AccessSettings()
    edge = EdgeSettings()
    if access.tls_certificate or edge.edge_tls_certificate or edge.edge_app_certificate:
        raise CommandError(
            "`enrayon up` has no TLS; use `enrayon serve`, `enrayon edge`, `enrayon envoy`", USAGE
        )
    try:
        check_grpc_exposure(settings, access)
    except AccessError as error:
        raise CommandError(str(error), USAGE) from None
    for name, port in (("GRPC", settings.grpc_port), ("HTTP", settings.http_port)):
        check_free(settings.host, port, f"ENRAYON_{name}_PORT")
    valkey = None if settings.database_url else EmbeddedValkey(settings.data_dir, anew=anew)
    try:
        if valkey:
            valkey.lock()
        children = steps(settings, valkey, demo=demo)
        supervisor = Supervisor(children, settings.data_dir / "logs", say, ready)
        asyncio.run(supervised(supervisor, settings))
    except (EmbeddedValkeyError, EnvoyError, ChildError) as error:
        advice = f"\n{REPAIR_ADVICE}" if is_damage(str(error)) else ""
        raise CommandError(f"{error}{advice}") from None
    finally:
        if valkey:
            valkey.unlock()


async def supervised(supervisor: Supervisor, settings: ChassisSettings) -> None:
    """Run the processes; print the greeting once all are up."""
    greetings: list[asyncio.Task[None]] = []

    def started() -> None:
        greetings.append(asyncio.create_task(asyncio.to_thread(greet, settings)))

    console.print("[dim]starting ...[/]", highlight=False)
    await supervisor.run(started)
    await asyncio.gather(*greetings)
    console.print(f"[dim]stopped; the data stay in {settings.data_dir}[/]", highlight=False)


def steps(
    settings: ChassisSettings, valkey: EmbeddedValkey | None, *, demo: bool
) -> list[list[Child]]:
    """The processes, in the order in which they start; those of a step at the same time."""
    environment = {"ENRAYON_DATABASE_URL": settings.database_url}
    if demo and not os.environ.get("ENRAYON_ROADS") and find_spec("pyroutingkit"):
        environment["ENRAYON_ROADS"] = str(HELSINKI_ROADS)
    database = []
    if valkey:
        environment["ENRAYON_DATABASE_URL"] = valkey.url

        async def answers() -> bool:
            return await asyncio.to_thread(valkey.state) == "PONG"

        database.append(
            Child("valkey", valkey.command(), answers, pass_fds=valkey.pass_fds, ready_s=600.0)
        )
    config = settings.data_dir / "envoy.json"

    async def serves() -> bool:
        return await is_serving(settings)

    async def listens() -> bool:
        return not is_free(settings.host, settings.http_port)

    edge = EdgeSettings()
    app_port = edge.edge_app_port or free_port(settings.host)

    async def shows() -> bool:
        return not is_free(settings.host, app_port)

    admin = admin_socket(settings.data_dir)
    sockets = [
        socket_path(settings.data_dir, f"json-{number}") for number in range(settings.servers)
    ]
    direct = sockets if edge.edge_direct else []
    envoy.write(envoy.configuration(settings, edge, app_port, direct), config)
    enrayon = [sys.executable, "-m", "services.cli"]

    def numbered(number: int) -> dict[str, str]:
        """The environment of a process; each has its own metrics port, counting upwards."""
        port = settings.metrics_port and settings.metrics_port + number
        return {**environment, "ENRAYON_METRICS_PORT": str(port)}

    def served(number: int) -> dict[str, str]:
        """The environment of a server."""
        socket = str(direct[number]) if direct else ""
        return {**numbered(number), "ENRAYON_JSON_SOCKET": socket}

    serve = [*enrayon, "serve"]
    first = [*serve, "--demo"] if demo else serve
    servers = range(1, settings.servers)
    return [
        database,
        [  # the sample is loaded before anything answers
            Child("serve", first, serves, served(0), ready_s=600.0),
            Child("edge", [*enrayon, "edge"], shows, {"ENRAYON_EDGE_APP_PORT": str(app_port)}),
        ],
        [
            *(Child(f"serve-{n + 1}", serve, serves, served(n), ready_s=600.0) for n in servers),
            Child("work", [*enrayon, "work"], env=numbered(settings.servers)),
            Child(
                "envoy",
                envoy_command(config, workers=edge.edge_workers, drain_s=settings.drain_s),
                listens,
                before_stop=lambda: drain(admin, settings.drain_s),
                stop_s=settings.drain_s + 10.0,
            ),
        ],
    ]


async def is_serving(settings: ChassisSettings) -> bool:
    """True if the services answer and their health is SERVING."""
    if is_free(settings.host, settings.grpc_port):  # costs less than a channel
        return False
    async with grpc.aio.insecure_channel(f"{settings.host}:{settings.grpc_port}") as channel:
        try:
            answer = await health_pb2_grpc.HealthStub(channel).Check(  # type: ignore[attr-defined]
                health_pb2.HealthCheckRequest(), timeout=1.0
            )
        except grpc.aio.AioRpcError:
            return False
    return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)


def greet(settings: ChassisSettings) -> None:
    """Print the addresses and commands to try."""
    with services(settings) as channel:
        stub = stores_pb2_grpc.StoresServiceStub(channel)
        request = stores_pb2.ListStoresRequest(page_size=1)
        held = stub.ListStores(request, timeout=TIMEOUT_S).total_size
    console.print(panel(settings, held))
    console.print("\nTry, in another terminal:\n")
    for line in commands(settings):
        console.print(f"  {line}", style="cyan", highlight=False, markup=False, soft_wrap=True)
    console.print()


def panel(settings: ChassisSettings, held: int) -> Panel:
    """The addresses and folders of the suite."""
    table = Table.grid(padding=(0, 2))
    table.add_row("[bold]web[/]", f"http://{settings.host}:{settings.http_port}/")
    table.add_row("[bold]gRPC[/]", f"{settings.host}:{settings.grpc_port}")
    table.add_row("[bold]JSON[/]", f"http://{settings.host}:{settings.http_port}/v1/stores")
    table.add_row("[bold]stores[/]", f"{held:,}")
    table.add_row("[bold]data[/]", str(settings.data_dir))
    table.add_row("[bold]logs[/]", str(settings.data_dir / "logs"))
    return Panel(table, title="enrayon is up", subtitle="Ctrl-C stops it", expand=False)


def commands(settings: ChassisSettings) -> list[str]:
    """Some commands to try."""
    latitude, longitude = HELSINKI_CENTRE.latitude, HELSINKI_CENTRE.longitude
    door = f"http://{settings.host}:{settings.http_port}/v1"
    return [
        f"{enrayon()} nearest Rautatientori",
        f"{enrayon()} nearest {latitude} {longitude} --limit 5",
        f"{enrayon()} stock find milk:2 bread:1 --near Rautatientori",
        f"{enrayon()} aisle route milk bread apples",
        f"curl '{door}/stores:findNearest?origin.place=Rautatientori&page_size=3'",
    ]


def enrayon() -> str:
    """The `enrayon` command as it can be typed in this folder."""
    if shutil.which("enrayon"):
        return "enrayon"
    program = Path(sys.executable).with_name("enrayon")
    return os.path.relpath(program) if program.exists() else "python -m services.cli"


def check_free(host: str, port: int, variable: str) -> None:
    """Refuse a port that is in use.

    Raises:
        CommandError: the port is in use; the text names the setting that changes it.
    """
    if not is_free(host, port):
        raise CommandError(
            f"port {port} of {host} is in use; is enrayon already up? "
            f"Stop the program that uses it, or set {variable} to another port"
        )


def free_port(host: str) -> int:
    """A port on which nothing listens."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
    return port


def is_free(host: str, port: int) -> bool:
    """True if nothing listens on a port."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.settimeout(1.0)
        return probe.connect_ex((host, port)) != 0


DOES = {
    "valkey": "keeps the data",
    "serve": "answers",
    "edge": "shows the web page",
    "work": "runs what goes on by itself",
    "envoy": "lets browsers and programs in",
}


def ready(name: str, took_s: float) -> None:
    """Print that a process has started."""
    does = DOES.get(name.partition("-")[0], "")
    console.print(f"[green]✓[/] {name} [dim]{does} ({took_s:.1f} s)[/]", highlight=False)


def say(line: str) -> None:
    """Print a line about a process to the terminal."""
    errors.print(f"[yellow]{line}[/]", highlight=False)
