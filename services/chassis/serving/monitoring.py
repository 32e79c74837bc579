"""Metrics and probes over HTTP: `/metrics`, `/readyz` and `/livez`."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import ThreadingHTTPServer
from threading import Thread

from prometheus_client import MetricsHandler, disable_created_metrics

from services.chassis.serving.health import Health
from services.chassis.settings import ChassisSettings

disable_created_metrics()  # type: ignore[no-untyped-call]  # they would double every series


@contextmanager
def monitored(settings: ChassisSettings, health: Health) -> Iterator[None]:
    """Answer on the metrics port, if one is set.

    `/readyz` is 200 while the process is ready, and lists its parts; `/livez` is 200 while the
    event loop runs.

    Raises:
        OSError: the port is taken, or not allowed.
    """
    if not settings.metrics_port:
        yield
        return
    try:
        server = ThreadingHTTPServer(
            (settings.host, settings.metrics_port), _handler(health), bind_and_activate=True
        )
    except OSError as error:
        raise OSError(
            f"cannot serve metrics on {settings.host}:{settings.metrics_port}: "
            f"{error.strerror}; set ENRAYON_METRICS_PORT"
        ) from error
    thread = Thread(target=server.serve_forever, name="monitoring", daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(health: Health) -> type[MetricsHandler]:
    class Handler(MetricsHandler):
        """Answers requests for metrics and probes."""

        def do_GET(self) -> None:  # noqa: N802 the name that http.server asks for
            """Answer a page."""
            if self.path == "/readyz":
                self._say(health.is_ready)
            elif self.path == "/livez":
                self._say(health.is_alive)
            else:
                super().do_GET()

        def _say(self, is_well: bool) -> None:
            parts = {
                name: {"well": part.is_well, "reason": part.reason, "since": part.since.isoformat()}
                for name, part in health.parts.items()
            }
            body = json.dumps({"well": is_well, "parts": parts}).encode()
            self.send_response(200 if is_well else 503)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return Handler
