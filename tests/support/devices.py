"""The geofence service at other times and with other keys; its timers, sweeps and streams."""

import datetime as dt
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from enrayon.geofence.v1 import geofence_pb2 as pb
from enrayon.geofence.v1 import geofence_pb2_grpc
from services.app import followed
from services.chassis.clock import utc_now
from services.chassis.keyring import Key, Keyring
from services.directory.parts import Parts
from services.geofence import bootstrap
from services.geofence.model.partitions import PARTITIONS
from services.geofence.state.keys import Keys
from services.geofence.worker.timers import Timers
from tests.support.hosting import hosted

Clock = Callable[[], dt.datetime]


@asynccontextmanager
async def with_parts(
    parts: Parts, clock: Clock = utc_now, keys: Sequence[Key] = ()
) -> AsyncIterator[Any]:
    """A client of the service with another clock or other keys."""
    keyring = Keyring(list(keys)) if keys else parts.keyring
    async with hosted(replace(parts, keyring=keyring, clock=clock)) as channel:
        yield geofence_pb2_grpc.GeofenceServiceStub(channel)


@asynccontextmanager
async def timers(parts: Parts, clock: Clock) -> AsyncIterator[Timers]:
    """The timers of a worker, which is not running."""
    service = bootstrap.build(replace(parts, clock=clock))
    async with followed([service]):
        found = service.workers["geofence sweep"].__self__  # type: ignore[attr-defined]
        assert isinstance(found, Timers)
        yield found


async def sweep(parts: Parts, clock: Clock) -> None:
    """One sweep of a worker at the time of a clock."""
    async with timers(parts, clock) as found:
        await found.sweep()


async def fire(parts: Parts, clock: Clock) -> bool:
    """Fire the timers that are due at the time of a clock; answers whether there was one."""
    async with timers(parts, clock) as found:
        return await found.fire()


async def written(parts: Parts) -> list[pb.FenceEvent]:
    """The events in the streams, by device in order."""
    events = []
    for partition in range(PARTITIONS):
        for _, fields in await parts.client.xrange(Keys.of(partition).events):
            events.append(pb.FenceEvent.FromString(fields[b"e"]))
    return sorted(events, key=lambda event: (event.subject, event.number))
