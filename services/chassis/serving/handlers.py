"""The gRPC side of methods: bytes in, bytes out, errors as rich status; or a refusal under load."""

import datetime as dt
import math
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from typing import Any, NoReturn

import grpc
from google.rpc import error_details_pb2, status_pb2

from services.chassis.access.credentials import NO_CREDENTIALS, Credentials
from services.chassis.caller import ANONYMOUS, set_caller
from services.chassis.errors import ServiceError
from services.chassis.serving.admission import Admission, Overloaded
from services.chassis.serving.calls import Calls
from services.chassis.serving.methods import Method
from services.chassis.telemetry import correlation, tracing
from services.chassis.telemetry import metrics as telemetry

DETAILS = "grpc-status-details-bin"

Context = grpc.aio.ServicerContext[Any, Any]


ReadCredentials = Callable[[Context], Credentials]
"""Reads the credentials of a caller from the transport."""
Single = Callable[[Awaitable[Any]], Awaitable[bytes]] | None
"""Waits for the one request of a call; None: its requests are a stream."""


class Handlers(grpc.GenericRpcHandler):
    """The handlers of methods by their paths; while too many calls wait, those that refuse."""

    def __init__(
        self, calls: Calls, methods: Sequence[Method], read: ReadCredentials, *, sheds: bool = True
    ) -> None:
        self._admission = calls.admission
        self._handlers = {m.path: handler(calls, m, read) for m in methods}
        self._shedders = {
            m.path: shedder(calls.admission, m)
            for m in methods
            if sheds and not m.client_streaming and not m.server_streaming
        }

    def service(self, details: grpc.HandlerCallDetails) -> "grpc.RpcMethodHandler[Any, Any] | None":
        """The handler of a call."""
        if self._admission.to_shed > 0 and details.method in self._shedders:
            return self._shedders[details.method]
        return self._handlers.get(details.method)


def shedder(admission: Admission, method: Method) -> "grpc.RpcMethodHandler[Any, Any]":
    """A handler that refuses, at half the cost of raising an error.

    It does not read the request: therefore it is a handler of streams.
    """
    shed = telemetry.REQUESTS.labels(method.path, Overloaded.code.name)

    async def refuse(_: Any, context: Context) -> None:
        shed.inc()
        refusal = admission.refusal()
        context.set_code(refusal.code)
        context.set_details(refusal.message)
        context.set_trailing_metadata(trailers_of(refusal.encoded, refusal.retry_after))

    return grpc.stream_unary_rpc_method_handler(refuse)


def handler(
    calls: Calls, method: Method, read: ReadCredentials
) -> "grpc.RpcMethodHandler[Any, Any]":
    """The gRPC side of one RPC: bytes in, bytes out, errors as rich status.

    To gRPC all requests are streams: it would keep calls whose request does not come to itself,
    and they would seem to wait for the server.
    """
    name = method.path.removeprefix("/")
    single = None if method.client_streaming else calls.request
    if method.is_long:  # those of different clients go by turns, also while access is open
        read = credentials_of
    if method.server_streaming:
        return grpc.stream_stream_rpc_method_handler(
            streamed(name, single, calls.stream(method), read)
        )
    return grpc.stream_unary_rpc_method_handler(answered(name, single, calls.answer(method), read))


def answered(
    name: str,
    single: Single,
    answer: Callable[[Any, Credentials], Awaitable[bytes]],
    read: ReadCredentials,
) -> Callable[[Any, Context], Awaitable[bytes]]:
    """A handler with one response."""

    async def handle(requests: Any, context: Context) -> bytes:
        begin(context.invocation_metadata)
        with tracing.call(name) as ended:
            try:
                data = await single(context.read()) if single else requests
                return await answer(data, read(context))
            except ServiceError as error:
                ended(error.code.name)
                await abort(context, error)

    return handle


def streamed(
    name: str,
    single: Single,
    answer: Callable[[Any, Credentials], AsyncGenerator[bytes, None]],
    read: ReadCredentials,
) -> Callable[[Any, Context], AsyncGenerator[bytes, None]]:
    """A handler with a stream of responses."""

    async def handle(requests: Any, context: Context) -> AsyncGenerator[bytes, None]:
        begin(context.invocation_metadata)
        with tracing.call(name) as ended:
            try:
                data = await single(context.read()) if single else requests
                async with aclosing(answer(data, read(context))) as responses:
                    async for response in responses:
                        yield response
            except ServiceError as error:
                ended(error.code.name)
                await abort(context, error)

    return handle


def credentials_of(context: Context) -> Credentials:
    """The caller's headers, address and certificate."""
    certificate = context.auth_context()
    names = certificate.get("x509_common_name", ())
    return Credentials(
        context.invocation_metadata() or (),
        context.peer(),
        next(iter(names), b"").decode(errors="replace"),
        tuple(uri.decode(errors="replace") for uri in certificate.get("peer_uri", ())),
    )


def no_credentials(_: Context) -> Credentials:
    """The credentials of a caller where everybody may call everything."""
    return NO_CREDENTIALS


def begin(headers: Callable[[], correlation.Metadata | None]) -> None:
    """Note in this task that the caller is not known yet, and how to find the request's id."""
    set_caller(ANONYMOUS)
    correlation.begin(headers)


def told(error: ServiceError) -> status_pb2.Status:
    """The status of an error, with the id that the request has in the logs."""
    status = error.status()
    status.details.add().Pack(error_details_pb2.RequestInfo(request_id=correlation.current_id()))
    return status


async def abort(context: Context, error: ServiceError) -> NoReturn:
    """End the call with the error's status and details."""
    status = told(error)
    trailers = trailers_of(status.SerializeToString(), error.retry_after)
    await context.abort(error.code, error.message, trailing_metadata=trailers)
    raise AssertionError("abort always raises")


def trailers_of(
    details: bytes, retry_after: dt.timedelta | None
) -> tuple[tuple[str, str | bytes], ...]:
    """Trailers of a failed call. Envoy makes headers of them: HTTP clients see when to retry."""
    if retry_after is None:
        return ((DETAILS, details),)
    return (DETAILS, details), ("retry-after", str(math.ceil(retry_after.total_seconds())))
