"""A call that a stopping server never took up goes to another one, also if it changes something.

gRPC's own servers answer such calls with CANCELLED: https://github.com/grpc/grpc/issues/41785.
"""

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest

from enrayon.stores.v1 import stores_pb2 as pb
from services.client import Client
from services.edge.envoy import Address, render
from tests.support.edge import Edge, free_address, running
from tests.support.stores_stub import SERVICE, Stub, serve

CALLS = 4
Answer = TypeVar("Answer")
STORE = {"name": "stores/osm-1", "display_name": "Kamppi"}


class Leaving:
    """A server in a thread of its own that stops while calls wait for its event loop."""

    def __init__(self) -> None:
        self.address = Address("127.0.0.1", 0)
        self.stub = Stub()  # type: ignore[abstract]  # the tests ask for no more
        self._listens, self._holds = threading.Event(), threading.Event()
        self._leave, self._leaves = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=asyncio.run, args=(self._serve(),))

    def __enter__(self) -> "Leaving":
        self._thread.start()
        self._listens.wait(20)
        return self

    def __exit__(self, *_: object) -> None:
        self._leaves.set()
        self._leave.set()
        self._thread.join()

    async def _serve(self) -> None:
        server, port = await serve(self.stub)
        self.address = Address("127.0.0.1", port)
        self._listens.set()
        await asyncio.to_thread(self._leave.wait, 60)
        self._holds.set()
        self._leaves.wait(60)  # in the event loop, so that nothing is taken up
        await server.stop(5)

    async def hold_still(self) -> None:
        """Take no calls up from now on."""
        self._leave.set()
        await asyncio.to_thread(self._holds.wait, 20)

    def leave(self) -> None:
        """Stop, with the calls that wait."""
        self._leaves.set()


@pytest.fixture
def leaving() -> Iterator[Leaving]:
    with Leaving() as server:
        yield server


def both(first: Address, second: Address) -> dict[str, Any]:
    """The configuration of an edge with two servers."""
    config = render([SERVICE], free_address(), first)
    cluster = config["static_resources"]["clusters"][0]
    cluster["load_assignment"]["endpoints"][0]["lb_endpoints"] = [
        {"endpoint": {"address": {"socket_address": {"address": a.host, "port_value": a.port}}}}
        for a in (first, second)
    ]
    return config


async def ready(edge: Edge) -> None:
    async with asyncio.timeout(20):
        while (await edge.http.get("/readyz")).status_code != 200:  # noqa: ASYNC110 no event
            await asyncio.sleep(0.02)


async def name_of(client: Client) -> str:
    """The name of a store that is read."""
    answer: pb.Store = await client.stores.GetStore(pb.GetStoreRequest(name="stores/osm-1"))
    return answer.name


async def all_answered(
    calls: list["asyncio.Task[Answer]"], leaving: Leaving, other: Stub
) -> list[Answer]:
    """The answers, once the first server stops with its half of the calls."""
    async with asyncio.timeout(20):
        while len(other.requests) < len(calls) // 2:  # noqa: ASYNC110 no event
            await asyncio.sleep(0.02)
    assert not leaving.stub.requests
    leaving.leave()
    return await asyncio.gather(*calls)


async def test_changes_that_a_stopping_server_did_not_take_up_are_made_by_another(
    leaving: Leaving, tmp_path: Path
) -> None:
    stub = Stub()  # type: ignore[abstract]  # the test asks for no more
    server, port = await serve(stub)
    config = both(leaving.address, Address("127.0.0.1", port))
    async with running(config, tmp_path) as edge:
        await ready(edge)
        await leaving.hold_still()
        calls = [
            asyncio.create_task(edge.http.patch("/v1/stores/osm-1", json=STORE))
            for _ in range(2 * CALLS)
        ]
        answers = await all_answered(calls, leaving, stub)
        assert [200] * 2 * CALLS == [answer.status_code for answer in answers]
    assert 2 * CALLS == len(stub.requests) + len(leaving.stub.requests)
    await server.stop(None)


async def test_a_client_reads_from_another_server_after_one_stopped(leaving: Leaving) -> None:
    stub = Stub()  # type: ignore[abstract]  # the test asks for no more
    server, port = await serve(stub)
    addresses = f"ipv4:{leaving.address.host}:{leaving.address.port},127.0.0.1:{port}"
    async with Client(addresses) as client:
        async with asyncio.timeout(20):
            while not (stub.requests and leaving.stub.requests):
                await name_of(client)
        stub.requests.clear()
        leaving.stub.requests.clear()
        await leaving.hold_still()
        calls = [asyncio.create_task(name_of(client)) for _ in range(2 * CALLS)]
        assert ["stores/osm-1"] * 2 * CALLS == await all_answered(calls, leaving, stub)
    await server.stop(None)
