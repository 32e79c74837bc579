"""Helpers for tests of the geofence service: places, fixes, fences, reports."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any

from enrayon.geofence.v1 import geofence_pb2 as pb
from services.app import followed
from services.chassis.tasks import end
from services.directory.parts import Service

KAMPPI = (60.1690, 24.9310)
"""A shopping centre in Helsinki."""
PASILA = (60.1986, 24.9339)
"""A station 3.3 km north of it."""

T0 = dt.datetime.now(dt.UTC).replace(microsecond=0) - dt.timedelta(hours=2)
"""Two hours ago: the device time of fixes is near enough to the server's."""


def at(seconds: float) -> dt.datetime:
    return T0 + dt.timedelta(seconds=seconds)


def fix(
    device: str, place: tuple[float, float], seconds: float, accuracy_m: float | None = 10.0
) -> pb.Fix:
    message = pb.Fix(
        device_id=device,
        location={"latitude": place[0], "longitude": place[1]},
        accuracy_m=accuracy_m,
    )
    message.device_time.FromDatetime(at(seconds))
    return message


def circle(place: tuple[float, float], radius_m: float, **rest: object) -> pb.Fence:
    center = {"latitude": place[0], "longitude": place[1]}
    return pb.Fence(circle={"center": center, "radius_m": radius_m}, **rest)


def north_of(place: tuple[float, float], metres: float) -> tuple[float, float]:
    return place[0] + metres / 111_400, place[1]


@asynccontextmanager
async def running(service: Service) -> AsyncIterator[None]:
    """The loops of a worker, running."""
    async with followed([service]):
        tasks = [asyncio.ensure_future(loop()) for loop in service.workers.values()]
        try:
            yield
        finally:
            await end(tasks)


async def create(stub: Any, id: str, fence: pb.Fence) -> Any:
    return await stub.CreateFence(pb.CreateFenceRequest(fence=fence, fence_id=id))


async def report(stub: Any, *fixes: pb.Fix) -> list[pb.FixResult]:
    response = await stub.ReportPositions(pb.ReportPositionsRequest(fixes=fixes, consent=True))
    return list(response.results)


def told(results: Iterable[pb.FixResult]) -> list[tuple[int, str, str]]:
    """The number of the fix, the type and the fence of each event."""
    return [
        (number, name_of(event), event.fence.removeprefix("fences/"))
        for number, result in enumerate(results)
        for event in result.events
    ]


def name_of(event: pb.FenceEvent) -> str:
    return pb.EventType.Name(event.event_type).removeprefix("EVENT_TYPE_")


async def visit(stub: Any, device: str, start: int = 0) -> None:
    """Report a visit of ten minutes to Kamppi."""
    await report(stub, fix(device, KAMPPI, start), fix(device, PASILA, start + 600))
