"""P2, P3, P11: the nearest index in process, beside GEOSEARCH, PostGIS, Tile38 and itself."""

import gc
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from redis import Redis
from redis.exceptions import RedisError

from geodata.nearest import NearestIndex
from geodata.points import Point
from services.chassis.database.embedded import EmbeddedValkey
from tests.bench import postgis
from tests.bench.measure import Result, by_turns, medians, seconds_each, skipped
from tests.bench.places import SEED, Floats, stores

FEW, MANY = 30_000, 1_000_000
LIMIT = 10
QUERIES = 400
RADIUS_KM = 50
WAIT_S = 60.0
"""A busy machine is waited for."""
OURS, THEIRS = "enrayon's processor", "GEOSEARCH's, client and store"
"""What is compared: it leaves out the waiting of both, and what else the machine does."""


def measures(scale: float) -> Iterator[Result]:
    """All measures of the index; `scale` makes the data smaller."""
    few = int(FEW * scale)
    ids, latitudes, longitudes = stores(few, country="FR")
    index = NearestIndex.build(ids, latitudes, longitudes)
    points = origins(latitudes, longitudes)
    yield beside_geosearch(index, ids, latitudes, longitudes, points)
    yield beside_postgis(index, latitudes, longitudes, points)
    yield beside_tile38(index, ids, latitudes, longitudes, points)
    yield from beside_a_million(int(MANY * scale), few)


def beside_geosearch(
    index: NearestIndex, ids: list[str], latitudes: Floats, longitudes: Floats, points: list[Point]
) -> Result:
    """Ten nearest in process over GEOSEARCH at 50 km, one client: processor time, and time."""
    title = f"10 nearest of {len(ids):,} in process, times cheaper than GEOSEARCH at {RADIUS_KM} km"
    with tempfile.TemporaryDirectory() as folder:
        try:
            valkey = EmbeddedValkey(Path(folder), {"appendonly": "no"})
            url = valkey.start()
        except RuntimeError as error:
            return skipped("P2", title, ">= 22", str(error))
        try:
            client = Redis.from_url(url, socket_timeout=WAIT_S, socket_connect_timeout=WAIT_S)
            members = np.column_stack([longitudes, latitudes, np.array(ids, object)])
            for start in range(0, len(ids), 1000):
                client.geoadd("stores", members[start : start + 1000].ravel().tolist())

            def ours(number: int) -> object:
                return index.nearest(points[number], LIMIT)

            def ours_in_radius(number: int) -> object:
                return index.nearest(points[number], LIMIT, max_distance_m=RADIUS_KM * 1000)

            def theirs(number: int) -> object:
                return client.geosearch(
                    "stores",
                    longitude=points[number].longitude,
                    latitude=points[number].latitude,
                    radius=RADIUS_KM,
                    unit="km",
                    sort="ASC",
                    count=LIMIT,
                    withdist=True,
                )

            def both_s() -> float:
                """The processor time of this process and of the store."""
                spent = client.info("cpu")
                store_s: float = spent["used_cpu_user"] + spent["used_cpu_sys"]
                return time.process_time() + store_s

            count = len(points)
            for _ in range(2):  # a block is made on the second visit of its cell
                seconds_each(ours, count)
                seconds_each(ours_in_radius, count)
            readings = by_turns(
                {
                    "enrayon": lambda: seconds_each(ours, count),
                    "enrayon within the radius": lambda: seconds_each(ours_in_radius, count),
                    "GEOSEARCH": lambda: seconds_each(theirs, count),
                    OURS: lambda: seconds_each(ours, count, time.process_time),
                    THEIRS: lambda: seconds_each(theirs, count, both_s),
                }
            )
            client.close()
        finally:
            valkey.stop()
    middle = medians(readings)
    ratio = middle[THEIRS] / middle[OURS]
    detail = ", ".join(f"{name} {value * 1e6:.0f} us" for name, value in middle.items())
    return Result("P2", title, ratio, ">= 22", ratio >= 22, detail, readings)


def beside_postgis(
    index: NearestIndex, latitudes: Floats, longitudes: Floats, points: list[Point]
) -> Result:
    """Ten nearest in process over PostGIS's `<->`, prepared, one client; it has no target."""
    title = f"the same, times faster than PostGIS <-> among {len(latitudes):,}"
    try:
        with postgis.seconds_per_query(latitudes, longitudes, points, LIMIT) as theirs:
            readings = by_turns(
                {
                    "enrayon": lambda: seconds_each(
                        lambda number: index.nearest(points[number], LIMIT), len(points)
                    ),
                    "PostGIS": theirs,
                }
            )
    except postgis.PostgisError as error:
        return skipped("P2", title, "", str(error))
    middle = medians(readings)
    ratio = middle["PostGIS"] / middle["enrayon"]
    detail = ", ".join(f"{name} {value * 1e6:.0f} us" for name, value in middle.items())
    return Result("P2", title, ratio, "", None, detail, readings)


def beside_tile38(
    index: NearestIndex, ids: list[str], latitudes: Floats, longitudes: Floats, points: list[Point]
) -> Result:
    """Ten nearest in process over NEARBY of a server that has the commands of Tile38."""
    title = f"the same, times faster than Tile38's NEARBY among {len(ids):,}"
    if not (address := os.environ.get("BENCH_TILE38")):
        return skipped("P2", title, "", "needs BENCH_TILE38=host:port")
    host, _, port = address.rpartition(":")
    wait = {"socket_timeout": WAIT_S, "socket_connect_timeout": WAIT_S}
    client: Any = Redis(host, int(port), protocol=2, **wait)
    key = f"bench-{SEED}"
    try:
        pipe = client.pipeline(transaction=False)
        for id, latitude, longitude in zip(
            ids, latitudes.tolist(), longitudes.tolist(), strict=True
        ):
            pipe.execute_command("SET", key, id, "POINT", latitude, longitude)
        pipe.execute()

        def theirs(number: int) -> object:
            at = points[number].latitude, points[number].longitude
            return client.execute_command(
                "NEARBY", key, "LIMIT", LIMIT, "DISTANCE", "IDS", "POINT", *at
            )

        _, found = client.execute_command(
            "NEARBY", key, "LIMIT", LIMIT, "IDS", "POINT", points[0].latitude, points[0].longitude
        )
        ours = {ids[row] for row, _ in index.nearest(points[0], LIMIT)}
        assert len(ours & {id.decode() for id in found}) >= LIMIT - 1  # it measures on a sphere
        readings = by_turns(
            {
                "enrayon": lambda: seconds_each(
                    lambda number: index.nearest(points[number], LIMIT), len(points)
                ),
                "NEARBY": lambda: seconds_each(theirs, len(points)),
            }
        )
    except RedisError as error:
        return skipped("P2", title, "", f"{address}: {error}")
    finally:
        with suppress(RedisError):
            client.execute_command("DROP", key)
        client.close()
    middle = medians(readings)
    ratio = middle["NEARBY"] / middle["enrayon"]
    detail = ", ".join(f"{name} {value * 1e6:.0f} us" for name, value in middle.items())
    return Result("P2", title, ratio, "", None, detail, readings)


def beside_a_million(many: int, few: int) -> Iterator[Result]:
    """The same index thirty times larger, over the world, and how soon it is there."""
    small_ids, *small = stores(few)
    ids, latitudes, longitudes = stores(many)
    gc.collect()
    before, began = resident_bytes(), time.perf_counter()
    large = NearestIndex.build(ids, latitudes, longitudes)
    took_s = time.perf_counter() - began
    each_bytes = (resident_bytes() - before) / many
    index = NearestIndex.build(small_ids, *small)
    here, there = origins(*small), origins(latitudes, longitudes)

    def near_few(number: int) -> object:
        return index.nearest(here[number], LIMIT)

    def near_many(number: int) -> object:
        return large.nearest(there[number], LIMIT)

    for _ in range(2):  # a block is made on the second visit of its cell
        seconds_each(near_few, len(here))
        seconds_each(near_many, len(there))
    readings = by_turns(
        {
            f"{few:,}": lambda: seconds_each(near_few, len(here), time.process_time),
            f"{many:,}": lambda: seconds_each(near_many, len(there), time.process_time),
        }
    )
    middle = medians(readings)
    ratio = middle[f"{many:,}"] / middle[f"{few:,}"]
    detail = ", ".join(f"{name} {value * 1e6:.0f} us" for name, value in middle.items())
    title = f"10 nearest of {many:,} over {few:,}, warm"
    yield Result("P3", title, ratio, "<= 1.5", ratio <= 1.5, detail, readings)
    yield Result(
        "P11",
        f"index of {many:,} places built, seconds",
        took_s,
        "<= 15",
        took_s <= 15 and each_bytes <= 400,
        f"{each_bytes:.0f} bytes a place, ids left out",
    )


def origins(latitudes: Floats, longitudes: Floats) -> list[Point]:
    """Where people ask from: near stores."""
    rng = np.random.default_rng(SEED)
    chosen = rng.integers(0, len(latitudes), QUERIES)
    near = latitudes[chosen] + rng.normal(0, 0.02, QUERIES)
    beside = longitudes[chosen] + rng.normal(0, 0.02, QUERIES)
    beside = (beside + 180) % 360 - 180
    return [
        Point(float(np.clip(latitude, -90, 90)), float(longitude))
        for latitude, longitude in zip(near, beside, strict=True)
    ]


def resident_bytes() -> int:
    """What this process holds in memory."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) * 1024
    return 0
