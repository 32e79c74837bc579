"""Row 9 and 34: what becomes of holds when the server dies, or the client stops waiting."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import grpc
import pytest

from enrayon.stock.v1 import stock_pb2, stock_pb2_grpc
from enrayon.stores.v1 import stores_pb2_grpc
from services.chassis.embedded import EmbeddedValkey
from tests.services.stock.goods import PRODUCTS, STOCKMANN, available, basket, hold, state
from tests.services.stores.conftest import upsert
from tests.services.stores.places import SHOPS


async def test_row_34_a_deadline_in_the_midst_of_a_commit_holds_once_or_not_at_all(stock, capsys):
    await state(stock, STOCKMANN, milk=1000)
    cut = 0
    for n in range(60):
        request = stock_pb2.CreateReservationRequest(
            parent=STOCKMANN, items=basket(milk=1), request_id=f"r{n}"
        )
        call = stock.CreateReservation(request)
        await asyncio.sleep(n % 6 * 0.0003)  # deadlines are kept to a millisecond, too coarse here
        call.cancel()
        cut += await call.code() is grpc.StatusCode.CANCELLED
        await hold(stock, STOCKMANN, f"r{n}", milk=1)

    with capsys.disabled():
        print(f"\nrow 34, deadlines: {cut} of 60 cut short, each held once after a retry")
    assert 940 == await available(stock, STOCKMANN)
    assert 0 < cut


async def test_row_9_a_server_killed_mid_call_holds_once_after_a_retry(tmp_path, capsys):
    async with serving(tmp_path) as (address, restart):
        async with grpc.aio.insecure_channel(address) as channel:
            await upsert(stores_pb2_grpc.StoresServiceStub(channel), SHOPS)
            stock = stock_pb2_grpc.StockServiceStub(channel)
            await stock.UpsertProducts(iter([stock_pb2.UpsertProductsRequest(products=PRODUCTS)]))
            await state(stock, STOCKMANN, milk=1000)
        running = [asyncio.create_task(holder(address, number)) for number in range(4)]
        for _ in range(2):
            await asyncio.sleep(0.05)
            restart()
            await ready(int(address.rpartition(":")[2]))
        retried = await asyncio.gather(*running)
        async with grpc.aio.insecure_channel(address) as channel:
            stock = stock_pb2_grpc.StockServiceStub(channel)
            left = await available(stock, STOCKMANN)
            drift = (await stock.ReconcileStock(stock_pb2.ReconcileStockRequest())).drift_count

    with capsys.disabled():
        print(f"\nrow 9, server killed twice: 160 holds, {sum(retried)} retries, drift {drift}")
    assert (840, 0) == (left, drift)
    assert 0 < sum(retried)


async def holder(address: str, number: int) -> int:
    """Forty holds, each tried with one key until it is there; how many retries it took."""
    retries = 0
    async with grpc.aio.insecure_channel(address) as channel:
        stock = stock_pb2_grpc.StockServiceStub(channel)
        for n in range(40):
            for _ in range(400):
                try:
                    await hold(stock, STOCKMANN, f"{number}-{n}", milk=1)
                    break
                except grpc.aio.AioRpcError as error:
                    if error.code() is not grpc.StatusCode.UNAVAILABLE:
                        raise
                    retries += 1
                    await asyncio.sleep(0.05)
            else:
                pytest.fail("the server did not come back")
    return retries


@asynccontextmanager
async def serving(folder: Path) -> AsyncIterator[tuple[str, Any]]:
    """A server process on an embedded Valkey, and a way to kill and start it again."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with EmbeddedValkey(folder) as valkey:
        environment = {
            **os.environ,
            "ENRAYON_REDIS_URL": valkey.url,
            "ENRAYON_DATA_DIR": str(folder),
            "ENRAYON_GRPC_PORT": str(port),
        }
        command = [sys.executable, "-m", "services.cli", "serve", "stores", "stock"]
        log = (folder / "serve.log").open("ab")
        servers: list[subprocess.Popen[bytes]] = []

        def start() -> None:
            servers.append(subprocess.Popen(command, env=environment, stdout=log, stderr=log))

        def restart() -> None:
            servers[-1].send_signal(signal.SIGKILL)
            servers[-1].wait()
            start()

        start()
        try:
            await ready(port)
            yield f"127.0.0.1:{port}", restart
        finally:
            servers[-1].kill()
            servers[-1].wait()
            log.close()


async def ready(port: int) -> None:
    """Wait until something listens."""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.2):
            return
        await asyncio.sleep(0.05)
    pytest.fail("the server does not start")
