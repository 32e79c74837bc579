"""An endpoint of webhooks: it answers as a test says and keeps the posts."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson


@dataclass
class Endpoint:
    uri: str = ""
    answer: Callable[[dict[str, Any]], bytes] = lambda _: b"HTTP/1.1 204 No Content\r\n\r\n"
    drip_s: float = 0.0
    posts: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    taken: list[dict[str, Any]] = field(default_factory=list)

    async def wait(self, count: int, timeout_s: float = 20.0) -> list[dict[str, Any]]:
        """The accepted events, once so many different ones came."""
        async with asyncio.timeout(timeout_s):
            while len({event["id"] for event in self.taken}) < count:  # noqa: ASYNC110 - told over the network
                await asyncio.sleep(0.02)
        return self.taken

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            lines = head.split("\r\n")[1:]
            headers = {k.lower(): v.strip() for k, _, v in (x.partition(":") for x in lines) if k}
            body = await reader.readexactly(int(headers["content-length"]))
            event = orjson.loads(body)
            self.posts.append((headers, body))
            reply = self.answer(event)
            if b" 20" in reply[:14]:
                self.taken.append(event)
            if self.drip_s:
                for byte in reply:
                    writer.write(bytes([byte]))
                    await writer.drain()
                    await asyncio.sleep(self.drip_s)
            else:
                writer.write(reply)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


def status(code: int, extra: str = "") -> bytes:
    return f"HTTP/1.1 {code} X\r\ncontent-length: 0\r\n{extra}\r\n".encode()


@asynccontextmanager
async def endpoint() -> AsyncIterator[Endpoint]:
    made = Endpoint()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.uri = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook"
    try:
        yield made
    finally:
        server.close()
