"""Input that is small on the wire but huge or endlessly deep when unpacked is refused."""

import gzip
import re
import zlib
from collections import Counter
from pathlib import Path
from typing import Any

import grpc
import httpx
import pytest

PATH = "/enrayon.stores.v1.StoresService/FindNearestStores"
MEGABYTE = 1_000_000
BOMB = bytes(60 * MEGABYTE)
TIMES = 10
REFUSED = {grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.INVALID_ARGUMENT}


DEEP = {
    "lists": b"[" * 30_000,
    "objects": b'{"x":' * 5_000 + b"1" + b"}" * 5_000,
    "messages": b'{"storeFilter":' * 2_000 + b"{}" + b"}" * 2_000,
}
FENCES = "/v1/fences?fence_id=deep"
DOORS = ("/v1/stores:findNearest", FENCES, "/ucp/locations/search", "/mcp")
DEEP_FENCE = b'{"geoJson": {"geometry": "' + b"[" * 30_000 + b'"}}'


def test_json_nested_without_end_is_refused_at_every_door(shared_demo, figure):
    server, envoy = shared_demo.pid(" serve"), shared_demo.pid("envoy")
    found = {}
    with httpx.Client(base_url=f"http://127.0.0.1:{shared_demo.http_port}", timeout=60) as http:
        for door in DOORS:
            for name, body in DEEP.items():
                headers = {"content-type": "application/json"}
                found[door, name] = http.post(door, content=body, headers=headers)
        found[FENCES, "GeoJSON"] = http.post(FENCES, content=DEEP_FENCE, headers=headers)
        alive = http.get("/v1/stores?page_size=1").status_code
    statuses = Counter(answer.status_code for answer in found.values())

    figure(
        30,
        f"{len(DEEP)} kinds of deep JSON at {len(DOORS)} doors, and a deep GeoJSON: answers by "
        f"HTTP status {dict(statuses)}",
    )
    assert {400} == set(statuses)
    assert 200 == alive
    assert (server, envoy) == (shared_demo.pid(" serve"), shared_demo.pid("envoy"))


def most_memory_mb(pid: int) -> float:
    """The peak memory of a process, in bytes."""
    told = Path(f"/proc/{pid}/status").read_text("utf-8")
    found = re.search(r"VmHWM:\s+(\d+) kB", told)
    assert found
    return int(found[1]) / 1000


def test_60_megabytes_of_nothing_packed_into_60_kilobytes(shared_demo, figure):
    server, envoy = shared_demo.pid(" serve"), shared_demo.pid("envoy")
    before = most_memory_mb(server), most_memory_mb(envoy)
    codes = set()
    with grpc.insecure_channel(f"127.0.0.1:{shared_demo.grpc_port}") as channel:
        call: Any = channel.unary_unary(PATH)
        for _ in range(TIMES):
            with pytest.raises(grpc.RpcError) as refused:
                call(BOMB, timeout=60, compression=grpc.Compression.Gzip)
            codes.add(refused.value.code())
    statuses = set()
    packed = {"gzip": gzip.compress(BOMB), "deflate": zlib.compress(BOMB)}
    with httpx.Client(base_url=f"http://127.0.0.1:{shared_demo.http_port}", timeout=60) as http:
        for encoding, body in packed.items():
            for path in ("/v1/stores:findNearest", "/ucp/locations/search", "/mcp"):
                headers = {"content-encoding": encoding, "content-type": "application/json"}
                answer = http.post(path, content=body, headers=headers)
                statuses.add(answer.status_code)
        alive = http.get("/v1/stores?page_size=1").status_code
    grown = (most_memory_mb(server) - before[0], most_memory_mb(envoy) - before[1])

    figure(
        31,
        f"{TIMES} bombs of 60 MB: gRPC answers {', '.join(sorted(code.name for code in codes))}, "
        f"HTTP {sorted(statuses)}; peak memory grew by {grown[0]:.0f} MB (server), "
        f"{grown[1]:.0f} MB (Envoy)",
    )
    assert codes <= REFUSED
    assert all(400 <= status < 500 for status in statuses)
    assert 200 == alive
    assert max(grown) < 60
