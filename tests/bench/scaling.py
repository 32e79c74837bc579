"""What things cost as they grow ten times: `python -m tests.bench.scaling [stores levels ...]`.

For each subject a server of its own, on an embedded store of its own, is filled in two steps. Read
after each: what the server's processor spends on a request; and after the second, the memory that
the server and the store have taken for what came since the first, when what a start leaves behind
was given back. The figures stand in deploy/scaling.md.
"""

import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import grpc
from google.protobuf.message import Message
from redis import Redis
from rich.console import Console
from rich.table import Table

from enrayon.geofence.v1 import geofence_pb2, geofence_pb2_grpc
from enrayon.stock.v1 import stock_pb2, stock_pb2_grpc
from enrayon.stores.v1 import stores_pb2, stores_pb2_grpc
from services.chassis.database.embedded import EmbeddedValkey
from tests.bench.fences import World, fence, somewhere
from tests.bench.measure import cpu_s
from tests.bench.places import stores
from tests.support.ports import free_port

ASKED = 400
GROWTH = 10
STORE = "stores/b-0"
PARIS = {"point": {"latitude": 48.8566, "longitude": 2.3522}}


class Running(NamedTuple):
    """A server with its store."""

    pid: int
    channel: grpc.Channel
    redis: Redis


class Subject(NamedTuple):
    """What grows, and what is asked of it."""

    start: int
    """How many there are after the first step; ten times as many after the second."""
    fill: Callable[[Running, int, int], None]
    """Adds numbers from one up to, without, another."""
    asks: dict[str, Callable[[Running, int], object]]
    """A request by the name of what it is; takes its number."""


def main() -> None:
    """Measure the subjects that are named, or all."""
    table = Table("what", "how many", "server, B each", "store, B each", "processor, us a request")
    for name in sys.argv[1:] or SUBJECTS:
        subject = SUBJECTS[name]
        with tempfile.TemporaryDirectory() as folder, served(Path(folder)) as running:
            for row in grown(running, subject):
                table.add_row(name, *row)
    Console(width=140).print(table)


def grown(running: Running, subject: Subject) -> Iterator[tuple[str, str, str, str]]:
    """The readings after each of two steps, as text."""
    held, done = memory(running), 0
    for count in (subject.start, subject.start * GROWTH):
        subject.fill(running, done, count)
        time.sleep(1.0)  # what was written is followed
        asked = []
        for name, ask in subject.asks.items():
            for number in range(ASKED // 4):
                ask(running, number)
            began = cpu_s(running.pid)
            for number in range(ASKED):
                ask(running, number)
            asked.append(f"{name} {(cpu_s(running.pid) - began) / ASKED * 1e6:.0f}")
        now = memory(running)
        each = ["", ""]
        if done:
            taken = (after - before for before, after in zip(held, now, strict=True))
            each = [f"{size / (count - done):,.0f}" for size in taken]
        yield f"{count:,}", each[0], each[1], ", ".join(asked)
        held, done = now, count


def memory(running: Running) -> tuple[int, int]:
    """Bytes that the server and the store hold."""
    for line in Path(f"/proc/{running.pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) * 1024, int(running.redis.info("memory")["used_memory"])
    raise LookupError("the server has ended")


def sent(method: str) -> Callable[[Running, Message], object]:
    """A unary call by its full name; the answer's bytes are not looked at."""

    def call(running: Running, request: Message) -> object:
        return running.channel.unary_unary(method)(request.SerializeToString(), timeout=60)

    return call


NEAREST = sent("/enrayon.stores.v1.StoresService/FindNearestStores")
SEARCH = sent("/enrayon.stores.v1.StoresService/SearchStores")
COUNT = sent("/enrayon.stores.v1.StoresService/CountStores")
AVAILABILITY = sent("/enrayon.stock.v1.StockService/FindNearestAvailability")
PRODUCTS = sent("/enrayon.stock.v1.StockService/SearchProducts")
RESERVE = sent("/enrayon.stock.v1.StockService/CreateReservation")
REPORT = sent("/enrayon.geofence.v1.GeofenceService/ReportPosition")


def fill_stores(running: Running, begin: int, end: int) -> None:
    """Stores of France, each about as large as a real one."""
    ids, latitudes, longitudes = stores(end, country="FR")

    def requests() -> Iterator[stores_pb2.UpsertStoresRequest]:
        for start in range(begin, end, 500):
            request = stores_pb2.UpsertStoresRequest()
            for row in range(start, min(start + 500, end)):
                request.stores.add(
                    name=f"stores/{ids[row]}",
                    display_name=f"Magasin {row}",
                    brand=f"Marque {row % 20}",
                    location={"latitude": latitudes[row], "longitude": longitudes[row]},
                    address={"region_code": "FR", "address_lines": [f"{row % 100} rue de la Paix"]},
                    time_zone="Europe/Paris",
                    opening_hours_text="Mo-Sa 09:00-19:30",
                )
            yield request

    stores_pb2_grpc.StoresServiceStub(running.channel).UpsertStores(requests())


def fill_products(running: Running, begin: int, end: int) -> None:
    """Products."""
    requests = (
        stock_pb2.UpsertProductsRequest(
            products=[
                stock_pb2.Product(name=f"products/sku-{number}", display_name=f"Article {number}")
                for number in range(start, min(start + 500, end))
            ]
        )
        for start in range(begin, end, 500)
    )
    stock_pb2_grpc.StockServiceStub(running.channel).UpsertProducts(requests)


SHELVES = 100
"""How many stores have each of the products whose levels are counted."""


def fill_levels(running: Running, begin: int, end: int) -> None:
    """Levels, of ever more products at the same stores."""
    first, last = begin // SHELVES, end // SHELVES
    if begin == 0:
        fill_stores(running, 0, SHELVES)
    fill_products(running, first, last)
    requests = (
        stock_pb2.SetStockLevelsRequest(
            store=f"stores/b-{store}",
            source="bench",
            sequence=end,
            levels=[
                stock_pb2.StockLevelInput(product=f"products/sku-{number}", on_hand=1_000_000)
                for number in range(start, min(start + 500, last))
            ],
        )
        for store in range(SHELVES)
        for start in range(first, last, 500)
    )
    stock_pb2_grpc.StockServiceStub(running.channel).SetStockLevels(requests)


def reserve(running: Running, _number: int) -> object:
    """A hold of three products."""
    items = [stock_pb2.BasketItem(product=f"products/sku-{n}", quantity=1) for n in range(3)]
    return RESERVE(running, stock_pb2.CreateReservationRequest(parent=STORE, items=items))


def fill_holds(running: Running, begin: int, end: int) -> None:
    """Holds of three products at one store."""
    if begin == 0:
        fill_levels(running, 0, 10 * SHELVES)
    for number in range(begin, end):
        reserve(running, number)


def fill_fences(running: Running, begin: int, end: int) -> None:
    """Circles all over the south of Finland."""
    stub = geofence_pb2_grpc.GeofenceServiceStub(running.channel)
    fence(stub, end, begin)


def fill_devices(running: Running, begin: int, end: int) -> None:
    """Devices that report once, in batches."""
    if begin == 0:
        fill_fences(running, 0, 100)
    world = World("device", end)
    batches = [world.batch(1000, 1) for _ in range(0, end, 1000)]
    stub = geofence_pb2_grpc.GeofenceServiceStub(running.channel)
    list(stub.StreamPositions(iter(batches[begin // 1000 :])))


def report(running: Running, number: int) -> object:
    """One fix of a device that is seen again and again."""
    latitude, longitude = somewhere(random.Random(number))
    fix = geofence_pb2.Fix(device_id=f"again-{number}", accuracy_m=10)
    fix.location.latitude, fix.location.longitude = latitude, longitude
    fix.device_time.GetCurrentTime()
    return REPORT(running, geofence_pb2.ReportPositionRequest(fix=fix, consent=True))


def nearest(running: Running, number: int) -> object:
    """Ten stores near some place in France."""
    point = {"latitude": 45 + number % 40 / 10, "longitude": 1 + number % 37 / 10}
    return NEAREST(running, stores_pb2.FindNearestStoresRequest(origin={"point": point}))


SUBJECTS = {
    "stores": Subject(
        3_000,
        fill_stores,
        {
            "nearest": nearest,
            "search": lambda running, number: SEARCH(
                running, stores_pb2.SearchStoresRequest(query=f"Magasin {number}", page_size=10)
            ),
            "count per cell": lambda running, _: COUNT(
                running, stores_pb2.CountStoresRequest(h3_resolution=4)
            ),
        },
    ),
    "products": Subject(
        1_000,
        fill_products,
        {
            "search": lambda running, number: PRODUCTS(
                running, stock_pb2.SearchProductsRequest(query=f"Article {number}", page_size=10)
            )
        },
    ),
    "levels": Subject(
        10_000,
        fill_levels,
        {
            "find a basket": lambda running, number: AVAILABILITY(
                running,
                stock_pb2.FindNearestAvailabilityRequest(
                    items=[
                        stock_pb2.BasketItem(product=f"products/sku-{n}", quantity=1)
                        for n in range(number % 90, number % 90 + 3)
                    ],
                    origin=PARIS,
                ),
            )
        },
    ),
    "holds": Subject(1_000, fill_holds, {"reserve": reserve}),
    "fences": Subject(1_000, fill_fences, {"report a position": report}),
    "devices": Subject(10_000, fill_devices, {"report a position": report}),
}


@contextmanager
def served(folder: Path) -> Iterator[Running]:
    """`enrayon serve` with all services."""
    port = free_port()
    with EmbeddedValkey(folder / "valkey") as valkey:
        environment = {
            **os.environ,
            "ENRAYON_DATA_DIR": str(folder / "data"),
            "ENRAYON_GRPC_PORT": str(port),
            "ENRAYON_DATABASE_URL": valkey.url,
            "ENRAYON_HOLDS_PER_CALLER": "1000000000",
        }
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "services.cli", "serve"],
                env=environment,
                stdout=log,
                stderr=log,
            )
        try:
            with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
                try:
                    grpc.channel_ready_future(channel).result(60)
                except grpc.FutureTimeoutError:
                    raise RuntimeError((folder / "log").read_text()) from None
                yield Running(process.pid, channel, Redis.from_url(valkey.url))
        finally:
            process.terminate()
            process.wait()


if __name__ == "__main__":
    main()
