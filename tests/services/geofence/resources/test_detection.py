"""Real tracks through the service: known events, any order of arrival, noise."""

import random
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any

import pytest

from enrayon.geofence.v1 import geofence_pb2 as pb
from geodata.fences.state import DeviceState, Fix
from services.chassis.keyring import Key, Keyring
from services.geofence.model.devices import HASH_BYTES
from services.geofence.resources.devices import PURPOSE
from services.geofence.state.devices import DeviceRecords
from tests.geodata.fences.tracks import VISNJAN, blurred, numbered, visnjan
from tests.support.geofence import KAMPPI, circle, create, fix, name_of, north_of

CHANGES = ("ENTER", "EXIT", "CROSS")
COUNTED = (pb.FixResult.OUTCOME_APPLIED, pb.FixResult.OUTCOME_IMPLAUSIBLE)
MIDDLE = (VISNJAN.latitude, VISNJAN.longitude)
BATCH = 1_000
GUARDS: dict[str, Any] = {
    "dwell_time": {"seconds": 60},
    "exit_buffer_m": 20,
    "exit_delay": {"seconds": 15},
    "max_speed_mps": 60,
    "report_every_fix": True,
}


def as_message(device: str, fix: Fix) -> pb.Fix:
    """A fix as a device reports it."""
    message = pb.Fix(device_id=device, sequence=fix.sequence, accuracy_m=fix.accuracy_m)
    message.location.latitude = fix.point.latitude
    message.location.longitude = fix.point.longitude
    message.device_time.FromMilliseconds(fix.time_ms)
    return message


async def through(stub: Any, fixes: Iterable[tuple[str, Fix]]) -> list[pb.FixResult]:
    """The results of fixes of devices, sent as a stream of batches."""
    messages = [as_message(device, fix) for device, fix in fixes]

    async def batches() -> AsyncIterator[pb.StreamPositionsRequest]:
        for start in range(0, len(messages), BATCH):
            some = messages[start : start + BATCH]
            yield pb.StreamPositionsRequest(fixes=some, consent=True)

    return [result async for answer in stub.StreamPositions(batches()) for result in answer.results]


def changes(results: Sequence[pb.FixResult], fence: str) -> list[list[Any]]:
    """The fix and the type of each ENTER, EXIT and CROSS of a fence."""
    return [
        [number, name_of(event).lower()]
        for number, result in enumerate(results)
        for event in result.events
        if event.fence == f"fences/{fence}" and name_of(event) in CHANGES
    ]


async def states(database: Any, devices: Sequence[str]) -> list[DeviceState]:
    """The states of devices in the database."""
    hashes_of = Keyring([Key(1, bytes(32))]).hasher(PURPOSE, HASH_BYTES)
    hashes = [hashes_of(f"anonymous\0{device}".encode())[0] for device in devices]
    found = await DeviceRecords(database, 100).read(hashes, 0)
    return [found[hash].state for hash in hashes]


@pytest.mark.parametrize(
    ("before", "now", "told"),
    [
        (2000, 100, ["ENTER", "INSIDE"]),
        (100, 2000, ["EXIT", "OUTSIDE"]),
        (100, 200, ["INSIDE"]),
        (2000, -2000, ["CROSS", "OUTSIDE"]),
        (2000, 3000, ["OUTSIDE"]),
        (None, 100, ["ENTER", "INSIDE"]),
        (None, 2000, ["OUTSIDE"]),
    ],
    ids=["in", "out", "stays in", "through", "stays out", "first in", "first out"],
)
async def test_the_detect_table(fences, before, now, told):
    """Metres north of the centre of a circle of 300 m, by a fix and the one before it."""
    await create(fences, "kamppi", circle(KAMPPI, 300, report_every_fix=True))
    fixes = [fix("a", north_of(KAMPPI, before), 0)] if before is not None else []
    fixes.append(fix("a", north_of(KAMPPI, now), 60))
    request = pb.ReportPositionsRequest(fixes=fixes, consent=True)
    results = (await fences.ReportPositions(request)).results
    assert told == [name_of(event) for event in results[-1].events]


async def test_all_tracks_and_fences_with_known_events(fences, shared_json, shared_rows):
    rows = shared_rows("gps_traces")
    cases = shared_json("fence_cases_dev.json")["cases"]
    assert 51 == len(cases)
    by_track: dict[tuple[str, int], list[int]] = defaultdict(list)
    for number, case in enumerate(cases):
        at = case["fence"]
        await create(fences, f"case-{number}", circle((at["lat"], at["lon"]), at["meters"]))
        by_track[case["track"], case["step"]].append(number)
    for (track, step), numbers in by_track.items():
        points = numbered([row for row in rows if row["track"] == track][::step])
        results = await through(fences, [(f"{track} {step}", point) for point in points])
        for number in numbers:
            assert cases[number]["events"] == changes(results, f"case-{number}"), cases[number]


async def town(stub: Any, **rules: Any) -> None:
    """Circles of several sizes round the middle of Visnjan."""
    for radius in (100, 250, 500, 1000):
        await create(stub, f"r{radius}", circle(MIDDLE, radius, **rules))


def orders(track: Sequence[Fix], count: int) -> dict[str, list[Fix]]:
    """Devices that report a track, each in an order of its own."""
    rng = random.Random(7)
    return {f"car {n}": rng.sample(track, len(track)) for n in range(count)}


async def ends(
    stub: Any, database: Any, track: Sequence[Fix], count: int
) -> set[tuple[tuple[int, int], tuple[str, ...]]]:
    """The last fixes and memberships that many orders of a track end with."""
    drives = orders(track, count)
    # In three calls at least each, among those of all others.
    third = len(track) // 3 + 1
    fixes = [
        (device, fix)
        for start in range(0, len(track), third)
        for device, drive in drives.items()
        for fix in drive[start : start + third]
    ]
    await through(stub, fixes)
    return {
        (state.last.order, tuple(visit.fence_id for visit in state.visits))
        for state in await states(database, list(drives))
        if state.last
    }


async def test_a_thousand_orders_of_a_drive_end_alike(fences, database, figure):
    await town(fences)
    half = visnjan()[:61:2]  # it ends in the middle of the town
    found = await ends(fences, database, half, 1000)
    assert {(half[-1].order, ("r100", "r1000", "r250", "r500"))} == found
    figure(25, f"1,000 orders of {len(half)} fixes of a drive: {len(found)} last state")


@pytest.mark.soak
async def test_a_thousand_orders_of_a_mountain_walk_end_alike(
    fences, database, shared_rows, figure
):
    rows = [row for row in shared_rows("gps_traces") if row["track"] == "gpxpy/Mojstrovka"]
    track = numbered(rows)
    for name, place, radius in (("start", track[0], 100), ("s50", track[-1], 50)):
        at = (place.point.latitude, place.point.longitude)
        await create(fences, name, circle(at, radius))
    found = await ends(fences, database, track, 1000)
    assert {(track[-1].order, ("s50", "start"))} == found  # it ends where it began
    figure(25, f"1,000 orders of {len(track)} fixes of a walk: {len(found)} last state")


async def test_late_and_duplicate_fixes_change_nothing(fences, figure):
    await town(fences)
    track = visnjan()
    doubled = [fix for fix in track for _ in range(2)]
    late = [track[n // 2] for n in range(len(track))]
    once = await through(fences, [("once", fix) for fix in track])
    twice = await through(fences, [("twice", fix) for fix in (*doubled, *late)])
    told = [[name_of(e) for r in results for e in r.events] for results in (once, twice)]
    outcomes = [result.outcome for result in twice]
    assert told[0] == told[1]
    assert len(track) == outcomes.count(pb.FixResult.OUTCOME_APPLIED)
    figure(
        25,
        f"{outcomes.count(pb.FixResult.OUTCOME_DUPLICATE)} duplicate and "
        f"{outcomes.count(pb.FixResult.OUTCOME_LATE)} late fixes among {len(track)}: "
        f"the same {len(told[0])} events",
    )


async def test_with_guards_the_applied_fixes_alone_give_the_same(fences, database):
    await town(fences, **GUARDS)
    rng = random.Random(25)
    drives = {}
    for seed in range(20):
        drive = blurred(visnjan(), 50.0, seed)
        # Now and then one is overtaken by some others.
        drive.sort(key=lambda fix: fix.time_ms + 1000 * rng.choice((0, 0, 0, 0, 60, 120)))
        drives[f"car {seed}"] = drive
    sent = [(device, fix) for device, drive in drives.items() for fix in drive]
    first = await through(fences, sent)
    pairs = list(zip(sent, first, strict=True))
    applied = [
        (f"{device} again", fix) for (device, fix), result in pairs if result.outcome in COUNTED
    ]
    again = await through(fences, applied)
    assert {pb.FixResult.OUTCOME_LATE, *COUNTED} == {result.outcome for result in first}
    assert told(first) == told(again)
    before = await states(database, list(drives))
    after = await states(database, [f"{device} again" for device in drives])
    assert [(state.last, state.visits, state.event_count) for state in before] == [
        (state.last, state.visits, state.event_count) for state in after
    ]


def told(results: Sequence[pb.FixResult]) -> list[tuple[object, ...]]:
    """The events, without the parts that name the device."""
    return [
        (event.fence, event.event_type, event.sequence, event.number, event.device_time.seconds)
        for result in results
        for event in result.events
    ]


async def test_a_noisy_drive_is_one_visit_with_guards_as_the_clean_one_is(fences, figure):
    """500 m of error: with the guards off there are many."""
    await create(fences, "plain", circle(MIDDLE, 250))
    guards = {"exit_buffer_m": 250, "exit_delay": {"seconds": 60}}
    await create(fences, "guarded", circle(MIDDLE, 250, **guards))
    seeds = range(10)
    clean = await through(fences, [("clean", fix) for fix in visnjan()])
    visits: dict[str, list[int]] = {"guarded": [], "plain": []}
    for seed in seeds:
        noisy = blurred(visnjan(), 500.0, seed)
        results = await through(fences, [(f"noisy {seed}", fix) for fix in noisy])
        for fence, counts in visits.items():
            entered = [type_ for _, type_ in changes(results, fence) if type_ == "enter"]
            counts.append(len(entered))
    assert [[52, "enter"], [89, "exit"]] == changes(clean, "plain")
    assert [1] * len(seeds) == visits["guarded"]
    assert min(visits["plain"]) > 5
    figure(
        27,
        f"a drive through a circle of 250 m, with 500 m of error, ten times: visits with guards "
        f"{visits['guarded']}, without {visits['plain']}; the clean drive has one",
    )
