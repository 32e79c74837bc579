"""P6, P7: searching baskets and holding them, beside what each is built on."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import grpc

from enrayon.stock.v1 import stock_pb2, stock_pb2_grpc
from enrayon.stores.v1 import stores_pb2, stores_pb2_grpc
from tests.bench.load import framed, load
from tests.bench.measure import Result, by_turns, medians, skipped
from tests.bench.stock_host import BASKET, HOLDS_AT
from tests.bench.transport import LOAD_S
from tests.e2e.suite import free_port

STORES, PRODUCTS = 2_000, 10_000
PARIS = {"point": {"latitude": 48.8566, "longitude": 2.3522}}
RADIUS_M = 16_000.0
TARGETS = {"P6": ">= 0.5", "P7": ">= 0.7"}
TITLES = {
    "P6": "FindNearestAvailability of 3 products over FindNearestStores",
    "P7": "CreateReservation of 3 products over a bare RPC with the same script",
}
STORES_SERVICE = "enrayon.stores.v1.StoresService"
STOCK_SERVICE = "enrayon.stock.v1.StockService"


def measures(scale: float) -> Iterator[Result]:
    """Both measures, each on a store that syncs as the suite does by itself."""
    if not shutil.which("h2load"):
        for id, target in TARGETS.items():
            yield skipped(id, TITLES[id], target, "needs h2load (package nghttp2-client)")
        return
    with tempfile.TemporaryDirectory() as folder, served(Path(folder), scale) as port:
        yield searched(Path(folder), port, scale)
        yield held(Path(folder), port, scale)


def searched(folder: Path, port: int, scale: float) -> Result:
    """P6: the nearest stores with a basket, over the nearest stores."""
    nearest = stores_pb2.FindNearestStoresRequest(
        origin=PARIS, store_filter=stores_pb2.StoreFilter(region_codes=["FR"])
    )
    items = [stock_pb2.BasketItem(product=f"products/{sku}", quantity=2) for sku in BASKET]
    basket = stock_pb2.FindNearestAvailabilityRequest(items=items, origin=PARIS, radius_m=RADIUS_M)
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        assert len(stores_pb2_grpc.StoresServiceStub(channel).FindNearestStores(nearest).stores)
        stock = stock_pb2_grpc.StockServiceStub(channel)
        while not (found := stock.FindNearestAvailability(basket)).HasField("index_lag"):
            time.sleep(0.2)  # the shelves are being loaded
        assert found.stores
        assert all(store.complete for store in found.stores)
    (folder / "nearest").write_bytes(framed(nearest.SerializeToString()))
    (folder / "basket").write_bytes(framed(basket.SerializeToString()))
    rpc, seconds = f"http://127.0.0.1:{port}", max(1, round(LOAD_S * scale))
    readings = by_turns(
        {
            "stores": lambda: load(
                f"{rpc}/{STORES_SERVICE}/FindNearestStores", folder / "nearest", seconds
            ),
            "baskets": lambda: load(
                f"{rpc}/{STOCK_SERVICE}/FindNearestAvailability", folder / "basket", seconds
            ),
        }
    )
    return compared("P6", readings, "baskets", "stores", 0.5)


def held(folder: Path, port: int, scale: float) -> Result:
    """P7: holds, over an RPC that does nothing but run their script."""
    items = [stock_pb2.BasketItem(product=f"products/{sku}", quantity=1) for sku in BASKET]
    request = stock_pb2.CreateReservationRequest(parent=f"stores/{HOLDS_AT}", items=items)
    (folder / "hold").write_bytes(framed(request.SerializeToString()))
    rpc, seconds = f"http://127.0.0.1:{port}", max(1, round(LOAD_S * scale))
    readings = by_turns(
        {
            "bare": lambda: load(f"{rpc}/bench.Stock/Reserve", folder / "hold", seconds),
            "holds": lambda: load(
                f"{rpc}/{STOCK_SERVICE}/CreateReservation", folder / "hold", seconds
            ),
        }
    )
    made = sum(map(sum, readings.values())) * seconds
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:  # h2load does not look at answers
        level = stock_pb2_grpc.StockServiceStub(channel).GetStockLevels(
            stock_pb2.GetStockLevelsRequest(store=request.parent, products=[items[0].product])
        )
    assert level.levels[0].reserved > 0.9 * made
    return compared("P7", readings, "holds", "bare", 0.7)


def compared(
    id: str, readings: dict[str, list[float]], ours: str, reference: str, least: float
) -> Result:
    """The ratio of the medians."""
    middle = medians(readings)
    ratio = middle[ours] / middle[reference]
    detail = f"{ours} {middle[ours]:,.0f}/s, {reference} {middle[reference]:,.0f}/s"
    return Result(id, TITLES[id], ratio, TARGETS[id], ratio >= least, detail, readings)


@contextmanager
def served(folder: Path, scale: float) -> Iterator[int]:
    """A server with full shelves; its port."""
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
        if server.stdout.readline() != b"ready\n":
            raise RuntimeError((folder / "log").read_text())
        yield port
    finally:
        server.terminate()
        server.communicate()
