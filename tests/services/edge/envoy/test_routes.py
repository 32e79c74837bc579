"""Which calls are tried again, which may last, and what goes elsewhere."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from google.protobuf import descriptor_pool
from google.rpc import code_pb2
from google.rpc.status_pb2 import Status

from services.edge.envoy import Address, render, routes
from tests.services.edge.conftest import Edge, free_address, running
from tests.services.edge.stub import SERVICE, Stub

FIND = "/v1/stores:findNearest"
DOWN = Status(code=code_pb2.UNAVAILABLE, message="failing over")


@asynccontextmanager
async def web_server() -> AsyncIterator[Address]:
    """It answers every request with its first line."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = await reader.readline()
        writer.write(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n" + line)
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        host, port = server.sockets[0].getsockname()
        yield Address(host, port)


async def test_a_read_is_tried_again_when_the_service_is_unavailable(
    edge: Edge, stub: Stub
) -> None:
    stub.errors = [DOWN, DOWN]
    assert (await edge.http.get(FIND)).status_code == 200
    assert len(stub.requests) == 3


async def test_no_call_is_tried_more_than_three_times(edge: Edge, stub: Stub) -> None:
    stub.errors = [DOWN] * 10
    answer = await edge.http.get(FIND)
    assert (answer.status_code, answer.json()["message"]) == (503, "failing over")
    assert len(stub.requests) == 3


async def test_an_error_that_would_come_again_is_not_tried_again(edge: Edge, stub: Stub) -> None:
    stub.errors = [Status(code=code_pb2.RESOURCE_EXHAUSTED)] * 10
    assert (await edge.http.get(FIND)).status_code == 429
    assert len(stub.requests) == 1


def test_only_calls_whose_contract_says_so_are_tried_again() -> None:
    health = descriptor_pool.Default().FindServiceByName("grpc.health.v1.Health")
    retried = {
        route["match"]["path"].rpartition("/")[2]
        for route in routes.routes([SERVICE, health], "services", [])
        if "retry_policy" in route["route"]
    }
    assert {method.name for method in SERVICE.methods} - {"UpsertStores"} == retried


def test_only_streams_may_last() -> None:
    lasting = {
        route["match"]["path"].rpartition("/")[2]
        for route in routes.routes([SERVICE], "services", [])
        if route["route"].get("timeout") == "0s" and "path" in route["match"]
    }
    assert {"UpsertStores", "WatchStores"} == lasting


async def test_a_service_that_hangs_is_given_up(
    upstream: tuple[Stub, Address], stub: Stub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(routes, "UNARY_TIMEOUT", "0.2s")
    stub.hangs = True
    config = render([SERVICE], free_address(), upstream[1])
    async with running(config, tmp_path) as edge:
        answer = await edge.http.get(FIND)
        stub.proceed.set()
    assert answer.status_code == 504
    assert (
        answer.json()["code"],
        answer.json()["message"],
    ) == (code_pb2.DEADLINE_EXCEEDED, "the service did not answer in time")


async def test_a_web_server_gets_all_that_no_service_answers(
    upstream: tuple[Stub, Address], stub: Stub, tmp_path: Path
) -> None:
    async with web_server() as mcp, web_server() as web:
        config = render([SERVICE], free_address(), upstream[1], apps={"/mcp": mcp, "/": web})
        async with running(config, tmp_path) as edge:
            assert (await edge.http.post("/mcp/x?y=1")).text == "POST /mcp/x?y=1 HTTP/1.1\r\n"
            assert (await edge.http.get("/")).text == "GET / HTTP/1.1\r\n"
            assert "374.25" in (await edge.http.get(FIND)).text
            assert (await edge.http.get("/v1/nothing")).status_code == 404
            assert (await edge.http.get("/readyz")).status_code == 200


async def test_the_admin_door_opens_for_metrics_alone(
    upstream: tuple[Stub, Address], tmp_path: Path
) -> None:
    admin = free_address()
    config = render([SERVICE], free_address(), upstream[1], admin=admin)
    async with running(config, tmp_path), httpx.AsyncClient() as http:
        door = f"http://{admin.host}:{admin.port}"
        assert (await http.get(f"{door}/ready")).text == "LIVE\n"
        assert "envoy_http_downstream_rq_total" in (await http.get(f"{door}/stats/prometheus")).text
        assert (await http.get(f"{door}/config_dump")).status_code == 403
        assert (await http.post(f"{door}/quitquitquit")).status_code == 403
