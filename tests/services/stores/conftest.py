"""Clients of the stores service, without stores and with real shops."""

import grpc
import pytest

from enrayon.stores.v1 import stores_pb2_grpc
from tests.support.stores import SHOPS, upsert


@pytest.fixture
def stores(channel: grpc.aio.Channel) -> "stores_pb2_grpc.StoresServiceAsyncStub":
    """A client of the service, which has no stores yet."""
    return stores_pb2_grpc.StoresServiceStub(channel)


@pytest.fixture
async def shops(
    stores: "stores_pb2_grpc.StoresServiceAsyncStub",
) -> "stores_pb2_grpc.StoresServiceAsyncStub":
    """A client of the service, which has `SHOPS`."""
    await upsert(stores, SHOPS)
    return stores
