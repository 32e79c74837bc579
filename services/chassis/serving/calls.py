"""Answers calls of a service's methods, from bytes to bytes, whatever the transport."""

import asyncio
import inspect
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Awaitable,
    Callable,
    Coroutine,
    Iterator,
)
from contextlib import (
    AbstractAsyncContextManager,
    AbstractContextManager,
    aclosing,
    contextmanager,
    nullcontext,
)
from typing import Any

import structlog
from google.protobuf.message import Message

from services.chassis.access.credentials import NO_CREDENTIALS, Credentials, client_of
from services.chassis.access.gate import Entry, Gate, Guard
from services.chassis.database.failures import as_service_error
from services.chassis.errors import Internal, InvalidArgument, ServiceError, StreamEnded
from services.chassis.processor import Spent, metered
from services.chassis.serving.admission import Admission
from services.chassis.serving.methods import Method
from services.chassis.serving.pace import Pace
from services.chassis.serving.requests import parsed
from services.chassis.telemetry import logs
from services.chassis.telemetry import metrics as telemetry

Check = Callable[[Message], None]
"""The check of a request by the gate, once it is read."""

log = structlog.get_logger()


class Calls:
    """Answers calls, counts those that run, and raises no error but `ServiceError`."""

    def __init__(self, gate: Gate | None = None, longest_wait_s: float = 0.0) -> None:
        """Prepare to answer; without a gate everybody may call everything."""
        self._gate = gate
        self._hops = gate.settings.forwarded_hops if gate else 1
        self.admission = Admission(longest_wait_s)
        self.answered = 0
        """Calls of one request and one response that were answered, well or not."""
        self.streaming = 0
        """Streams that are open."""
        self.unread = 0
        """Calls whose request has not come yet; the server is not what they wait for."""
        self._running = 0
        self._long = 0
        self._pace = Pace(lambda: self._running - self._long - self.streaming)
        self._idle = asyncio.Event()
        self._idle.set()
        self._begun = asyncio.Event()
        self._streams: set[asyncio.Task[Any]] = set()
        self._stopping = False

    def end_streams(self) -> None:
        """End the endless streams with UNAVAILABLE; their clients resume at another server."""
        self._stopping = True
        for task in self._streams:
            task.cancel()

    @property
    def is_idle(self) -> bool:
        """True if no call is running."""
        return not self._running

    async def wait_begun(self) -> None:
        """Wait until a call begins, from now on."""
        self._begun.clear()
        await self._begun.wait()

    @property
    def waits_for_none(self) -> bool:
        """Whether no call but open streams is running."""
        return self._running == self.streaming

    async def request(self, read: Awaitable[Any]) -> bytes:
        """The one request of a call, once it has come.

        Raises:
            InvalidArgument: the client sent none.
        """
        self.unread += 1
        try:
            data = await read
        finally:
            self.unread -= 1
        if not isinstance(data, bytes):
            raise InvalidArgument("the call has no request")
        return data

    async def wait_idle(self) -> None:
        """Wait until no call is running."""
        await self._idle.wait()

    def answer(self, method: Method) -> Callable[..., Awaitable[bytes]]:
        """The function that answers a call of a method with one response."""
        if not method.client_streaming:
            return self._unary(method)
        stream = self.stream(method)

        async def act(data: AsyncIterator[bytes], credentials: Credentials) -> bytes:
            [response] = [response async for response in stream(data, credentials)]
            return response

        async def answer(
            data: AsyncIterator[bytes], credentials: Credentials = NO_CREDENTIALS
        ) -> bytes:
            # An import computes for as long as it lasts: short calls go before each of its steps.
            return await self._pace.run(client_of(credentials, self._hops), act(data, credentials))

        return answer

    def stream(self, method: Method) -> Callable[..., AsyncGenerator[bytes, None]]:
        """The function that answers a call of a method that streams requests or responses.

        One response is a stream of one.
        """
        guard = self._gate.guard(method.path) if self._gate else None
        measured = telemetry.MethodMetrics(method.path)
        is_endless = getattr(method.function, "endless", False)

        async def answer(
            data: Any, credentials: Credentials = NO_CREDENTIALS
        ) -> AsyncGenerator[bytes, None]:
            with self._stream(measured), await let_in(guard, credentials) as check:
                life_s = guard.life_s() if guard else None
                with self._endable(life_s) if is_endless else nullcontext():
                    async with (
                        requests_of(method, data, check) as request,
                        responses_of(method, request) as responses,
                    ):
                        async for response in responses:
                            yield encoded(response)

        return answer

    def _unary(self, method: Method) -> Callable[..., Awaitable[bytes]]:
        """`answer` for one request: by far the most calls, so without a generator for each."""
        function, request_type = method.function, method.request_type
        guard = self._gate.guard(method.path) if self._gate else None
        limit, measured = method.max_request_bytes, telemetry.MethodMetrics(method.path)
        is_async = inspect.iscoroutinefunction(function)

        async def work(data: bytes, entry: Entry | None = None) -> bytes:
            request = parsed(request_type, data, limit)
            if guard is not None and entry is not None:
                guard.check(entry.identity, request)
            response = await function(request) if is_async else function(request)
            return encoded(response)

        async def guarded(guard: Guard, data: bytes, credentials: Credentials) -> bytes:
            entry, spent = await guard.enter(credentials, len(data)), Spent()
            try:
                return await metered(work(data, entry), spent)
            finally:
                guard.settle(entry, spent.seconds)

        def act(data: bytes, credentials: Credentials) -> Coroutine[Any, Any, bytes]:
            return guarded(guard, data, credentials) if guard else work(data)

        async def answer(data: bytes, credentials: Credentials = NO_CREDENTIALS) -> bytes:
            with self._call(measured):
                try:
                    return await act(data, credentials)
                finally:
                    self.answered += 1

        async def answer_long(data: bytes, credentials: Credentials = NO_CREDENTIALS) -> bytes:
            client = client_of(credentials, self._hops)
            with self._call(measured):
                self._long += 1
                try:
                    return await self._pace.run(client, act(data, credentials))
                finally:
                    self._long -= 1
                    self.answered += 1

        return answer_long if method.is_long else answer

    @contextmanager
    def _endable(self, life_s: float | None) -> Iterator[None]:
        """Run a stream that `end_streams` ends, and that ends after its own time."""
        task = asyncio.current_task()
        assert task
        is_over = False

        def expire() -> None:
            nonlocal is_over
            is_over = True
            task.cancel()

        self._streams.add(task)
        timer = asyncio.get_running_loop().call_later(life_s, expire) if life_s else None
        try:
            yield
        except asyncio.CancelledError:
            if not (self._stopping or is_over):
                raise
            task.uncancel()
            why = "the server is stopping" if self._stopping else "the time of this stream is over"
            raise StreamEnded(f"{why}; resume it with its last token") from None
        finally:
            self._streams.discard(task)
            if timer:
                timer.cancel()

    @contextmanager
    def _stream(self, measured: telemetry.MethodMetrics) -> Iterator[None]:
        """Run a call that may stay open, and so does not count as one that waits."""
        self.streaming += 1
        try:
            with self._call(measured):
                yield
        finally:
            self.streaming -= 1

    def _call(self, measured: telemetry.MethodMetrics) -> "_Call":
        return _Call(self, measured)

    def begin(self) -> None:
        """Count one more running call."""
        self._running += 1
        self._idle.clear()
        self._begun.set()

    def end(self) -> None:
        """Count one running call less."""
        self._running -= 1
        if not self._running:
            self._idle.set()


class _Call:
    """One running call: counted and measured; its errors become those that clients see."""

    __slots__ = ("_calls", "_measured", "_started")

    def __init__(self, calls: Calls, measured: telemetry.MethodMetrics) -> None:
        self._calls = calls
        self._measured = measured

    def __enter__(self) -> None:
        self._calls.begin()
        self._started = self._measured.begin()

    def __exit__(self, _type: object, error: BaseException | None, _traceback: object) -> None:
        self._calls.end()
        if error is None:
            self._measured.end(self._started, "OK")
            return
        if not isinstance(error, Exception):  # cancelled, or the server is going down
            self._measured.end(self._started, "CANCELLED")
            return
        shown = shown_error(error, self._measured.method)
        self._measured.end(self._started, shown.code.name)
        if shown is not error:
            raise shown from error


def shown_error(error: Exception, where: str) -> ServiceError:
    """The error that the client sees; a bug goes to the log."""
    shown = error if isinstance(error, ServiceError) else as_service_error(error)
    if shown is None:
        log.error("a call failed by a bug", where=where, stack=logs.stack_of(error))
        return Internal("internal error")
    return shown


async def let_in(guard: Guard | None, credentials: Credentials) -> AbstractContextManager[Check]:
    """Let a caller in; the stream is counted while the result, its check, is entered."""
    if guard is None:
        return nullcontext(lambda _: None)
    return guard.stream(await guard.enter(credentials))


def requests_of(method: Method, data: Any, check: Check) -> AbstractAsyncContextManager[Any]:
    """The argument of a servicer's method: its request, or an iterator of its requests."""
    if method.client_streaming:
        return aclosing(checked(method, data, check))
    request = parsed(method.request_type, data, method.max_request_bytes)
    check(request)
    return nullcontext(request)


def responses_of(
    method: Method, request: Any
) -> AbstractAsyncContextManager[AsyncIterator[Message | bytes]]:
    """The responses of a servicer's method."""
    response = method.function(request)
    return aclosing(response if method.server_streaming else only(response))


async def checked(
    method: Method, data: AsyncIterator[bytes], check: Check
) -> AsyncGenerator[Message, None]:
    """The requests of a stream, each checked."""
    async for message in data:
        request = parsed(method.request_type, message, method.max_request_bytes)
        check(request)
        yield request


async def only(
    response: Awaitable[Message | bytes],
) -> AsyncGenerator[Message | bytes, None]:
    """A stream of one response."""
    yield await response


def encoded(response: Message | bytes) -> bytes:
    """The bytes of a response."""
    return response if isinstance(response, bytes) else response.SerializeToString()
