"""A server with many stores: `python -m tests.bench.many COUNT [--direct]`.

Makes the file (`tests.support.many_stores`), imports it by the command into a server on an
embedded store, asks the server, and starts it again. For each step: the time, and the longest that
the event loop's thread computed before other calls had their turn. The figures stand in
deploy/scaling.md.
"""

import asyncio
import contextlib
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import grpc
from redis import Redis
from rich.console import Console
from rich.table import Table

from enrayon.stores.v1 import stores_pb2, stores_pb2_grpc
from services import app
from services.chassis.clock import utc_now
from services.chassis.database.client import connect
from services.chassis.database.embedded import EmbeddedValkey
from services.chassis.settings import ChassisSettings
from services.directory.keys import STORES
from services.directory.parts import Parts
from services.directory.records import Records
from services.directory.resources import Resources
from services.stores.resources.stores import STORE
from tests.bench.measure import cpu_s
from tests.support import many_stores
from tests.support.ports import free_port

HOLDS = "BENCH_HOLDS"
"""The variable with the path to which the server writes its longest holds."""
WATCH_S = 0.002
DIRECT = "--direct"
"""The option to write the stores into the database without an import."""
ASKED = 20
Stub = stores_pb2_grpc.StoresServiceStub
Outcome = tuple[str, str]


def main() -> None:
    """Run all steps and print their figures."""
    count = int(sys.argv[1])
    if not many_stores.TOWNS.exists():
        sys.exit(f"skipped: {many_stores.TOWNS} is not there")
    table = Table("step", "figure", "longest hold, ms", "load")
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_DIR")) as name:
        folder = Path(name)
        file = folder / "stores.csv"
        if DIRECT not in sys.argv:
            many_stores.write(file, count)
        with EmbeddedValkey(folder / "valkey") as valkey:
            policy = Redis.from_url(valkey.url).config_get("appendfsync")
            for step in steps(file, folder, valkey.url, count):
                print(*step, flush=True)
                table.add_row(*step)
    Console(width=140).print(policy, table)


def steps(file: Path, folder: Path, url: str, count: int) -> Iterator[tuple[str, ...]]:
    """The figures of each step."""
    holds = Holds(folder / "holds")
    database = Redis.from_url(url)
    direct = DIRECT in sys.argv
    if direct:
        began_s = time.monotonic()
        asyncio.run(filled(url, count))
        yield "written without a server", f"{time.monotonic() - began_s:.0f} s", "", load()
    with server(folder, url) as (process, channel, ready_s):
        stub = stores_pb2_grpc.StoresServiceStub(channel)
        holds.longest()
        if direct:
            yield "start from the database", started(process, ready_s), "", load()
        else:
            with Asking(stub) as beside:
                before_s = cpu_s(process.pid)
                figure = imported(file)
            spent_s = cpu_s(process.pid) - before_s
            figure = f"{figure}, {spent_s:.0f} s of the server's"
            yield "import", f"{figure}; nearest p99 {beside.p99_ms():.1f} ms", *holds.row()
        held = 0
        while held < count:
            time.sleep(0.2)
            held = stub.ListStores(stores_pb2.ListStoresRequest(page_size=1)).total_size
        yield "memory after import", memory(process.pid, database), *holds.row()
        with Asking(stub) as quiet:
            time.sleep(10)
        yield "nearest, quiet", f"p99 {quiet.p99_ms():.1f} ms", *holds.row()
        for what, ask in ASKS.items():
            first, taken = timed(ask, stub), [timed(ask, stub) for _ in range(ASKED)]
            yield (
                what,
                f"first {first:.0f} ms, then {statistics.median(taken):.1f} ms",
                *holds.row(),
            )
        yield "every page of a list", listed(stub), *holds.row()
        yield "memory after reads", memory(process.pid, database), *holds.row()
        stopped_s = time.monotonic()
    yield "stop, with a snapshot", f"{time.monotonic() - stopped_s:.1f} s", "", load()
    with server(folder, url) as (process, channel, ready_s):
        figure = started(process, ready_s)
        stub = stores_pb2_grpc.StoresServiceStub(channel)
        found = search(query="market")(stub).total_size
        yield "start from the snapshot", f"{figure}; search finds {found:,}", *holds.row()
        yield "memory after a start", memory(process.pid, database), *holds.row()


async def filled(url: str, count: int) -> None:
    """Write the stores as records of the database."""
    patient = ChassisSettings(database_timeout_s=120)  # the machine may be busy
    records = Records(connect(patient, url), STORES)
    made = Resources(STORE, None, utc_now)  # it only prepares them
    block = []
    for number, values in enumerate(many_stores.rows(count), start=1):
        block.append(made.prepared(message(values)).write)
        if len(block) == 1000 or number == count:
            await records.write(block)
            block = []


def message(values: list[str]) -> stores_pb2.Store:
    """The store of a row."""
    row = dict(zip(many_stores.COLUMNS, values, strict=True))
    store = stores_pb2.Store(
        name=f"stores/m-{row['id']}",
        display_name=row["name"],
        brand=row["brand"],
        location={"latitude": float(row["lat"]), "longitude": float(row["lon"])},
        phones=[row["phone"]],
        urls=[row["website"]],
        attributes=row["attributes"].split("|"),
        external_ids={"gln": row["gln"], "place_id": row["google_place_id"], "osm": row["osm_id"]},
        time_zone=row["timezone"],
        opening_hours_text=row["opening_hours"],
    )
    store.address.region_code, store.address.locality = row["country"], row["city"]
    store.address.address_lines[:] = [f"{row['housenumber']} {row['street']}", row["address2"]]
    return store


def imported(file: Path) -> str:
    """Import the file by the command."""
    port = os.environ["ENRAYON_GRPC_PORT"]
    began_s = time.monotonic()
    command = [sys.executable, "-m", "services.cli", "import", str(file), "--source", "m"]
    process = subprocess.Popen(
        command, env={**os.environ, "ENRAYON_GRPC_PORT": port}, stdout=subprocess.DEVNULL
    )
    ended, most_mb = 0, 0.0
    while not ended:  # the usage that `wait4` tells has the memory of this process before its start
        most_mb = max(most_mb, memory_mb(process.pid).get("VmHWM", 0))
        time.sleep(0.1)
        ended, status, usage = os.wait4(process.pid, os.WNOHANG)
    taken_s = time.monotonic() - began_s
    rows = sum(1 for _ in file.open("rb")) - 1
    return (
        f"{taken_s:.0f} s, {rows / taken_s:,.0f} stores/s, exit {os.waitstatus_to_exitcode(status)}"
        f", client {most_mb:.0f} MB, {usage.ru_utime:.0f} s of its processor"
    )


def started(process: subprocess.Popen[bytes], ready_s: float) -> str:
    """What the start of a server took."""
    return f"ready in {ready_s:.1f} s, {cpu_s(process.pid):.1f} s of the processor"


def timed(ask: Callable[[Stub], object], stub: Stub) -> float:
    """Milliseconds until the answer."""
    began_s = time.perf_counter()
    ask(stub)
    return (time.perf_counter() - began_s) * 1000


def listed(stub: Stub) -> str:
    """Follow the pages of a list to its end."""
    request = stores_pb2.ListStoresRequest(page_size=1000, read_mask={"paths": ["name"]})
    taken, number = [], 0
    while True:
        began_s = time.perf_counter()
        page = stub.ListStores(request)
        taken.append((time.perf_counter() - began_s) * 1000)
        number += len(page.stores)
        request.page_token = page.next_page_token
        if not page.next_page_token:
            return f"{number:,} stores, page of 1,000 {statistics.median(taken):.1f} ms"


def search(**fields: object) -> Callable[[Stub], stores_pb2.SearchStoresResponse]:
    """A search for a page of stores."""
    return lambda stub: stub.SearchStores(stores_pb2.SearchStoresRequest(page_size=50, **fields))


WEST = {"low": {"latitude": 35, "longitude": -10}, "high": {"latitude": 60, "longitude": 30}}
WORLD = {"low": {"latitude": -90, "longitude": -180}, "high": {"latitude": 90, "longitude": 180}}
PARIS = {"latitude": 48.8566, "longitude": 2.3522}
ASKS: dict[str, Callable[[Stub], object]] = {
    "list": lambda stub: stub.ListStores(stores_pb2.ListStoresRequest(page_size=50)),
    "list by country": lambda stub: stub.ListStores(
        stores_pb2.ListStoresRequest(page_size=50, store_filter={"region_codes": ["FI"]})
    ),
    "list open now": lambda stub: stub.ListStores(
        stores_pb2.ListStoresRequest(
            page_size=50, store_filter={"open_at": {"seconds": int(time.time())}}
        )
    ),
    "search market": search(query="market"),
    "search luna market paris": search(query="luna market paris"),
    "search s": search(query="s"),
    "search street in FI": search(query="street", store_filter={"region_codes": ["FI"]}),
    "search market in a viewport": search(query="market", viewport=WEST),
    "search in a viewport": search(viewport=WEST),
    "search in the world": search(viewport=WORLD),
    "search in a circle of 1,000 km": search(circle={"center": PARIS, "radius_m": 1_000_000}),
    "count by cell": lambda stub: stub.CountStores(stores_pb2.CountStoresRequest(h3_resolution=2)),
    "suggest lu": lambda stub: stub.SuggestPlaces(stores_pb2.SuggestPlacesRequest(query="lu")),
    "nearest open now": lambda stub: stub.FindNearestStores(
        stores_pb2.FindNearestStoresRequest(
            origin={"point": PARIS}, store_filter={"open_at": {"seconds": int(time.time())}}
        )
    ),
}


class Asking:
    """Asks for the nearest stores all the time, in a thread, about 50 times a second."""

    def __init__(self, stub: Stub) -> None:
        self._stub = stub
        self._taken: list[float] = []
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> "Asking":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def p99_ms(self) -> float:
        """The 99th percentile of the answers' times."""
        return statistics.quantiles(self._taken, n=100)[98]

    def _run(self) -> None:
        number = 0
        while not self._ended.wait(0.02):
            number += 1
            point = {"latitude": 45 + number % 40 / 10, "longitude": 1 + number % 37 / 10}
            request = stores_pb2.FindNearestStoresRequest(origin={"point": point})
            began_s = time.perf_counter()
            with contextlib.suppress(grpc.RpcError):
                self._stub.FindNearestStores(request, timeout=30)
            self._taken.append((time.perf_counter() - began_s) * 1000)


class Holds:
    """Reads the longest holds that the server wrote."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read = 0

    def longest(self) -> float:
        """Milliseconds, since the last call."""
        time.sleep(0.6)
        lines = self._path.read_text().splitlines() if self._path.exists() else []
        if len(lines) < self._read:  # another server writes
            self._read = 0
        new, self._read = lines[self._read :], len(lines)
        return max(map(float, new), default=0.0)

    def row(self) -> Outcome:
        """The longest hold and the load, as text."""
        return f"{self.longest():.0f}", load()


def load() -> str:
    """The machine's load of the last minute."""
    return f"{os.getloadavg()[0]:.1f}"


def memory(pid: int, database: Redis) -> str:
    """What the server and the database hold."""
    now, most = (memory_mb(pid)[name] for name in ("VmRSS", "VmHWM"))
    used = int(database.info("memory")["used_memory"]) / 2**20
    return f"server {now:,.0f} MB, at most {most:,.0f} MB; database {used:,.0f} MB"


def memory_mb(pid: int) -> dict[str, float]:
    """The sizes of a process in MB, by their names in Linux; none once it has ended."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return {
        line.split(":")[0]: int(line.split()[1]) / 1024 for line in lines if line.endswith(" kB")
    }


@contextlib.contextmanager
def server(folder: Path, url: str) -> Iterator[tuple[subprocess.Popen[bytes], grpc.Channel, float]]:
    """`enrayon serve` that writes its holds; with the seconds until it was ready."""
    port = free_port()
    os.environ["ENRAYON_GRPC_PORT"] = str(port)
    environment = {
        **os.environ,
        "ENRAYON_DATA_DIR": str(folder / "data"),
        "ENRAYON_DATABASE_URL": url,
        HOLDS: str(folder / "holds"),
    }
    began_s = time.monotonic()
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.many", "serve"],
            env=environment,
            stdout=log,
            stderr=log,
        )
    try:
        # A channel that has failed to connect waits longer and longer.
        while not listens(port):
            if process.poll() is not None or time.monotonic() - began_s > 600:
                raise RuntimeError((folder / "log").read_text())
            time.sleep(0.05)
        options = [("grpc.max_receive_message_length", 2**26)]
        with grpc.insecure_channel(f"127.0.0.1:{port}", options) as channel:
            grpc.channel_ready_future(channel).result(60)
            yield process, channel, time.monotonic() - began_s
    finally:
        process.terminate()
        process.wait()
        if keep := os.environ.get("BENCH_LOG"):
            Path(keep).write_bytes((folder / "log").read_bytes())


def listens(port: int) -> bool:
    """True if a server listens on a port."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
        return True
    return False


def serve() -> None:
    """Serve, and write the longest hold of each half second."""
    path = Path(os.environ[HOLDS])
    tasks = []
    told: list[str] = []

    async def watch(_parts: Parts) -> None:
        tasks.append(asyncio.create_task(written()))

    async def written() -> None:
        await asyncio.sleep(1)
        longest, last_s, told_s = 0.0, time.thread_time(), time.monotonic()
        while True:
            await asyncio.sleep(WATCH_S)
            now_s = time.thread_time()
            longest, last_s = max(longest, now_s - last_s), now_s
            if time.monotonic() - told_s > 0.5:
                told.append(f"{longest * 1000:.1f}\n")
                await asyncio.to_thread(path.write_text, "".join(told))
                longest, last_s, told_s = 0.0, time.thread_time(), time.monotonic()

    app.serve(ChassisSettings(), [], watch)


if __name__ == "__main__":
    serve() if sys.argv[1:] == ["serve"] else main()
