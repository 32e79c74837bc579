"""Row 68: alerts with holds, while workers lose replies and die, and others buy the same goods."""

import asyncio
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import grpc
import pytest

from enrayon.stock.v1 import stock_pb2, stock_pb2_grpc
from enrayon.stores.v1 import stores_pb2_grpc
from services.chassis.clock import utc_now
from services.chassis.database.client import connect
from services.chassis.database.failures import FAILURES
from services.chassis.errors import ServiceError
from services.chassis.keyring import Key, Keyring
from services.chassis.settings import ChassisSettings
from services.directory.directory import Directory
from services.directory.origins import Origins
from services.directory.parts import Parts
from services.stock import worker
from services.stock.model.partitions import PARTITIONS
from services.stock.state.holds import Holds
from services.stock.state.ledger import Ledger
from services.stock.state.matching import Matching
from tests.backends import backend
from tests.faults.proxy import proxied
from tests.support.firing import firing_with_holds
from tests.support.hosting import hosted
from tests.support.stock import BREAD, MILK, PRODUCTS, STOCKMANN, hold, state
from tests.support.stock_state import told
from tests.support.stores import SHOPS, upsert

AT = "t-stockmann"
WORKERS = 3
ROUNDS = 12
"""Deliveries of goods to the store."""


async def alerts_of(stock: Any, rng: random.Random, count: int) -> list[str]:
    """Alerts with holds: for one product, any of two, or both together; answers their names."""
    names = []
    for number in range(count):
        alert = stock_pb2.StockAlert(store=STOCKMANN, shopper=f"p{number}", hold={})
        kind = rng.randrange(3)
        if kind == 2:
            for product in (MILK, BREAD):
                alert.items.add(product=product, quantity=rng.randint(1, 2))
        else:
            alert.products.extend([MILK, BREAD][: kind + 1])
            alert.min_quantity = rng.randint(1, 2)
        request = stock_pb2.CreateStockAlertRequest(stock_alert=alert, request_id=str(number))
        names.append((await stock.CreateStockAlert(request)).name)
    return names


async def work(parts: Parts, stop: asyncio.Event, rng: random.Random) -> int:
    """One worker; it is killed in the middle of turns, and begins anew."""
    killed = 0
    while not stop.is_set():
        turn = asyncio.ensure_future(worker.fire(firing_with_holds(parts, promised_ms=50)))
        try:
            async with asyncio.timeout(rng.uniform(0.005, 0.3)):
                await turn
            await asyncio.sleep(0.005)
        except TimeoutError:
            killed += 1
        except (*FAILURES, ServiceError):
            await asyncio.sleep(0.005)
    return killed


async def bought_by(stock: Any, units: int) -> bool:
    """Someone without an alert takes milk, sooner or later; False if there is too little."""
    await asyncio.sleep(units * 0.01)
    try:
        await hold(stock, STOCKMANN, milk=units)
    except grpc.aio.AioRpcError as error:
        if error.code() is not grpc.StatusCode.FAILED_PRECONDITION:
            raise
        return False
    return True


@pytest.mark.parametrize(
    "seed", [68, *(pytest.param(seed, marks=pytest.mark.soak) for seed in range(10))]
)
async def test_alerts_whose_workers_die_make_one_hold_and_tell_one_event(
    seed: int,
    tmp_path: Path,
    settings: ChassisSettings,
    figure: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ENRAYON_STOCK_ALLOW_LOSS", "true")
    rng = random.Random(seed)
    with backend(tmp_path) as url:
        client = connect(settings, url)
        await client.flushall()
        directory = Directory(client, tmp_path)
        await directory.start()
        keyring = Keyring([Key(1, bytes(32))])
        parts = Parts(settings, client, directory, Origins({}), keyring, utc_now)
        async with hosted(parts) as channel, proxied(url, seed=seed) as proxy:
            await upsert(stores_pb2_grpc.StoresServiceStub(channel), SHOPS)
            stock: Any = stock_pb2_grpc.StockServiceStub(channel)
            request = stock_pb2.UpsertProductsRequest(products=PRODUCTS)
            await stock.UpsertProducts(iter([request]))
            names = await alerts_of(stock, rng, 40)
            proxy.lose = 0.05
            lossy = proxy.connect(settings)
            stop = asyncio.Event()
            unsteady = replace(parts, client=lossy)
            workers = [
                asyncio.create_task(work(unsteady, stop, random.Random(seed + n)))
                for n in range(WORKERS)
            ]
            bought = 0
            for sequence in range(1, ROUNDS + 1):
                units = {"milk": 8 * sequence, "bread": 5 * sequence}
                others = [asyncio.create_task(bought_by(stock, n)) for n in (3, 3, 2, 2)]
                await state(stock, STOCKMANN, sequence, **units)
                bought += sum(await asyncio.gather(*others))
                await asyncio.sleep(0.25)
            proxy.lose = 0.0
            await asyncio.sleep(0.5)
            stop.set()
            killed = sum(await asyncio.gather(*workers))
            quiet = firing_with_holds(parts, promised_ms=50)
            for _ in range(6):  # what the last one left behind
                await worker.fire(quiet)
                await asyncio.sleep(0.06)
            await lossy.aclose()
            early = [e for e in await told(client, AT) if e.type == "alert.fired"]
            await state(stock, STOCKMANN, ROUNDS + 1, milk=1000, bread=1000)  # nobody is forgotten
            for _ in range(2):
                await worker.fire(quiet)

            fired = []
            for name in names:
                alert = await stock.GetStockAlert(stock_pb2.GetStockAlertRequest(name=name))
                fired += [alert] if alert.HasField("fire_time") else []
            events = [event for event in await told(client, AT) if event.type == "alert.fired"]
            raws = [await client.hvals(key) async for key in client.scan_iter("{a:*}:alerts")]
            waited = sum(b'"no":' in raw for each in raws for raw in each)
            live = await Holds(client).of_store(AT, live_only=True)
            theirs = {f"{STOCKMANN}/reservations/{h.id}": h for h in live if h.shopper}
            claims = [each for p in range(PARTITIONS) for each in await Matching(client).claims(p)]
            drifts = (await Ledger(client).reconcile()).drifts
        await directory.stop()
        await client.aclose()

    figure(
        68,
        f"{len(early)} of {len(names)} alerts fired in time, {len(fired)} in the end, {WORKERS} "
        f"workers killed {killed} times, {proxy.lost} replies lost, {bought} of {4 * ROUNDS} "
        f"others served, {waited} waited on; events {len(events)}, holds {len(theirs)}, claims "
        f"left {len(claims)}, drifts {len(drifts)}",
    )
    assert early
    assert len(names) == len(fired)
    assert (0, 0) < (killed, proxy.lost)
    assert sorted(alert.name for alert in fired) == sorted(event.subject for event in events)
    assert {event.data["reservation"] for event in events} == theirs.keys()
    assert {alert.finding.reservation for alert in fired} == theirs.keys()
    for event in events:
        held = theirs[event.data["reservation"]]
        wanted = {line["product"]: line["quantity"] for line in event.data["items"]}
        assert wanted == {f"products/{item.sku}": item.held for item in held.items}
        assert event.reference == held.shopper
    assert [] == claims
    assert [] == drifts
