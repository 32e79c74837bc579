"""Prometheus metrics of calls, by method and code."""

from prometheus_client import Counter, Gauge, Histogram

from services.chassis.clock import steady_s

REQUESTS = Counter("enrayon_requests", "Calls answered.", ["method", "code"])
SECONDS = Histogram(
    "enrayon_request_seconds",
    "Duration of calls.",
    ["method"],
    buckets=(0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
RUNNING = Gauge("enrayon_requests_running", "Calls being answered now.", ["method"])


class MethodMetrics:
    """The metrics of one RPC, looked up once."""

    def __init__(self, method: str) -> None:
        self.method = method
        self._seconds = SECONDS.labels(method)
        self._running = RUNNING.labels(method)
        self._codes: dict[str, Counter] = {}

    def begin(self) -> float:
        """Count a running call; returns the time of its begin."""
        self._running.inc()
        return steady_s()

    def end(self, began: float, code: str) -> None:
        """Count an answered call."""
        self._running.dec()
        self._seconds.observe(steady_s() - began)
        if code not in self._codes:
            self._codes[code] = REQUESTS.labels(self.method, code)
        self._codes[code].inc()
