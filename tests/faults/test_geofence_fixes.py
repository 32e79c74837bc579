"""Absurd fixes and fences. Each test tells its figure."""

import resource
import time

import grpc
import orjson
import pytest

from enrayon.geofence.v1 import geofence_pb2 as pb
from enrayon.geofence.v1 import geofence_pb2_grpc
from geodata.fences.cover import fill
from geodata.fences.shape import FenceError
from services.geofence import bootstrap
from services.geofence.convert.fences import shape
from services.geofence.errors import InvalidFence
from tests.support.events import reading, subscribe, take
from tests.support.geofence import KAMPPI, circle, create, fix, report, running, told

DAY_S = 86_400
AHEAD, REFUSED = pb.FixResult.OUTCOME_AHEAD, pb.FixResult.OUTCOME_REFUSED


@pytest.fixture
def stub(channel):
    return geofence_pb2_grpc.GeofenceServiceStub(channel)


async def test_26_a_device_whose_clock_is_a_day_off(stub, notices, parts, figure):
    await create(stub, "kamppi", circle(KAMPPI, 300, dwell_time={"seconds": 1}))
    await subscribe(notices, filter={"types": ["fence.dwell"]})
    ahead = await report(stub, *(fix("ahead", KAMPPI, DAY_S + n) for n in range(10)))
    async with running(bootstrap.build(parts)), reading(notices) as events:
        behind = await report(stub, *(fix(f"behind {n}", KAMPPI, -DAY_S) for n in range(10)))
        dwelt = await take(events, 10)
    refused = [result.outcome for result in ahead].count(AHEAD)
    figure(
        26,
        f"a day ahead: {refused} of 10 fixes refused, nothing kept; a day behind: "
        f"{len(told(behind))} of 10 devices entered and {len(dwelt)} dwelt on time",
    )
    assert (10, 10, 10) == (refused, len(told(behind)), len(dwelt))
    assert {""} == {result.subject for result in ahead}


async def test_28_no_number_no_pole_and_no_date_line_is_special(stub, figure):
    nan, inf = float("nan"), float("inf")
    await create(stub, "pole", circle((90.0, 0.0), 20_000))
    square = [[179.5, -17], [-179.5, -17], [-179.5, -16], [179.5, -16], [179.5, -17]]
    fiji = {"type": "Polygon", "coordinates": [[[lng % 360, lat] for lng, lat in square]]}
    wrapped = {"type": "Polygon", "coordinates": [square]}
    await create(stub, "date-line", circle((-16.5, 180.0), 50_000))
    absurd = [
        fix("a", place, n, accuracy)
        for n, (place, accuracy) in enumerate(
            (
                ((nan, 0.0), 10.0),
                ((0.0, nan), 10.0),
                ((inf, 0.0), 10.0),
                ((90.1, 0.0), 10.0),
                ((0.0, -180.1), 10.0),
                ((0.0, 0.0), nan),
                ((0.0, 0.0), -1.0),
                ((0.0, 0.0), inf),
            )
        )
    ]
    refused = await report(stub, *absurd)
    pole = await report(
        stub, *(fix("b", place, n) for n, place in enumerate(((89.5, 10), (89.9, -170), (90, 77))))
    )
    pole += await report(stub, fix("b", (89.9, 100), 3), fix("b", (89.5, 100), 4))
    line = await report(
        stub,
        *(fix("c", (-16.5, lng), n) for n, lng in enumerate((179.0, 179.9, -179.9, -179.0))),
        *(fix("d", (-16.5, lng), n) for n, lng in enumerate((179.0, -179.0))),
    )
    with pytest.raises(grpc.aio.AioRpcError) as beyond:
        await create(stub, "fiji", pb.Fence(geo_json={"geometry": orjson.dumps(fiji).decode()}))
    await create(stub, "fiji", pb.Fence(geo_json={"geometry": orjson.dumps(wrapped).decode()}))
    found = []
    for longitude in (180.0, -179.6, 0.0):
        point = {"latitude": -16.5, "longitude": longitude}
        matches = (await stub.MatchFences(pb.MatchFencesRequest(point=point))).matches
        found.append("fences/fiji" in {match.fence for match in matches})
    assert [REFUSED] * len(absurd) == [result.outcome for result in refused]
    assert [(1, "ENTER", "pole"), (4, "EXIT", "pole")] == told(pole)
    assert [
        (1, "ENTER", "date-line"),
        (3, "EXIT", "date-line"),
        (5, "CROSS", "date-line"),
    ] == told(line)
    assert "coordinates" in (beyond.value.details() or "")
    assert [True, True, False] == found
    figure(
        28,
        f"{len(absurd)} fixes that are no place refused by index; over the pole one visit, over "
        "the antimeridian one visit, and through it one CROSS",
    )


async def test_29_deleting_a_fence_tells_everybody_inside_once(stub, notices, parts, figure):
    devices = 500
    await create(stub, "kamppi", circle(KAMPPI, 300))
    await create(stub, "kept", circle(KAMPPI, 400))
    await subscribe(notices, filter={"types": ["fence.exit"]})
    await report(stub, *(fix(f"{n}", KAMPPI, 0) for n in range(devices)))
    async with (
        running(bootstrap.build(parts)),
        running(bootstrap.build(parts)),
        reading(notices) as events,
    ):
        await stub.DeleteFence(pb.DeleteFenceRequest(name="fences/kamppi"))
        left = [each.event for each in await take(events, devices)]
        # An event that came twice would come before the next one.
        await report(stub, *(fix(f"{n}", (60.3, 24.9), 60) for n in range(devices)))
        later = [each.event for each in await take(events, devices)]
    figure(
        29,
        f"{len(left)} of {devices} devices inside left by the deletion, told by two workers "
        f"{len(left) - len({event.id for event in left})} times twice",
    )
    assert {("fence.exit", "fences/kamppi", "CAUSE_FENCE_DELETED")} == {
        (event.type, event.data["fence"], event.data["cause"]) for event in left
    }
    assert devices == len({event.subject for event in left})
    assert {"fences/kept"} == {event.data["fence"] for event in later}


def polygon(ring: list[list[float]]) -> pb.Fence:
    geometry = {"type": "Polygon", "coordinates": [ring]}
    return pb.Fence(geo_json={"geometry": orjson.dumps(geometry).decode()})


async def refusal(stub, fence: pb.Fence) -> grpc.StatusCode:
    """The code with which a fence is refused."""
    try:
        await create(stub, "absurd", fence)
    except grpc.aio.AioRpcError as error:
        return error.code()
    return grpc.StatusCode.OK


async def test_33_polygons_that_would_cost_too_much_are_refused_before_any_work(stub, figure):
    """Also polygons that are within the limits of a request."""
    side = 250_000
    walls = ((0, 0, 1, 0), (1, 0, 1, 1), (1, 1, 0, 1), (0, 1, 0, 0))
    million = [
        [x + (to_x - x) * n / side, y + (to_y - y) * n / side]
        for x, y, to_x, to_y in walls
        for n in range(side)
    ]
    many = [[n / 100_000, 0] for n in range(20_000)] + [[0, 1], [0, 0]]
    zigzag = [[n / 2_000, n % 2] for n in range(4_000)] + [[2, 3], [0, 3], [0, 0]]
    back = [[(4_000 - n) / 2_000, 1.5 - n % 2] for n in range(4_000)]
    absurd = {
        "20,000 corners": polygon(many),
        "bow-tie": polygon([[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]),
        "8,000 edges that cross": polygon([*zigzag[:4_000], *back, [0, 0]]),
        "10,001 cells": pb.Fence(cell_set={"h3_cells": ["8001fffffffffff"] * 10_001}),
        "cells of two sizes": pb.Fence(
            cell_set={"h3_cells": ["8001fffffffffff", "8f1126d36a0a001"]}
        ),
        "10,000 km": circle(KAMPPI, 10_000_000),
    }
    took_ms = {}
    for name, fence in absurd.items():
        began = time.perf_counter()
        code = await refusal(stub, fence)
        took_ms[name] = round((time.perf_counter() - began) * 1000)
        assert grpc.StatusCode.INVALID_ARGUMENT == code, name
    assert await refusal(stub, polygon(million)) in (
        grpc.StatusCode.INVALID_ARGUMENT,
        grpc.StatusCode.RESOURCE_EXHAUSTED,
    )
    fence = pb.Fence(multi_polygon={"polygons": [{"rings": [{"points": []}]}]})
    points = fence.multi_polygon.polygons[0].rings[0].points
    for longitude, latitude in million:
        points.add(latitude=latitude, longitude=longitude)
    built = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.perf_counter()
    with pytest.raises(InvalidFence, match="10000 corners"):
        shape(fence)
    inside_ms = (time.perf_counter() - began) * 1000
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - built
    world = shape(polygon([[-180, -90], [180, -90], [180, 90], [-180, 90], [-180, -90]]))
    began = time.perf_counter()
    with pytest.raises(FenceError, match="needs about"):
        fill(world, 15)
    took_ms["the world at resolution 15"] = round((time.perf_counter() - began) * 1000)
    figure(
        33,
        f"refused, by name and milliseconds: {took_ms}; a million corners at the door by size, "
        f"inside in {inside_ms:.0f} ms with {grown / 1024:.0f} MB more",
    )
    assert 0 == (await stub.ListFences(pb.ListFencesRequest())).total_size
    assert grown < 50 * 1024
