"""Fixes as they come in: what is told, what is refused, what any order of them leads to."""

import asyncio
import random
from collections import Counter
from typing import Any

import grpc
import pytest

from enrayon.geofence.v1 import geofence_pb2 as pb
from tests.geodata.fences.tracks import VISNJAN, visnjan
from tests.services.geofence.conftest import create, name_of, report, told
from tests.services.geofence.places import KAMPPI, PASILA, circle, fix, north_of

OUTCOME = pb.FixResult.Outcome


async def test_in_and_out_of_a_circle_is_told_once_each(fences):
    await create(fences, "kamppi", circle(KAMPPI, 300))

    results = await report(
        fences,
        fix("a", PASILA, 0),
        fix("a", KAMPPI, 600),
        fix("a", KAMPPI, 660),
        fix("a", PASILA, 1200),
    )

    assert [(1, "ENTER", "kamppi"), (3, "EXIT", "kamppi")] == told(results)
    assert {"applied"} == {
        OUTCOME.Name(r.outcome).removeprefix("OUTCOME_").lower() for r in results
    }
    assert 1 == len({result.subject for result in results})
    [enter] = results[1].events
    assert (pb.CONFIDENCE_HIGH, pb.CONFIDENCE_REASON_EDGE_FAR_BEYOND_ACCURACY) == (
        enter.confidence,
        enter.confidence_reason,
    )


async def test_a_way_through_between_two_fixes_is_a_cross(fences):
    await create(fences, "kamppi", circle(KAMPPI, 300))
    results = await report(
        fences, fix("a", north_of(KAMPPI, 2000), 0), fix("a", north_of(KAMPPI, -2000), 300)
    )
    assert [(1, "CROSS", "kamppi")] == told(results)


async def test_a_first_fix_inside_is_an_enter_and_each_call_goes_on_where_the_last_ended(fences):
    await create(fences, "kamppi", circle(KAMPPI, 300))
    first = await report(fences, fix("a", KAMPPI, 0))
    second = await report(fences, fix("a", KAMPPI, 10))
    third = await report(fences, fix("a", PASILA, 900))
    assert [["ENTER"], [], ["EXIT"]] == [
        [name_of(e) for e in results[0].events] for results in (first, second, third)
    ]
    assert first[0].subject == third[0].subject
    assert [1, 2] == [first[0].events[0].number, third[0].events[0].number]


async def test_one_bad_fix_is_refused_by_its_index_and_the_others_count(fences):
    await create(fences, "kamppi", circle(KAMPPI, 300))
    nowhere = fix("a", (float("nan"), 24.9), 10)
    beyond = fix("b", (91.0, 24.9), 10)
    nobody = fix("", KAMPPI, 10)
    vague = fix("c", KAMPPI, 10, accuracy_m=float("nan"))
    tomorrow = fix("d", KAMPPI, 86_400)

    results = await report(fences, fix("a", KAMPPI, 0), nowhere, beyond, nobody, vague, tomorrow)

    assert [1, 6, 6, 6, 6, 5] == [result.outcome for result in results]
    assert ["location", "location", "device_id", "accuracy_m"] == [
        result.error.partition(":")[0] for result in results[1:5]
    ]
    assert [(0, "ENTER", "kamppi")] == told(results)


async def test_late_and_duplicate_fixes_change_nothing_and_say_so(fences):
    await create(fences, "kamppi", circle(KAMPPI, 300))
    results = await report(
        fences, fix("a", KAMPPI, 100), fix("a", KAMPPI, 100), fix("a", PASILA, 50)
    )
    assert [1, 4, 3] == [result.outcome for result in results]
    assert [(0, "ENTER", "kamppi")] == told(results)


async def test_without_consent_nothing_is_taken(fences, redis_client):
    with pytest.raises(grpc.aio.AioRpcError) as failure:
        await fences.ReportPositions(pb.ReportPositionsRequest(fixes=[fix("a", KAMPPI, 0)]))
    with pytest.raises(grpc.aio.AioRpcError) as single:
        await fences.ReportPosition(pb.ReportPositionRequest(fix=fix("a", KAMPPI, 0)))
    assert grpc.StatusCode.INVALID_ARGUMENT == failure.value.code() == single.value.code()
    assert "consent" in (failure.value.details() or "")
    assert [] == await redis_client.keys("*devices*")


async def test_a_stream_answers_each_batch_in_order(fences):
    await create(fences, "kamppi", circle(KAMPPI, 300))

    async def batches() -> Any:
        for number in range(4):
            place = KAMPPI if number % 2 else PASILA
            yield pb.StreamPositionsRequest(
                fixes=[fix(f"{n}", place, 600 * number) for n in range(100)],
                consent=True,
                brief=True,
            )

    answers = [answer async for answer in fences.StreamPositions(batches())]

    assert [100] * 4 == [answer.applied_count for answer in answers]
    assert [0, 100, 100, 100] == [len(answer.results) for answer in answers]
    assert list(range(100)) == list(answers[1].indexes)
    assert {"ENTER"} == {name_of(r.events[0]) for r in answers[1].results}
    assert {"EXIT"} == {name_of(r.events[0]) for r in answers[2].results}


async def test_many_orders_of_a_drive_through_many_calls_end_alike(fences):
    for radius in (100, 250, 500, 1000):
        await create(fences, f"r{radius}", circle((VISNJAN.latitude, VISNJAN.longitude), radius))
    track = visnjan()[:61]
    order = list(range(len(track)))
    rng = random.Random(7)
    ends = set()
    for number in range(20):
        rng.shuffle(order)
        points = [track[n].point for n in order]
        fixes = [
            fix(f"car {number}", (point.latitude, point.longitude), n)
            for n, point in zip(order, points, strict=True)
        ]
        inside: Counter[str] = Counter()
        for start in range(0, len(fixes), 20):
            for _, type_, fence in told(await report(fences, *fixes[start : start + 20])):
                inside[fence] += {"ENTER": 1, "EXIT": -1}.get(type_, 0)
        ends.add(tuple(sorted(fence for fence, count in inside.items() if count)))
    assert {("r100", "r1000", "r250", "r500")} == ends


async def test_fixes_of_one_device_through_many_calls_at_once_lose_nothing(fences):
    await create(fences, "kamppi", circle(KAMPPI, 300))
    calls = [report(fences, fix("a", KAMPPI, 10 * number)) for number in range(30)]

    results = [result for [result] in await asyncio.gather(*calls)]

    assert {1, 3} >= {result.outcome for result in results}
    assert ["ENTER"] == [name_of(e) for result in results for e in result.events]
    [last] = await report(fences, fix("a", KAMPPI, 290))
    assert pb.FixResult.OUTCOME_DUPLICATE == last.outcome


async def test_a_fence_muted_by_hours_confidence_or_frequency_says_why(fences):
    await create(fences, "closed", circle(KAMPPI, 300, active_hours={"expression": "off"}))
    await create(fences, "quiet", circle(KAMPPI, 300, quiet_hours={"expression": "24/7"}))
    await create(fences, "sure", circle(KAMPPI, 300, min_confidence=pb.CONFIDENCE_HIGH))
    await create(
        fences,
        "rare",
        circle(KAMPPI, 300, frequency_cap={"visits": 1, "period": {"seconds": 86_400}}),
    )

    results = await report(
        fences,
        fix("a", KAMPPI, 0, accuracy_m=200),
        fix("a", PASILA, 600),
        fix("a", KAMPPI, 1200),
        fix("a", PASILA, 1800),
    )

    mutes: dict[Any, Any] = {}
    for result in results:
        for event in result.events:
            mutes.setdefault(event.fence, []).append(pb.Mute.Name(event.mute).removeprefix("MUTE_"))
    assert {
        "fences/closed": ["INACTIVE"] * 4,
        "fences/quiet": ["QUIET_HOURS"] * 4,
        "fences/sure": ["CONFIDENCE", "UNSPECIFIED", "UNSPECIFIED", "UNSPECIFIED"],
        "fences/rare": ["UNSPECIFIED", "UNSPECIFIED", "FREQUENCY", "FREQUENCY"],
    } == mutes
