"""Envoy's own errors have the services' shape, give the reason, and reveal nothing personal."""

import asyncio
import json
from pathlib import Path
from typing import Any

import grpc
import httpx
import pytest
from google.rpc import code_pb2

from enrayon.stores.v1 import stores_pb2 as pb
from enrayon.stores.v1 import stores_pb2_grpc
from services.edge.envoy import render
from tests.support.edge import Edge, free_address, running
from tests.support.stores_stub import SERVICE, Stub, serve

FIND = "/v1/stores:findNearest"
JSON = {"content-type": "application/json"}
NOWHERE = b'{"origin": {"point": {"latitude": "61.234567"'


def told(answer: httpx.Response) -> dict[str, object]:
    """The error of an answer, without the request's id, which the answer's header has too."""
    status: dict[str, Any] = answer.json()
    request = status["details"].pop()
    assert request == {
        "@type": "type.googleapis.com/google.rpc.RequestInfo",
        "requestId": answer.headers["x-request-id"],
    }
    return status


def error(
    code: int, reason: str, message: str, retry_delay: str | None = None
) -> dict[str, object]:
    info = {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": reason,
        "domain": "edge.enrayon",
    }
    retry = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": retry_delay}
    return {"code": code, "message": message, "details": [info, retry] if retry_delay else [info]}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("GET", "/v1"),
        ("GET", "/v1/nothing"),
        ("GET", "/v1/stores/osm-1/aisles"),
        ("DELETE", FIND),
        ("PUT", "/v1/stores/osm-1"),
        ("POST", "/enrayon.stores.v1.StoresService/FindNearestStores"),
    ],
)
async def test_an_unknown_path_or_method(method: str, path: str, edge: Edge) -> None:
    answer = await edge.http.request(method, path)
    assert answer.status_code == 404
    assert error(code_pb2.NOT_FOUND, "NO_SUCH_METHOD", "no method has this path") == told(answer)


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("page_size=ten", "page_size"),
        ("page_size=99999999999", "page_size"),
        ("origin.point.latitude=60,2", "origin.point.latitude"),
        ("origin.place=Kamppi&origin.h3_cell=881126d34bfffff", "origin"),
        ("origin=Kamppi", "origin"),
        ("store_filter.statuses=SHUT", "store_filter.statuses"),
    ],
)
async def test_a_bad_query_parameter_is_named(
    query: str, named: str, edge: Edge, stub: Stub
) -> None:
    answer = await edge.http.get(f"{FIND}?{query}")
    message = answer.json()["message"]
    assert error(code_pb2.INVALID_ARGUMENT, "BAD_REQUEST", message) == told(answer)
    assert answer.status_code == 400
    assert named in message
    assert stub.requests == []


@pytest.mark.parametrize(
    "body",
    [
        b'{"origin": ',
        b"[]",
        b"Kamppi",
        b'{"pageSize": "ten"}',
        b'{"origin": {"place": "Kamppi", "h3Cell": "881126d34bfffff"}}',
        b"\xff\xfe",
        b'{"origin": ' + b"[" * 50_000,
        b"[" * 100_000,
    ],
    ids=lambda body: body[:20],
)
async def test_a_bad_body_is_refused(body: bytes, edge: Edge, stub: Stub) -> None:
    answer = await edge.http.post(FIND, content=body, headers=JSON)
    message = answer.json()["message"]
    assert error(code_pb2.INVALID_ARGUMENT, "BAD_REQUEST", message) == told(answer)
    assert answer.status_code == 400
    assert message.startswith("bad request: ")
    assert stub.requests == []


async def test_a_body_over_a_mebibyte_is_refused(edge: Edge, stub: Stub) -> None:
    answer = await edge.http.post(FIND, json={"origin": {"place": "x" * 2**20}})
    assert answer.status_code == 413
    assert error(
        code_pb2.INVALID_ARGUMENT, "REQUEST_TOO_LARGE", "the request is too large"
    ) == told(answer)
    assert stub.requests == []


async def test_a_path_over_the_limit_is_refused(edge: Edge) -> None:
    answer = await edge.http.get(FIND, params={"origin.place": "x" * 65_000})
    assert answer.status_code == 431
    assert answer.json()["message"] == "path or headers are too large"


async def test_a_service_that_is_down(tmp_path: Path) -> None:
    config = render([SERVICE], free_address(), free_address())
    async with running(config, tmp_path) as lonely:
        message = "the service cannot be reached; try again"
        for answer in (
            await lonely.http.get(FIND),
            await lonely.http.post(FIND, json={"pageSize": 3}),
            await lonely.http.get("/readyz"),
        ):
            assert (answer.status_code, answer.headers.get("retry-after", "1")) == (503, "1")
            assert error(code_pb2.UNAVAILABLE, "UNAVAILABLE", message, "1s") == told(answer)

        async with grpc.aio.insecure_channel(f"127.0.0.1:{lonely.port}") as channel:
            stores = stores_pb2_grpc.StoresServiceStub(channel)
            with pytest.raises(grpc.aio.AioRpcError) as failure:
                await stores.FindNearestStores(pb.FindNearestStoresRequest())
        assert failure.value.code() == grpc.StatusCode.UNAVAILABLE
        assert failure.value.details() == "no healthy upstream"


async def test_a_service_that_comes_up_late_is_found(stub: Stub, tmp_path: Path) -> None:
    upstream = free_address()
    async with running(render([SERVICE], free_address(), upstream), tmp_path) as early:
        before = await early.http.get("/readyz")
        server, _ = await serve(stub, upstream.port)
        async with asyncio.timeout(20):
            while (await early.http.get("/readyz")).status_code != 200:  # noqa: ASYNC110 no event
                await asyncio.sleep(0.05)
        after = await early.http.get(FIND)
        await server.stop(None)
    assert [before.status_code, after.status_code] == [503, 200]


async def test_no_coordinate_reaches_the_log(edge: Edge) -> None:
    query = "origin.point.latitude=61.234567"
    await edge.http.get(f"{FIND}?{query}&radius=5")
    await edge.http.get(f"/v1/nothing?{query}")
    await edge.http.get(f"{FIND}?{query}&origin.place={'x' * 65_000}")
    await edge.http.post(f"{FIND}?{query}", content=NOWHERE, headers=JSON)
    await edge.http.post(f"{FIND}?{query}", content=b"{" + b" " * 2**20, headers=JSON)
    await edge.http.get(f"{FIND}?{query}")
    assert "61.234567" not in edge.log.read_text()


async def test_each_request_is_a_line_that_names_its_method_and_not_its_path(
    edge: Edge, stub: Stub
) -> None:
    headers = {"x-request-id": "not-heard"}
    answer = await edge.http.get(f"{FIND}?origin.place=Kruununhaka", headers=headers)
    await edge.http.get("/v1/stores/a-name-of-mine")
    async with asyncio.timeout(20):
        while answer.headers["x-request-id"] not in edge.log.read_text():  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    [line] = [
        json.loads(line)
        for line in edge.log.read_text().splitlines()
        if answer.headers["x-request-id"] in line
    ]
    assert ("enrayon.stores.v1.StoresService/FindNearestStores", 200, "OK") == (
        line["route"],
        line["status"],
        line["grpc_status"],
    )
    assert "Kruununhaka" not in edge.log.read_text()
    assert "a-name-of-mine" not in edge.log.read_text()


@pytest.mark.parametrize("path", ["/v1/stores", "/v1/nothing", "/readyz", "/v1/stores?nope=1"])
async def test_no_answer_may_be_taken_for_another_type(edge, path):
    assert "nosniff" == (await edge.http.get(path)).headers.get("x-content-type-options")
