"""One line for each request. It names the endpoint, never the path or the query as they came."""

import time

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = structlog.get_logger()


class AccessLog:
    """ASGI middleware that logs requests once they are answered."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and log it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = time.perf_counter(), 500

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, watch)
        finally:
            endpoint = scope.get("endpoint")
            log.info(
                "request",
                method=scope["method"],
                endpoint=getattr(endpoint, "__name__", type(endpoint).__name__.lower()),
                status=status,
                ms=round((time.perf_counter() - began) * 1000, 1),
            )
