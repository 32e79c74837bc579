"""Structured logs and Prometheus metrics. Neither ever carries a coordinate or a device id."""

import logging
import sys
import time
import traceback

import structlog
from prometheus_client import Counter, Gauge, Histogram

from services.chassis.correlation import add_request_id
from services.chassis.settings import ChassisSettings

REQUESTS = Counter("enrayon_requests", "Calls answered.", ["method", "code"])
SECONDS = Histogram(
    "enrayon_request_seconds",
    "How long calls took.",
    ["method"],
    buckets=(0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
RUNNING = Gauge("enrayon_requests_running", "Calls being answered now.", ["method"])


def configure_logs(settings: ChassisSettings) -> None:
    """Log to standard error, as JSON lines or for people, from the chosen level on."""
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    to_console = settings.log_format == "console" or (
        settings.log_format == "auto" and sys.stderr.isatty()
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            add_request_id,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *(
                # Its own choice would print local variables, requests among them.
                [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
                if to_console
                else [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
            ),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(level=max(level, logging.WARNING), stream=sys.stderr)


def stack_of(error: BaseException) -> str:
    """Where an error and its causes came from, without their texts: these may quote a request."""
    errors = [error]
    for each in errors:
        inner = each.exceptions if isinstance(each, BaseExceptionGroup) else ()
        cause = each.__cause__ or (None if each.__suppress_context__ else each.__context__)
        errors += [one for one in (cause, *inner) if one and one not in errors]
    return "".join(
        "".join(traceback.format_tb(each.__traceback__)) + f"{type(each).__qualname__}\n"
        for each in reversed(errors)
    )


class MethodMetrics:
    """The metrics of one RPC, looked up once."""

    def __init__(self, method: str) -> None:
        self.method = method
        self._seconds = SECONDS.labels(method)
        self._running = RUNNING.labels(method)
        self._codes: dict[str, Counter] = {}

    def begin(self) -> float:
        """Count a running call; answers when it began."""
        self._running.inc()
        return time.perf_counter()

    def end(self, began: float, code: str) -> None:
        """Count an answered call."""
        self._running.dec()
        self._seconds.observe(time.perf_counter() - began)
        if code not in self._codes:
            self._codes[code] = REQUESTS.labels(self.method, code)
        self._codes[code].inc()
