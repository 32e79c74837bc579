"""Empties Envoy before it is stopped: on SIGTERM alone it would break off running requests."""

import asyncio
import re
import time
from pathlib import Path
from typing import NamedTuple

import httpx

QUIET_S = 1.0
"""Time without requests after which Envoy counts as empty, idle connections included."""
_COUNTS = r"^http\.edge\.downstream_(cx_active|rq_active|rq_total)$"


class Traffic(NamedTuple):
    """Envoy's connections and requests at a moment."""

    connections: int
    requests: int
    """Requests in progress."""
    total: int
    """Requests since Envoy started."""


async def drain(admin: Path, longest_s: float) -> None:
    """Send clients away: the health check fails, answers close connections, listeners close.

    Returns when no request is in progress, or after `longest_s`; at once if Envoy does not answer.

    Args:
        admin: the socket of Envoy's admin interface.
        longest_s: the longest wait for requests in progress, in seconds.
    """
    transport = httpx.AsyncHTTPTransport(uds=str(admin))
    async with httpx.AsyncClient(transport=transport, base_url="http://envoy", timeout=5) as http:
        try:
            await http.post("/healthcheck/fail")
            await http.post("/drain_listeners?graceful&skip_exit")
            async with asyncio.timeout(longest_s):
                await _until_quiet(http)
        except (httpx.HTTPError, TimeoutError):
            return


async def _until_quiet(http: httpx.AsyncClient) -> None:
    before, since = await _traffic(http), time.monotonic()
    while before.connections:
        await asyncio.sleep(0.05)
        now = await _traffic(http)
        if now.requests or now.total != before.total:
            since = time.monotonic()
        elif time.monotonic() - since >= QUIET_S:
            return
        before = now


async def _traffic(http: httpx.AsyncClient) -> Traffic:
    answer = await http.get("/stats", params={"filter": _COUNTS})
    counts = dict(re.findall(r"downstream_(\w+): (\d+)", answer.text))
    names = ("cx_active", "rq_active", "rq_total")
    return Traffic(*(int(counts.get(name, 0)) for name in names))
