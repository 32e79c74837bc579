"""Settings of all processes: `ENRAYON_*` variables, each with a default that runs on a laptop."""

import ipaddress
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

import platformdirs
from pydantic import AfterValidator, BeforeValidator, Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

CHECKOUT = Path(__file__).parents[2]


RENAMED = {
    "ENRAYON_REDIS_URL": "ENRAYON_DATABASE_URL",
    "ENRAYON_REDIS_TIMEOUT_S": "ENRAYON_DATABASE_TIMEOUT_S",
    "ENRAYON_REDIS_CONNECTIONS": "ENRAYON_DATABASE_CONNECTIONS",
    "ENRAYON_TEST_STORE": "ENRAYON_TEST_DATABASE",
    "ENRAYON_LIMIT_PUBLIC_PER_S": "ENRAYON_LIMIT_PUBLIC_MS_PER_S",
    "ENRAYON_LIMIT_PAGE_PER_S": "ENRAYON_LIMIT_PAGE_MS_PER_S",
    "ENRAYON_LIMIT_CHANNEL_PER_S": "ENRAYON_LIMIT_CHANNEL_MS_PER_S",
    "ENRAYON_LIMIT_ADMIN_PER_S": "ENRAYON_LIMIT_ADMIN_MS_PER_S",
    "ENRAYON_GEOFENCE_BACKLOG": "ENRAYON_EVENTS_BACKLOG",
    "ENRAYON_GEOFENCE_IDLE_S": "ENRAYON_EVENTS_IDLE_S",
    "ENRAYON_GEOFENCE_QUEUE": "ENRAYON_EVENTS_QUEUE",
    "ENRAYON_GEOFENCE_DEAD_LETTERS": "ENRAYON_EVENTS_DEAD_LETTERS",
    "ENRAYON_GEOFENCE_LEASE_S": "ENRAYON_EVENTS_LEASE_S",
    "ENRAYON_GEOFENCE_ACK_S": "ENRAYON_EVENTS_ACK_S",
}
"""The new name of each variable that was renamed. One that is still set would have no effect."""


def check_names(environment: Mapping[str, str] = os.environ) -> None:
    """Check that no variable is set by a name that it no longer has.

    Raises:
        ValueError: naming both names of each that is.
    """
    old = [name for name in RENAMED if environment.get(name)]
    if old:
        raise ValueError("; ".join(f"{name} is now {RENAMED[name]}: rename it" for name in old))


def ip_address(text: str) -> str:
    """An IP address to listen on; `localhost` is 127.0.0.1.

    Raises:
        ValueError: it is another name, which may stand for several addresses.
    """
    try:
        return str(ipaddress.ip_address("127.0.0.1" if text == "localhost" else text))
    except ValueError:
        raise ValueError("want an IP address, such as 127.0.0.1 or 0.0.0.0") from None


Host = Annotated[str, AfterValidator(ip_address)]
Port = Annotated[int, Field(ge=0, le=65535)]
LogLevel = Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(str.lower)]
LogFormat = Literal["json", "console", "auto"]


def default_data_dir() -> Path:
    """`.enrayon` in the checkout where there is one, else the user's data folder."""
    if (CHECKOUT / "pyproject.toml").is_file():
        return CHECKOUT / ".enrayon"
    return platformdirs.user_data_path("enrayon")


class EnvironmentSettings(BaseSettings):
    """Base of every settings class: frozen, `ENRAYON_` prefix, one described field per variable.

    An empty variable counts as unset.
    """

    model_config = SettingsConfigDict(
        env_prefix="ENRAYON_", env_ignore_empty=True, frozen=True, extra="ignore"
    )

    @model_validator(mode="before")
    @classmethod
    def _check_names(cls, values: object) -> object:
        check_names()
        return values


class ChassisSettings(EnvironmentSettings):
    """Settings of every process of the suite."""

    host: Host = Field("127.0.0.1", description="address the servers listen on")
    grpc_port: Port = Field(50051, description="port of the gRPC services")
    http_port: Port = Field(8080, description="port of the HTTP edge (JSON, web page)")
    metrics_port: Port = Field(
        0,
        description="port of /metrics (Prometheus), /readyz and /livez; 0: none; "
        "`enrayon up` gives its worker the next one",
    )
    database_url: str = Field(
        "",
        repr=False,
        description="redis://, rediss:// or unix:// address of Redis >= 7.0 or Valkey; "
        "redis+cluster:// or rediss+cluster:// for a cluster; empty: the embedded Valkey",
    )
    data_dir: Path = Field(
        default_factory=default_data_dir,
        description="folder of the embedded Valkey, the snapshots and the keys",
    )
    backup_key_file: Path = Field(
        default_factory=lambda: platformdirs.user_config_path("enrayon") / "backup.key",
        description="file of the key that signs backups; `enrayon backup` makes it once; "
        "not in the data folder, and kept apart from the backups",
    )
    backup_encrypted: bool = Field(
        False, description="whether backups are encrypted too, with the same key"
    )
    database_timeout_s: float = Field(
        2.0,
        gt=0,
        allow_inf_nan=False,
        description="longest wait for an answer of the database, in seconds",
    )
    database_connections: int = Field(
        64,
        ge=1,
        description="most connections that one process opens to the database; on a cluster to each "
        "node, and one more for each stream that it follows",
    )
    json_socket: Path | None = Field(
        None,
        description="unix socket on which a server answers the hottest reads as JSON to Envoy; "
        "empty: none; `enrayon up` sets it",
    )
    max_request_bytes: int = Field(
        64 * 1024, ge=1024, le=1024 * 1024, description="largest request of a public method"
    )
    servers: int = Field(
        1,
        ge=1,
        le=64,
        description="processes that serve on the one gRPC port; `enrayon up` starts so many",
    )
    drain_s: float = Field(
        10.0,
        ge=0,
        allow_inf_nan=False,
        description="how long running calls may take when a server is told to stop",
    )
    linger_s: float = Field(
        0.0,
        ge=0,
        allow_inf_nan=False,
        description="how long a server that is told to stop says so and still takes calls, "
        "until load balancers have noticed",
    )
    longest_wait_s: float = Field(
        2.0,
        ge=0,
        allow_inf_nan=False,
        description="how long calls may wait before some are refused, in seconds; 0: without end",
    )
    reflection: bool | None = Field(
        None, description="whether gRPC reflection answers; empty: while access is open"
    )
    log_level: LogLevel = Field("info", description="debug, info, warning or error")
    log_format: LogFormat = Field(
        "auto", description="json, console, or auto: console on a terminal"
    )
    otlp_endpoint: str = Field(
        "",
        description="host:port of an OpenTelemetry collector (OTLP over gRPC) that takes traces; "
        "empty: no traces",
    )
    trace_ratio: float = Field(
        0.1,
        ge=0,
        le=1,
        description="part of the requests that are traced, of those that come without a decision",
    )
    keys: str = Field(
        "",
        repr=False,
        description="signing keys as `version:base64` joined by commas, the current one first; "
        "empty: made once and kept in the data folder",
    )
