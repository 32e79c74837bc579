"""Traces by OpenTelemetry, off unless ENRAYON_OTLP_ENDPOINT names a collector.

OpenTelemetry's own instrumentations of gRPC and Redis write texts of errors and peers' addresses
into spans. A span here has a name, a few attributes of closed vocabularies and the id of the
request: no coordinate, no id of a device, no key of the database, no text of an error.

The tracer is one of the process, as OpenTelemetry's own is: `traced` sets it and ends it.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Protocol

from services.chassis.settings import ChassisSettings
from services.chassis.telemetry import correlation

if TYPE_CHECKING:
    from opentelemetry.sdk.trace.export import SpanExporter
    from opentelemetry.trace import Tracer


class Ended(Protocol):
    """Takes the code of the end of a span, and its name where that is known only then."""

    def __call__(self, code: str, name: str = "") -> None:
        """Set the code; without a call it is OK."""


Span = AbstractContextManager[Ended]


def _ignore(code: str, name: str = "") -> None:
    pass


OFF: Span = nullcontext(_ignore)
"""No span."""
_tracer: "Tracer | None" = None
_shut_down: Callable[[], None] = lambda: None  # noqa: E731 there is nothing to shut down yet

FINE = {
    *("OK", "CANCELLED", "INVALID_ARGUMENT", "NOT_FOUND", "ALREADY_EXISTS", "OUT_OF_RANGE"),
    *("FAILED_PRECONDITION", "ABORTED", "UNAUTHENTICATED", "PERMISSION_DENIED"),
    "NoScriptError",  # and the script's text is sent
    *(str(status) for status in range(100, 500)),
}
"""Codes that are no faults of the server: spans that end with them are no errors."""
MAX_ACTS = 100
"""Spans within one request at most: the stream of a catalogue would repeat the same span."""

_left: ContextVar[int] = ContextVar("left", default=0)


@contextmanager
def traced(settings: ChassisSettings, process: str) -> Iterator[None]:
    """Trace this process, if a collector is set; spans that wait are sent in the end.

    Raises:
        OSError: OpenTelemetry is not installed.
    """
    if settings.otlp_endpoint:
        # Imported here, as it takes time that a process without traces need not spend.
        try:
            from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
        except ImportError as error:
            raise OSError(
                "ENRAYON_OTLP_ENDPOINT needs OpenTelemetry: pip install 'enrayon[otel]'"
            ) from error
        exporter = OTLPSpanExporter(endpoint=settings.otlp_endpoint, insecure=True)
        start(exporter, process, settings.trace_ratio)
    try:
        yield
    finally:
        stop()


def start(exporter: "SpanExporter", process: str, ratio: float = 1.0) -> None:
    """Begin to trace this process into an exporter; call `stop` before the process ends."""
    global _tracer, _shut_down
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor
    from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased

    provider = TracerProvider(
        sampler=ParentBased(TraceIdRatioBased(ratio)),
        resource=Resource({"service.name": f"enrayon-{process}"}),
        shutdown_on_exit=False,
    )
    provider.add_span_processor(BatchSpanProcessor(exporter))
    _tracer, _shut_down = provider.get_tracer("enrayon"), provider.shutdown


def stop() -> None:
    """Send the spans that wait, and trace no more."""
    global _tracer
    _tracer = None
    _shut_down()


def is_on() -> bool:
    """True if this process traces."""
    return _tracer is not None


def call(method: str) -> Span:
    """A span around the answer to an RPC, below the span that the request's headers name.

    gRPC's own services have none: probes come each second, by themselves.
    """
    if _tracer is None or method.startswith("grpc."):
        return OFF
    return _answer(_tracer, method, {"rpc.system.name": "grpc", "rpc.method": method})


def page(method: str) -> Span:
    """A span around the answer to an HTTP request, below the span that its headers name."""
    return OFF if _tracer is None else _answer(_tracer, method, {"http.request.method": method})


def act(name: str, attributes: Mapping[str, str | int]) -> Span:
    """A span around an act of a traced request; none outside of such a request."""
    if _tracer is None:
        return OFF
    from opentelemetry.trace import SpanKind, get_current_span

    left = _left.get()
    if not left or not get_current_span().is_recording():
        return OFF
    _left.set(left - 1)
    return _spanned(_tracer, name, attributes, SpanKind.CLIENT)


def outgoing() -> list[tuple[str, str]]:
    """Headers that carry the request's id, and its trace, on to the next process."""
    headers: dict[str, str] = {}
    if id := correlation.current_id():
        headers[correlation.HEADER] = id
    if _tracer is not None:
        _propagator().inject(headers)
    return list(headers.items())


def _answer(tracer: "Tracer", name: str, attributes: Mapping[str, str | int]) -> Span:
    from opentelemetry.trace import SpanKind

    _left.set(MAX_ACTS)
    parent = _propagator().extract(correlation.current_metadata())
    named = {**attributes, "enrayon.request_id": correlation.current_id()}
    return _spanned(tracer, name, named, SpanKind.SERVER, parent)


def _propagator() -> Any:
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    return TraceContextTextMapPropagator()  # W3C's `traceparent`, as Envoy writes it


@contextmanager
def _spanned(
    tracer: "Tracer", name: str, attributes: Mapping[str, str | int], kind: Any, parent: Any = None
) -> Iterator[Ended]:
    from opentelemetry import context
    from opentelemetry.trace import SpanKind, StatusCode, set_span_in_context

    result = "OK"

    def ended(code: str, name: str = "") -> None:
        nonlocal result
        result = code
        if name:
            span.update_name(name)

    span = tracer.start_span(name, parent, kind, attributes)
    outer = context.get_current()
    context.attach(set_span_in_context(span))
    try:
        yield ended
    except (asyncio.CancelledError, GeneratorExit):
        result = "CANCELLED"
        raise
    except BaseException as error:
        if result == "OK":
            result = type(error).__name__
        raise
    finally:
        context.attach(outer)  # not detached: a stream may be closed from another task
        if kind is SpanKind.SERVER:
            span.set_attribute("enrayon.code", result)
        if result not in FINE:
            span.set_attribute("error.type", result)
            span.set_status(StatusCode.ERROR)
        span.end()
