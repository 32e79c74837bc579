"""Logs and traces each request by its endpoint; never its path or query, which may be personal."""

import time

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.chassis.telemetry import correlation, tracing

log = structlog.get_logger()


class AccessLog:
    """ASGI middleware that logs and traces each request after its answer."""

    def __init__(self, app: ASGIApp, quiet: str = "") -> None:
        """Wrap an application; the path `quiet`, a health check each second, is not logged."""
        self._app = app
        self._quiet = quiet

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request, then log it."""
        if scope["type"] != "http" or scope["path"] == self._quiet:
            await self._app(scope, receive, send)
            return
        began, status = time.perf_counter(), 500
        correlation.begin(lambda: [(k.decode(), v.decode("latin-1")) for k, v in scope["headers"]])

        async def note_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        with tracing.page(scope["method"]) as ended:
            try:
                await self._app(scope, receive, note_status)
            finally:
                endpoint = scope.get("endpoint")
                name = getattr(endpoint, "__name__", type(endpoint).__name__.lower())
                ended(str(status), f"{scope['method']} {name}")
                log.info(
                    "request",
                    method=scope["method"],
                    endpoint=name,
                    status=status,
                    ms=round((time.perf_counter() - began) * 1000, 1),
                )
