"""`enrayon envoy`: runs Envoy with the configuration that the settings give."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from services.chassis.access.settings import AccessSettings
from services.chassis.settings import ChassisSettings
from services.cli.output import CommandError
from services.client.contracts import CONTRACTS
from services.edge.addresses import APP_PREFIXES
from services.edge.envoy import (
    Address,
    Certificate,
    EnvoyError,
    Limits,
    Tls,
    Tokens,
    command,
    render,
)
from services.edge.envoy.program import admin_socket, run
from services.edge.settings import EdgeSettings

LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("envoy")(envoy)


def envoy(
    only_print: Annotated[
        bool, typer.Option("--print", help="Print the configuration instead of running Envoy.")
    ] = False,
) -> None:
    """Run Envoy, the edge, in front of the services and `enrayon edge`."""
    settings, edge = ChassisSettings(), EdgeSettings()
    try:
        admin = admin_socket(settings.data_dir)
        config = configuration(settings, edge, edge.edge_app_port, edge.edge_json_sockets)
        if only_print:
            typer.echo(orjson.dumps(config, option=orjson.OPT_INDENT_2).decode())
            return
        path = settings.data_dir / "envoy.json"
        write(config, path)
        words = command(path, workers=edge.edge_workers, drain_s=settings.drain_s)
    except EnvoyError as error:
        raise CommandError(str(error)) from None
    raise typer.Exit(asyncio.run(run(words, admin, settings.drain_s)))


def configuration(
    settings: ChassisSettings,
    edge: EdgeSettings,
    app_port: int,
    json_sockets: Sequence[Path] = (),
) -> dict[str, Any]:
    """Envoy's configuration from the settings.

    Args:
        settings: The settings of all processes.
        edge: The settings of the edge.
        app_port: Port of the application on this machine.
        json_sockets: On which the services answer the hottest reads as JSON.

    Raises:
        CommandError: an address is not `host:port`.
        EnvoyError: the socket of the admin interface has no safe place.
    """
    access = AccessSettings()
    return render(
        CONTRACTS,
        Address(settings.host, settings.http_port),
        address(edge.edge_services, settings.host, settings.grpc_port, "ENRAYON_EDGE_SERVICES"),
        json_sockets=json_sockets,
        apps=dict.fromkeys(
            APP_PREFIXES, address(edge.edge_app, settings.host, app_port, "ENRAYON_EDGE_APP")
        ),
        admin=admin_socket(settings.data_dir),
        metrics=Address(settings.host, edge.edge_admin_port) if edge.edge_admin_port else None,
        allow_origins=edge.edge_origins,
        trusted_hops=edge.edge_trusted_hops,
        limits=Limits(
            edge.edge_requests_per_s,
            edge.edge_requests,
            edge.edge_connections,
            edge.edge_networks,
        ),
        hosts=hosts(settings, edge, access),
        proof=access.edge_secret,
        calls=edge.edge_calls,
        tls=Tls(edge.edge_services_ca, edge.edge_certificate, edge.edge_certificate_key)
        if edge.edge_services_ca
        else None,
        app_tls=Tls(edge.edge_app_ca) if edge.edge_app_ca else None,
        certificate=Certificate(edge.edge_tls_certificate, edge.edge_tls_key)
        if edge.edge_tls_certificate and edge.edge_tls_key
        else None,
        tokens=tokens(access),
        collector=address(settings.otlp_endpoint, "", 0, "ENRAYON_OTLP_ENDPOINT")
        if settings.otlp_endpoint
        else None,
        trace_ratio=settings.trace_ratio,
    )


def hosts(settings: ChassisSettings, edge: EdgeSettings, access: AccessSettings) -> list[str]:
    """The names that the edge answers under; empty: any.

    While access is open it answers under names of this machine alone: under another one, a page
    of the internet could read the answers (DNS rebinding).
    """
    if edge.edge_hosts or not access.is_open:
        return edge.edge_hosts
    own = f"[{settings.host}]" if ":" in settings.host else settings.host
    return list(dict.fromkeys([*LOOPBACK_NAMES, own]))


def tokens(access: AccessSettings) -> Tokens | None:
    """The tokens that the edge accepts; the services check them again."""
    if access.jwt_keys is None:
        return None
    return Tokens(access.jwt_issuer, access.jwt_audience, access.jwt_keys)


def write(config: dict[str, Any], path: Path) -> None:
    """Write a configuration to Envoy's file."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.write_bytes(orjson.dumps(config, option=orjson.OPT_INDENT_2))


def address(text: str, host: str, port: int, variable: str) -> Address:
    """Reads the address of a setting; an empty one gives the default host and port.

    Raises:
        CommandError: the text is not `host:port`.
    """
    if not text:
        return Address(host, port)
    name, _, number = text.rpartition(":")
    if not name or not number.isdecimal():
        raise CommandError(f"{variable}: must be host:port, not {text!r}")
    return Address(name.strip("[]"), int(number))
