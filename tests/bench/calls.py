"""P1b: a whole call in the process without a transport, beside the geodesics that it must have."""

import asyncio
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from pyproj import Geod

from services import app
from services.chassis.database.embedded import EmbeddedValkey
from services.chassis.serving.calls import Calls
from services.chassis.serving.methods import methods_of
from services.chassis.settings import ChassisSettings
from tests.bench.host import fill
from tests.bench.measure import ROUNDS, Result, medians, skipped
from tests.bench.transport import CITIES, STORES, wanted

CALLS = 2_000
WGS84 = Geod(ellps="WGS84")
TITLE = "FindNearestStores by `Calls`, from bytes to bytes, over Geod.inv of its ten points"
FIRST = 9.8
"""What was measured before the plain rules and the lean blocks: 9.4 and 10.3, load 10."""
HELD_BY = (
    "many small steps in Python: search 45 % (its chords 11, its geodesics 4), page token 7, age "
    "of the data 7, metrics 6, checks 6, splice 5"
)


def measures(scale: float) -> Iterator[Result]:
    """The ratio of both in the same pass."""
    target = f"<= {FIRST / 2:.2g}"
    with tempfile.TemporaryDirectory() as folder:
        settings = ChassisSettings(data_dir=Path(folder), longest_wait_s=0)
        try:
            with EmbeddedValkey(settings.data_dir, {"appendfsync": "no"}) as valkey:
                readings = asyncio.run(read(settings, valkey.url, scale))
        except RuntimeError as error:
            yield skipped("P1b", TITLE, target, str(error))
            return
    middle = medians(readings)
    ratio = middle["call"] / middle["Geod.inv"]
    detail = ", ".join(f"{name} {value * 1e6:.0f} us" for name, value in middle.items())
    yield Result("P1b", TITLE, ratio, target, ratio <= FIRST / 2, detail, readings, HELD_BY)


async def read(settings: ChassisSettings, url: str, scale: float) -> dict[str, list[float]]:
    """Processor seconds of each, of this thread, by turns within one pass."""
    readings: dict[str, list[float]] = {"call": [], "Geod.inv": []}
    async with app.shared_parts(settings, url) as parts:
        await fill(parts, max(100, int(STORES * scale)))
        service = app.SERVICES["stores"].build(parts)
        methods = methods_of(service.descriptor, service.servicer, settings.max_request_bytes)
        [method] = [each for each in methods if each.name == "FindNearestStores"]
        answer = Calls().answer(method)
        requests = [wanted(*city)[0].SerializeToString() for city in CITIES]
        points = {
            city: [(city[0] + n / 100, city[1] - n / 100) for n in range(10)] for city in CITIES
        }
        count = max(len(CITIES), int(CALLS * scale))
        for _ in range(ROUNDS):
            spent = dict.fromkeys(readings, 0.0)
            for number in range(count):
                at = number % len(CITIES)
                latitudes, longitudes = zip(*points[CITIES[at]], strict=True)
                lat, lon = [CITIES[at][0]] * 10, [CITIES[at][1]] * 10
                began = time.thread_time()
                await answer(requests[at])
                between = time.thread_time()
                WGS84.inv(lon, lat, longitudes, latitudes)
                spent["call"] += between - began
                spent["Geod.inv"] += time.thread_time() - between
            for name, seconds in spent.items():
                readings[name].append(seconds / count)
    return readings
