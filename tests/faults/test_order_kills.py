"""Row 57: the worker is killed between a fact of a hold or a trip and its telling.

Shoppers hold, travel, check in and collect, while the worker that carries facts is killed again and
again. In the end each hold and its trip say the same; each trip was completed once.
"""

import asyncio
import random
import time
from collections import Counter
from typing import Any

import grpc
import pytest

from enrayon.geofence.v1 import geofence_pb2 as pb
from enrayon.stock.v1 import stock_pb2, stock_pb2_grpc
from enrayon.stores.v1 import stores_pb2_grpc
from services.chassis.settings import ChassisSettings
from tests.faults.deployment import Deployment
from tests.faults.retrying import surely
from tests.support.database import connected
from tests.support.geofence import name_of, subscribe
from tests.support.orders import Order
from tests.support.stock import MILK, PRODUCTS, STOCKMANN, basket, state
from tests.support.stores import SHOPS, upsert

SETTINGS = {"ENRAYON_STOCK_ALLOW_LOSS": "true", "ENRAYON_HOLDS_PER_CALLER": "0"}
SHOPPERS = 8
PATIENCE_S = 60.0
BACK_S = 5.0
"""After it a killed worker works again; with two, one always does."""


class Shopper:
    """Goes shopping until told to stop; measures how long facts take."""

    def __init__(self, order: Order, number: int) -> None:
        self._order = order
        self._device = f"phone {number}"
        self.done: list[tuple[str, str]] = []
        self.took_s: list[float] = []

    async def shop(self, stop: asyncio.Event) -> None:
        """Holds, trips and hand-overs, one after the other."""
        while not stop.is_set():
            request = stock_pb2.CreateReservationRequest(
                parent=STOCKMANN, items=basket(milk=1), request_id=f"{self._device}{len(self.done)}"
            )
            hold = await surely(lambda: self._order.stock.CreateReservation(request))  # noqa: B023
            trip = await surely(lambda: self._order.start(hold, self._device))  # noqa: B023
            await surely(lambda: self._order.check_in(trip, bay="3"))  # noqa: B023
            await self._until(lambda: self._order.hold(hold.name), lambda r: r.arrival.bay == "3")  # noqa: B023
            collect = stock_pb2.CollectReservationRequest(name=hold.name, request_id=hold.name[-8:])
            await surely(lambda: self._order.stock.CollectReservation(collect))  # noqa: B023
            await self._until(
                lambda: self._order.trip(trip.name),  # noqa: B023
                lambda r: r.state == pb.Trip.STATE_COMPLETED,
            )
            self.done.append((hold.name, trip.name))

    async def _until(self, read: Any, holds: Any) -> None:
        began = time.monotonic()
        async with asyncio.timeout(PATIENCE_S):
            while not holds(await surely(read)):  # noqa: ASYNC110 - told by another process
                await asyncio.sleep(0.02)
        self.took_s.append(time.monotonic() - began)


async def completions(url: str) -> Counter[str]:
    """How often the events that are kept say that a trip was completed."""
    found: Counter[str] = Counter()
    async with connected(ChassisSettings(), url) as client:
        async for key in client.scan_iter("{f*}:events"):
            for _, fields in await client.xrange(key):
                event = pb.FenceEvent.FromString(fields[b"e"])
                found[event.trip] += name_of(event) == "TRIP_COMPLETED"
    return found


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("kills", [5, pytest.param(100, marks=pytest.mark.soak)])
async def test_row_57_kills_of_workers_between_fact_and_claim(tmp_path, kills, workers, figure):
    rng = random.Random(kills)
    victims = [f"work {number}" for number in range(workers)]
    roles = ["serve", *victims]
    with Deployment(tmp_path, "stores stock geofence", SETTINGS, roles=roles) as deployment:
        address = f"127.0.0.1:{deployment.port}"
        async with grpc.aio.insecure_channel(address) as channel:
            await surely(lambda: upsert(stores_pb2_grpc.StoresServiceStub(channel), SHOPS))
            stock: Any = stock_pb2_grpc.StockServiceStub(channel)
            products = [stock_pb2.UpsertProductsRequest(products=PRODUCTS)]
            await surely(lambda: stock.UpsertProducts(iter(products)))
            await surely(lambda: state(stock, STOCKMANN, milk=100_000))
            await surely(lambda: subscribe(Order(channel).geofence))  # nobody reads: all are kept
            shoppers = [Shopper(Order(channel), number) for number in range(SHOPPERS)]
            stop = asyncio.Event()
            tasks = [asyncio.create_task(shopper.shop(stop)) for shopper in shoppers]
            for number in range(kills):
                await asyncio.sleep(rng.uniform(0.5, 4) + BACK_S * (workers - 1))
                victim = victims[number % workers]
                deployment.kill(victim)
                deployment.start_again(victim)
            stop.set()
            await asyncio.gather(*tasks)
            done = [pair for shopper in shoppers for pair in shopper.done]
            level = stock_pb2.GetStockLevelsRequest(store=STOCKMANN, products=[MILK])
            [left] = (await stock.GetStockLevels(level)).levels
        completed = await completions(deployment.url)
    took_s = sorted(second for shopper in shoppers for second in shopper.took_s)
    figure(
        57,
        f"{kills} SIGKILLs of {workers} workers by turns, {len(done)} orders: trips completed "
        f"{len(completed)}, twice {sum(n > 1 for n in completed.values())}; a fact took p50 "
        f"{took_s[len(took_s) // 2]:.2f} s, p90 {took_s[len(took_s) * 9 // 10]:.2f} s, most "
        f"{took_s[-1]:.2f} s (with one worker, its restart included)",
    )
    assert {trip: 1 for _, trip in done} == completed
    assert (100_000 - len(done), 0) == (left.on_hand, left.reserved)
