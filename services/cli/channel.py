"""The gRPC channel of commands to the running services, with readable errors."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
from google.rpc.error_details_pb2 import ErrorInfo
from grpc_status import rpc_status
from pydantic import Field

from services.chassis.settings import ChassisSettings, EnvironmentSettings
from services.cli.output import FAILED, UNREACHABLE, USAGE, CommandError
from services.client.tls import credentials
from services.client.words import did_you_mean

TIMEOUT_S = 10.0


class CallerSettings(EnvironmentSettings):
    """Credentials that commands send where access is enforced."""

    api_key: str = Field("", repr=False, description="API key that commands send as x-api-key")
    api_ca: Path | None = Field(
        None, description="authority of the services' certificate (PEM); empty: no TLS"
    )
    api_certificate: Path | None = Field(
        None, description="client certificate that commands present to the services (PEM)"
    )
    api_certificate_key: Path | None = Field(
        None, description="private key of ENRAYON_API_CERTIFICATE (PEM)"
    )

    @property
    def credentials(self) -> grpc.ChannelCredentials | None:
        """TLS credentials of the channel; None without TLS.

        Raises:
            OSError: a file cannot be read.
        """
        return credentials(self.api_ca, self.api_certificate, self.api_certificate_key)


@contextmanager
def services(settings: ChassisSettings | None = None) -> Iterator[grpc.Channel]:
    """Opens a channel to the services; an error of a call becomes a `CommandError`."""
    settings = settings or ChassisSettings()
    address = f"{settings.host}:{settings.grpc_port}"
    with channel_to(address, CallerSettings()) as channel:
        try:
            yield channel
        except grpc.RpcError as error:
            raise readable(error, address) from None


@contextmanager
def channel_to(address: str, caller: CallerSettings) -> Iterator[grpc.Channel]:
    """Opens a channel whose calls carry the caller's credentials."""
    tls = caller.credentials
    opened = grpc.secure_channel(address, tls) if tls else grpc.insecure_channel(address)
    with opened as channel:
        if caller.api_key:
            channel = grpc.intercept_channel(channel, _ApiKey(caller.api_key))
        yield channel


class _ApiKey(
    grpc.UnaryUnaryClientInterceptor,
    grpc.UnaryStreamClientInterceptor,
    grpc.StreamUnaryClientInterceptor,
    grpc.StreamStreamClientInterceptor,
):
    """Sends an API key with every call."""

    def __init__(self, key: str) -> None:
        self._header = ("x-api-key", key)

    def _call(self, continuation: Callable[..., Any], details: Any, request: Any) -> Any:
        metadata = [*(details.metadata or ()), self._header]
        return continuation(details._replace(metadata=metadata), request)

    intercept_unary_unary: Any = _call
    intercept_unary_stream: Any = _call
    intercept_stream_unary: Any = _call
    intercept_stream_stream: Any = _call


_FIELD = re.compile(r"(^|; )((?:[a-z0-9_]+(?:\[[^\]]*\])?\.)*[a-z0-9_]+)(?:\[\d+\])?: ")
FIELD_WORDS = {
    "place": "",
    "point": "",
    "origin": "",
    "parent": "store",
    "page_size": "--limit",
    "radius_m": "--radius-m",
    "page_token": "",
    "request_id": "--request-id",
}
"""Names of fields as a person gives them to a command; others are told by their last part."""


def in_users_words(text: str) -> str:
    """The text of an error without paths of fields: `origin.place: ...` is about the place."""

    def told(found: re.Match[str]) -> str:
        last = found[2].rpartition(".")[2]
        word = FIELD_WORDS.get(last, last.replace("_", " "))
        return f"{found[1]}{word}: " if word else found[1]

    return _FIELD.sub(told, text)


def has_status(error: grpc.RpcError) -> bool:
    """True if a service refused the call; False if none answered at the address."""
    return rpc_status.from_call(error) is not None  # type: ignore[arg-type]


def reason_of(error: grpc.RpcError) -> str:
    """The reason that a service gave for refusing a call; empty if none did."""
    status = rpc_status.from_call(error)  # type: ignore[arg-type]
    info = ErrorInfo()
    found = status and next((each for each in status.details if each.Unpack(info)), None)
    return info.reason if found else ""


def readable(error: grpc.RpcError, address: str) -> CommandError:
    """The error of a command for a failed call: what it means, and what to do."""
    code, details = error.code(), error.details() or ""
    status = rpc_status.from_call(error)  # type: ignore[arg-type]
    if code is grpc.StatusCode.UNAVAILABLE and status is None:
        return CommandError(
            f"no services answer at {address}; start them with `enrayon up`, "
            "or set ENRAYON_GRPC_PORT to their port",
            UNREACHABLE,
        )
    if code is grpc.StatusCode.UNAUTHENTICATED:
        return CommandError(
            f"{details}\nSet ENRAYON_API_KEY to a key that `enrayon keys create` made"
        )
    hint = did_you_mean(status.details if status else ())
    exit_status = USAGE if code is grpc.StatusCode.INVALID_ARGUMENT else FAILED
    return CommandError(f"{in_users_words(details)}\n{hint}".rstrip(), exit_status)
