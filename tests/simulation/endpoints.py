"""Endpoints of webhooks: they take events, fail, are slow, or are away, as the plan says."""

import asyncio
import random
from dataclasses import dataclass, field
from typing import NamedTuple

import httpx
import orjson

from tests.simulation.trace import Trace


class Post(NamedTuple):
    """An event that an endpoint has accepted."""

    at_s: float
    id: str
    subject: str
    number: int = 0
    """Among the events of a device; 0: it is not numbered."""


@dataclass(eq=False)
class Endpoint:
    """One endpoint."""

    uri: str
    wants: tuple[str, ...]
    """Prefixes of the types of events that it is to have."""
    rng: random.Random
    is_down: bool = False
    is_slow: bool = False
    failing: float = 0.0
    """Share of posts that it answers with an error."""
    accepted: list[Post] = field(default_factory=list)

    async def take(self, request: httpx.Request, trace: Trace) -> httpx.Response:
        """Answer a post."""
        loop = asyncio.get_running_loop()
        await asyncio.sleep(self.rng.uniform(0.005, 0.05))
        if self.is_down:
            raise httpx.ConnectError("the endpoint is down")
        if self.rng.random() < self.failing:
            return answer(self.rng.choice((500, 503, 429, 302)))
        event = orjson.loads(request.content)
        number = int(event["data"].get("number", 0))
        self.accepted.append(Post(loop.time(), event["id"], event["subject"], number))
        trace.add(loop.time(), "post", self.uri, event["id"])
        await asyncio.sleep(
            self.rng.uniform(1, 15) if self.is_slow else self.rng.uniform(0.005, 0.05)
        )
        return answer(204)


def answer(status: int) -> httpx.Response:
    """An answer without a body."""
    return httpx.Response(status, stream=httpx.ByteStream(b""))


class Posts(httpx.AsyncBaseTransport):
    """Carries the posts of all nodes to the endpoints of a run."""

    def __init__(self, endpoints: dict[str, Endpoint], trace: Trace) -> None:
        self._by_host = {httpx.URL(each.uri).host: each for each in endpoints.values()}
        self._trace = trace

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer a post."""
        return await self._by_host[request.headers["host"]].take(request, self._trace)
