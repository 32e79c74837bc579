"""What every call carries: a deadline, who is calling, and what else is asked."""

from collections.abc import Callable, Sequence
from typing import Any

import grpc
from grpc.aio import ClientCallDetails, ClientInterceptor, Metadata

KEY_HEADER = "x-api-key"
Headers = Callable[[], Sequence[tuple[str, str]]]


def interceptors(timeout_s: float, headers: Headers) -> Sequence[ClientInterceptor]:
    """One interceptor for each kind of call. Calls of one answer get the deadline; all the rest."""
    return [
        _Unary(timeout_s, headers),
        _Answers(None, headers),
        _Requests(None, headers),
        _Both(None, headers),
    ]


class _Carrier:
    """Completes the details of a call, then makes it."""

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


# gRPC takes an interceptor for one kind of call only, the first whose base it finds.
class _Unary(_Carrier, grpc.aio.UnaryUnaryClientInterceptor):
    intercept_unary_unary = _Carrier.call  # type: ignore[assignment]


class _Answers(_Carrier, grpc.aio.UnaryStreamClientInterceptor):
    intercept_unary_stream = _Carrier.call  # type: ignore[assignment]


class _Requests(_Carrier, grpc.aio.StreamUnaryClientInterceptor):
    intercept_stream_unary = _Carrier.call  # type: ignore[assignment]


class _Both(_Carrier, grpc.aio.StreamStreamClientInterceptor):
    intercept_stream_stream = _Carrier.call  # type: ignore[assignment]
