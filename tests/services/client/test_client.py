"""A call has a deadline, is retried where that is safe, and carries credentials."""

import asyncio
from collections.abc import AsyncIterator

import grpc
import pytest
from google.rpc.code_pb2 import INVALID_ARGUMENT, UNAVAILABLE
from google.rpc.status_pb2 import Status

from enrayon.stores.v1 import stores_pb2
from services import app
from services.client import Client
from services.client.contracts import CONTRACTS, api_name
from tests.support.stores_stub import NEAREST, Stub, serve

REQUEST = stores_pb2.FindNearestStoresRequest(origin={"place": "Kamppi"})


@pytest.fixture
async def stub() -> AsyncIterator[tuple[Stub, str]]:
    stub = Stub()  # type: ignore[abstract]  # the tests ask for no more
    server, port = await serve(stub)
    yield stub, f"127.0.0.1:{port}"
    await server.stop(None)


async def test_a_call_is_answered_within_its_deadline(stub):
    servicer, address = stub
    async with Client(address, timeout_s=7) as enrayon:
        answer = await enrayon.stores.FindNearestStores(REQUEST)

    assert NEAREST == answer
    assert servicer.deadline_s is not None
    assert 5 < servicer.deadline_s < 8  # gRPC rounds it up


async def test_a_service_that_does_not_answer_is_given_up(stub):
    servicer, address = stub
    servicer.hangs = True
    async with Client(address, timeout_s=0.2) as enrayon:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await enrayon.stores.FindNearestStores(REQUEST)

    assert grpc.StatusCode.DEADLINE_EXCEEDED == caught.value.code()


async def test_a_stream_may_last(stub):
    servicer, address = stub
    async with Client(address, timeout_s=0.2) as enrayon:
        changes = enrayon.stores.WatchStores(stores_pb2.WatchStoresRequest())
        first = await anext(aiter(changes))
        assert servicer.deadline_s is None
        servicer.proceed.set()
        second = await asyncio.wait_for(anext(aiter(changes)), 10)

    assert ("1", "2") == (first.resume_token, second.resume_token)


async def test_a_call_that_may_be_made_twice_is(stub):
    servicer, address = stub
    servicer.errors = [Status(code=UNAVAILABLE, message="moving")] * 2
    async with Client(address) as enrayon:
        answer = await enrayon.stores.FindNearestStores(REQUEST)

    assert NEAREST == answer
    assert 3 == len(servicer.requests)


async def test_a_bad_request_is_made_once(stub):
    servicer, address = stub
    servicer.errors = [Status(code=INVALID_ARGUMENT, message="no")]
    async with Client(address) as enrayon:
        with pytest.raises(grpc.aio.AioRpcError):
            await enrayon.stores.FindNearestStores(REQUEST)

    assert 1 == len(servicer.requests)


@pytest.mark.parametrize("kind", ["one answer", "many answers", "many requests"])
async def test_the_key_goes_with_every_kind_of_call(stub, kind):
    servicer, address = stub
    servicer.proceed.set()
    async with Client(address, api_key="secret-1") as enrayon:
        if kind == "one answer":
            await enrayon.stores.FindNearestStores(REQUEST)
        elif kind == "many answers":
            await anext(aiter(enrayon.stores.WatchStores(stores_pb2.WatchStoresRequest())))
        else:
            await enrayon.stores.UpsertStores(iter([stores_pb2.UpsertStoresRequest()]))

    assert "secret-1" == servicer.metadata["x-api-key"]


async def test_a_token_is_asked_for_at_each_call(stub):
    servicer, address = stub
    tokens = iter(["monday", "tuesday"])
    async with Client(address, token=lambda: next(tokens)) as enrayon:
        for day in ("monday", "tuesday"):
            await enrayon.stores.FindNearestStores(REQUEST)
            assert f"Bearer {day}" == servicer.metadata["authorization"]


async def test_without_a_key_nothing_is_said(stub):
    servicer, address = stub
    async with Client(address) as enrayon:
        await enrayon.stores.FindNearestStores(REQUEST)

    assert not {"authorization", "x-api-key"} & servicer.metadata.keys()


def test_there_is_a_stub_for_every_service():
    assert [service.CONTRACT for service in app.SERVICES.values()] == CONTRACTS
    assert list(app.SERVICES) == list(map(api_name, CONTRACTS))
    assert app.SERVICES.keys() <= Client.__annotations__.keys()
