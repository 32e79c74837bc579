"""Timers: dwells, delayed exits, trips that expire, visits to deleted fences."""

import pytest

from enrayon.geofence.v1 import geofence_pb2 as pb
from services.geofence import bootstrap
from tests.support.events import reading, subscribe, take
from tests.support.geofence import KAMPPI, PASILA, circle, create, fix, report, running


async def test_dwell_and_a_delayed_exit_fire_without_another_fix(fences, notices, workers):
    del workers
    await create(fences, "wait", circle(KAMPPI, 300, dwell_time={"seconds": 1}))
    await create(fences, "leave", circle(KAMPPI, 300, exit_delay={"seconds": 1}))
    await subscribe(notices)
    async with reading(notices) as events:
        await report(fences, fix("a", KAMPPI, 0), fix("a", KAMPPI, 0.4), fix("b", KAMPPI, 0))
        await report(fences, fix("b", PASILA, 0.5))
        found = await take(events, 7)
    assert [
        ("leave", "fence.enter"),
        ("leave", "fence.enter"),
        ("leave", "fence.exit"),
        ("wait", "fence.dwell"),
        ("wait", "fence.enter"),
        ("wait", "fence.enter"),
        ("wait", "fence.exit"),
    ] == sorted((str(e.event.data["fence"]).removeprefix("fences/"), e.event.type) for e in found)


async def test_several_workers_fire_each_timer_once(fences, notices, parts):
    await create(fences, "wait", circle(KAMPPI, 300, dwell_time={"seconds": 1}))
    await subscribe(notices, filter={"types": ["fence.dwell"]})
    devices = 100
    async with (
        running(bootstrap.build(parts)),
        running(bootstrap.build(parts)),
        running(bootstrap.build(parts)),
        reading(notices) as events,
    ):
        await report(fences, *(fix(f"{n}", KAMPPI, 0) for n in range(devices)))
        found = await take(events, devices)
        with pytest.raises(TimeoutError):
            await take(events, 1, timeout_s=1)
    assert devices == len({each.event.id for each in found})


async def test_deleting_a_fence_ends_the_visits_to_it(fences, notices, workers):
    del workers
    await create(fences, "kamppi", circle(KAMPPI, 300))
    await subscribe(notices)
    async with reading(notices) as events:
        await report(fences, fix("a", KAMPPI, 0))
        await take(events, 1)
        await fences.DeleteFence(pb.DeleteFenceRequest(name="fences/kamppi"))
        [found] = await take(events, 1)
    assert ("fence.exit", "CAUSE_FENCE_DELETED") == (found.event.type, found.event.data["cause"])
