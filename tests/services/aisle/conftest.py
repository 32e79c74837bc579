"""The aisle service with a corner shop, a shop without a map, and a shop of two floors."""

import dataclasses
from collections.abc import AsyncIterator

import grpc
import pytest

from enrayon.aisle.v1 import aisle_pb2_grpc
from enrayon.stock.v1 import stock_pb2, stock_pb2_grpc
from enrayon.stores.v1 import stores_pb2_grpc
from services.directory.parts import Parts
from tests.geodata.floorplans.shops import NOON, corner_shop, two_floors, village_shop
from tests.support.aisle import (
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
from tests.support.clocks import SetClock
from tests.support.hosting import hosted
from tests.support.stores import upsert


@pytest.fixture
def clock() -> SetClock:
    """The clock of the process; every feed takes it for the time."""
    return SetClock(NOON)


@pytest.fixture
async def timed(parts: Parts, clock: SetClock) -> AsyncIterator[grpc.aio.Channel]:
    """A channel to all services, which use the clock of the test."""
    async with hosted(dataclasses.replace(parts, clock=clock)) as channel:
        yield channel


@pytest.fixture
async def bare(timed: grpc.aio.Channel) -> "aisle_pb2_grpc.AisleServiceAsyncStub":
    """A client of the service, with stores and products, without plans and placements."""
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
