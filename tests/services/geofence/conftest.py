"""The geofence service, with helpers that report and listen."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any

import grpc
import pytest

from enrayon.geofence.v1 import geofence_pb2 as pb
from enrayon.geofence.v1 import geofence_pb2_grpc
from services.chassis.tasks import end
from services.directory.parts import Parts, Service
from services.geofence import bootstrap


@pytest.fixture
def fences(channel: grpc.aio.Channel) -> "geofence_pb2_grpc.GeofenceServiceAsyncStub":
    """A client of the service."""
    return geofence_pb2_grpc.GeofenceServiceStub(channel)


@pytest.fixture
async def workers(parts: Parts) -> AsyncIterator[Service]:
    """The loops of one worker, running."""
    service = bootstrap.build(parts)
    async with running(service):
        yield service


@asynccontextmanager
async def running(service: Service) -> AsyncIterator[None]:
    tasks = [asyncio.ensure_future(loop()) for loop in service.workers.values()]
    try:
        yield
    finally:
        await end(tasks)


async def create(stub: Any, id: str, fence: pb.Fence) -> Any:
    return await stub.CreateFence(pb.CreateFenceRequest(fence=fence, fence_id=id))


async def report(stub, *fixes: pb.Fix) -> list[pb.FixResult]:
    response = await stub.ReportPositions(pb.ReportPositionsRequest(fixes=fixes, consent=True))
    return list(response.results)


def told(results: Iterable[pb.FixResult]) -> list[tuple[int, str, str]]:
    """Of each event: the fix, the type, the fence."""
    return [
        (number, name_of(event), event.fence.removeprefix("fences/"))
        for number, result in enumerate(results)
        for event in result.events
    ]


def name_of(event: pb.FenceEvent) -> str:
    return pb.EventType.Name(event.event_type).removeprefix("EVENT_TYPE_")


async def subscribe(stub: Any, id: str = "all", **fields: object) -> Any:
    return await stub.CreateSubscription(
        pb.CreateSubscriptionRequest(subscription=pb.Subscription(**fields), subscription_id=id)
    )


@asynccontextmanager
async def reading(stub: Any, id: str = "all", **options: object) -> AsyncIterator[Any]:
    """A stream of events, read from by `next_event`."""
    call = stub.StreamEvents(pb.StreamEventsRequest(subscription=f"subscriptions/{id}", **options))
    first = await call.read()
    assert not first.HasField("event")
    try:
        yield call
    finally:
        call.cancel()


async def take(call, count: int, timeout_s: float = 20.0) -> list[pb.StreamEventsResponse]:
    found: list[pb.StreamEventsResponse] = []
    async with asyncio.timeout(timeout_s):
        while len(found) < count:
            response = await call.read()
            if response.HasField("event"):  # one without only says that the stream is alive
                found.append(response)
    return found


async def ack(stub, tokens: Iterable[str], id: str = "all") -> None:
    await stub.AckEvents(pb.AckEventsRequest(subscription=f"subscriptions/{id}", ack_tokens=tokens))
