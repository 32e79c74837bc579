"""P6, P7: searching baskets and holding them, beside what each is built on.

One process answers them all, so its processor time decides how many it can answer, and that is what
is compared; throughput, which depends on all else that the machine does, is told beside, and the
processor time of the store too. The store syncs every write, as it does by itself.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple

import grpc

from enrayon.stock.v1 import stock_pb2, stock_pb2_grpc
from enrayon.stores.v1 import stores_pb2, stores_pb2_grpc
from tests.bench.load import framed, load, load_all
from tests.bench.measure import SHORTEST_S, Result, by_turns, cpu_s, medians, skipped
from tests.bench.stock_host import BASKET, HOLDS_AT
from tests.bench.transport import CITIES, LOAD_S
from tests.support.ports import free_port

STORES, PRODUCTS = 2_000, 10_000
TARGETS = {"P6": ">= 0.5", "P7": ">= 0.75"}
TITLES = {
    "P6": "FindNearestAvailability of 3 products over FindNearestStores",
    "P7": "CreateReservation of 3 products over a bare RPC with the same script",
}
HELD_BY = {
    "P6": "57 levels for ten stores: 29 % reading them, 18 searching, 15 the answer, 8 judging",
    "P7": "checks before the script and the answer after it: two thirds, in many small steps",
}
STORES_SERVICE = "enrayon.stores.v1.StoresService"
STOCK_SERVICE = "enrayon.stock.v1.StockService"


class Hosted(NamedTuple):
    """What is measured."""

    port: int
    server_pid: int
    store_pid: int


def measures(scale: float) -> Iterator[Result]:
    """Both measures."""
    if not shutil.which("h2load"):
        for id, target in TARGETS.items():
            yield skipped(id, TITLES[id], target, "needs h2load (package nghttp2-client)")
        return
    with tempfile.TemporaryDirectory() as folder, served(Path(folder), scale) as at:
        seconds = max(SHORTEST_S, LOAD_S * scale)
        yield searched(Path(folder), at, seconds)
        yield held(Path(folder), at, seconds)


def searched(folder: Path, at: Hosted, seconds: float) -> Result:
    """P6: the nearest stores with a basket, over the nearest stores."""
    items = [stock_pb2.BasketItem(product=f"products/{sku}", quantity=2) for sku in BASKET]
    nearest, baskets = [], []
    with grpc.insecure_channel(f"127.0.0.1:{at.port}") as channel:
        stores = stores_pb2_grpc.StoresServiceStub(channel)
        stock = stock_pb2_grpc.StockServiceStub(channel)
        for number, (latitude, longitude) in enumerate(CITIES):
            origin = {"point": {"latitude": latitude, "longitude": longitude}}
            near = stores_pb2.FindNearestStoresRequest(
                origin=origin, store_filter=stores_pb2.StoreFilter(region_codes=["FR"])
            )
            basket = stock_pb2.FindNearestAvailabilityRequest(
                items=items, origin=origin, radius_m=1_000_000
            )
            assert len(stores.FindNearestStores(near).stores) == 10
            while not (found := stock.FindNearestAvailability(basket)).HasField("index_lag"):
                time.sleep(0.2)  # the shelves are being loaded
            assert len(found.stores) == 10
            assert all(store.complete for store in found.stores)
            nearest.append(folder / f"nearest-{number}")
            nearest[-1].write_bytes(framed(near.SerializeToString()))
            baskets.append(folder / f"basket-{number}")
            baskets[-1].write_bytes(framed(basket.SerializeToString()))
    rpc = f"http://127.0.0.1:{at.port}"
    return compared(
        "P6",
        at,
        seconds,
        {
            "stores": partial(
                load_all, f"{rpc}/{STORES_SERVICE}/FindNearestStores", nearest, seconds
            ),
            "baskets": partial(
                load_all, f"{rpc}/{STOCK_SERVICE}/FindNearestAvailability", baskets, seconds
            ),
        },
        0.5,
    )


def held(folder: Path, at: Hosted, seconds: float) -> Result:
    """P7: holds, over an RPC that does nothing but run their script."""
    items = [stock_pb2.BasketItem(product=f"products/{sku}", quantity=1) for sku in BASKET]
    request = stock_pb2.CreateReservationRequest(parent=f"stores/{HOLDS_AT}", items=items)
    (folder / "hold").write_bytes(framed(request.SerializeToString()))
    rpc = f"http://127.0.0.1:{at.port}"
    result = compared(
        "P7",
        at,
        seconds,
        {
            "bare": partial(load, f"{rpc}/bench.Stock/Reserve", folder / "hold", seconds),
            "holds": partial(
                load, f"{rpc}/{STOCK_SERVICE}/CreateReservation", folder / "hold", seconds
            ),
        },
        0.75,
    )
    made = sum(sum(result.rounds[name]) for name in ("bare", "holds")) * seconds
    with grpc.insecure_channel(
        f"127.0.0.1:{at.port}"
    ) as channel:  # h2load does not look at answers
        level = stock_pb2_grpc.StockServiceStub(channel).GetStockLevels(
            stock_pb2.GetStockLevelsRequest(store=request.parent, products=[items[0].product])
        )
    assert level.levels[0].reserved > 0.9 * made
    return result


def compared(
    id: str, at: Hosted, seconds: float, acts: dict[str, Callable[[], float]], least: float
) -> Result:
    """The reference comes first: its processor time over ours."""
    server_us: dict[str, list[float]] = {name: [] for name in acts}
    store_us: dict[str, list[float]] = {name: [] for name in acts}

    def act(name: str) -> float:
        began = cpu_s(at.server_pid), cpu_s(at.store_pid)
        per_second = acts[name]()
        for spent, pid, before in (
            (server_us, at.server_pid, began[0]),
            (store_us, at.store_pid, began[1]),
        ):
            spent[name].append((cpu_s(pid) - before) / (per_second * seconds) * 1e6)
        return per_second

    readings = by_turns({name: partial(act, name) for name in acts})
    reference, ours = acts
    middle, server, store = medians(readings), medians(server_us), medians(store_us)
    ratio = server[reference] / server[ours]
    detail = "; ".join(
        f"{name} {server[name]:.0f} us of the server's processor and {store[name]:.0f} of the "
        f"store's, {middle[name]:,.0f}/s"
        for name in (ours, reference)
    )
    detail += f"; by throughput {middle[ours] / middle[reference]:.2f}"
    kept = readings | {f"{name}, us of processor": server_us[name] for name in acts}
    return Result(id, TITLES[id], ratio, TARGETS[id], ratio >= least, detail, kept, HELD_BY[id])


@contextmanager
def served(folder: Path, scale: float) -> Iterator[Hosted]:
    """A server with full shelves."""
    port = free_port()
    environment = {
        **os.environ,
        "ENRAYON_DATA_DIR": str(folder / "data"),
        "ENRAYON_GRPC_PORT": str(port),
        "ENRAYON_REFLECTION": "false",
        "ENRAYON_HOLDS_PER_CALLER": "1000000000",
    }
    counts = (str(max(200, int(STORES * scale))), str(max(10, int(PRODUCTS * scale))))
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.stock_host", *counts, "always"],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=log,
        )
    try:
        assert server.stdout
        ready, _, store_pid = server.stdout.readline().decode().partition(" ")
        if ready != "ready":
            raise RuntimeError((folder / "log").read_text())
        yield Hosted(port, server.pid, int(store_pid))
    finally:
        server.terminate()
        server.communicate()
