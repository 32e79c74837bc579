"""The aisle service with a corner shop, a shop without a map, and one of two floors."""

import dataclasses
import datetime as dt
from collections.abc import AsyncIterator

import grpc
import pytest

from enrayon.aisle.v1 import aisle_pb2_grpc
from enrayon.stock.v1 import stock_pb2, stock_pb2_grpc
from enrayon.stores.v1 import stores_pb2_grpc
from services.directory.parts import Parts
from tests.geodata.floorplans.shops import NOON, corner_shop, two_floors, village_shop
from tests.services.aisle.shops import (
    CORNER,
    FLOORS,
    PRODUCTS,
    SHELVES,
    STORES,
    VILLAGE,
    placed,
    published,
    stream,
)
from tests.services.conftest import hosted
from tests.services.stores.conftest import upsert


class Clock:
    """A clock that the test sets; every feed of the process takes it for the time."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> dt.datetime:
        return self.now

    def forward(self, **by: float) -> None:
        self.now += dt.timedelta(**by)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def timed(parts: Parts, clock: Clock) -> AsyncIterator[grpc.aio.Channel]:
    """A channel to all services, which go by the test's clock."""
    async with hosted(dataclasses.replace(parts, clock=clock)) as channel:
        yield channel


@pytest.fixture
async def bare(timed: grpc.aio.Channel) -> "aisle_pb2_grpc.AisleServiceAsyncStub":
    """A client of the service, with stores and products, and nothing known of their insides."""
    await upsert(stores_pb2_grpc.StoresServiceStub(timed), STORES)
    stock = stock_pb2_grpc.StockServiceStub(timed)
    await stock.UpsertProducts(iter([stock_pb2.UpsertProductsRequest(products=PRODUCTS)]))
    return aisle_pb2_grpc.AisleServiceStub(timed)


@pytest.fixture
async def aisle(
    bare: "aisle_pb2_grpc.AisleServiceAsyncStub",
) -> "aisle_pb2_grpc.AisleServiceAsyncStub":
    """A client of the service, with three plans, and rice, oil and peas in the corner shop."""
    await bare.PublishFloorPlan(published(CORNER, corner_shop()))
    await bare.PublishFloorPlan(published(VILLAGE, village_shop()))
    await bare.PublishFloorPlan(published(FLOORS, two_floors()))
    await bare.UpsertPlacements(stream(CORNER, placed(SHELVES)))
    return bare
