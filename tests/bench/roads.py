"""P14: the stores nearest by drive time on the demo's network, beside the plain query."""

import asyncio
import gzip
import json
import time
from collections.abc import Iterator
from typing import Any, cast

import numpy as np

from enrayon.stores.v1 import stores_pb2
from geodata.points import Point
from geodata.roads import BadNetwork, Mode, RoadNetwork
from geodata.samples import HELSINKI_ROADS, HELSINKI_STORES
from services.chassis.clock import utc_now
from services.directory.arrivals import Arrivals
from services.directory.filters import EVERYTHING
from services.directory.journeys import Travel
from services.directory.reach import Reach
from services.directory.road_network import EmbeddedRouter
from services.directory.schedules import Schedules
from services.directory.stores import StoresReplica
from tests.bench.measure import Result, medians, seconds_each, skipped
from tests.bench.places import SEED

LIMIT = 50
QUERIES = 200
TARGET = "<= 1 ms"
TITLE = f"{LIMIT} stores by drive time on the demo's network, milliseconds beside the plain query"


def measures(scale: float) -> Iterator[Result]:
    """The measure, if the extra `roads` is installed."""
    try:
        network = RoadNetwork.load(HELSINKI_ROADS)
    except BadNetwork as error:
        yield skipped("P14", TITLE, TARGET, str(error))
        return
    yield asyncio.run(beside_plain(network, max(20, int(QUERIES * scale))))


async def beside_plain(network: RoadNetwork, queries: int) -> Result:
    """By turns: the plain query, that by time, and that with the lengths of the ways."""
    replica = StoresReplica(sample_records())
    router = EmbeddedRouter(network)
    draw = np.random.default_rng(SEED)
    south, west, north, east = network.bounds
    points = [
        Point(float(latitude), float(longitude))
        for latitude, longitude in zip(
            draw.uniform(south, north, queries), draw.uniform(west, east, queries), strict=True
        )
    ]
    timed: list[int] = []

    async def by_time(*, has_lengths: bool) -> float:
        travel = Travel(Mode.DRIVE, utc_now(), has_lengths=has_lengths)
        began = time.process_time()
        for point in points:
            ways = await router.to_stores(replica.index, Mode.DRIVE, point)
            # Hours on arrival are not asked for.
            reach = Reach(Arrivals(replica, cast(Schedules, None), point, travel, ways))
            for hit in reach.nearest(LIMIT, EVERYTHING):
                hit.journey(travel)
            timed.append(len(ways.rows))
        return (time.process_time() - began) / queries

    await by_time(has_lengths=False)
    runs: dict[str, list[float]] = {"plain": [], "by time": [], "with lengths": []}
    for _ in range(5):
        plain = seconds_each(
            lambda number: replica.nearest(points[number], LIMIT, EVERYTHING),
            queries,
            time.process_time,
        )
        runs["plain"].append(plain)
        runs["by time"].append(await by_time(has_lengths=False))
        runs["with lengths"].append(await by_time(has_lengths=True))
    ms = {name: 1000 * seconds for name, seconds in medians(runs).items()}
    more = ms["by time"] - ms["plain"]
    detail = (
        f"plain {ms['plain']:.2f} ms, by time {ms['by time']:.2f} ms, with lengths "
        f"{ms['with lengths']:.1f} ms; {np.mean(timed):.0f} of {len(replica)} stores timed"
    )
    return Result("P14", TITLE, more, TARGET, more <= 1, detail, runs)


def sample_records() -> Iterator[tuple[str, bytes]]:
    """Ids and encoded stores at the places of the sample."""
    document: Any = json.loads(gzip.decompress(HELSINKI_STORES.read_bytes()))
    for number, feature in enumerate(document["features"]):
        geometry = feature["geometry"]
        longitude, latitude = np.ravel(geometry["coordinates"])[:2].tolist()
        store = stores_pb2.Store(
            name=f"stores/s-{number:04}",
            location={"latitude": latitude, "longitude": longitude},
        )
        yield f"s-{number:04}", store.SerializeToString()
