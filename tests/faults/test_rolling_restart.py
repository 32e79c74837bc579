"""Row 35: servers are replaced one after the other under load, and no call fails.

Each new server is ready before an old one is told to stop, as in a rolling update. Calls come by
JSON through Envoy, transcoded and direct, and by gRPC without it. Many of them change something:
they are tried again only if they surely never began.
"""

import asyncio
import os
import signal
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import httpx
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from enrayon.stock.v1 import stock_pb2
from services import app
from services.chassis.settings import ChassisSettings
from services.client import Client
from services.client.contracts import CONTRACTS
from services.edge.envoy import Address, render
from services.edge.envoy.program import socket_path
from tests.backends import backend
from tests.faults.served import CONTEXT
from tests.support.edge import free_address, running
from tests.support.ports import free_port
from tests.support.stock import MILK, PRODUCTS, STOCKMANN, basket, state
from tests.support.stores import SHOPS, upsert

HOSTS = ("127.0.0.1", "127.0.0.2", "127.0.0.3")
LINGER_S = 4.0
"""Longer than Envoy takes to notice; clients that watch health notice at once."""


def serve(environment: dict[str, str]) -> None:
    """Run a server's process."""
    os.environ.update(environment)
    app.serve(ChassisSettings(), ["stores", "stock"])


class Servers:
    """Up to three servers, on one port of three addresses."""

    def __init__(self, folder: Path, database_url: str) -> None:
        self.port = free_port()
        self._folder = folder
        self._database_url = database_url
        self._processes: dict[str, Any] = {}

    def socket(self, host: str) -> Path:
        """The unix socket on which a server answers JSON itself."""
        return socket_path(self._folder, host)

    async def start(self, host: str) -> None:
        """Start a server, and wait until it is healthy."""
        environment = {
            "ENRAYON_HOST": host,
            "ENRAYON_GRPC_PORT": str(self.port),
            "ENRAYON_DATA_DIR": str(self._folder / host),
            "ENRAYON_DATABASE_URL": self._database_url,
            "ENRAYON_JSON_SOCKET": str(self.socket(host)),
            "ENRAYON_KEYS": "1:" + "A" * 43 + "=",
            "ENRAYON_LINGER_S": str(LINGER_S),
            "ENRAYON_HOLDS_PER_CALLER": "0",
            "ENRAYON_STOCK_ALLOW_LOSS": "true",
            "ENRAYON_LOG_LEVEL": "error",
        }
        self._processes[host] = CONTEXT.Process(target=serve, args=(environment,))
        self._processes[host].start()
        async with asyncio.timeout(60), grpc.aio.insecure_channel(f"{host}:{self.port}") as channel:
            stub: Any = health_pb2_grpc.HealthStub(channel)
            request = health_pb2.HealthCheckRequest()
            answer = await stub.Check(request, wait_for_ready=True)
            assert answer.status == health_pb2.HealthCheckResponse.SERVING

    async def stop(self, host: str) -> None:
        """Tell a server to stop, and wait until it has."""
        process = self._processes.pop(host)
        os.kill(process.pid, signal.SIGTERM)
        await asyncio.to_thread(process.join, 60)
        assert 0 == process.exitcode

    def kill(self) -> None:
        for process in self._processes.values():
            process.kill()
            process.join()


@pytest.fixture
def store_url(tmp_path: Path) -> Iterator[str]:
    with backend(tmp_path / "database") as url:
        yield url


@pytest.fixture
def servers(tmp_path: Path, store_url: str) -> Iterator[Servers]:
    servers = Servers(tmp_path, store_url)
    yield servers
    servers.kill()


@asynccontextmanager
async def edge(servers: Servers, folder: Path) -> AsyncIterator[httpx.AsyncClient]:
    """Envoy in front of all addresses, as for a name with several."""
    config = render(
        CONTRACTS,
        free_address(),
        Address(HOSTS[0], servers.port),
        json_sockets=[servers.socket(host) for host in HOSTS],
    )
    assignment = config["static_resources"]["clusters"][0]["load_assignment"]
    assignment["endpoints"][0]["lb_endpoints"] = [
        {"endpoint": {"address": {"socket_address": {"address": h, "port_value": servers.port}}}}
        for h in HOSTS
    ]
    async with running(config, folder) as envoy:
        yield envoy.http


class Load:
    """Clients that read, hold and cancel until they are told to stop."""

    def __init__(self) -> None:
        self.answers: Counter[str] = Counter()
        self.failures: list[str] = []
        self.held: set[str] = set()
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        self._stopping.set()

    async def by_json(self, http: httpx.AsyncClient) -> None:
        """Calls by JSON through Envoy."""
        body = {"items": [{"product": MILK, "quantity": 1}]}
        while not self._stopping.is_set():
            nearest = await http.get("/v1/stores:findNearest?origin.place=Kamppi&page_size=3")
            self._count("JSON read", nearest.status_code == 200, nearest.text)
            direct = await http.post("/v1/stores:findNearest", json={"origin": {"place": "Kamppi"}})
            self._count("direct read", direct.status_code == 200, direct.text)
            assert "grpc-status" not in direct.headers
            held = await http.post(f"/v1/{STOCKMANN}/reservations", json=body)
            self._count("JSON hold", held.status_code == 200, held.text)
            if held.status_code == 200:
                await self._cancel_json(http, held.json()["name"])

    async def by_grpc(self, client: Client) -> None:
        """Calls by gRPC, which balances over the addresses itself."""
        while not self._stopping.is_set():
            request = stock_pb2.CreateReservationRequest(parent=STOCKMANN, items=basket(milk=1))
            levels = stock_pb2.GetStockLevelsRequest(store=STOCKMANN, products=[MILK])
            try:
                await client.stock.GetStockLevels(levels)
                self._count("gRPC read", True)
                hold = await client.stock.CreateReservation(request)
                self._count("gRPC hold", True)
                self.held.add(hold.name)
            except grpc.aio.AioRpcError as error:
                self._count("gRPC", False, f"{error.code().name} {error.details()}")

    async def _cancel_json(self, http: httpx.AsyncClient, name: str) -> None:
        canceled = await http.post(f"/v1/{name}:cancel", json={})
        self._count("JSON cancel", canceled.status_code == 200, canceled.text)
        if canceled.status_code != 200:
            self.held.add(name)

    def _count(self, what: str, is_well: bool, why: str = "") -> None:
        if is_well:
            self.answers[what] += 1
        else:
            self.failures.append(f"{what}: {why}")


async def test_no_call_fails_while_servers_are_replaced(
    servers: Servers, tmp_path: Path, figure: Any
) -> None:
    first, second, third = HOSTS
    await asyncio.gather(servers.start(first), servers.start(second))
    addresses = ",".join(f"{host}:{servers.port}" for host in HOSTS)
    async with Client(f"ipv4:{addresses}") as client, edge(servers, tmp_path) as http:
        await upsert(client.stores, SHOPS)
        await client.stock.UpsertProducts(
            iter([stock_pb2.UpsertProductsRequest(products=PRODUCTS)])
        )
        await state(client.stock, STOCKMANN, milk=1_000_000)
        while (await http.get("/readyz")).status_code != 200:  # noqa: ASYNC110 no event
            await asyncio.sleep(0.05)
        load = Load()
        clients = [load.by_json(http) for _ in range(6)] + [load.by_grpc(client) for _ in range(4)]
        tasks = [asyncio.create_task(each) for each in clients]
        for new, old in ((third, first), (first, second)):
            await servers.start(new)
            before = load.answers.total()
            await servers.stop(old)
            async with asyncio.timeout(60):
                while load.answers.total() < before + 200:  # noqa: ASYNC110 no event
                    await asyncio.sleep(0.02)
        load.stop()
        await asyncio.gather(*tasks)
        levels = stock_pb2.GetStockLevelsRequest(store=STOCKMANN, products=[MILK])
        [level] = (await client.stock.GetStockLevels(levels)).levels

    told = ", ".join(f"{count:,} {what}" for what, count in sorted(load.answers.items()))
    figure(35, f"both servers replaced under load: {len(load.failures)} calls failed of {told}")
    assert Counter() == Counter(load.failures)
    assert 1_000_000 - len(load.held) == level.available
