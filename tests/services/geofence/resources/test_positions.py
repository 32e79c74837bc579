"""Fixes: the events that they cause, the faults that are refused, any order of arrival."""

import asyncio
import random
from collections import Counter
from typing import Any

import grpc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrayon.geofence.v1 import geofence_pb2 as pb
from enrayon.geofence.v1 import geofence_pb2_grpc
from services.chassis.serving.requests import violations_of
from services.geofence.convert import fixes as convert
from services.geofence.state.devices import DeviceRecords
from services.geofence.state.keys import Keys
from tests.geodata.fences.tracks import VISNJAN, visnjan
from tests.support.geofence import (
    KAMPPI,
    PASILA,
    circle,
    create,
    fix,
    name_of,
    north_of,
    report,
    told,
)
from tests.support.hosting import hosted

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


async def test_without_consent_nothing_is_taken(fences, database):
    with pytest.raises(grpc.aio.AioRpcError) as failure:
        await fences.ReportPositions(pb.ReportPositionsRequest(fixes=[fix("a", KAMPPI, 0)]))
    with pytest.raises(grpc.aio.AioRpcError) as single:
        await fences.ReportPosition(pb.ReportPositionRequest(fix=fix("a", KAMPPI, 0)))
    assert grpc.StatusCode.INVALID_ARGUMENT == failure.value.code() == single.value.code()
    assert "consent" in (failure.value.details() or "")
    assert [] == await database.keys("*devices*")


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


@pytest.mark.parametrize(("home", "shop"), [("a", "b"), ("b", "a")])
async def test_of_one_fix_all_exits_are_told_before_all_enters(fences, home, shop):
    for name in (home, f"{home}2"):
        await create(fences, name, circle(KAMPPI, 300))
    for name in (shop, f"{shop}2"):
        await create(fences, name, circle(PASILA, 300))

    _, left = await report(fences, fix("a", KAMPPI, 0), fix("a", PASILA, 600))

    assert [
        (pb.EVENT_TYPE_EXIT, f"fences/{home}"),
        (pb.EVENT_TYPE_EXIT, f"fences/{home}2"),
        (pb.EVENT_TYPE_ENTER, f"fences/{shop}"),
        (pb.EVENT_TYPE_ENTER, f"fences/{shop}2"),
    ] == [(event.event_type, event.fence) for event in left.events]


async def test_an_accuracy_of_0_is_not_known(fences):
    await create(fences, "kamppi", circle(KAMPPI, 300))

    [result] = await report(fences, fix("a", KAMPPI, 0, accuracy_m=0))

    [event] = result.events
    assert pb.CONFIDENCE_NONE == event.confidence
    assert pb.CONFIDENCE_REASON_ACCURACY_UNKNOWN == event.confidence_reason


ODD = st.sampled_from([0.0, -1.0, 90.0, 90.1, 180.0, -180.1, 1e300, float("nan"), float("inf")])
SECONDS = st.sampled_from([-1, 0, 1_700_000_000])


@given(
    device_id=st.text(max_size=3) | st.just("x" * 200) | st.just("x" * 201),
    place=st.none() | st.tuples(ODD, ODD),
    seconds=st.none() | SECONDS,
    sequence=st.integers(-2, 2) | st.just(2**63 - 1),
    accuracy_m=st.none() | ODD,
)
def test_a_batch_refuses_what_breaks_a_rule_of_the_contract_and_nothing_else(
    device_id, place, seconds, sequence, accuracy_m
):
    message = pb.Fix(device_id=device_id, sequence=sequence, accuracy_m=accuracy_m)
    if place:
        message.location.latitude, message.location.longitude = place
    if seconds is not None:
        message.device_time.seconds = seconds
    broken = {violation.field for violation in violations_of(message)}
    assert fault_of(message) in (broken or {""})


def fault_of(message: pb.Fix) -> str:
    """The field for which a batch refuses a fix."""
    try:
        convert.fix(message, 1_700_000_000_000)
    except ValueError as fault:
        return str(fault).partition(":")[0]
    return ""


async def test_a_single_fix_that_breaks_a_rule_is_refused_by_its_field(fences):
    request = pb.ReportPositionRequest(fix=fix("a", (91.0, 24.9), 0), consent=True)
    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await fences.ReportPosition(request)
    assert grpc.StatusCode.INVALID_ARGUMENT == refusal.value.code()
    assert "fix.location" in (refusal.value.details() or "")
    assert "91" not in (refusal.value.details() or "")


async def test_a_damaged_record_costs_its_own_device_the_state_and_no_other_anything(
    fences, database
):
    await create(fences, "kamppi", circle(KAMPPI, 300))
    first = await report(fences, *(fix(f"{n}", KAMPPI, 0) for n in range(20)))
    partition = int(first[0].subject.removeprefix("devices/")[:2])
    [hash, *_] = await database.hkeys(Keys.of(partition).devices)
    for damage in (b"\x00", b"\xff" * 40, b""):
        await database.hset(Keys.of(partition).devices, hash, damage)
        again = await report(fences, *(fix(f"{n}", KAMPPI, 60) for n in range(20)))
        assert {1, 4} >= {result.outcome for result in again}
        entered = [result.subject for result in again if result.events]
        assert 1 == len(entered)


async def test_a_data_set_of_another_number_of_partitions_is_refused(fences, database):
    await database.set("{fences}:partitions", 16)
    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await report(fences, fix("a", KAMPPI, 0))
    assert grpc.StatusCode.FAILED_PRECONDITION == refusal.value.code()
    assert [] == await database.keys("*devices*")


async def test_batches_over_the_bound_are_refused_and_can_be_sent_again(parts, monkeypatch):
    """While the database does not answer, three batches wait and the others are refused."""
    monkeypatch.setenv("ENRAYON_GEOFENCE_BATCHES", "3")
    held = asyncio.Event()
    records = DeviceRecords.records

    async def slow(self, hashes):
        await held.wait()
        return await records(self, hashes)

    monkeypatch.setattr(DeviceRecords, "records", slow)
    async with hosted(parts) as channel:
        stub = geofence_pb2_grpc.GeofenceServiceStub(channel)
        calls = [asyncio.ensure_future(report(stub, fix(f"{n}", KAMPPI, 0))) for n in range(10)]
        while sum(call.done() for call in calls) < 7:  # noqa: ASYNC110 - told over the network
            await asyncio.sleep(0.02)
        refused = [call for call in calls if call.done()]
        waiting = [call for call in calls if not call.done()]
        held.set()
        taken = await asyncio.gather(*waiting)
    errors = [call.exception() for call in refused]
    assert 3 == len(taken)
    assert {grpc.StatusCode.RESOURCE_EXHAUSTED} == {
        error.code() for error in errors if isinstance(error, grpc.aio.AioRpcError)
    }
