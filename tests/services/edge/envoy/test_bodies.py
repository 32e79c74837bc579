"""A request has a time to be complete in, and takes nothing of the services before it is."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import pytest

from enrayon.stores.v1 import stores_pb2 as pb
from enrayon.stores.v1 import stores_pb2_grpc
from services.edge.envoy import Address, render, routes
from tests.support.edge import Edge, free_address, running
from tests.support.stores_stub import SERVICE, Stub

FIND = "/v1/stores:findNearest"


@pytest.fixture
async def brief(
    upstream: tuple[Stub, Address], stub: Stub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Edge]:
    """An edge for one call at once, whose calls end after a second, but for streams."""
    for name in ("READ_TIMEOUT_S", "CHANGE_TIMEOUT_S", "APP_TIMEOUT_S", "OTHER_GRPC_S"):
        monkeypatch.setattr(routes, name, 1)
    config = render([SERVICE], free_address(), upstream[1], calls=1, apps={"/": upstream[1]})
    async with running(config, tmp_path) as edge:
        async with asyncio.timeout(20):
            while (await edge.http.get("/readyz")).status_code != 200:  # noqa: ASYNC110 no event
                await asyncio.sleep(0.05)
        yield edge


async def dripped(port: int, path: str) -> bytes:
    """The first line of the answer to a POST whose body comes a byte at a time, without an end."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = f"POST {path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
    writer.write(f"{head}content-length: 1000\r\n\r\n".encode())
    answer = asyncio.create_task(reader.readline())
    with contextlib.suppress(OSError):
        while not answer.done():
            writer.write(b" ")
            await asyncio.sleep(0.05)
    writer.close()
    return await answer


@pytest.mark.parametrize("path", [FIND, "/v1/stores:upsert", "/mcp"])
async def test_a_body_that_never_ends_is_given_up(path: str, brief: Edge, stub: Stub) -> None:
    async with asyncio.timeout(15):
        line = await dripped(brief.port, path)
    assert line.split()[1] in (b"408", b"504")
    assert [] == stub.requests


async def test_what_is_not_complete_is_no_call_yet(brief: Edge, stub: Stub) -> None:
    """The edge lets one call through at once, and nine are begun."""
    async with asyncio.timeout(15), asyncio.TaskGroup() as group:
        slow = [group.create_task(dripped(brief.port, FIND)) for _ in range(9)]
        await asyncio.sleep(0.3)
        assert 200 == (await brief.http.get(FIND)).status_code
    assert not any(task.result().startswith(b"HTTP/1.1 429") for task in slow)


async def test_a_stream_of_requests_may_last(brief: Edge, stub: Stub) -> None:
    async def requests() -> AsyncIterator[pb.UpsertStoresRequest]:
        for _ in range(5):
            yield pb.UpsertStoresRequest(stores=[pb.Store(display_name="x")])
            await asyncio.sleep(0.5)

    async with grpc.aio.insecure_channel(f"127.0.0.1:{brief.port}") as channel:
        stores = stores_pb2_grpc.StoresServiceStub(channel)
        assert 5 == (await stores.UpsertStores(requests())).created_count


async def test_a_stream_of_answers_may_last(brief: Edge, stub: Stub) -> None:
    async with brief.http.stream("GET", "/v1/stores:watch") as answer:
        lines = answer.aiter_lines()
        await anext(lines)
        await asyncio.sleep(2.5)
        stub.proceed.set()
        assert "resumeToken" in await anext(lines)


async def test_an_unknown_method_does_not_last(brief: Edge) -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b""
            await asyncio.sleep(0.1)

    async with grpc.aio.insecure_channel(f"127.0.0.1:{brief.port}") as channel:
        call: Any = channel.stream_stream("/enrayon.stores.v2.StoresService/Nothing")
        with pytest.raises(grpc.aio.AioRpcError) as error:
            async with asyncio.timeout(15):
                async for _ in call(endless()):
                    pass
    assert error.value.code() in (grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.UNIMPLEMENTED)
