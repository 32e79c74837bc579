"""The stock service, and its state in a real database."""

import grpc
import pytest

from enrayon.stock.v1 import stock_pb2, stock_pb2_grpc
from enrayon.stores.v1 import stores_pb2_grpc
from services.chassis.database.client import Client
from services.stock.state.holds import Holds
from services.stock.state.levels import Levels
from tests.support.stock import PRODUCTS
from tests.support.stores import SHOPS, upsert


@pytest.fixture(autouse=True)
def allow_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    """The database of the tests does not sync each write."""
    monkeypatch.setenv("ENRAYON_STOCK_ALLOW_LOSS", "true")


@pytest.fixture
def levels(database: Client) -> Levels:
    """Levels of an empty database."""
    return Levels(database)


@pytest.fixture
def holds(database: Client) -> Holds:
    """Holds of an empty database."""
    return Holds(database)


@pytest.fixture
async def stock(channel: grpc.aio.Channel) -> "stock_pb2_grpc.StockServiceAsyncStub":
    """A client of the service, with stores of Helsinki and a few products, without stock."""
    await upsert(stores_pb2_grpc.StoresServiceStub(channel), SHOPS)
    client = stock_pb2_grpc.StockServiceStub(channel)
    request = stock_pb2.UpsertProductsRequest(products=PRODUCTS)
    answer = await client.UpsertProducts(iter([request]))
    assert len(PRODUCTS) == answer.created_count
    return client
