"""A stopping Envoy answers every request in progress first."""

import asyncio
import json
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import grpc
import httpx

from enrayon.stores.v1 import stores_pb2 as pb
from enrayon.stores.v1 import stores_pb2_grpc
from services.chassis.processes.lifeline import lifeline
from services.edge.envoy import Address, command, drain, render
from services.edge.envoy.program import admin_socket
from tests.support.edge import free_address, running
from tests.support.stores_stub import SERVICE, Stub

FIND = "/v1/stores:findNearest"


async def test_a_call_that_is_under_way_is_answered(
    upstream: tuple[Stub, Address], stub: Stub, tmp_path: Path
) -> None:
    admin = admin_socket(tmp_path)
    stub.hangs = True
    config = render([SERVICE], free_address(), upstream[1], admin=admin)
    async with running(config, tmp_path) as edge:
        call = asyncio.create_task(edge.http.get(FIND))
        await until(lambda: bool(stub.requests))
        draining = asyncio.create_task(drain(admin, 30))
        while (await edge.http.get("/readyz")).status_code != 503:
            assert not draining.done()
        assert not call.done()
        stub.proceed.set()
        await draining
    answer = call.result()
    assert (200, "close") == (answer.status_code, answer.headers.get("connection"))


async def test_waiting_ends_with_the_time_that_is_given(
    upstream: tuple[Stub, Address], stub: Stub, tmp_path: Path
) -> None:
    admin = admin_socket(tmp_path)
    config = render([SERVICE], free_address(), upstream[1], admin=admin)
    async with running(config, tmp_path) as edge:
        address = f"127.0.0.1:{edge.port}"
        async with grpc.aio.insecure_channel(address) as channel:
            stores = stores_pb2_grpc.StoresServiceStub(channel)
            stream = stores.WatchStores(pb.WatchStoresRequest())
            await anext(aiter(stream))
            async with asyncio.timeout(20):
                await drain(admin, 0.2)
            stream.cancel()


async def test_an_envoy_that_is_not_there_is_not_waited_for(tmp_path: Path) -> None:
    async with asyncio.timeout(20):
        await drain(tmp_path / "envoy.sock", 60)


async def test_the_program_drains_at_sigterm(
    upstream: tuple[Stub, Address], stub: Stub, tmp_path: Path
) -> None:
    admin, listen = admin_socket(tmp_path), free_address()
    config = tmp_path / "envoy.json"
    config.write_text(json.dumps(render([SERVICE], listen, upstream[1], admin=admin)))
    words = command(config, workers=1, drain_s=30)
    program = (
        "import asyncio, pathlib, sys; from services.edge.envoy.program import run;"
        "sys.exit(asyncio.run(run(sys.argv[2:], pathlib.Path(sys.argv[1]), 30)))"
    )
    process = await asyncio.create_subprocess_exec(
        *lifeline([sys.executable, "-c", program, str(admin), *words])
    )
    stub.hangs = True
    async with httpx.AsyncClient(base_url=f"http://{listen.host}:{listen.port}") as http:
        async with asyncio.timeout(30):
            while not await answers(http):  # noqa: ASYNC110 no event
                await asyncio.sleep(0.05)
        call = asyncio.create_task(http.get(FIND, timeout=30))
        await until(lambda: bool(stub.requests))
        process.send_signal(signal.SIGTERM)
        while (await http.get("/readyz")).status_code != 503:
            assert process.returncode is None
        stub.proceed.set()
        assert 200 == (await call).status_code
    assert 0 == await process.wait()


async def until(condition: Callable[[], bool]) -> None:
    while not condition():  # noqa: ASYNC110 no event
        await asyncio.sleep(0.01)


async def answers(http: httpx.AsyncClient) -> bool:
    try:
        return (await http.get("/readyz")).status_code == 200
    except httpx.TransportError:
        return False
