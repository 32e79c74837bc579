"""Chats on one key, over HTTP and two processes, never see each other's holds."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import httpx
import pytest
from mcp import Client, StdioServerParameters

from enrayon.stock.v1 import stock_pb2
from services import client as enrayon_client
from services.directory.parts import Parts
from tests.support.edge import free_address
from tests.support.edge_app import running
from tests.support.gated import gated
from tests.support.stock import PRODUCTS, STOCKMANN, state

PROGRAM = """
import asyncio
import sys

import uvicorn

from services.client.contracts import CONTRACTS
from services.edge.app import build
from services.edge.settings import EdgeSettings


async def main() -> None:
    app = build(sys.argv[1], EdgeSettings(), CONTRACTS)
    config = uvicorn.Config(app, port=int(sys.argv[2]), log_level="warning")
    await uvicorn.Server(config).serve()


asyncio.run(main())
"""


@asynccontextmanager
async def process(services: str) -> AsyncIterator[str]:
    """The application in a process of its own; yields the address of its tools."""
    port = free_address().port
    started = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PROGRAM, services, str(port)
    )
    try:
        async with httpx.AsyncClient() as http, asyncio.timeout(60):
            while True:
                try:
                    await http.get(f"http://127.0.0.1:{port}/healthz")
                    break
                except httpx.TransportError:
                    assert started.returncode is None
                    await asyncio.sleep(0.1)
        yield f"http://127.0.0.1:{port}/mcp"
    finally:
        started.terminate()
        await started.wait()


async def test_a_hold_of_one_process_is_known_to_the_other_by_its_shopper_alone(
    parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ENRAYON_STOCK_ALLOW_LOSS", "true")
    async with AsyncExitStack() as stack:
        _, services = await stack.enter_async_context(running(parts))
        async with enrayon_client.Client(services) as enrayon:
            products = stock_pb2.UpsertProductsRequest(products=PRODUCTS)
            await enrayon.stock.UpsertProducts(iter([products]))
            await state(enrayon.stock, STOCKMANN, milk=5)
        urls = [await stack.enter_async_context(process(services)) for _ in range(2)]

        async def call(at: int, tool: str, **arguments: Any) -> Any:
            async with Client(urls[at], read_timeout_seconds=30) as agent:
                return await agent.call_tool(tool, arguments)

        wanted = {"store": STOCKMANN, "items": [{"product": "milk"}], "confirm": True}
        made = [(await call(at, "hold_items", **wanted)).structured_content for at in (0, 1)]
        for at, (mine, theirs) in enumerate([made, made[::-1]]):
            names = {"reservation": mine["reservation"]}
            own = await call(1 - at, "get_hold", **names, shopper=mine["shopper"])
            refused = await call(at, "get_hold", **names, shopper=theirs["shopper"])
            listed = await call(1 - at, "list_holds", shopper=mine["shopper"])

            assert mine["code"] == own.structured_content["code"]
            assert refused.is_error
            assert "there is no" in refused.content[0].text
            assert [mine["reservation"]] == [
                hold["reservation"] for hold in listed.structured_content["holds"]
            ]


async def test_over_stdio_a_missing_key_is_told_with_the_variable_that_takes_it(
    parts: Parts,
) -> None:
    async with gated(parts) as callers:
        stdio = StdioServerParameters(
            command=sys.executable,
            args=["-m", "services.cli", "mcp"],
            env={"ENRAYON_GRPC_PORT": callers.server.rpartition(":")[2]},
        )
        async with Client(stdio, read_timeout_seconds=30) as agent:
            wanted = {"store": STOCKMANN, "items": [{"product": "products/milk"}]}
            refused = await agent.call_tool("hold_items", wanted)

    assert refused.is_error
    assert "ENRAYON_API_KEY" in str(getattr(refused.content[0], "text", ""))
