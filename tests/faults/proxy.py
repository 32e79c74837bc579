"""Stands between a client and Redis, and loses replies: the command has run, nobody hears of it."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import unquote


@dataclass
class Proxy:
    """What it does to each chunk of replies."""

    url: str
    lose: float = 0.0
    """The part of replies after which the connection is cut instead."""
    lost: int = 0
    thawed: asyncio.Event = field(default_factory=asyncio.Event)
    """Cleared, replies wait."""


@asynccontextmanager
async def proxied(redis_url: str, seed: int = 0) -> AsyncIterator[Proxy]:
    """A TCP address that leads to a Redis on a unix socket."""
    path = unquote(redis_url.removeprefix("unix://"))
    rng = random.Random(seed)
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            upstream_reader, upstream_writer = await asyncio.open_unix_connection(path)
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

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(1 << 16):
                writer.write(data)
                await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    proxy = Proxy(f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    proxy.thawed.set()
    try:
        yield proxy
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
