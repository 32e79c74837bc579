"""A UCP platform whose requests and answers are checked by the official models, made strict."""

import random
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, NamedTuple

import httpx
import pytest

from enrayon.stock.v1 import stock_pb2
from enrayon.stores.v1 import stores_pb2
from services.client import Client
from services.client.contracts import CONTRACTS
from services.directory.parts import Parts
from services.edge.app import build
from services.edge.settings import EdgeSettings
from tests.support import ucp_shops
from tests.support.edge_app import listening, running
from tests.support.hosting import serving
from tests.support.stock import PRODUCTS, state
from tests.support.ucp import check_answer, check_request

Ask = Callable[..., Awaitable[dict[str, Any]]]


@pytest.fixture(scope="module")
async def ucp(lasting_parts: Parts) -> AsyncIterator[httpx.AsyncClient]:
    """The edge, over real services with real shops; tests of a module share it."""
    async with running(lasting_parts) as (url, _), httpx.AsyncClient(base_url=url) as client:
        yield client


@pytest.fixture
def ask(ucp: httpx.AsyncClient) -> Ask:
    """Make a request that keeps the schema; the answer must keep it too."""

    async def ask(
        operation: str, request: dict[str, Any], headers: dict[str, str] | None = None
    ) -> dict[str, Any]:
        check_request(operation, request)
        response = await ucp.post(f"/ucp/locations/{operation}", json=request, headers=headers)
        answer: dict[str, Any] = response.json()
        assert 200 == response.status_code, answer
        check_answer(operation, answer)
        return answer

    return ask


class Town(NamedTuple):
    """The shops, and the edge that answers about them."""

    shops: list[ucp_shops.Shop]
    http: httpx.AsyncClient

    async def ask(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        check_request(operation, request)
        response = await self.http.post(f"/ucp/locations/{operation}", json=request)
        assert 200 == response.status_code, (request, response.text)
        answer: dict[str, Any] = response.json()
        check_answer(operation, answer)
        return answer


@pytest.fixture
async def town(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Town]:
    monkeypatch.setenv("ENRAYON_STOCK_ALLOW_LOSS", "true")
    shops = ucp_shops.shops(random.Random(20))
    async with serving(parts) as address:
        async with Client(address) as enrayon:
            stores = stores_pb2.UpsertStoresRequest(stores=[shop.store for shop in shops])
            answer = await enrayon.stores.UpsertStores(iter([stores]))
            assert not answer.rejected, answer.rejected
            products = stock_pb2.UpsertProductsRequest(products=PRODUCTS)
            await enrayon.stock.UpsertProducts(iter([products]))
            for shop in shops:
                await state(enrayon.stock, shop.store.name, **shop.on_hand)
        app = build(address, EdgeSettings(edge_public_url="https://shops.example"), CONTRACTS)
        async with listening(app) as url, httpx.AsyncClient(base_url=url, timeout=30) as http:
            yield Town(shops, http)
