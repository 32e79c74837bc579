"""Rows 57 and 60: workers and databases die while facts of holds, trips and stores are told.

Shoppers hold, travel, check in and collect, while the worker that carries facts is killed again and
again, the power goes, or a replica takes over. In the end each hold and its trip say the same; each
trip was completed once. So it is with a store that closes: each of its holds is told once.
"""

import asyncio
import random
import time
from collections import Counter
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.field_mask_pb2 import FieldMask

from enrayon.geofence.v1 import geofence_pb2 as pb
from enrayon.stock.v1 import stock_pb2, stock_pb2_grpc
from enrayon.stores.v1 import stores_pb2, stores_pb2_grpc
from services.chassis.settings import ChassisSettings
from services.geofence.state.keys import Keys
from services.stock.model.partitions import StoreKeys
from tests.backends import Cluster, ask
from tests.faults.deployment import Deployment
from tests.faults.power import SHIM
from tests.faults.remote import SOON, reason_of
from tests.faults.retrying import surely
from tests.support.database import connected
from tests.support.events import subscribe
from tests.support.geofence import name_of
from tests.support.orders import Order
from tests.support.shims import compiled
from tests.support.stock import MILK, PRODUCTS, STOCKMANN, basket, state
from tests.support.stores import SHOPS, upsert

CLOSED, OPEN = stores_pb2.STORE_STATUS_TEMPORARILY_CLOSED, stores_pb2.STORE_STATUS_OPEN
KEYS_STRUCK = {"stock": StoreKeys.of("t-stockmann").holds, "trips": Keys.of(2).devices}
"""Keys by which the masters are chosen that replicas take over from."""
REPLICATED = {"ENRAYON_HOLD_REPLICAS": "1", "ENRAYON_GEOFENCE_REPLICAS": "1"}
SETTINGS = {"ENRAYON_STOCK_ALLOW_LOSS": "true", "ENRAYON_HOLDS_PER_CALLER": "0"}
SHOPPERS = 8
UNITS = 100_000
HOLDS = 40
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
        keys = [key async for key in client.scan_iter(count=1000)]
        for key in (k for k in keys if k.startswith(b"{f") and k.endswith(b"}:events")):
            for _, fields in await client.xrange(key):
                event = pb.FenceEvent.FromString(fields[b"e"])
                found[event.trip] += name_of(event) == "TRIP_COMPLETED"
    return found


async def strike(deployment: Deployment, cluster: Cluster | None, victim: str) -> None:
    """Kill a part and start it again; with a cluster a frozen replica takes over."""
    if cluster is None:
        deployment.kill(victim)
        deployment.start_again(victim)
        return
    slot = ask(cluster.nodes[0], "CLUSTER", "KEYSLOT", KEYS_STRUCK[victim])
    cluster.revive(await asyncio.to_thread(cluster.overtake, slot))


async def opened(channel: grpc.aio.Channel) -> Any:
    """Make the stores and the stock; answers the stub of the stock."""
    await surely(lambda: upsert(stores_pb2_grpc.StoresServiceStub(channel), SHOPS))
    stock: Any = stock_pb2_grpc.StockServiceStub(channel)
    products = [stock_pb2.UpsertProductsRequest(products=PRODUCTS)]
    await surely(lambda: stock.UpsertProducts(iter(products)))
    await surely(lambda: state(stock, STOCKMANN, milk=UNITS))
    return stock


async def level_of(stock: Any) -> tuple[int, int]:
    """Units on hand and reserved."""
    request = stock_pb2.GetStockLevelsRequest(store=STOCKMANN, products=[MILK])
    [level] = (await surely(lambda: stock.GetStockLevels(request))).levels
    return level.on_hand, level.reserved


@pytest.fixture
def preloaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The databases that this test starts note what they synced, for losses of power."""
    shim = compiled(SHIM, tmp_path)
    if shim is None:
        pytest.skip("a simulated power loss needs a C compiler, and there is none")
    monkeypatch.setenv("LD_PRELOAD", str(shim))


@pytest.mark.timeout(3600)
@pytest.mark.parametrize(
    "victims",
    [
        pytest.param(["work 1"], id="one worker"),
        pytest.param(["work 1", "work 2"], id="two workers", marks=pytest.mark.long),
        pytest.param(["power"], id="power", marks=pytest.mark.long),
        pytest.param(["stock", "trips"], id="failover", marks=pytest.mark.long),
    ],
)
@pytest.mark.parametrize("kills", [3, pytest.param(100, marks=pytest.mark.soak)])
async def test_row_57_kills_between_fact_and_claim(
    tmp_path, preloaded, monkeypatch, request, kills, victims, figure
):
    rng = random.Random(kills)
    workers = [victim for victim in victims if victim.startswith("work")] or ["work"]
    fails_over = victims[0] in KEYS_STRUCK
    if fails_over:
        kills = len(victims)  # each master has one replica that can take over
        monkeypatch.delenv("LD_PRELOAD")
    cluster = request.getfixturevalue("cluster") if fails_over else None
    deployment = Deployment(
        tmp_path,
        "stores stock geofence events",
        SETTINGS | (REPLICATED if cluster else {}),
        roles=["serve", *workers],
        url=cluster.url if cluster else None,
    )
    with deployment:
        address = f"127.0.0.1:{deployment.port}"
        async with grpc.aio.insecure_channel(address, options=SOON) as channel:
            stock = await opened(channel)
            await surely(lambda: subscribe(Order(channel).events))  # nobody reads: all are kept
            shoppers = [Shopper(Order(channel), number) for number in range(SHOPPERS)]
            stop = asyncio.Event()
            tasks = [asyncio.create_task(shopper.shop(stop)) for shopper in shoppers]
            for number in range(kills):
                await asyncio.sleep(rng.uniform(0.5, 4) + BACK_S * (len(workers) - 1))
                await strike(deployment, cluster, victims[number % len(victims)])
            stop.set()
            await asyncio.gather(*tasks)
            done = [pair for shopper in shoppers for pair in shopper.done]
            left = await level_of(stock)
        completed = await completions(deployment.url)
    took_s = sorted(second for shopper in shoppers for second in shopper.took_s)
    figure(
        57,
        f"{kills} times {' or '.join(victims)} {'failed over' if cluster else 'died'}, "
        f"{len(done)} orders: trips completed {len(completed)}, twice "
        f"{sum(n > 1 for n in completed.values())}; a fact took p50 "
        f"{took_s[len(took_s) // 2]:.2f} s, p90 {took_s[len(took_s) * 9 // 10]:.2f} s, most "
        f"{took_s[-1]:.2f} s (that death included)",
    )
    assert {trip: 1 for _, trip in done} == completed
    assert (UNITS - len(done), 0) == left


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    "victim", ["work", "database", "power", pytest.param("stock", marks=pytest.mark.long)]
)
async def test_row_60_a_store_closes_with_holds_on_it_while_parts_die(
    tmp_path, preloaded, monkeypatch, request, victim, figure
):
    """Each hold is told once, none ends; those ended before are not told; hand-overs go on."""
    if victim in KEYS_STRUCK:
        monkeypatch.delenv("LD_PRELOAD")
    cluster = request.getfixturevalue("cluster") if victim in KEYS_STRUCK else None
    deployment = Deployment(
        tmp_path,
        "stores stock",
        SETTINGS | (REPLICATED if cluster else {}),
        url=cluster.url if cluster else None,
    )
    with deployment:
        address = f"127.0.0.1:{deployment.port}"
        async with grpc.aio.insecure_channel(address, options=SOON) as channel:
            stock, stores = await opened(channel), stores_pb2_grpc.StoresServiceStub(channel)

            async def hold(number: int) -> Any:
                create = stock_pb2.CreateReservationRequest(
                    parent=STOCKMANN, items=basket(milk=1), request_id=f"hold {number}"
                )
                return (await surely(lambda: stock.CreateReservation(create))).name

            async def turn(status: "stores_pb2.StoreStatus.ValueType") -> None:
                change = stores_pb2.UpdateStoreRequest(
                    store=stores_pb2.Store(name=STOCKMANN, status=status),
                    update_mask=FieldMask(paths=["status"]),
                )
                await surely(lambda: stores.UpdateStore(change))

            async def end(verb: str, name: str) -> None:
                message = getattr(stock_pb2, f"{verb}ReservationRequest")(name=name)
                await surely(lambda: getattr(stock, f"{verb}Reservation")(message))

            async def told() -> Counter[tuple[str, ...]]:
                found: Counter[tuple[str, ...]] = Counter()
                for name in (*kept, *ended):
                    get = stock_pb2.GetReservationRequest(name=name)
                    seen = await surely(lambda: stock.GetReservation(get))  # noqa: B023
                    state = stock_pb2.Reservation.State.Name(seen.state)
                    kinds = (stock_pb2.Notice.Kind.Name(each.kind) for each in seen.notices)
                    found[(state, *kinds)] += 1
                return found

            names = [await hold(number) for number in range(HOLDS)]
            kept, ended = names[HOLDS // 4 :], names[: HOLDS // 4]
            for name in ended:
                await end("Cancel", name)
            took_s = []
            for number, status in enumerate((CLOSED, OPEN, CLOSED)):
                await turn(status)
                if cluster is None or not number:
                    await strike(deployment, cluster, victim)
                began = time.monotonic()
                notices = ("KIND_STORE_CLOSED",) if status == CLOSED else ()
                expected = {
                    ("STATE_CONFIRMED", *notices): len(kept),
                    ("STATE_CANCELED",): len(ended),
                }
                async with asyncio.timeout(PATIENCE_S):
                    while expected != (found := await told()):  # noqa: ASYNC110 - of a worker
                        await asyncio.sleep(0.1)
                took_s.append(time.monotonic() - began)
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                await hold(HOLDS)
            before = await level_of(stock)
            for name in kept:
                await end("Collect", name)
            after = await level_of(stock)

    figure(
        60,
        f"a store closes, opens and closes with {len(kept)} live holds while {victim} dies: told "
        f"as it is after {[round(second, 1) for second in took_s]} s, at last {dict(found)}; a "
        f"new hold {reason_of(refused.value)}; all {len(kept)} were handed over then: {after} left",
    )
    assert expected == found
    assert "STORE_NOT_OPEN" == reason_of(refused.value)
    assert (UNITS, len(kept)) == before
    assert (UNITS - len(kept), 0) == after
