"""Interceptors that add a deadline and headers to every call."""

from collections.abc import Callable, Sequence
from typing import Any

import grpc
from grpc.aio import ClientCallDetails, ClientInterceptor, Metadata

Headers = Callable[[], Sequence[tuple[str, str]]]


def interceptors(timeout_s: float, headers: Headers) -> Sequence[ClientInterceptor]:
    """One interceptor for each kind of call; unary calls get the deadline, streams have none."""
    return [
        _UnaryUnary(timeout_s, headers),
        _UnaryStream(None, headers),
        _StreamUnary(None, headers),
        _StreamStream(None, headers),
    ]


class _Interceptor:
    """Adds the deadline and the headers to a call's details, then makes the call."""

    def __init__(self, timeout_s: float | None, headers: Headers) -> None:
        self._timeout_s = timeout_s
        self._headers = headers

    async def call(
        self, continuation: Callable[..., Any], details: ClientCallDetails, request: Any
    ) -> Any:
        completed = details._replace(  # type: ignore[attr-defined]  # it is a named tuple
            timeout=self._timeout_s if details.timeout is None else details.timeout,
            metadata=Metadata(*(details.metadata or ()), *self._headers()),
        )
        return await continuation(completed, request)


# gRPC uses an interceptor for one kind of call only: that of the first base class it recognises.
class _UnaryUnary(_Interceptor, grpc.aio.UnaryUnaryClientInterceptor):
    intercept_unary_unary = _Interceptor.call  # type: ignore[assignment]


class _UnaryStream(_Interceptor, grpc.aio.UnaryStreamClientInterceptor):
    intercept_unary_stream = _Interceptor.call  # type: ignore[assignment]


class _StreamUnary(_Interceptor, grpc.aio.StreamUnaryClientInterceptor):
    intercept_stream_unary = _Interceptor.call  # type: ignore[assignment]


class _StreamStream(_Interceptor, grpc.aio.StreamStreamClientInterceptor):
    intercept_stream_stream = _Interceptor.call  # type: ignore[assignment]
