"""The connection of the command to the running services."""

from collections.abc import Iterator
from contextlib import contextmanager

import grpc
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from services.chassis.settings import ChassisSettings
from services.cli.output import FAILED, UNREACHABLE, USAGE, CommandError

TIMEOUT_S = 10.0


@contextmanager
def services(settings: ChassisSettings | None = None) -> Iterator[grpc.Channel]:
    """A channel to the services; failures of calls become readable errors."""
    settings = settings or ChassisSettings()
    address = f"{settings.host}:{settings.grpc_port}"
    with grpc.insecure_channel(address) as channel:
        try:
            yield channel
        except grpc.RpcError as error:
            raise readable(error, address) from None


def readable(error: grpc.RpcError, address: str) -> CommandError:
    """What a failed call means, and what to do about it."""
    code, details = error.code(), error.details() or ""
    status = rpc_status.from_call(error)  # type: ignore[arg-type]
    if code is grpc.StatusCode.UNAVAILABLE and status is None:
        return CommandError(
            f"no services answer at {address}; start them with `enrayon up`, "
            "or set ENRAYON_GRPC_PORT to where they are",
            UNREACHABLE,
        )
    info = error_details_pb2.ErrorInfo()
    suggestions = ""
    for detail in status.details if status else ():
        if detail.Is(info.DESCRIPTOR) and detail.Unpack(info):
            suggestions = info.metadata.get("suggestions", "")
    hint = f"\nDid you mean: {suggestions.replace(' | ', '; ')}?" if suggestions else ""
    exit_status = USAGE if code is grpc.StatusCode.INVALID_ARGUMENT else FAILED
    return CommandError(f"{details}{hint}", exit_status)
