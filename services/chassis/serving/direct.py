"""Answers the hottest reads as JSON to Envoy, on a unix socket, without transcoding (decision 34).

Envoy alone comes to the socket, which only the user of this process may open. Envoy has taken the
limits of headers, bodies, times and clients before, and it tells the client's address. A request
that is not certainly understood is left to Envoy's transcoder, by a redirect that Envoy follows.
"""

import asyncio
import math
import re
import socket as sockets
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager, nullcontext
from pathlib import Path
from typing import Any, NamedTuple

import orjson
import uvicorn
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message

from services.chassis.access.credentials import NO_CREDENTIALS, Credentials
from services.chassis.errors import ServiceError
from services.chassis.messages import json_requests
from services.chassis.messages.json_answers import Print, Printer
from services.chassis.messages.statuses import HTTP_STATUS
from services.chassis.serving.calls import Calls
from services.chassis.serving.handlers import begin, told
from services.chassis.serving.methods import Method
from services.chassis.tasks import end
from services.chassis.telemetry import metrics as telemetry
from services.chassis.telemetry import tracing
from services.client.bindings import TRANSCODE_HEADER, answer_list, direct_bindings

HEALTH_PATH = b"/healthz"
MOST_PRINTED = 200
"""Resources of an answer that are printed in one step: 13 ms where none was printed before."""
USUAL_PAGE = 20
"""Taken for a request without a page size."""
KEEP_ALIVE_S = 75
"""Longer than Envoy keeps an idle connection: a request on one that just closes has no answer."""
KEPT_BYTES = 32 * 1024 * 1024
"""Memory of a process for the JSON of stores."""
PEER = "unix:"

Headers = list[tuple[bytes, bytes]]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class _Route(NamedTuple):
    method: Method
    name: str
    field: str
    """The field of the request that the path has; empty: the body is the request."""
    answer: Callable[[bytes, Credentials], Awaitable[bytes]]
    write: Callable[[bytes], bytes]
    needs_credentials: bool


class Door:
    """The ASGI application."""

    def __init__(
        self,
        calls: Calls,
        methods: Sequence[Method],
        is_serving: Callable[[], bool],
        *,
        has_gate: bool,
    ) -> None:
        """Prepare to answer the direct ones of these methods."""
        self._calls = calls
        self._is_serving = is_serving
        self._printer = Printer(KEPT_BYTES)
        self.running = 0
        """Requests that are not answered yet."""
        self._exact: dict[tuple[str, str], _Route] = {}
        self._others: list[tuple[str, re.Pattern[str], _Route]] = []
        for method in methods:
            self._add(method, has_gate)

    def _add(self, method: Method, has_gate: bool) -> None:
        request = method.request_type.DESCRIPTOR
        service = request.file.pool.FindServiceByName(method.service)
        contract: Any = service.methods_by_name[method.name]  # Any: its stubs name two classes
        write = _with_list(self._printer.of(contract.output_type), answer_list(contract))
        for binding in direct_bindings(contract):
            route = _Route(
                method,
                method.path.removeprefix("/"),
                binding.field,
                self._calls.answer(method),
                write,
                has_gate or method.is_long,
            )
            if binding.field:
                self._others.append((binding.verb, re.compile(binding.path), route))
            else:
                self._exact[binding.verb, binding.path.replace("\\", "")] = route

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Answer a request."""
        path: bytes = scope["raw_path"]
        if path == HEALTH_PATH:
            await _send(send, 200 if self._is_serving() else 503, b"{}")
            return
        body = await _body(receive)
        headers: Headers = scope["headers"]
        self.running += 1
        try:
            found = self._read(scope["method"], path.decode("latin-1"), body)
            if found is None:
                await _send(send, 307, b"", [(b"location", _here(headers, path)), _TRANSCODE])
                return
            route, request = found
            status, text, more = await self._answered(route, request, headers, receive)
        finally:
            self.running -= 1
        if status:
            await _send(send, status, text, more)

    def _read(self, verb: str, path: str, body: bytes) -> tuple[_Route, bytes] | None:
        """The route of a request, and the encoded message; None: the transcoder shall read it."""
        route = self._exact.get((verb, path))
        try:
            if route is not None:
                request = json_requests.read(route.method.request_type, body)
                return None if _is_large(request) else (route, request.SerializeToString())
        except json_requests.UnsureError:
            return None
        for of, pattern, each in self._others:
            if of == verb and not body and (match := pattern.fullmatch(path)):
                named: Message = each.method.request_type(**{each.field: match[1]})
                return each, named.SerializeToString()
        return None

    async def _answered(
        self, route: _Route, request: bytes, headers: Headers, receive: Receive
    ) -> tuple[int, bytes, Headers]:
        """The status, body and further headers of an answer; status 0: the client has gone."""

        def texts() -> list[tuple[str, str]]:
            return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers]

        begin(texts)
        credentials = Credentials(texts(), PEER) if route.needs_credentials else NO_CREDENTIALS
        admission = self._calls.admission
        with tracing.call(route.name) as ended:
            try:
                if admission.to_shed > 0:
                    refusal = admission.refusal()
                    telemetry.REQUESTS.labels(route.method.path, refusal.code.name).inc()
                    raise refusal
                leaving = _ended_by(receive) if route.method.is_long else nullcontext(_stays)
                async with leaving as has_left:
                    try:
                        data = await route.answer(request, credentials)
                    except asyncio.CancelledError:
                        if has_left():
                            return 0, b"", []
                        raise
                return 200, route.write(data), []
            except ServiceError as error:
                ended(error.code.name)
                return _problem(error)


def _is_large(request: Message) -> bool:
    """True if the answer may have more than `MOST_PRINTED` resources."""
    most = 1
    for field in request.DESCRIPTOR.fields:
        if field.is_repeated:
            most = max(most, len(getattr(request, field.name)))
    size = getattr(request, "page_size", None)  # not all have it
    if size is not None:
        most *= size or USUAL_PAGE
    return most > MOST_PRINTED


def _stays() -> bool:
    return False


@asynccontextmanager
async def _ended_by(receive: Receive) -> AsyncIterator[Callable[[], bool]]:
    """Cancel this task when its client leaves; yields whether it has."""
    task = asyncio.current_task()
    assert task
    has_left = False

    async def watch() -> None:
        nonlocal has_left
        while (await receive())["type"] != "http.disconnect":
            pass
        has_left = True
        task.cancel()

    watching = asyncio.create_task(watch())
    try:
        yield lambda: has_left
    finally:
        await end([watching])


def _with_list(write: Print, name: str) -> Print:
    """A printer of answers that always have their list, which is their first field."""
    if not name:
        return write
    start = b"{" + orjson.dumps(name) + b":"

    def written(data: bytes) -> bytes:
        text = write(data)
        if text.startswith(start):
            return text
        return start + b"[]" + (b"" if text == b"{}" else b",") + text[1:]

    return written


async def _body(receive: Receive) -> bytes:
    """The body of a request."""
    parts: list[bytes] = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return parts[0] if len(parts) == 1 else b"".join(parts)


_JSON = (b"content-type", b"application/json")
_TRANSCODE = (TRANSCODE_HEADER.encode(), b"1")


async def _send(
    send: Send, status: int, body: bytes, more: Iterable[tuple[bytes, bytes]] = ()
) -> None:
    length = (b"content-length", b"%d" % len(body))
    start = {"type": "http.response.start", "status": status, "headers": [_JSON, length, *more]}
    await send(start)
    await send({"type": "http.response.body", "body": body})


def _here(headers: Headers, path: bytes) -> bytes:
    """The address of a request, as Envoy's redirect wants it."""
    found = dict(headers)
    scheme, host = found.get(b"x-forwarded-proto", b"http"), found.get(b"host", b"")
    return scheme + b"://" + host + path


def _problem(error: ServiceError) -> tuple[int, bytes, Headers]:
    status = told(error)
    body = orjson.dumps(MessageToDict(status))
    again = error.retry_after
    more = [] if again is None else [(b"retry-after", b"%d" % math.ceil(again.total_seconds()))]
    return HTTP_STATUS.get(status.code, 500), body, more


class DirectServer:
    """uvicorn within a process that has its own signals and its own end."""

    def __init__(self, door: Door, path: Path, drain_s: float) -> None:
        """Prepare to serve on a unix socket."""
        config = uvicorn.Config(
            door,
            http="httptools",
            ws="none",
            lifespan="off",
            interface="asgi3",
            log_config=None,
            access_log=False,  # Envoy has one
            server_header=False,
            date_header=False,
            timeout_keep_alive=KEEP_ALIVE_S,
            timeout_graceful_shutdown=max(1, round(drain_s)),
        )
        self._path = path
        self._server = uvicorn.Server(config)

    async def start(self) -> None:
        """Listen.

        Raises:
            OSError: the socket cannot be made.
        """
        config = self._server.config
        config.load()
        self._server.lifespan = config.lifespan_class(config)
        self._listening = listening(self._path)
        await self._server.startup([self._listening])
        await self._server.on_tick(0)  # it sets the headers of all answers

    async def stop(self) -> None:
        """Take no new requests, and let the running ones end."""
        await self._server.shutdown([self._listening])


def listening(path: Path) -> sockets.socket:
    """A unix socket that only this user may open; it takes the place of one of before.

    Raises:
        OSError: it cannot be made.
    """
    path.unlink(missing_ok=True)
    made = sockets.socket(sockets.AF_UNIX, sockets.SOCK_STREAM)
    made.bind(str(path))
    path.chmod(0o600)
    return made
