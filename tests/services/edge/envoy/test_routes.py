"""Calls are retried, may last and are routed as their contracts say."""

import asyncio
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import httpx
import pytest
from google.protobuf import descriptor_pool
from google.rpc import code_pb2
from google.rpc.status_pb2 import Status
from starlette.applications import Starlette

from services.chassis.settings import ChassisSettings
from services.client.contracts import CONTRACTS
from services.edge import app as edge_app
from services.edge.envoy import Address, clusters, render, routes
from services.edge.envoy.program import admin_socket
from services.edge.settings import EdgeSettings
from tests.support.edge import Edge, free_address, running
from tests.support.stores_stub import SERVICE, Stub

FIND = "/v1/stores:findNearest"
DOWN = Status(code=code_pb2.UNAVAILABLE, message="failing over")


@asynccontextmanager
async def web_server() -> AsyncIterator[Address]:
    """An HTTP server that answers every request with its first line."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = await reader.readline()
        writer.write(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n" + line)
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        host, port = server.sockets[0].getsockname()
        yield Address(host, port)


@asynccontextmanager
async def tired_server(asked: list[bytes]) -> AsyncIterator[Address]:
    """An HTTP server that answers the first request of a connection and closes on the second."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError):
            asked.append((await reader.readuntil(b"\r\n\r\n")).splitlines()[0])
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
            asked.append((await reader.readuntil(b"\r\n\r\n")).splitlines()[0])
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


def test_only_calls_whose_contract_says_so_are_tried_again_once_begun() -> None:
    health = descriptor_pool.Default().FindServiceByName("grpc.health.v1.Health")
    retried = {
        route["match"]["path"].rpartition("/")[2]
        for route in routes.routes([SERVICE, health], "services", [])
        if "unavailable" in route["route"].get("retry_policy", {}).get("retry_on", "")
    }
    assert {method.name for method in SERVICE.methods} - {"UpsertStores"} == retried


def test_only_streams_and_the_watch_of_health_may_last() -> None:
    lasting = {
        route["match"]["path"].rpartition("/")[2]
        for route in routes.routes([SERVICE], "services", [("/", "app")])
        if "max_stream_duration" not in route["route"]
    }
    assert {"UpsertStores", "WatchStores", "Watch"} == lasting


async def test_a_service_that_hangs_is_given_up(
    upstream: tuple[Stub, Address], stub: Stub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(routes, "READ_TIMEOUT_S", 0.2)
    stub.hangs = True
    config = render([SERVICE], free_address(), upstream[1])
    async with running(config, tmp_path) as edge:
        answer = await edge.http.get(FIND)
        stub.proceed.set()
    assert (answer.status_code, answer.json()["code"]) == (504, code_pb2.DEADLINE_EXCEEDED)
    # Envoy tells the service its deadline, so gRPC in the service may be the first to end the call.
    assert answer.json()["message"] in ("the service did not answer in time", "Deadline Exceeded")


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


@pytest.mark.parametrize(("method", "code", "times"), [("GET", 200, 2), ("POST", 503, 1)])
async def test_a_page_is_asked_for_again_when_the_connection_broke_and_nothing_else_is(
    upstream: tuple[Stub, Address], tmp_path: Path, method: str, code: int, times: int
) -> None:
    """A server may close an idle connection at the moment of its reuse."""
    asked: list[bytes] = []
    async with tired_server(asked) as web:
        config = render([SERVICE], free_address(), upstream[1], apps={"/": web})
        async with running(config, tmp_path) as edge:
            assert (await edge.http.get("/first")).status_code == 200
            assert (await edge.http.request(method, "/second")).status_code == code
    assert asked.count(f"{method} /second HTTP/1.1".encode()) == times


def test_the_application_keeps_idle_connections_for_longer_than_envoy() -> None:
    config = edge_app.server_config(Starlette(), ChassisSettings(), EdgeSettings())
    assert config.timeout_keep_alive > clusters.APP_IDLE_S


def test_reads_are_given_up_before_changes_and_walks_through_everything_last() -> None:
    services = CONTRACTS
    durations = {
        route["match"]["path"].rpartition("/")[2]: duration["max_stream_duration"]
        for route in routes.routes(services, "services", [])
        if "path" in route["match"] and (duration := route["route"].get("max_stream_duration"))
    }
    assert {"FindNearestStores": "10s", "CreateReservation": "20s", "ReconcileStock": "300s"} == {
        name: durations[name]
        for name in ("FindNearestStores", "CreateReservation", "ReconcileStock")
    }
    methods = {method.full_name for service in services for method in service.methods}
    assert routes.LONG_TIMEOUTS_S.keys() <= methods


async def test_a_path_of_an_application_among_those_of_the_methods_goes_there(
    upstream: tuple[Stub, Address], stub: Stub, tmp_path: Path
) -> None:
    async with web_server() as web:
        config = render([SERVICE], free_address(), upstream[1], apps={"/v1/pickup": web, "/": web})
        async with running(config, tmp_path) as edge:
            assert (await edge.http.get("/v1/pickup:find?x=1")).text.startswith("GET /v1/pickup:f")
            assert (await edge.http.get("/v1/stores/osm-1")).json() == {"name": "stores/osm-1"}


async def test_metrics_have_a_port_and_all_else_of_the_admin_a_socket_of_this_user(
    upstream: tuple[Stub, Address], stub: Stub, tmp_path: Path
) -> None:
    metrics, socket = free_address(), admin_socket(tmp_path)
    config = render([SERVICE], free_address(), upstream[1], admin=socket, metrics=metrics)
    door = f"http://{metrics.host}:{metrics.port}"
    async with running(config, tmp_path) as edge, httpx.AsyncClient() as http:
        await edge.http.get(FIND)
        assert (await http.get(f"{door}/ready")).text == "LIVE\n"
        counted = (await http.get(f"{door}/stats/prometheus")).text
        assert "envoy_http_downstream_rq_total" in counted
        [line] = [line for line in counted.splitlines() if "cluster_grpc_success{" in line]
        assert 'grpc_service="enrayon.stores.v1.StoresService"' in line
        assert 'grpc_method="FindNearestStores"' in line
        assert line.endswith(" 1")
        for path in ("/config_dump", "/stats", "/healthcheck/fail", "/quitquitquit"):
            assert (await http.post(f"{door}{path}")).status_code == 404
        assert 0o600 == stat.S_IMODE(socket.stat().st_mode)


def test_the_socket_of_a_deep_folder_lies_in_a_short_one(tmp_path: Path) -> None:
    deep = tmp_path / ("x" * 100)
    assert len(str(admin_socket(deep))) < 100
    assert admin_socket(deep) != admin_socket(deep / "y")
