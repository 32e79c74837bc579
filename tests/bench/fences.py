"""P8, P13: positions a second of the geofence service's core, and waits, among many fences.

The server is `enrayon serve geofence` as it is, on the embedded store as it is; its core-seconds
are read from the system, so neither the client nor the store is in them.
"""

import asyncio
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from enrayon.geofence.v1 import geofence_pb2 as pb
from enrayon.geofence.v1 import geofence_pb2_grpc
from services.chassis.database.embedded import EmbeddedValkey
from tests.bench.measure import Result, by_turns, cpu_s, medians, skipped
from tests.bench.places import SEED
from tests.support.ports import free_port

FENCES, DEVICES = 10_000, 10_000
BATCH, BATCHES = 5_000, 8
SINGLES, AT_ONCE = 1_500, 16
SOUTH_WEST, SPAN = (60.0, 22.0), (2.0, 4.0)
"""The south of Finland, 220 by 220 km."""
STEP_DEGREES = 0.0001
Call = Callable[[int], Awaitable[None]]
HELD_BY = (
    "Python for each message: its fields, the hash of its id, its record to and from the database"
)
TITLES = {
    "stream": "1,000 positions a core-second, 10,000 fences, {} of a device in a batch of 5,000",
    "ratio": "positions a core-second in a stream over single calls",
    "match": "p99 of single MatchFences at half of the highest rate over the p50 of an echo",
    "people": "the same of registered devices with a rule and its cap over all fences, over plain "
    "ones, {} of a device",
}
LABELS = {"bench": "p8"}
WEEK = {"messages": 1, "period": {"seconds": 7 * 86_400}}


def measures(scale: float) -> Iterator[Result]:
    """Streams of batches with one and with ten fixes of each device, beside single calls."""
    with tempfile.TemporaryDirectory() as folder:
        valkey = EmbeddedValkey(Path(folder) / "valkey")
        try:
            url = valkey.start()
        except RuntimeError as error:
            for id, title, target in (("P8", "ratio", ">= 10"), ("P13", "match", "<= 10")):
                yield skipped(id, TITLES[title], target, str(error))
            return
        try:
            with served(Path(folder), url) as (process, port):
                yield from measured(process, port, scale)
        finally:
            valkey.stop()


def measured(process: "subprocess.Popen[bytes]", port: int, scale: float) -> Iterator[Result]:
    """The measures on a running server."""
    world = World("device", int(DEVICES * scale))
    people = World("person", int(DEVICES * scale))
    batches = max(2, int(BATCHES * scale))
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        stub = geofence_pb2_grpc.GeofenceServiceStub(channel)
        fence(stub, int(FENCES * scale))
        rule = pb.Rule(fence_labels=LABELS, cap=WEEK, lifetime={"seconds": 72_000})
        stub.CreateRule(pb.CreateRuleRequest(rule=rule, rule_id="p8"))
        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(stub.UpdateDevice, people.registrations()))

        def stream(each: int, world: World = world) -> Callable[[], float]:
            def act() -> float:
                requests = [world.batch(BATCH, each) for _ in range(batches)]
                with core_seconds(process) as spent:
                    answers = list(stub.StreamPositions(iter(requests)))
                assert [BATCH] * batches == [answer.applied_count for answer in answers]
                return BATCH * batches / spent[0]

            return act

        def single() -> float:
            fixes = world.batch(int(SINGLES * scale), 1).fixes
            calls = [pb.ReportPositionRequest(fix=fix, consent=True) for fix in fixes]
            with core_seconds(process) as spent, ThreadPoolExecutor(AT_ONCE) as pool:
                list(pool.map(stub.ReportPosition, calls))
            return len(calls) / spent[0]

        yield asyncio.run(matched(port, scale))
        readings = by_turns(
            {
                "one": stream(1),
                "one, registered": stream(1, people),
                "ten": stream(10),
                "ten, registered": stream(10, people),
                "single": single,
            }
        )
    middle = medians(readings)
    for name, each, least in (("one", 1, 60), ("ten", 10, 90)):
        yield Result(
            "P8",
            TITLES["stream"].format(each),
            middle[name] / 1000,
            f">= {least}",
            middle[name] >= least * 1000,
            f"{middle[name]:,.0f}",
            {name: readings[name]},
            HELD_BY,
        )
    for name, each in (("one", 1), ("ten", 10)):
        known = f"{name}, registered"
        share = middle[known] / middle[name]
        yield Result(
            "P8",
            TITLES["people"].format(each),
            share,
            ">= 0.9",
            share >= 0.9,
            f"registered {middle[known]:,.0f}, plain {middle[name]:,.0f}",
            {key: readings[key] for key in (name, known)},
        )
    ratio = middle["one"] / middle["single"]
    detail = f"stream {middle['one']:,.0f}, single calls {middle['single']:,.0f}"
    kept = {name: readings[name] for name in ("one", "single")}
    yield Result("P8", TITLES["ratio"], ratio, ">= 10", ratio >= 10, detail, kept, HELD_BY)


async def matched(port: int, scale: float) -> Result:
    """P13: how long single calls wait at half of the rate that the server answers at most."""
    rng = random.Random(SEED + 2)
    points = [somewhere(rng) for _ in range(1000)]
    requests = [
        pb.MatchFencesRequest(point={"latitude": latitude, "longitude": longitude})
        for latitude, longitude in points
    ]
    seconds = max(0.2, 2 * scale)
    readings: dict[str, list[float]] = {"match p99": [], "echo p50": []}
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        fences: Any = geofence_pb2_grpc.GeofenceServiceStub(channel)
        health: Any = health_pb2_grpc.HealthStub(channel)

        async def match(number: int) -> None:
            await fences.MatchFences(requests[number % len(requests)])

        async def echo(_: int) -> None:
            await health.Check(health_pb2.HealthCheckRequest())

        for _ in range(3):
            rate = await highest_rate(match, seconds) / 2
            readings["match p99"].append(percentile(await waits(match, rate, seconds), 0.99))
            readings["echo p50"].append(percentile(await waits(echo, rate, seconds), 0.5))
    middle = medians(readings)
    ratio = middle["match p99"] / middle["echo p50"]
    detail = ", ".join(f"{name} {value * 1e3:.2f} ms" for name, value in middle.items())
    held_by = "the client, on the same cores, and what else the machine does"
    return Result("P13", TITLES["match"], ratio, "<= 10", ratio <= 10, detail, readings, held_by)


async def highest_rate(call: Call, seconds: float) -> float:
    """Calls a second of clients that each wait for their answer."""
    end, done = time.perf_counter() + seconds, 0

    async def client() -> None:
        nonlocal done
        while time.perf_counter() < end:
            await call(done)
            done += 1

    await asyncio.gather(*(client() for _ in range(AT_ONCE)))
    return done / seconds


async def waits(call: Call, rate: float, seconds: float) -> list[float]:
    """Seconds from the moment at which each call was due, at a steady rate, to its answer."""
    began, found = time.perf_counter(), []

    async def one(number: int) -> None:
        due = began + number / rate
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        await call(number)
        found.append(time.perf_counter() - due)

    await asyncio.gather(*(one(number) for number in range(max(10, int(rate * seconds)))))
    return found


def percentile(values: list[float], share: float) -> float:
    """The value below which this share of the values is."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


class World:
    """Devices that wander about; each batch takes up where the one before ended."""

    def __init__(self, name: str, devices: int) -> None:
        self._name = name
        self._rng = random.Random(SEED)
        self._places = [somewhere(self._rng) for _ in range(devices)]
        self._at_ms = round(time.time() * 1000) - 3_600_000
        self._next = 0

    def registrations(self) -> Iterator[pb.UpdateDeviceRequest]:
        """The calls that register all devices, each with a reference, a label and a product."""
        for number in range(len(self._places)):
            device = {"reference": f"account-{number}", "labels": {"club": "gold"}}
            yield pb.UpdateDeviceRequest(
                device_id=f"{self._name}-{number}",
                consent=True,
                device=device,
                add_viewed_products=["products/soap"],
            )

    def batch(self, size: int, each: int) -> pb.StreamPositionsRequest:
        """So many fixes, so many of them of each device in a row."""
        request = pb.StreamPositionsRequest(consent=True, brief=True)
        for number in range(size):
            if number % each == 0:
                self._next = (self._next + 1) % len(self._places)
            place = self._places[self._next]
            for axis in range(2):
                place[axis] += self._rng.gauss(0, STEP_DEGREES)
            fix = request.fixes.add(device_id=f"{self._name}-{self._next}", accuracy_m=10)
            fix.location.latitude, fix.location.longitude = place
            fix.device_time.FromMilliseconds(self._at_ms + number)
        self._at_ms += 2 * size
        return request


def fence(stub: "geofence_pb2_grpc.GeofenceServiceStub", count: int, begin: int = 0) -> None:
    """Create circles of 100 to 500 m, numbered from `begin` up to, without, `count`."""
    rng = random.Random(SEED + 1 + begin)
    for start in range(begin, count, 100):
        request = pb.BatchCreateFencesRequest()
        for number in range(start, min(start + 100, count)):
            each = request.requests.add(fence_id=f"b-{number}")
            center = each.fence.circle.center
            center.latitude, center.longitude = somewhere(rng)
            each.fence.circle.radius_m = rng.uniform(100, 500)
            each.fence.labels.update(LABELS)
        stub.BatchCreateFences(request)


def somewhere(rng: random.Random) -> list[float]:
    """A latitude and a longitude."""
    return [low + rng.random() * span for low, span in zip(SOUTH_WEST, SPAN, strict=True)]


@contextmanager
def core_seconds(process: "subprocess.Popen[bytes]") -> Iterator[list[float]]:
    """What a process has spent of cores in between."""
    spent = [-cpu_s(process.pid)]
    yield spent
    spent[0] += cpu_s(process.pid)


@contextmanager
def served(folder: Path, url: str) -> Iterator[tuple["subprocess.Popen[bytes]", int]]:
    """The geofence service in a process of its own; its port."""
    port = free_port()
    environment = {
        **os.environ,
        "ENRAYON_DATA_DIR": str(folder / "data"),
        "ENRAYON_GRPC_PORT": str(port),
        "ENRAYON_DATABASE_URL": url,
        "ENRAYON_REFLECTION": "false",
    }
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "services.cli", "serve", "geofence"],
            env=environment,
            stdout=log,
            stderr=log,
        )
    try:
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            grpc.channel_ready_future(channel).result(60)
        yield process, port
    finally:
        process.terminate()
        process.wait()
