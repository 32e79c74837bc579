"""P1, P4, P10: what answers cost over the wire, beside an echo of the same bytes.

h2load (package nghttp2-client) makes the load, from the other core; it does not look at answers,
so one of each kind is checked first.
"""

import json
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import grpc

from enrayon.stores.v1 import stores_pb2, stores_pb2_grpc
from tests.bench.measure import Result, by_turns, medians, skipped
from tests.e2e.suite import free_port

SERVICE = "enrayon.stores.v1.StoresService"
STORES = 30_000
LOAD_S = 3
IN_FLIGHT = 64
BATCH = 1000
TARGETS = {"P1": ">= 0.85", "P4": ">= 10", "P10": ">= 0.6"}
TITLES = {
    "P1": "FindNearestStores over an echo of the same bytes",
    "P4": "origins a second in batches over single calls",
    "P10": "JSON over gRPC, the same query",
}


def measures(scale: float) -> Iterator[Result]:
    """All measures over the wire."""
    if not shutil.which("h2load"):
        for id, target in TARGETS.items():
            yield skipped(id, TITLES[id], target, "needs h2load (package nghttp2-client)")
        return
    with tempfile.TemporaryDirectory() as folder, served(Path(folder), int(STORES * scale)) as at:
        yield from measured(Path(folder), *at, scale)


def measured(folder: Path, grpc_port: int, http_port: int, scale: float) -> Iterator[Result]:
    """The measures on a running server."""
    paris = {"latitude": 48.8566, "longitude": 2.3522}
    wanted = stores_pb2.StoreFilter(region_codes=["FR"])
    single = stores_pb2.FindNearestStoresRequest(origin={"point": paris}, store_filter=wanted)
    size = max(10, int(BATCH * scale))
    points = [{"latitude": 48 + n % 20 / 10, "longitude": 2 + n // 20 / 100} for n in range(size)]
    batch = stores_pb2.BatchFindNearestStoresRequest(points=points, store_filter=wanted)
    with grpc.insecure_channel(f"127.0.0.1:{grpc_port}") as channel:
        stub = stores_pb2_grpc.StoresServiceStub(channel)
        assert len(stub.FindNearestStores(single).stores) == 10
        assert len(stub.BatchFindNearestStores(batch).results) == size
    (folder / "single").write_bytes(framed(single.SerializeToString()))
    (folder / "batch").write_bytes(framed(batch.SerializeToString()))
    body = {"origin": {"point": paris}, "store_filter": {"region_codes": ["FR"]}}
    (folder / "json").write_text(json.dumps(body))
    rpc = f"http://127.0.0.1:{grpc_port}"
    seconds = max(1, round(LOAD_S * scale))
    readings = by_turns(
        {
            "echo": lambda: load(f"{rpc}/bench.Echo/Echo", folder / "single", seconds),
            "gRPC": lambda: load(f"{rpc}/{SERVICE}/FindNearestStores", folder / "single", seconds),
            "batch": lambda: (
                size * load(f"{rpc}/{SERVICE}/BatchFindNearestStores", folder / "batch", seconds, 4)
            ),
            "JSON": lambda: load(
                f"http://127.0.0.1:{http_port}/v1/stores:findNearest",
                folder / "json",
                seconds,
                content_type="application/json",
            ),
        }
    )
    middle = medians(readings)
    pairs = {
        "P1": ("gRPC", "echo", 0.85),
        "P4": ("batch", "gRPC", 10),
        "P10": ("JSON", "gRPC", 0.6),
    }
    for id, (ours, reference, least) in pairs.items():
        ratio = middle[ours] / middle[reference]
        detail = f"{ours} {middle[ours]:,.0f}/s, {reference} {middle[reference]:,.0f}/s"
        kept = {name: readings[name] for name in (ours, reference)}
        yield Result(id, TITLES[id], ratio, TARGETS[id], ratio >= least, detail, kept)


def framed(message: bytes) -> bytes:
    """A message as gRPC frames it: not compressed, its length, itself."""
    return b"\0" + struct.pack(">I", len(message)) + message


def load(
    url: str,
    body: Path,
    seconds: int,
    in_flight: int = IN_FLIGHT,
    content_type: str = "application/grpc",
) -> float:
    """Requests a second that were answered."""
    done = subprocess.run(
        [
            *("h2load", "-c", "1", "-m", str(in_flight), "-D", str(seconds), "-t", "1"),
            *("-d", str(body), "-H", f"content-type: {content_type}", "-H", "te: trailers", url),
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    found = re.search(r"([\d.]+) req/s", done.stdout)
    failed = re.search(r"(\d+) failed", done.stdout)
    if not (found and failed) or failed[1] != "0":
        raise RuntimeError(done.stdout)
    return float(found[1])


@contextmanager
def served(folder: Path, count: int) -> Iterator[tuple[int, int]]:
    """A server with stores of France and an echo, and Envoy before it."""
    grpc_port, http_port = free_port(), free_port()
    environment = {
        **os.environ,
        "ENRAYON_DATA_DIR": str(folder / "data"),
        "ENRAYON_GRPC_PORT": str(grpc_port),
        "ENRAYON_HTTP_PORT": str(http_port),
        "ENRAYON_REFLECTION": "false",
    }
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.host", str(count)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=(folder / "log").open("wb"),
    )
    try:
        assert server.stdout
        if server.stdout.readline() != b"ready\n":
            raise RuntimeError((folder / "log").read_text())
        time.sleep(1.5)  # Envoy looks whether the service is well once a second
        yield grpc_port, http_port
    finally:
        server.terminate()
        server.wait()
