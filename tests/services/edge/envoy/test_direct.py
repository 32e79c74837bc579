"""The reads that servers answer as JSON themselves: equal to the transcoder's in every answer.

The header that leaves a request to the transcoder is its own witness here: with it, the same Envoy
and the same server answer by gRPC.
"""

import asyncio
import json
import random
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import httpx
import pytest
from google.protobuf import json_format

from enrayon.stock.v1 import stock_pb2, stock_pb2_grpc
from enrayon.stores.v1 import stores_pb2_grpc
from services.chassis.errors import Unavailable
from services.chassis.serving.methods import methods_of
from services.chassis.serving.server import Server
from services.chassis.settings import ChassisSettings
from services.client.bindings import DIRECT, MAX_DIRECT_BYTES, TRANSCODE_HEADER
from services.client.contracts import CONTRACTS
from services.directory.parts import Parts
from services.edge.envoy import Address, Limits, render
from services.edge.envoy.program import socket_path
from tests.faults import fuzz
from tests.support.edge import free_address, running
from tests.support.hosting import serving
from tests.support.stock import PRODUCTS, STOCKMANN, state
from tests.support.stores import SHOPS, upsert
from tests.support.stores_stub import KAMPPI, NEAREST, SERVICE

FIND = "/v1/stores:findNearest"
STATES = "/v1/stores/-/hours:batchCheckOpenStates"
AT_KAMPPI = {"origin": {"point": {"latitude": 60.169, "longitude": 24.931}}}
BY_TRANSCODER = {TRANSCODE_HEADER: "1"}
PATHS = {
    "enrayon.hours.v1.HoursService.BatchCheckOpenStates": STATES,
    "enrayon.stock.v1.StockService.FindPickupOptions": "/v1/stock:findPickupOptions",
    "enrayon.stores.v1.StoresService.BatchFindNearestStores": "/v1/stores:batchFindNearest",
    "enrayon.stores.v1.StoresService.BatchGetStores": "/v1/stores:batchGet",
    "enrayon.stores.v1.StoresService.FindNearestStores": FIND,
    "enrayon.stores.v1.StoresService.SearchStores": "/v1/stores:search",
}
ODD = [
    '{"origin": null}',
    '{"page_size": "3", "origin": {"place": "Kamppi"}}',
    '{"pageSize": 2.0, "origin": {"place": "Kamppi"}}',
    '{"pageSize": 2, "page_size": 3, "origin": {"place": "Kamppi"}}',
    '{"origin": {"place": "Kamppi", "h3Cell": "881126d34bfffff"}}',
    '{"origin": {"place": "Kam\\u0070pi"}}',
    '{"origin": {"point": {"latitude": "NaN", "longitude": 1}}}',
    '{"origin": {"point": {"latitude": NaN, "longitude": 1}}}',
    '{"origin": {"point": {"latitude": 1e999, "longitude": 1}}}',
    '{"origin": {"point": {"latitude": -0, "longitude": -0.0}}}',
    '{"travel": {"mode": 2}, "origin": {"place": "Kamppi"}}',
    '{"readMask": "display_name", "origin": {"place": "Kamppi"}}',
    '{"readMask": "*", "origin": {"place": "Kamppi"}}',
    '{"unknown": 1}',
    '{"origin": {"place": ":"}}',
    "{",
    "[]",
    '"x"',
    "{'origin': 1}",
    '{"origin": ' * 500,
]
MISTAKES = [
    {},
    {"origin": {}},
    {"origin": {"point": {"latitude": 91, "longitude": 0}}},
    {"origin": {"place": "Xqzzy"}},
    {**AT_KAMPPI, "pageSize": -1},
    {**AT_KAMPPI, "radiusM": 1e12},
    {**AT_KAMPPI, "pageToken": "forged"},
    {**AT_KAMPPI, "readMask": "nothing"},
]


@pytest.fixture
def settings(settings: ChassisSettings) -> ChassisSettings:
    """The settings of a server that answers JSON itself."""
    path = socket_path(settings.data_dir, "json")
    return settings.model_copy(update={"json_socket": path, "servers": 1})


@asynccontextmanager
async def edge(settings: ChassisSettings, port: int, **options: Any) -> AsyncIterator[Any]:
    """An Envoy before the server."""
    assert settings.json_socket
    config = render(
        options.pop("services", CONTRACTS),
        free_address(),
        Address("127.0.0.1", port),
        json_sockets=[settings.json_socket],
        **options,
    )
    async with running(config, settings.data_dir) as envoy:
        async with asyncio.timeout(20):
            while (await envoy.http.get("/readyz")).status_code != 200:  # noqa: ASYNC110 no event
                await asyncio.sleep(0.05)
        yield envoy.http


@pytest.fixture
async def http(parts: Parts, settings: ChassisSettings) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an Envoy before all services, with some shops and their stock."""
    async with serving(parts) as address:
        async with grpc.aio.insecure_channel(address) as channel:
            await upsert(stores_pb2_grpc.StoresServiceStub(channel), SHOPS)
            stock: Any = stock_pb2_grpc.StockServiceStub(channel)
            await stock.UpsertProducts(iter([stock_pb2.UpsertProductsRequest(products=PRODUCTS)]))
            await state(stock, STOCKMANN, milk=5)
        async with edge(settings, int(address.rpartition(":")[2])) as http:
            yield http


def is_direct(answer: httpx.Response) -> bool:
    """True if the transcoder did not make this answer of a server."""
    return "grpc-status" not in answer.headers


def told(answer: httpx.Response) -> Any:
    """The status and the JSON of an answer, without what each request has of its own."""
    body = json.loads(answer.content, parse_constant=lambda name: name)
    for detail in body.get("details", ()):
        detail.pop("requestId", None)
        detail.pop("requestData", None)
    body.pop("indexLag", None)
    states = [*body.get("openStates", ()), body.get("openState", {})]
    for each in (*body.get("options", ()), *states):
        for name in ("readyBy", "pickupBy", "inHandTime", "atTime"):
            each.pop(name, None)  # reckoned from the moment of asking
    kept = {name: answer.headers.get(name) for name in ("content-type", "retry-after")}
    return answer.status_code, kept, body


async def both(http: httpx.AsyncClient, path: str, content: Any = None) -> httpx.Response:
    """The answer to a request, which the transcoder answers equally."""
    text = content if isinstance(content, (str, bytes)) else json.dumps(content, ensure_ascii=False)
    if content is None:
        own, other = [await http.get(path, headers=each) for each in ({}, BY_TRANSCODER)]
    else:
        kind = {"content-type": "application/json"}
        own, other = [
            await http.post(path, content=text, headers=kind | each) for each in ({}, BY_TRANSCODER)
        ]
    assert told(other) == told(own), text
    return own


async def test_usual_requests_are_answered_directly_and_equally(http: httpx.AsyncClient) -> None:
    names = [shop.name for shop in SHOPS[:3]]
    items = [{"product": PRODUCTS[0].name, "quantity": 1}]
    for path, body in [
        (FIND, AT_KAMPPI),
        (FIND, {**AT_KAMPPI, "pageSize": 2, "readMask": "name,displayName,address.locality"}),
        (FIND, {"origin": {"place": "Kamppi"}, "storeFilter": {"brands": ["Nobody"]}}),
        ("/v1/stores:batchFindNearest", {"points": [AT_KAMPPI["origin"]["point"]], "limit": 3}),
        ("/v1/stores:batchGet", {"names": [*names, "stores/none"]}),
        ("/v1/stores:batchGet", {"names": ["stores/none"]}),
        ("/v1/stores:search", {"query": "stockmann"}),
        ("/v1/stores:search", {"query": "nobody at all"}),
        (STATES, {"names": [f"{name}/hours" for name in names]}),
        ("/v1/stock:findPickupOptions", {**AT_KAMPPI, "items": items}),
        (f"/v1/{names[0]}", None),
        (f"/v1/{names[0]}/hours:checkOpenState", None),
    ]:
        answer = await both(http, path, body)
        assert 200 == answer.status_code, (path, answer.text)
        assert is_direct(answer), path


@pytest.mark.parametrize("body", MISTAKES, ids=json.dumps)
async def test_mistakes_are_told_directly_and_equally(http: httpx.AsyncClient, body: Any) -> None:
    answer = await both(http, FIND, body)
    assert 400 <= answer.status_code < 500
    assert is_direct(answer)
    assert answer.headers["x-request-id"] == answer.json()["details"][-1]["requestId"]


async def test_what_is_not_there_is_told_directly_and_equally(http: httpx.AsyncClient) -> None:
    for path in ("/v1/stores/none", "/v1/stores/-", "/v1/stores/none/hours:checkOpenState"):
        answer = await both(http, path)
        assert 400 <= answer.status_code < 500
        assert is_direct(answer)


async def test_odd_requests_get_the_transcoders_answers(http: httpx.AsyncClient) -> None:
    for text in ODD:
        await both(http, FIND, text)
    for path in ("/v1/stores/a%2Fb", "/v1/stores/t-forum?read_mask=name", "/v1/stores/%C3%A4"):
        await both(http, path)


@pytest.mark.parametrize("path", sorted(PATHS))
async def test_random_requests_get_equal_answers(http: httpx.AsyncClient, path: str) -> None:
    """Requests of the contract, whole and with a character changed."""
    kind = next(
        method.input_type
        for contract in CONTRACTS
        for method in contract.methods
        if method.full_name == path
    )
    rng, direct = random.Random(path), 0
    for number in range(60):
        request = fuzz.message(rng, kind)
        fuzz.mended(rng, request)
        try:
            text = json_format.MessageToJson(request, indent=None, ensure_ascii=False)
        except (ValueError, json_format.SerializeToJsonError):
            continue
        if number % 3 == 0:
            at = rng.randrange(len(text))
            text = text[:at] + rng.choice('{}[]",:0-1.e nt') + text[at + rng.randrange(2) :]
        answer = await both(http, PATHS[path], text.encode(errors="replace"))
        direct += is_direct(answer)
    assert direct > 5


async def test_large_bodies_and_those_of_no_told_length_are_transcoded(
    http: httpx.AsyncClient,
) -> None:
    body = json.dumps({**AT_KAMPPI, "pageSize": 1}).encode()

    async def parts() -> AsyncIterator[bytes]:
        yield body

    large = await both(http, FIND, body + b" " * MAX_DIRECT_BYTES)
    chunked = await http.post(FIND, content=parts(), headers={"content-type": "application/json"})

    assert not is_direct(large)
    assert not is_direct(chunked)
    assert large.json() == chunked.json() == (await both(http, FIND, body)).json()


async def test_only_this_user_may_open_the_socket(
    http: httpx.AsyncClient, settings: ChassisSettings
) -> None:
    assert settings.json_socket
    assert 0o600 == stat.S_IMODE(settings.json_socket.stat().st_mode)


def test_every_direct_read_has_a_direct_binding_and_a_path_here() -> None:
    assert DIRECT - PATHS.keys() == {
        "enrayon.hours.v1.HoursService.CheckOpenState",
        "enrayon.stores.v1.StoresService.GetStore",
    }


class Stores:
    """A servicer whose calls a test holds up or lets fail."""

    def __init__(self) -> None:
        self.reached, self.proceed, self.cancelled = (asyncio.Event() for _ in range(3))
        self.waits = self.fails = False

    async def find_nearest_stores(self, _: Any) -> Any:
        return await self._act(NEAREST)

    async def get_store(self, _: Any) -> Any:
        return await self._act(KAMPPI)

    async def batch_get_stores(self, _: Any) -> Any:
        return await self._act(None)

    batch_get_stores.long = True  # type: ignore[attr-defined]

    async def _act(self, answer: Any) -> Any:
        self.reached.set()
        if self.fails:
            raise Unavailable("failing over")
        if self.waits:
            try:
                await self.proceed.wait()
            except asyncio.CancelledError:
                self.cancelled.set()
                raise
        return answer

    def __getattr__(self, _: str) -> Any:
        return self._act


@asynccontextmanager
async def held(settings: ChassisSettings, **options: Any) -> AsyncIterator[Any]:
    """A server of `Stores`, and a client of an Envoy before it."""
    servicer = Stores()
    server = Server(settings, methods_of(SERVICE, servicer, settings.max_request_bytes))
    await server.start()
    async with edge(settings, server.port, services=[SERVICE], **options) as http:
        yield servicer, server, http
    servicer.proceed.set()
    await server.stop()


async def is_open(socket: Path | None) -> bool:
    """True while a server takes connections at a socket."""
    try:
        _, writer = await asyncio.open_unix_connection(socket)
    except OSError:
        return False
    writer.close()
    return True


async def test_a_server_that_stops_ends_what_it_has_begun(settings: ChassisSettings) -> None:
    async with held(settings) as (servicer, server, http):
        servicer.waits = True
        call = asyncio.create_task(http.post(FIND, json=AT_KAMPPI))
        await servicer.reached.wait()
        stopping = asyncio.create_task(server.stop())
        async with asyncio.timeout(20):
            while await is_open(settings.json_socket):  # noqa: ASYNC110 no event
                await asyncio.sleep(0.02)
        assert not stopping.done()
        servicer.proceed.set()
        answer = await call
        await stopping

    assert 200 == answer.status_code
    assert is_direct(answer)
    assert NEAREST == json_format.ParseDict(answer.json(), type(NEAREST)())


async def test_a_long_call_ends_when_its_client_leaves(settings: ChassisSettings) -> None:
    async with held(settings) as (servicer, _, http):
        servicer.waits = True
        with pytest.raises(httpx.ReadTimeout):
            await http.post("/v1/stores:batchGet", json={"names": ["stores/a"]}, timeout=0.5)
        async with asyncio.timeout(10):
            await servicer.cancelled.wait()


async def test_a_failing_server_is_asked_again_and_its_error_told(
    settings: ChassisSettings,
) -> None:
    async with held(settings) as (servicer, _, http):
        servicer.fails = True
        answer = await both(http, FIND, AT_KAMPPI)
    assert 503 == answer.status_code
    assert is_direct(answer)


async def test_calls_beyond_the_limit_are_refused_as_those_of_the_transcoder(
    settings: ChassisSettings,
) -> None:
    async with held(settings, calls=1) as (servicer, _, http):
        servicer.waits = True
        first = asyncio.create_task(http.post(FIND, json=AT_KAMPPI))
        await servicer.reached.wait()
        more = [asyncio.create_task(http.post(FIND, json=AT_KAMPPI)) for _ in range(8)]
        done, _ = await asyncio.wait(more, timeout=2)
        servicer.proceed.set()
        answers = [await each for each in (first, *more)]
    refused = [answer for answer in answers if answer.status_code == 429]
    assert 200 == answers[0].status_code
    assert len(refused) >= 6
    assert {"OVERLOADED"} == {answer.json()["details"][0]["reason"] for answer in refused}
    assert done


async def test_an_overloaded_server_refuses_directly(settings: ChassisSettings) -> None:
    async with held(settings) as (_, server, http):
        admission = server._calls.admission
        admission._longest_wait_s = 0.001
        for _ in range(3):
            admission.observe(1000, 1, 1.0)
        answer = await http.get("/v1/stores/a")
    assert 429 == answer.status_code
    assert is_direct(answer)
    assert "OVERLOADED" == answer.json()["details"][0]["reason"]
    assert int(answer.headers["retry-after"]) >= 1


async def test_a_server_without_the_socket_is_told_as_unreachable(
    settings: ChassisSettings,
) -> None:
    async with held(settings, limits=Limits()) as (_, server, http):
        await server.stop()
        answer = await http.post(FIND, json=AT_KAMPPI)
    assert 503 == answer.status_code
    assert "UNAVAILABLE" == answer.json()["details"][0]["reason"]


async def test_an_answer_of_many_stores_is_left_to_the_transcoder(http: httpx.AsyncClient) -> None:
    few, many = [
        await http.post("/v1/stores:findNearest", json={**AT_KAMPPI, "pageSize": size})
        for size in (200, 201)
    ]
    assert (True, False) == (is_direct(few), is_direct(many))
    assert few.json()["stores"] == many.json()["stores"]


async def test_behind_a_proxy_all_is_transcoded(http: httpx.AsyncClient, settings, parts) -> None:
    """What is left to the transcoder would come from the proxy's address."""
    async with serving(parts) as address:
        port = int(address.rpartition(":")[2])
        async with edge(settings, port, trusted_hops=1) as behind:
            headers = {"x-forwarded-for": "192.0.2.1", "x-forwarded-proto": "https"}
            for text in ("Kamppi", 'Kamp"pi'):
                asked = {"query": text, **AT_KAMPPI}
                answer = await behind.post("/v1/stores:findNearest", json=asked, headers=headers)
                assert 200 == answer.status_code
                assert not is_direct(answer)
