"""All faults at once: server and database are killed, the power goes, replies are lost.

Eight clients hold, cancel and collect through the server all the while, and retry calls without an
answer with the same key; the checker judges their answers.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest

from enrayon.stock.v1 import stock_pb2, stock_pb2_grpc
from enrayon.stores.v1 import stores_pb2, stores_pb2_grpc
from services.chassis.database.client import connect
from services.chassis.database.embedded import EmbeddedValkey
from services.chassis.settings import ChassisSettings
from services.stock.state.ledger import Ledger
from tests.faults import workload
from tests.faults.checker import judge
from tests.faults.power import SHIM, cut_to_what_was_synced
from tests.faults.proxy import proxied
from tests.faults.remote import SOON, RemoteHolds
from tests.faults.served import Served
from tests.support.shims import compiled

CLIENTS = 8


@pytest.fixture
def power(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Cuts the power by the shim; without a C compiler it never does, and says so."""
    shim = compiled(SHIM, tmp_path)
    if shim is None:
        yield "no C compiler, so the power stayed on"
        return
    monkeypatch.setenv("LD_PRELOAD", str(shim))
    yield ""


async def test_a_few_acts_survive_all_of_it(tmp_path, power, figure):
    await judged(tmp_path, power, figure, acts_each=25, units=30, calls=30, seed=7)


@pytest.mark.soak
@pytest.mark.timeout(7200)
async def test_two_hundred_thousand_acts_survive_all_of_it(tmp_path, power, figure):
    await judged(tmp_path, power, figure, acts_each=25_000, units=60_000, calls=3000, seed=200)


async def judged(
    folder: Path, power: str, figure: Any, *, acts_each: int, units: int, calls: int, seed: int
) -> None:
    """Let clients act while each part is killed in turn; nothing may be wrong in the end."""
    patient = ChassisSettings(grpc_port=0, http_port=0, data_dir=folder, database_timeout_s=60.0)
    with EmbeddedValkey(folder / "database") as valkey:  # every acknowledged write is on disk
        async with proxied(valkey.url, seed=seed) as proxy:
            with Served(folder / "server", proxy.url) as server:
                async with grpc.aio.insecure_channel(server.address, options=SOON) as channel:
                    initial = await opened(channel, units)
                    proxy.lose = 0.01
                    holds = RemoteHolds(channel)
                    acting = workload.run(holds, CLIENTS, acts_each, seed, with_changes=False)
                    running = asyncio.create_task(acting)
                    died = await killing(running, holds, calls, server, valkey, power, seed)
                    acts = await running
        direct = connect(patient, valkey.url)
        verdict = judge(initial, acts, await workload.end_of(direct))
        drifts = (await Ledger(direct).reconcile()).drifts
        await direct.aclose()

    figure(
        9,
        f"server, database and power die, replies are lost: {verdict.acts} acts, oversold "
        f"{verdict.oversold}, lost {verdict.lost}, faults {len(verdict.faults)}, drift "
        f"{len(drifts)}; server killed {died['server']} times, database {died['database']}, "
        f"power gone {died['power']} ({died['bytes']} bytes cut) {power}; replies lost "
        f"{proxy.lost}, calls without an answer {holds.ambiguous}",
    )
    assert ([], []) == (verdict.faults, drifts)
    assert 0 < min(died["server"], died["database"] + died["power"])


async def opened(channel: grpc.aio.Channel, units: int) -> dict[str, int]:
    """Make the store and its products."""
    stores, stock = (
        stores_pb2_grpc.StoresServiceStub(channel),
        stock_pb2_grpc.StockServiceStub(channel),
    )
    shop = stores_pb2.Store(
        name=f"stores/{workload.STORE}",
        display_name="Kamppi",
        location={"latitude": 60.169, "longitude": 24.931},
    )
    request = stores_pb2.UpsertStoresRequest(stores=[shop])
    await stores.UpsertStores(iter([request]), wait_for_ready=True)
    products = [
        stock_pb2.Product(name=f"products/{sku}", display_name=sku) for sku in workload.SKUS
    ]
    await stock.UpsertProducts(iter([stock_pb2.UpsertProductsRequest(products=products)]))
    levels = [
        stock_pb2.StockLevelInput(product=product.name, on_hand=units) for product in products
    ]
    snapshot = stock_pb2.SetStockLevelsRequest(
        store=shop.name, source="erp", sequence=1, levels=levels
    )
    answer = await stock.SetStockLevels(iter([snapshot]))
    assert len(levels) == answer.applied_count
    return dict.fromkeys(workload.SKUS, units)


async def killing(
    running: "asyncio.Task[Any]",
    holds: RemoteHolds,
    calls: int,
    server: Served,
    valkey: EmbeddedValkey,
    power: str,
    seed: int,
) -> Counter[str]:
    """Kill a part after each so many calls until the clients are done; answers how often."""
    rng = random.Random(seed)
    died: Counter[str] = Counter()
    turns = iter(["server", "power" if not power else "database"])
    while not running.done():
        enough = asyncio.create_task(holds.answered(calls))
        await asyncio.wait([running, enough], return_when=asyncio.FIRST_COMPLETED)
        enough.cancel()
        if running.done():
            break
        what = next(turns, None) or rng.choice(
            ["server", "database", "database" if power else "power"]
        )
        died[what] += 1
        if what == "server":
            server.kill()
            server.start()
            continue
        assert valkey.process is not None
        valkey.process.kill()
        valkey.process.wait()
        if what == "power":
            died["bytes"] += cut_to_what_was_synced(valkey.folder)
        valkey.stop()
        valkey.start()  # on this thread: a child ends with the thread that started it
    return died
