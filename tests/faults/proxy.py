"""A proxy in front of a database that loses replies: the command ran, the client cannot know."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from urllib.parse import unquote

from redis.asyncio import RedisCluster

from services.chassis.database.client import Client, connect
from services.chassis.settings import ChassisSettings

Node = tuple[str, int]
"""Host and port; of a unix socket the path and 0."""


@dataclass
class Proxy:
    """The proxy, and what it does to each chunk of replies."""

    url: str = ""
    lose: float = 0.0
    """The share of replies in whose place the connection is cut."""
    lost: int = 0
    thawed: asyncio.Event = field(default_factory=asyncio.Event)
    """While it is cleared, replies wait."""
    fronts: dict[Node, Node] = field(default_factory=dict)
    """Node -> the address at which the proxy offers it."""

    def connect(self, settings: ChassisSettings) -> Client:
        """A client of the database behind the proxy; of a cluster, of all its nodes."""
        client = connect(settings, self.url)
        if isinstance(client, RedisCluster):
            client.nodes_manager.address_remap = lambda node: self.fronts[node]
        return client


@asynccontextmanager
async def proxied(store_url: str, seed: int = 0) -> AsyncIterator[Proxy]:
    """A proxy on a TCP address in front of a server on a unix socket, or of a cluster."""
    rng = random.Random(seed)
    tasks: set[asyncio.Task[None]] = set()
    proxy = Proxy()
    proxy.thawed.set()

    async def serve(node: Node, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            upstream_reader, upstream_writer = await opened(node)
            forward = asyncio.create_task(pump(reader, upstream_writer))
            try:
                while data := await upstream_reader.read(1 << 16):
                    await proxy.thawed.wait()
                    if rng.random() < proxy.lose:
                        proxy.lost += 1
                        break
                    writer.write(data)
                    await writer.drain()
            finally:
                forward.cancel()
                upstream_writer.close()
        writer.close()
        tasks.discard(task)

    async with AsyncExitStack() as servers:
        for node in await nodes_of(store_url):
            server = await asyncio.start_server(partial(serve, node), "127.0.0.1", 0)
            servers.callback(server.close)
            proxy.fronts[node] = server.sockets[0].getsockname()
        host, port = next(iter(proxy.fronts.values()))
        scheme = "redis+cluster" if "+cluster" in store_url else "redis"
        proxy.url = f"{scheme}://{host}:{port}"
        try:
            yield proxy
        finally:
            for task in list(tasks):
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def nodes_of(store_url: str) -> list[Node]:
    """The servers of a database."""
    if "+cluster" not in store_url:
        return [(unquote(store_url.removeprefix("unix://")), 0)]
    async with connect(ChassisSettings(), store_url) as client:
        return [(node.host, node.port) for node in client.get_nodes()]


async def opened(node: Node) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection to a server."""
    where, port = node
    if port:
        return await asyncio.open_connection(where, port)
    return await asyncio.open_unix_connection(where)


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Pass bytes on."""
    with suppress(OSError):
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()
    writer.close()
