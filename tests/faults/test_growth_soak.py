"""A suite under mixed load for minutes: memory, descriptors and database stay where they are."""

import http.client
import itertools
import json
import random
import statistics
import time
from pathlib import Path
from typing import NamedTuple

import pytest
import redis

from tests.e2e.suite import Suite, started

MINUTES = 10.0
WARM = 0.5
"""Share of the time that fills caches and windows; growth is judged after it."""
PACE_S = 0.02
HOLD_EVERY = 3000
SAMPLES = 10
"""Of each half of what is judged: their median does not depend on one moment."""


class Size(NamedTuple):
    """What the suite takes at a moment."""

    memory_mib: float
    descriptors: int
    database_mib: float


def size_of(suite: Suite) -> Size:
    """The memory and descriptors of all processes, and the memory of the database's data."""
    memory_kib = descriptors = 0
    for pid in suite.processes():
        status = Path(f"/proc/{pid}/status").read_text()
        memory_kib += int(status.partition("VmRSS:")[2].split()[0])
        descriptors += len(list(Path(f"/proc/{pid}/fd").iterdir()))
    [socket] = suite.data_dir.rglob("valkey.sock")
    with redis.Redis(unix_socket_path=str(socket)) as client:
        database = client.info("memory")["used_memory_dataset"]
    return Size(memory_kib / 1024, descriptors, database / 1024**2)


def asked(
    connection: http.client.HTTPConnection, number: int, spread: random.Random, store: str
) -> int:
    """One call of the mix; its status."""
    point = {"latitude": spread.uniform(60.1, 60.3), "longitude": spread.uniform(24.7, 25.1)}
    basket = [{"product": f"products/g-{spread.randrange(1, 20):03}", "quantity": 1}]
    origin = {"point": point}
    calls: list[tuple[str, object]] = [
        ("/v1/stores:findNearest", {"origin": origin, "pageSize": 5}),
        ("/v1/stock:findNearestAvailability", {"items": basket, "origin": origin}),
        ("/v1/pickupOptions:find", {"items": basket, "origin": origin}),
        (
            "/v1/stock:findNearestAvailability",
            {"items": [{**basket[0], "quantity": 90_000}], "origin": origin},
        ),
        (
            f"/v1/{store}/reservations",
            # As many are made as a page may make in an hour; they are kept for 7 days.
            {"items": basket, "ttl": "5s", "validateOnly": number % HOLD_EVERY != 4},
        ),
    ]
    path, body = calls[number % len(calls)]
    connection.request("POST", path, json.dumps(body), {"content-type": "application/json"})
    answer = connection.getresponse()
    answer.read()
    return answer.status


def grown(sizes: list[Size], field: str) -> float:
    """The growth from the first to the second half of some sizes, as a share."""
    values = [float(getattr(size, field)) for size in sizes]
    half = len(values) // 2
    first, second = statistics.median(values[:half]), statistics.median(values[half:])
    return second / first - 1


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_row_55_minutes_of_mixed_load_leave_all_as_it_was(tmp_path, figure):
    spread = random.Random(55)
    statuses: set[int] = set()
    with started(Suite, tmp_path, "--demo") as suite:
        store = suite.get("/v1/stores?page_size=1")["stores"][0]["name"]
        begun = time.monotonic()
        warm_s, whole_s = begun + 60 * MINUTES * WARM, begun + 60 * MINUTES
        every_s = (whole_s - warm_s) / (2 * SAMPLES)
        sizes: list[Size] = []
        connection = http.client.HTTPConnection("127.0.0.1", suite.http_port, timeout=30)
        for number in itertools.count():
            if time.monotonic() > whole_s:
                break
            statuses.add(asked(connection, number, spread, store))
            if time.monotonic() > warm_s + len(sizes) * every_s:
                sizes.append(size_of(suite))
            time.sleep(PACE_S)
        connection.close()

    growth = {field: grown(sizes, field) for field in Size._fields}
    last = sizes[-1]
    figure(
        55,
        f"{MINUTES:g} minutes of mixed load, {number} calls; over the second half: "
        + ", ".join(f"{field} {share:+.1%}" for field, share in growth.items())
        + f" (at the end {last.memory_mib:.0f} MiB, {last.descriptors} descriptors, database"
        f" {last.database_mib:.1f} MiB)",
    )
    assert statuses <= {200, 400}, "400: a shop has not enough"
    assert all(share <= 0.02 for share in growth.values()), growth
