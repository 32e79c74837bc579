"""P1, P4, P10: what answers cost over the wire, beside an echo of the same bytes.

One process serves them all, so its processor time decides how many it can answer. That is what is
compared: throughput depends on all else that the machine does, and is told beside. P10 goes through
the edge both ways, so Envoy's processor counts too.
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
from services.client.bindings import TRANSCODE_HEADER
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
BY_TRANSCODER = f"{TRANSCODE_HEADER}: 1"


class Pair(NamedTuple):
    """A measure: the processor time of the reference over ours."""

    id: str
    title: str
    ours: str
    reference: str
    least: float
    held_by: str


PAIRS = (
    Pair(
        "P1",
        "FindNearestStores over an echo of the same bytes, by processor",
        *("gRPC", "echo", 0.68),
        "the answer itself: 45 % search, the rest many small steps (P1b, `make profile`)",
    ),
    Pair(
        "P4",
        "origins in batches over single calls, by processor",
        *("batch", "gRPC", 20),
        "geodesics, a quarter of a batch",
    ),
    Pair(
        "P10",
        "a hot read by JSON over gRPC, both through the edge, server and Envoy together",
        *("JSON", "gRPC by the edge", 1.3),
        "Envoy, which takes as much to pass a request through as the server to answer it",
    ),
    Pair(
        "P10",
        "the same, transcoded as all other JSON is",
        *("JSON transcoded", "gRPC by the edge", 0.75),
        "Envoy's transcoder",
    ),
)


class Served(NamedTuple):
    """A running server, and an Envoy before it."""

    pid: int
    envoy_pid: int
    grpc_port: int
    http_port: int


def measures(scale: float) -> Iterator[Result]:
    """All measures over the wire."""
    if not is_installed():
        for pair in PAIRS:
            yield skipped(pair.id, pair.title, f">= {pair.least:g}", MISSING)
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
    edge = f"http://127.0.0.1:{at.http_port}"
    nearest, find = f"{SERVICE}/FindNearestStores", f"{edge}/v1/stores:findNearest"
    cpu_us: dict[str, list[float]] = {}
    acts: dict[str, Callable[[], float]] = {
        "echo": lambda: load_all(f"{rpc}/bench.Echo/Echo", singles, seconds),
        "gRPC": lambda: load_all(f"{rpc}/{nearest}", singles, seconds),
        "batch": lambda: (
            size * load(f"{rpc}/{SERVICE}/BatchFindNearestStores", batch, seconds, in_flight=4)
        ),
        "gRPC by the edge": lambda: load_all(f"{edge}/{nearest}", singles, seconds),
        "JSON": lambda: load_all(find, texts, seconds, JSON),
        "JSON transcoded": lambda: load_all(find, texts, seconds, JSON, [BY_TRANSCODER]),
    }

    def act(name: str) -> float:
        began = cpu_s(at.pid), cpu_s(at.envoy_pid)
        per_second = acts[name]()
        server_s, envoy_s = cpu_s(at.pid) - began[0], cpu_s(at.envoy_pid) - began[1]
        calls = per_second * seconds
        cpu_us.setdefault(f"{name}, server", []).append(server_s / calls * 1e6)
        cpu_us.setdefault(f"{name}, Envoy", []).append(envoy_s / calls * 1e6)
        cpu_us.setdefault(name, []).append((server_s + envoy_s) / calls * 1e6)
        return per_second

    readings = by_turns({name: partial(act, name) for name in acts})
    throughput, middle = medians(readings), medians(cpu_us)
    for pair in PAIRS:
        both = pair.ours, pair.reference
        ratio = middle[pair.reference] / middle[pair.ours]
        detail = "; ".join(
            f"{name} {middle[f'{name}, server']:.0f} us of the server's processor"
            + (f" and {envoy:.0f} of Envoy's" if (envoy := middle[f"{name}, Envoy"]) > 1 else "")
            + f", {throughput[name]:,.0f}/s"
            for name in both
        )
        kept = {name: readings[name] for name in both}
        kept |= {f"{name}, us of processor": cpu_us[name] for name in both}
        reached = ratio >= pair.least
        target = f">= {pair.least:g}"
        yield Result(pair.id, pair.title, ratio, target, reached, detail, kept, pair.held_by)


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
        "ENRAYON_JSON_SOCKET": str(folder / "json.sock"),
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
        ready, _, envoy_pid = server.stdout.readline().decode().partition(" ")
        if ready != "ready":
            raise RuntimeError((folder / "log").read_text())
        time.sleep(1.5)  # Envoy looks whether the service is well once a second
        yield Served(server.pid, int(envoy_pid), grpc_port, http_port)
    finally:
        server.terminate()
        server.communicate()
