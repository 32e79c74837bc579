"""Hosts servicers on grpc.aio: health for each service, reflection, and a stop that drains."""

import asyncio
import datetime as dt
import math
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any, NoReturn

import grpc
import structlog
from google.rpc import error_details_pb2
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from services.chassis import caller
from services.chassis.access.credentials import NO_CREDENTIALS, Credentials
from services.chassis.access.gate import Gate
from services.chassis.access.tls import server_credentials
from services.chassis.errors import ServiceError
from services.chassis.serving.admission import Admission, Overloaded, calls_in, servers
from services.chassis.serving.calls import Calls
from services.chassis.serving.commits import wait_commits
from services.chassis.serving.health import Part
from services.chassis.serving.methods import Method
from services.chassis.settings import ChassisSettings
from services.chassis.tasks import end
from services.chassis.telemetry import correlation, tracing
from services.chassis.telemetry import metrics as telemetry

RECEIVE_BYTES = 4 * 1024 * 1024
"""gRPC itself refuses larger messages, before the chassis can say which field is too large."""

DETAILS = "grpc-status-details-bin"
LOOK_S = 0.1
"""Interval between polls of the number of calls that wait; one poll takes about 0.3 ms."""

log = structlog.get_logger()

Context = grpc.aio.ServicerContext[Any, Any]


class Server:
    """A gRPC server for some services on one port."""

    def __init__(
        self, settings: ChassisSettings, methods: Sequence[Method], gate: Gate | None = None
    ) -> None:
        """Prepare a server; without a gate everybody may call everything.

        Raises:
            OSError: a certificate or its key cannot be read.
        """
        self._settings = settings
        self._credentials = server_credentials(gate.settings) if gate else None
        self._calls = Calls(gate, settings.longest_wait_s)
        self._looking: asyncio.Task[None] | None = None
        self._services = sorted({method.service for method in methods})
        counts = settings.longest_wait_s > 0
        others = servers() if counts else set()
        self._server = grpc.aio.server(
            options=[
                # Otherwise a second server takes the same port without an error.
                ("grpc.so_reuseport", int(settings.servers > 1)),
                ("grpc.max_receive_message_length", RECEIVE_BYTES),
                ("grpc.max_send_message_length", -1),
                ("grpc.enable_channelz", int(counts)),
            ]
        )
        self._id = (servers() - others).pop() if counts else 0
        self.health = health.aio.HealthServicer()
        read = credentials_of if gate else no_credentials
        self._server.add_generic_rpc_handlers([Handlers(self._calls, methods, read)])
        health_pb2_grpc.add_HealthServicer_to_server(self.health, self._server)
        if settings.reflection if settings.reflection is not None else gate is None:
            names = [*self._services, health.SERVICE_NAME, reflection.SERVICE_NAME]
            reflection.enable_server_reflection(names, self._server)
        self.port = 0

    async def start(
        self, parts: Mapping[str, Part] | None = None, *, socket: Path | None = None
    ) -> None:
        """Say how the services are, and listen.

        Args:
            parts: How the parts of the process are; without them every service is SERVING.
            socket: A unix socket to listen on, instead of the port.

        Raises:
            OSError: the port is taken, or not allowed, or the host is not this machine's.
        """
        host = self._settings.host
        address = f"{f'[{host}]' if ':' in host else host}:{self._settings.grpc_port}"
        if socket is not None:
            address = f"unix:{socket}"
        try:
            if self._credentials:
                self.port = self._server.add_secure_port(address, self._credentials)
            else:
                self.port = self._server.add_insecure_port(address)
        except RuntimeError as error:
            raise OSError(
                f"cannot listen on {address}: another program has the port, or this machine lacks "
                "the address; stop that program, or set ENRAYON_GRPC_PORT or ENRAYON_HOST"
            ) from error
        if parts is not None:
            await self.set_parts(parts)
        else:
            for service in ["", *self._services]:
                await self.set_serving(service, serving=True)
        await self._server.start()
        if self._settings.longest_wait_s:
            self._looking = asyncio.create_task(self._look_at_queue())

    async def set_serving(self, service: str, *, serving: bool) -> None:
        """Say whether a service is well; the empty name stands for the whole server."""
        states = health_pb2.HealthCheckResponse
        await self.health.set(service, states.SERVING if serving else states.NOT_SERVING)

    async def set_parts(self, parts: Mapping[str, Part]) -> None:
        """Say how the parts are, by their names.

        The server is SERVING while reads are well; a service while, besides, the part of its own
        full name is well, if there is one.
        """
        is_ready = "reads" in parts and parts["reads"].is_well
        states = dict.fromkeys(["", *self._services], is_ready)
        for name, part in parts.items():
            states[name] = part.is_well and states.get(name, True)
        for name, state in states.items():
            await self.set_serving(name, serving=state)

    async def stop(self) -> None:
        """Say NOT_SERVING, linger, then take no new calls, and let the running ones end."""
        await self.health.enter_graceful_shutdown()
        await asyncio.sleep(self._settings.linger_s)
        stopping = asyncio.create_task(self._server.stop(self._settings.drain_s))
        self._calls.end_streams()
        try:
            # grpc's own grace forgets handlers whose clients have gone.
            async with asyncio.timeout(self._settings.drain_s):
                await self._calls.wait_idle()
                await wait_commits()
        except TimeoutError:
            log.warning("calls were still running when the server stopped")
        await stopping
        if self._looking:
            await end([self._looking])

    async def _look_at_queue(self) -> None:
        """Tell the admission how many calls wait, for as long as there are any."""
        answered, looked_s = 0, time.monotonic()
        while True:
            await asyncio.sleep(LOOK_S)
            now_s, now_answered = time.monotonic(), self._calls.answered
            if now_answered == answered and self._calls.is_idle:
                self._calls.admission.rest()
                continue
            waiting = calls_in(self._id) - self._calls.streaming
            self._calls.admission.observe(waiting, now_answered - answered, now_s - looked_s)
            answered, looked_s = now_answered, now_s

    async def wait(self) -> None:
        """Wait until the server has stopped."""
        await self._server.wait_for_termination()


class Handlers(grpc.GenericRpcHandler):
    """The handlers of methods by their paths; while too many calls wait, those that refuse."""

    def __init__(self, calls: Calls, methods: Sequence[Method], read: "ReadCredentials") -> None:
        self._admission = calls.admission
        self._handlers = {m.path: handler(calls, m, read) for m in methods}
        self._shedders = {
            m.path: shedder(calls.admission, m)
            for m in methods
            if not m.client_streaming and not m.server_streaming
        }

    def service(self, details: grpc.HandlerCallDetails) -> "grpc.RpcMethodHandler[Any, Any] | None":
        """The handler of a call."""
        if self._admission.to_shed > 0 and details.method in self._shedders:
            return self._shedders[details.method]
        return self._handlers.get(details.method)


def shedder(admission: Admission, method: Method) -> "grpc.RpcMethodHandler[Any, Any]":
    """A handler that refuses, at half the cost of raising an error.

    It does not even read the request, and so is a handler of streams.
    """
    shed = telemetry.REQUESTS.labels(method.path, Overloaded.code.name)

    async def refuse(_: Any, context: Context) -> None:
        shed.inc()
        refusal = admission.refusal()
        context.set_code(refusal.code)
        context.set_details(refusal.message)
        context.set_trailing_metadata(trailers_of(refusal.encoded, refusal.retry_after))

    return grpc.stream_unary_rpc_method_handler(refuse)


ReadCredentials = Callable[[Context], Credentials]
"""Reads the credentials of a caller from the transport."""

WRAPPERS: Mapping[tuple[bool, bool], Callable[..., "grpc.RpcMethodHandler[Any, Any]"]] = {
    (False, False): grpc.unary_unary_rpc_method_handler,
    (False, True): grpc.unary_stream_rpc_method_handler,
    (True, False): grpc.stream_unary_rpc_method_handler,
    (True, True): grpc.stream_stream_rpc_method_handler,
}
"""gRPC's kinds of handlers, by whether requests and whether responses are streams."""


def handler(
    calls: Calls, method: Method, read: ReadCredentials
) -> "grpc.RpcMethodHandler[Any, Any]":
    """The gRPC side of one RPC: bytes in, bytes out, errors as rich status."""
    name = method.path.removeprefix("/")
    handle: Callable[..., Any]
    if method.server_streaming:
        handle = streamed(name, calls.stream(method), read)
    else:
        handle = answered(name, calls.answer(method), read)
    return WRAPPERS[method.client_streaming, method.server_streaming](handle)


def answered(
    name: str, answer: Callable[[Any, Credentials], Awaitable[bytes]], read: ReadCredentials
) -> Callable[[Any, Context], Awaitable[bytes]]:
    """A handler with one response."""

    async def handle(data: Any, context: Context) -> bytes:
        begin(context)
        with tracing.call(name) as ended:
            try:
                return await answer(data, read(context))
            except ServiceError as error:
                ended(error.code.name)
                await abort(context, error)

    return handle


def streamed(
    name: str,
    answer: Callable[[Any, Credentials], AsyncGenerator[bytes, None]],
    read: ReadCredentials,
) -> Callable[[Any, Context], AsyncGenerator[bytes, None]]:
    """A handler with a stream of responses."""

    async def handle(data: Any, context: Context) -> AsyncGenerator[bytes, None]:
        begin(context)
        with tracing.call(name) as ended:
            try:
                async with aclosing(answer(data, read(context))) as responses:
                    async for response in responses:
                        yield response
            except ServiceError as error:
                ended(error.code.name)
                await abort(context, error)

    return handle


def credentials_of(context: Context) -> Credentials:
    """The caller's headers, address and certificate."""
    names = context.auth_context().get("x509_common_name", ())
    return Credentials(
        context.invocation_metadata() or (),
        context.peer(),
        next(iter(names), b"").decode(errors="replace"),
    )


def no_credentials(_: Context) -> Credentials:
    """The credentials of a caller where everybody may call everything."""
    return NO_CREDENTIALS


def begin(context: Context) -> None:
    """Note in this task the caller, the deadline and the id of the request."""
    caller.begin(caller.ANONYMOUS, context.time_remaining())
    correlation.begin(context.invocation_metadata)


async def abort(context: Context, error: ServiceError) -> NoReturn:
    """End the call with the error's status and details, and the id that it has in the logs."""
    status = error.status()
    status.details.add().Pack(error_details_pb2.RequestInfo(request_id=correlation.current_id()))
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
