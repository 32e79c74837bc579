"""A browser can be led to the edge by any page; the edge refuses what such a page sends."""

from collections.abc import AsyncIterator
from pathlib import Path

import grpc
import pytest
from google.rpc import code_pb2

from enrayon.stores.v1 import stores_pb2 as pb
from enrayon.stores.v1 import stores_pb2_grpc
from services.chassis.access.settings import AccessSettings
from services.chassis.settings import ChassisSettings
from services.cli.commands.envoy import hosts
from services.edge.envoy import Address, render
from services.edge.settings import EdgeSettings
from tests.support import grpc_web
from tests.support.edge import Edge, free_address, running
from tests.support.stores_stub import NEAREST, SERVICE, Stub

FIND = "/v1/stores:findNearest"
FIND_GRPC = "/enrayon.stores.v1.StoresService/FindNearestStores"
SHOP = "https://www.shop.example"
OPEN = AccessSettings(access="open")


@pytest.fixture
async def open_edge(
    upstream: tuple[Stub, Address], stub: Stub, tmp_path: Path
) -> AsyncIterator[Edge]:
    """The edge as it is while access is open, with one page that may call."""
    names = hosts(ChassisSettings(), EdgeSettings(), OPEN)
    config = render(
        [SERVICE],
        free_address(),
        upstream[1],
        hosts=names,
        allow_origins=[r"https://www\.shop\.example"],
    )
    async with running(config, tmp_path) as edge:
        yield edge


@pytest.mark.parametrize(
    "type", ["text/plain", "application/x-www-form-urlencoded", "text/json", ""]
)
async def test_a_body_that_a_form_can_send_is_no_json(type: str, edge: Edge, stub: Stub) -> None:
    headers = {"content-type": type} if type else {}
    answer = await edge.http.post(FIND, content=b'{"pageSize": 3}', headers=headers)
    assert 415 == answer.status_code
    assert code_pb2.INVALID_ARGUMENT == answer.json()["code"]
    assert "application/json" in answer.json()["message"]
    assert [] == stub.requests


@pytest.mark.parametrize("type", ["application/json", "Application/JSON; charset=utf-8"])
async def test_json_may_tell_its_charset(type: str, edge: Edge, stub: Stub) -> None:
    answer = await edge.http.post(FIND, content=b'{"pageSize": 3}', headers={"content-type": type})
    assert 200 == answer.status_code
    assert [pb.FindNearestStoresRequest(page_size=3)] == stub.requests


async def test_what_has_no_body_needs_no_type(edge: Edge, stub: Stub) -> None:
    assert 200 == (await edge.http.delete("/v1/stores/osm-1")).status_code
    assert 200 == (await edge.http.post(FIND)).status_code


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8080", "localhost.evil.example", "127.0.0.1.nip.example"]
)
async def test_under_a_name_of_a_stranger_nothing_is_answered(
    host: str, open_edge: Edge, stub: Stub
) -> None:
    for path in (FIND, "/", "/mcp", "/.well-known/ucp", FIND_GRPC):
        answer = await open_edge.http.get(path, headers={"host": host})
        assert 403 == answer.status_code, path
        assert "evil" not in answer.text
    assert [] == stub.requests
    assert 200 == (await open_edge.http.get("/readyz", headers={"host": host})).status_code


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:9", "127.0.0.1", "[::1]:8080", "LOCALHOST"]
)
async def test_under_names_of_this_machine_it_answers(host: str, open_edge: Edge) -> None:
    assert 200 == (await open_edge.http.get(FIND, headers={"host": host})).status_code


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "null", f"{SHOP}.evil.example", "http://localhost.evil.example"],
)
async def test_a_foreign_page_neither_reads_nor_writes(
    origin: str, open_edge: Edge, stub: Stub
) -> None:
    headers = {"origin": origin}
    asked = {**headers, "access-control-request-method": "POST"}
    assert [403] * 4 == [
        (await open_edge.http.get(FIND, headers=headers)).status_code,
        (await open_edge.http.post(FIND, json={}, headers=headers)).status_code,
        (await open_edge.http.post("/mcp", json={}, headers=headers)).status_code,
        (await open_edge.http.options(FIND, headers=asked)).status_code,
    ]
    assert [] == stub.requests


@pytest.mark.parametrize(
    "origin", [SHOP, "http://localhost:8080", "http://127.0.0.1", "http://[::1]:1"]
)
async def test_its_own_pages_and_those_that_are_allowed_may_call(
    origin: str, open_edge: Edge
) -> None:
    answer = await open_edge.http.post(FIND, json={}, headers={"origin": origin})
    assert 200 == answer.status_code


async def test_grpc_and_grpc_web_pass(open_edge: Edge, stub: Stub) -> None:
    body = grpc_web.framed(b"")
    headers = {**grpc_web.HEADERS, "origin": SHOP}
    assert 200 == (await open_edge.http.post(FIND_GRPC, content=body, headers=headers)).status_code
    async with grpc.aio.insecure_channel(f"127.0.0.1:{open_edge.port}") as channel:
        stores = stores_pb2_grpc.StoresServiceStub(channel)
        assert NEAREST == await stores.FindNearestStores(pb.FindNearestStoresRequest())


def test_names_have_a_bound_only_while_access_is_open() -> None:
    edge, enforced = EdgeSettings(), AccessSettings(access="enforced")
    other = ChassisSettings(host="127.0.0.2")
    named = EdgeSettings(edge_hosts=["envoy"])
    assert ["localhost", "127.0.0.1", "[::1]"] == hosts(ChassisSettings(), edge, OPEN)
    assert "127.0.0.2" == hosts(other, edge, OPEN)[-1]
    assert [] == hosts(ChassisSettings(), edge, enforced)
    assert ["envoy"] == hosts(ChassisSettings(), named, OPEN)
