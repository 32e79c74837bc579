"""The stores service with some real shops in it."""

from collections.abc import Iterable

import grpc
import pytest

from enrayon.stores.v1 import stores_pb2, stores_pb2_grpc
from tests.services.stores.places import SHOPS


@pytest.fixture
def stores(channel: grpc.aio.Channel) -> "stores_pb2_grpc.StoresServiceAsyncStub":
    """A client of the service, which has no stores yet."""
    return stores_pb2_grpc.StoresServiceStub(channel)


@pytest.fixture
async def shops(
    stores: "stores_pb2_grpc.StoresServiceAsyncStub",
) -> "stores_pb2_grpc.StoresServiceAsyncStub":
    """A client of the service, which has the shops of `places`."""
    await upsert(stores, SHOPS)
    return stores


async def upsert(
    stores: "stores_pb2_grpc.StoresServiceAsyncStub",
    shops: Iterable[stores_pb2.Store],
    **options: object,
) -> stores_pb2.UpsertStoresResponse:
    """Send shops in one message."""
    request = stores_pb2.UpsertStoresRequest(stores=shops, **options)
    return await stores.UpsertStores(iter([request]))
