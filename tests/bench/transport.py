"""P1, P4, P10: what answers cost over the wire, beside an echo of the same bytes.

One process serves them all, so its processor time decides how many it can answer. That is what P1
and P4 compare: throughput depends on all else that the machine does, and is told beside. JSON costs
Envoy's processor too, so P10 compares throughput.
"""

import json
import os
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

from enrayon.stores.v1 import stores_pb2, stores_pb2_grpc
from tests.bench.load import JSON, MISSING, framed, is_installed, load, load_all
from tests.bench.measure import SHORTEST_S, Result, by_turns, cpu_s, medians, skipped
from tests.support.ports import free_port

SERVICE = "enrayon.stores.v1.StoresService"
STORES = 30_000
LOAD_S = 3
BATCH = 1000
CITIES = (
    (48.8566, 2.3522), (45.764, 4.8357), (43.2965, 5.3698), (43.6047, 1.4442),
    (47.2184, -1.5536), (48.5734, 7.7521), (44.8378, -0.5792), (50.6292, 3.0573),
)  # fmt: skip
TARGETS = {"P1": ">= 0.85", "P4": ">= 10", "P10": ">= 0.6"}
TITLES = {
    "P1": "FindNearestStores over an echo of the same bytes, by processor",
    "P4": "origins in batches over single calls, by processor",
    "P10": "JSON over gRPC, the same query",
}
HELD_BY = {
    "P1": "the answer itself: half of it search, a quarter the contract's rules (`make profile`)",
    "P4": "geodesics, a quarter of a batch",
    "P10": "Envoy's transcoding, on the core that makes the load",
}


class Served(NamedTuple):
    """A running server, and an Envoy before it."""

    pid: int
    grpc_port: int
    http_port: int


def measures(scale: float) -> Iterator[Result]:
    """All measures over the wire."""
    if not is_installed():
        for id, target in TARGETS.items():
            yield skipped(id, TITLES[id], target, MISSING)
        return
    with tempfile.TemporaryDirectory() as folder, served(Path(folder), int(STORES * scale)) as at:
        yield from measured(Path(folder), at, scale)


def on_another_host(_scale: float) -> Iterator[Result]:
    """P12: told for the record."""
    title = "FindNearestStores hosted in Envoy's own process over grpc.aio"
    why = "that host was tried, 1.8 to 1.9 times, and not kept: deploy/decisions/0011"
    yield skipped("P12", title, ">= 2.5", why)


def measured(folder: Path, at: Served, scale: float) -> Iterator[Result]:
    """The measures on a running server."""
    size = max(10, int(BATCH * scale))
    singles, batch, texts = bodies(folder, size)
    check(at, size)
    rpc, seconds = f"http://127.0.0.1:{at.grpc_port}", max(SHORTEST_S, LOAD_S * scale)
    each_cpu_us: dict[str, list[float]] = {}
    acts: dict[str, Callable[[], float]] = {
        "echo": lambda: load_all(f"{rpc}/bench.Echo/Echo", singles, seconds),
        "gRPC": lambda: load_all(f"{rpc}/{SERVICE}/FindNearestStores", singles, seconds),
        "batch": lambda: (
            size * load(f"{rpc}/{SERVICE}/BatchFindNearestStores", batch, seconds, in_flight=4)
        ),
        "JSON": lambda: load_all(
            f"http://127.0.0.1:{at.http_port}/v1/stores:findNearest", texts, seconds, JSON
        ),
    }

    def act(name: str) -> float:
        began = cpu_s(at.pid)
        per_second = acts[name]()
        used_s = cpu_s(at.pid) - began
        each_cpu_us.setdefault(name, []).append(used_s / (per_second * seconds) * 1e6)
        return per_second

    readings = by_turns({name: partial(act, name) for name in acts})
    middle, cpu_us = medians(readings), medians(each_cpu_us)
    pairs = {
        "P1": ("gRPC", "echo", 0.85),
        "P4": ("batch", "gRPC", 10),
        "P10": ("JSON", "gRPC", 0.6),
    }
    for id, (ours, reference, least) in pairs.items():
        by_throughput = middle[ours] / middle[reference]
        ratio = by_throughput if id == "P10" else cpu_us[reference] / cpu_us[ours]
        detail = "; ".join(
            f"{name} {cpu_us[name]:.0f} us of the server's processor, {middle[name]:,.0f}/s"
            for name in (ours, reference)
        )
        detail += f"; by throughput {by_throughput:.2f}"
        kept = {name: readings[name] for name in (ours, reference)}
        kept |= {f"{name}, us of processor": each_cpu_us[name] for name in (ours, reference)}
        reached = ratio >= least
        yield Result(id, TITLES[id], ratio, TARGETS[id], reached, detail, kept, HELD_BY[id])


def wanted(
    latitude: float, longitude: float
) -> tuple[stores_pb2.FindNearestStoresRequest, dict[str, object]]:
    """The query from one place, as a message and as JSON."""
    point = {"latitude": latitude, "longitude": longitude}
    query = stores_pb2.FindNearestStoresRequest(
        origin={"point": point}, store_filter=stores_pb2.StoreFilter(region_codes=["FR"])
    )
    return query, {"origin": {"point": point}, "store_filter": {"region_codes": ["FR"]}}


def batch_of(size: int) -> stores_pb2.BatchFindNearestStoresRequest:
    """Origins all over the north of France."""
    points = [{"latitude": 48 + n % 20 / 10, "longitude": 2 + n // 20 / 100} for n in range(size)]
    return stores_pb2.BatchFindNearestStoresRequest(
        points=points, store_filter=stores_pb2.StoreFilter(region_codes=["FR"])
    )


def bodies(folder: Path, size: int) -> tuple[list[Path], Path, list[Path]]:
    """Files to send: single queries from some cities, a batch, the single ones as JSON."""
    singles, texts, batch = [], [], folder / "batch"
    for number, (latitude, longitude) in enumerate(CITIES):
        message, text = wanted(latitude, longitude)
        singles.append(folder / f"single-{number}")
        singles[-1].write_bytes(framed(message.SerializeToString()))
        texts.append(folder / f"json-{number}")
        texts[-1].write_text(json.dumps(text))
    batch.write_bytes(framed(batch_of(size).SerializeToString()))
    return singles, batch, texts


def check(at: Served, size: int) -> None:
    """See that the answers are what they should be."""
    with grpc.insecure_channel(f"127.0.0.1:{at.grpc_port}") as channel:
        stub = stores_pb2_grpc.StoresServiceStub(channel)
        for city in CITIES:
            assert len(stub.FindNearestStores(wanted(*city)[0]).stores) == 10
        assert len(stub.BatchFindNearestStores(batch_of(size)).results) == size


@contextmanager
def served(folder: Path, count: int) -> Iterator[Served]:
    """A server with stores of France and an echo, and Envoy before it."""
    grpc_port, http_port = free_port(), free_port()
    environment = {
        **os.environ,
        "ENRAYON_DATA_DIR": str(folder / "data"),
        "ENRAYON_GRPC_PORT": str(grpc_port),
        "ENRAYON_HTTP_PORT": str(http_port),
        "ENRAYON_REFLECTION": "false",
    }
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.host", str(count)],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=log,
        )
    try:
        assert server.stdout
        if server.stdout.readline() != b"ready\n":
            raise RuntimeError((folder / "log").read_text())
        time.sleep(1.5)  # Envoy looks whether the service is well once a second
        yield Served(server.pid, grpc_port, http_port)
    finally:
        server.terminate()
        server.communicate()
