"""`enrayon doctor`: checks of the machine and the running suite, each with advice."""

import asyncio
import platform
import shutil
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from enum import Enum
from typing import NamedTuple

import grpc
import orjson
import typer
from rich.markup import escape

from enrayon.stores.v1 import stores_pb2, stores_pb2_grpc
from services.chassis.database.embedded import EmbeddedValkeyError, running_url, server_binary
from services.chassis.database.facts import DatabaseFacts, database_facts
from services.chassis.settings import ChassisSettings
from services.cli.channel import CallerSettings, channel_to, services
from services.cli.commands.status import MEANINGS, health_of
from services.cli.consoles import console
from services.cli.output import JsonOption

OLDEST_PYTHON = (3, 11)
DISK_FREE_BYTES = 1 << 30
TIMEOUT_S = 2.0


class State(Enum):
    """The result of a check."""

    GOOD = "good"
    WARNING = "warning"
    BAD = "bad"


MARKS = {State.GOOD: "[green]✓[/]", State.WARNING: "[yellow]![/]", State.BAD: "[red]✗[/]"}


class Finding(NamedTuple):
    """The outcome of a check, and the advice for a bad one."""

    check: str
    state: State
    found: str
    advice: str = ""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("doctor")(doctor)


def doctor(json: JsonOption = False) -> None:
    """Check this machine and the running suite, and advise; exit status 1 if a check fails."""
    settings = ChassisSettings()
    findings = list(examine(settings))
    if json:
        rows = [finding._asdict() | {"state": finding.state.value} for finding in findings]
        typer.echo(orjson.dumps(rows, option=orjson.OPT_INDENT_2).decode())
    else:
        width = max(len(finding.check) for finding in findings)
        for finding in findings:
            name = finding.check.ljust(width)
            console.print(f"{MARKS[finding.state]} [bold]{name}[/]  {escape(finding.found)}")
            if finding.advice:
                console.print(f"  {' ' * width}  [dim]→ {escape(finding.advice)}[/]")
    if any(finding.state is State.BAD for finding in findings):
        raise typer.Exit(1)


def examine(settings: ChassisSettings) -> Iterator[Finding]:
    """Runs all checks."""
    yield python_version()
    yield full_text_search()
    yield data_folder(settings)
    url = settings.database_url or running_url(settings.data_dir)
    running = bool(url)
    if url:
        yield from database(settings, url)
    else:
        yield embedded_database()
    store_count = count_stores(settings)
    for name, port in (("gRPC port", settings.grpc_port), ("HTTP port", settings.http_port)):
        yield port_state(name, settings.host, port, ours=running and store_count is not None)
    yield data(store_count)
    if store_count is not None:
        yield parts(settings)


def python_version() -> Finding:
    """Checks that Python is new enough."""
    version = platform.python_version_tuple()
    found = f"Python {platform.python_version()}"
    if (int(version[0]), int(version[1])) < OLDEST_PYTHON:
        return Finding("Python", State.BAD, found, "install Python 3.11 or newer")
    return Finding("Python", State.GOOD, found)


def full_text_search() -> Finding:
    """Checks that Python's SQLite has full-text search."""
    found = f"SQLite {sqlite3.sqlite_version}"
    try:
        with closing(sqlite3.connect(":memory:")) as database:
            database.execute("CREATE VIRTUAL TABLE t USING fts5(a)")
    except sqlite3.OperationalError:
        advice = "this Python's SQLite lacks FTS5; use a Python that has it"
        return Finding("text search", State.BAD, found, advice)
    return Finding("text search", State.GOOD, found)


def data_folder(settings: ChassisSettings) -> Finding:
    """Checks that the data folder is writable and has free space."""
    folder = settings.data_dir
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        probe = folder / ".doctor"
        probe.touch()
        probe.unlink()
    except OSError as error:
        advice = "make it writable, or set ENRAYON_DATA_DIR"
        return Finding("data folder", State.BAD, f"{folder}: {error.strerror}", advice)
    free = shutil.disk_usage(folder).free
    found = f"{folder}, {free / 1e9:,.0f} GB free"
    if free < DISK_FREE_BYTES:
        advice = "free some space: with a full disk the database refuses changes"
        return Finding("data folder", State.WARNING, found, advice)
    return Finding("data folder", State.GOOD, found)


def database(settings: ChassisSettings, url: str) -> Iterator[Finding]:
    """Checks that the database answers, is new enough, and keeps acknowledged writes."""
    kind = "Redis or Valkey" if settings.database_url else "embedded Valkey"
    try:
        facts = asyncio.run(database_facts(settings, url))
    except Exception as error:  # any failure to answer is the finding
        advice = "start it, or correct ENRAYON_DATABASE_URL"
        yield Finding("database", State.BAD, f"{kind}: {type(error).__name__}: {error}", advice)
        return
    found = f"{kind} {facts.version}"
    if facts.is_too_old:
        yield Finding("database", State.BAD, found, "use Redis 7.0 or newer, or Valkey")
    else:
        yield Finding("database", State.GOOD, found)
    yield durability(facts)


def durability(facts: DatabaseFacts) -> Finding:
    """Checks that acknowledged holds survive a power loss."""
    if facts.keeps_acknowledged is None:
        return Finding(
            "durability",
            State.WARNING,
            "the database does not reveal its settings",
            "make sure that it runs with appendonly yes and appendfsync always",
        )
    if not facts.keeps_acknowledged:
        return Finding(
            "durability",
            State.WARNING,
            f"appendonly {facts.appendonly}, appendfsync {facts.appendfsync}: "
            "a power loss may lose acknowledged holds",
            "set appendonly yes, appendfsync always and no-appendfsync-on-rewrite no",
        )
    return Finding("durability", State.GOOD, "appendfsync always: acknowledged holds are kept")


def embedded_database() -> Finding:
    """Checks that the embedded Valkey can be started."""
    try:
        server_binary()
    except EmbeddedValkeyError as error:
        return Finding("database", State.BAD, "no embedded Valkey", str(error))
    return Finding(
        "database", State.GOOD, "embedded Valkey, not running", "start it with `enrayon up`"
    )


def port_state(name: str, host: str, port: int, *, ours: bool) -> Finding:
    """Checks that a port is free, or used by the suite itself."""
    with socket.socket() as probe, suppress(OSError):
        probe.settimeout(TIMEOUT_S)
        if probe.connect_ex((host, port)) != 0:
            return Finding(name, State.GOOD, f"{port} is free")
    if ours:
        return Finding(name, State.GOOD, f"{port}: the suite listens")
    variable = f"ENRAYON_{name.split()[0].upper()}_PORT"
    advice = f"stop the program that uses it, or set {variable}"
    return Finding(name, State.WARNING, f"{port} is in use", advice)


def count_stores(settings: ChassisSettings) -> int | None:
    """The number of stores of the running suite; None if it does not answer."""
    with channel_to(f"{settings.host}:{settings.grpc_port}", CallerSettings()) as channel:
        try:
            answer = stores_pb2_grpc.StoresServiceStub(channel).ListStores(
                stores_pb2.ListStoresRequest(page_size=1), timeout=TIMEOUT_S
            )
        except grpc.RpcError:
            return None
    return answer.total_size


def parts(settings: ChassisSettings) -> Finding:
    """Checks that every part of the running server is healthy."""
    with services(settings) as channel:
        unhealthy = [name for name in MEANINGS if health_of(channel, name) != "SERVING"]
    if not unhealthy:
        return Finding("parts", State.GOOD, f"{', '.join(MEANINGS)} are healthy")
    found = "; ".join(f"{name}: {MEANINGS[name]}" for name in unhealthy)
    return Finding("parts", State.BAD, found, "check the database and the server's logs")


def data(store_count: int | None) -> Finding:
    """Checks that stores are loaded."""
    if store_count is None:
        return Finding("data", State.WARNING, "the services are not running", "run `enrayon up`")
    if not store_count:
        advice = "load the sample with `enrayon up --demo`, or your own with `enrayon import FILE`"
        return Finding("data", State.WARNING, "no stores", advice)
    return Finding("data", State.GOOD, f"{store_count:,} stores")
