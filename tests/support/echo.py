"""A service with one method of each kind, whose servicer is what a test gives."""

import types
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool
from google.protobuf.descriptor import ServiceDescriptor
from google.protobuf.wrappers_pb2 import StringValue
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status

from enrayon.type.v1.geometry_pb2 import Origin
from services.chassis.serving.methods import Method, methods_of
from services.chassis.serving.server import Server
from services.chassis.settings import ChassisSettings

KAMPPI = Origin(point={"latitude": 60.1687, "longitude": 24.9319})
SERVICE = "tests.echo.EchoService"


def _contract() -> ServiceDescriptor:
    file = descriptor_pb2.FileDescriptorProto(
        name="tests/echo.proto",
        package="tests.echo",
        syntax="proto3",
        dependency=["enrayon/type/v1/geometry.proto", "google/protobuf/wrappers.proto"],
    )
    service = file.service.add(name="EchoService")
    for name, client_streaming, server_streaming in (
        ("Say", False, False),
        ("CountUp", False, True),
        ("Collect", True, False),
        ("Chat", True, True),
    ):
        service.method.add(
            name=name,
            input_type=".enrayon.type.v1.Origin",
            output_type=".google.protobuf.StringValue",
            client_streaming=client_streaming,
            server_streaming=server_streaming,
        )
    pool = descriptor_pool.Default()
    pool.AddSerializedFile(file.SerializeToString())
    return pool.FindServiceByName(SERVICE)


CONTRACT = _contract()


def say(request: Origin) -> StringValue:
    """The place of the request."""
    return StringValue(value=request.place)


async def count_up(request: Origin) -> AsyncIterator[StringValue]:
    """The letters of the place."""
    for letter in request.place:
        yield StringValue(value=letter)


async def collect(requests: AsyncIterator[Origin]) -> StringValue:
    """The places, joined."""
    return StringValue(value=" ".join([request.place async for request in requests]))


async def chat(requests: AsyncIterator[Origin]) -> AsyncIterator[StringValue]:
    """Each place, as it comes."""
    async for request in requests:
        yield StringValue(value=request.place)


def methods(max_request_bytes: int = 64 * 1024, **given: Callable[[Any], Any]) -> list[Method]:
    """The four methods; those that are not given echo the place of their requests."""
    whole = {"say": say, "count_up": count_up, "collect": collect, "chat": chat, **given}
    return methods_of(CONTRACT, types.SimpleNamespace(**whole), max_request_bytes)


def method(name: str, **given: Callable[[Any], Any]) -> Method:
    """One of the methods."""
    return next(method for method in methods(**given) if method.name == name)


class Echo:
    """A server of the service, and a client of it."""

    def __init__(self, server: Server, channel: grpc.aio.Channel) -> None:
        self.server = server
        self.channel = channel
        # Any: the types of grpcio know neither how streams are read nor raw bytes.
        to_wire, from_wire = Origin.SerializeToString, StringValue.FromString
        self.say: Any = channel.unary_unary(f"/{SERVICE}/Say", to_wire, from_wire)
        self.count_up: Any = channel.unary_stream(f"/{SERVICE}/CountUp", to_wire, from_wire)
        self.collect: Any = channel.stream_unary(f"/{SERVICE}/Collect", to_wire, from_wire)
        self.chat: Any = channel.stream_stream(f"/{SERVICE}/Chat", to_wire, from_wire)
        self.say_bytes: Any = channel.unary_unary(f"/{SERVICE}/Say")
        self.collect_bytes: Any = channel.stream_unary(f"/{SERVICE}/Collect")


@asynccontextmanager
async def served(settings: ChassisSettings, **given: Callable[[Any], Any]) -> AsyncIterator[Echo]:
    """The service on a free port."""
    server = Server(settings, methods(settings.max_request_bytes, **given))
    await server.start()
    try:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{server.port}") as channel:
            yield Echo(server, channel)
    finally:
        await server.stop()


def details_of(status: status_pb2.Status | None) -> dict[str, Any]:
    """The details of an error by the name of their type, with its code under `code`."""
    assert status is not None
    result: dict[str, Any] = {"code": status.code, "message": status.message}
    for packed in status.details:
        name = packed.TypeName().removeprefix("google.rpc.")
        detail = getattr(error_details_pb2, name)()
        assert packed.Unpack(detail)
        result[name] = detail
    return result


def error_of(error: grpc.aio.AioRpcError) -> dict[str, Any]:
    """The same, of the error that a client got."""
    return details_of(rpc_status.from_call(error))
