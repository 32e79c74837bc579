"""Envoy ends at once when it is told to, and cuts off whoever is being answered. So it is asked
first to send its clients away, and told to end once they are gone.
"""

import asyncio
import re
import time
from pathlib import Path
from typing import NamedTuple

import httpx

QUIET_S = 1.0
"""So long without a request, and idle connections count as left."""
_COUNTS = r"^http\.edge\.downstream_(cx_active|rq_active|rq_total)$"


class Traffic(NamedTuple):
    """What passes through Envoy."""

    connections: int
    requests: int
    """Those not yet answered."""
    total: int
    """All there ever were."""


async def drain(admin: Path, longest_s: float) -> None:
    """Let clients go: health says 503, answers close their connection, then no new one is taken.

    Returns when nobody is being answered any more, or when the time is over. An Envoy that does
    not answer has nobody to let go.

    Args:
        admin: the socket of Envoy's own interface.
        longest_s: how long to wait for requests that are under way.
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
