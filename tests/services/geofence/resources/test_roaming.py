"""Fixes decided in columns have the same records, byte for byte, as fixes decided one by one."""

import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import compress, pairwise

import pytest
from geopy.distance import geodesic
from hypothesis import given
from hypothesis import strategies as st

from enrayon.geofence.v1 import geofence_pb2 as pb
from geodata.fences import Circle, FenceIndex
from geodata.fences.events import Reason
from geodata.fences.state import DeviceState, Fix, Visit
from geodata.fences.tracking import Verdict, apply
from geodata.points import Point
from services.chassis.keyring import Key, Keyring
from services.geofence.convert import fixes as convert
from services.geofence.convert.trips import MODES
from services.geofence.model import trips
from services.geofence.model.devices import KEPT_MS, Device, new_device, pack
from services.geofence.resources.devices import PURPOSE
from services.geofence.resources.roaming import LEAST, Roaming
from services.geofence.state.devices import DeviceRecords
from tests.support.geofence import KAMPPI, PASILA, T0, circle, create, fix, north_of, report, told

NOW_MS = round(T0.timestamp() * 1000)
RADIUS_M = 300.0
SERIES = st.integers(0, 2**32 - 1)

hashes_of = Keyring([Key(1, bytes(32))]).hasher(PURPOSE, 16)


def hashes_of_ids(ids: Sequence[str]) -> list[list[bytes]]:
    return [hashes_of(id.encode()) for id in ids]


def kamppi() -> FenceIndex:
    index = FenceIndex()
    index.put("kamppi", Circle(Point(*KAMPPI), RADIUS_M))
    return index


def somewhere(rng: random.Random) -> Point:
    """Mostly within a kilometre of Kamppi, at times far away."""
    if rng.random() < 0.1:
        return Point(rng.uniform(-90, 90), rng.uniform(-180, 180))
    return Point(KAMPPI[0] + rng.gauss(0, 0.005), KAMPPI[1] + rng.gauss(0, 0.01))


def known(rng: random.Random, id: str) -> Device:
    """A device that was somewhere, within the last minutes as a rule."""
    point, at_ms = somewhere(rng), NOW_MS - rng.randint(0, 400_000)
    heard_ms = NOW_MS - (KEPT_MS + rng.randint(-5, 5) if rng.random() < 0.1 else 60_000)
    last = Fix(
        point=point,
        time_ms=at_ms,
        sequence=rng.choice((at_ms, 7, 2**53, 2**63 - 1)),
        accuracy_m=rng.choice((None, 0.0, 12.5)),
    )
    is_inside = geodesic(KAMPPI, (point.latitude, point.longitude)).m <= RADIUS_M
    visit = Visit(
        fence_id="kamppi",
        inside_since_ms=at_ms,
        enter_sequence=last.sequence,
        dwell_due_ms=None,
        exit_due_ms=None,
        reason=Reason.EDGE_FAR_BEYOND_ACCURACY,
    )
    state = DeviceState(
        last=None if rng.random() < 0.1 else last,
        received_ms=heard_ms,
        event_count=rng.choice((0, 3, 2**40)),
        visits=(visit,) if is_inside else (),
    )
    device = new_device(hashes_of(id.encode())[0])
    version = rng.choice((1, 2, 2**32 - 1))
    device = replace(device, version=version, state=state, received_ms=heard_ms)
    if rng.random() < 0.1:
        return replace(device, caps=(("kamppi", NOW_MS, 1),))
    return device


def reported(rng: random.Random, id: str, last: Fix | None) -> pb.Fix:
    """A fix as phones send them, and some do not."""
    message = pb.Fix(device_id=id)
    if rng.random() < 0.95:
        point = somewhere(rng)
        message.location.latitude, message.location.longitude = point.latitude, point.longitude
    if rng.random() < 0.05:
        message.location.latitude = rng.choice((91.0, float("nan"), 0.0))
    if rng.random() < 0.95:
        message.device_time.FromMilliseconds(NOW_MS + rng.randint(-500_000, 400_000))
    if rng.random() < 0.05:
        message.device_time.seconds = rng.choice((-1, 0, 2**60))
    if last and rng.random() < 0.2:
        message.device_time.FromMilliseconds(last.time_ms)
    if rng.random() < 0.5:
        message.sequence = rng.choice((1, 8, 2**53 + 1, 2**63 - 1, -1))
    if rng.random() < 0.8:
        message.accuracy_m = rng.choice((0.0, -0.0, 5.0, 1e9, -1.0, float("inf"), float("nan")))
    return message


def one_by_one(device: Device, messages: Sequence[pb.Fix]) -> bytes:
    """The next record of a device that fixes outside of all fences make; empty where one of them
    makes none.
    """
    state = device.state
    for message in messages:
        try:
            fix = convert.fix(message, NOW_MS)
        except ValueError:
            return b""
        state, _, verdict = apply(state, fix, NOW_MS, {}, ())
        if verdict is not Verdict.APPLIED:
            return b""
    return pack(device.next_version(state, NOW_MS))


@given(SERIES)
def test_what_is_decided_in_columns_is_what_each_fix_makes_alone(seed):
    rng = random.Random(seed)
    ids = [f"device-{number}" for number in range(60)]
    devices = {id: known(rng, id) for id in ids}
    tracks = {id: walked(rng, id, devices[id].state.last) for id in ids}
    messages = [message for track in tracks.values() for message in track]
    rng.shuffle(messages)
    indexes: defaultdict[str, list[int]] = defaultdict(list)
    for index, message in enumerate(messages):
        indexes[message.device_id].append(index)
    tracks = {id: [messages[index] for index in indexes[id]] for id in ids}
    records = {device.hash: pack(device) for device in devices.values()}

    roaming = Roaming.among(messages, indexes, hashes_of_ids)
    roamed, decided = roaming.moved(kamppi(), records, NOW_MS)

    found = [messages[some[0]].device_id for some in roamed.indexes]
    assert [*compress(roaming.indexes, decided)] == [*roamed.indexes]
    for number, id in enumerate(found):
        device, track, old = devices[id], tracks[id], records[devices[id].hash]
        assert indexes[id] == roamed.indexes[number]
        row = roamed.heads[number].tobytes()
        hash, stamp, head = row[:16], row[16:30], row[30:]
        assert one_by_one(device, track) == head + old[len(head) :]
        assert (device.hash, device.stamp) == (hash, stamp)
        assert device.subject == roamed.subject(number)
        assert device.received_ms >= NOW_MS - KEPT_MS
        assert not device.state.visits
        for each in track:
            here = (each.location.latitude, each.location.longitude)
            assert geodesic(KAMPPI, here).m > RADIUS_M
    simple = {id for id in ids if one_by_one(devices[id], tracks[id])}
    assert {id for id in simple if is_simple(devices[id], tracks[id])} <= {*found}


def walked(rng: random.Random, id: str, last: Fix | None) -> list[pb.Fix]:
    """The fixes of a device in a batch: one, or some, as a rule in their order."""
    track = [reported(rng, id, last) for _ in range(rng.choice((1, 1, 2, 5)))]
    if rng.random() < 0.8:
        track.sort(key=lambda each: (each.device_time.seconds, each.device_time.nanos))
    return track


def is_simple(device: Device, messages: Sequence[pb.Fix]) -> bool:
    """Whether a device outside stays so far from Kamppi that its way cannot cross it."""
    last = device.state.last
    if last is None or device.state.visits or device.caps:
        return False
    ends = [(last.point.latitude, last.point.longitude)]
    ends += [(each.location.latitude, each.location.longitude) for each in messages]
    if device.received_ms < NOW_MS - KEPT_MS or (0, 0) in ends:  # where none is set, too
        return False
    return all(message.HasField("device_time") for message in messages) and all(
        geodesic(start, end).m + RADIUS_M < geodesic(KAMPPI, start).m
        for start, end in pairwise(ends)
    )


def test_a_trip_or_a_damaged_record_is_not_for_columns():
    rng = random.Random(1)
    message = fix("a", PASILA, 0)
    state = DeviceState(
        last=Fix(point=Point(*PASILA), time_ms=NOW_MS - 1, sequence=1), received_ms=NOW_MS
    )
    plain = replace(new_device(bytes(16)), version=1, state=state, received_ms=NOW_MS)
    trip = trips.Trip(
        id="00a",
        store="t-kamppi",
        order="1",
        mode=MODES[pb.TRAVEL_MODE_CAR],
        approaching_s=300.0,
        radius_m=100.0,
        start_ms=NOW_MS,
        expire_ms=NOW_MS + 1,
        owner="",
    )
    good = pack(plain)
    damaged = [bytes([*good[:n], good[n] ^ 0xFF, *good[n + 1 :]]) for n in (22, 26, 28)]
    records = [good, good[:-1], pack(replace(plain, trips=(trip,))), *damaged, rng.randbytes(88)]

    answered = []
    for record in records:
        roaming = Roaming.among([message], {"a": [0]}, lambda _: [[bytes(16)]])
        roamed, _ = roaming.moved(FenceIndex(), {bytes(16): record}, NOW_MS)
        answered.append(len(roamed.indexes))

    assert [1, 0, 0, 0, 0, 0, 0] == answered


async def kept(client, devices: Iterable[str]) -> list[DeviceState]:
    """The states of devices in the database."""
    hashes = [hashes_of(f"anonymous\0{id}".encode())[0] for id in devices]
    found = await DeviceRecords(client, 100).read(hashes, 0)
    return [replace(found[hash].state, received_ms=0) for hash in hashes]


@pytest.mark.parametrize("guards", [{}, {"report_every_fix": True}])
@pytest.mark.parametrize("minutes", [1, 3])
async def test_many_devices_at_once_end_as_each_by_itself(fences, database, minutes, guards):
    """A crowd walks by Kamppi; its fixes come in one batch for so many minutes, or one by one."""
    await create(fences, "kamppi", circle(KAMPPI, 300, **guards))
    rng = random.Random(7)
    crowd, alone = ([f"{kind}-{n}" for n in range(2 * LEAST)] for kind in ("crowd", "alone"))
    ways = [rng.uniform(-3000, 1000) for _ in crowd]
    for begin in range(0, 6, minutes):
        pairs = [
            [
                fix(id, north_of(KAMPPI, way + 500 * minute), 60 * minute)
                for minute in range(begin, begin + minutes)
                for id, way in zip(ids, ways, strict=True)
            ]
            for ids in (crowd, alone)
        ]
        together = await report(fences, *pairs[0])
        singly = [result for each in pairs[1] for result in await report(fences, each)]
        assert [result.outcome for result in singly] == [result.outcome for result in together]
        assert [told([result]) for result in singly] == [told([result]) for result in together]
        assert len({*(r.subject for r in together), *(r.subject for r in singly)}) == 4 * LEAST
    assert await kept(database, alone) == await kept(database, crowd)


async def test_one_bad_fix_of_many_is_refused_by_its_index(fences):
    crowd = [fix(f"{n}", PASILA, 0) for n in range(2 * LEAST)]
    crowd[3].device_id = "x" * 201
    crowd[5].location.latitude = float("nan")
    crowd[8].ClearField("location")
    crowd[13].device_id = ""
    crowd[21].device_time.seconds = 2**50
    for _ in range(2):  # the others as new devices, then as known ones
        results = await report(fences, *crowd)
        refused = [n for n, result in enumerate(results) if result.error]
        assert [3, 5, 8, 13, 21] == refused
        for each in crowd:
            each.sequence += 1


async def test_a_fix_that_another_server_was_faster_with_is_late(fences, monkeypatch):
    """Between the reading and the writing of a batch comes a newer fix of one of its devices."""
    ids = [f"{n}" for n in range(LEAST)]
    await report(fences, *(fix(id, PASILA, 0) for id in ids))
    records = DeviceRecords.records

    async def overtaken(self, hashes):
        found = await records(self, hashes)
        monkeypatch.undo()
        await report(fences, fix("5", PASILA, 120))
        return found

    monkeypatch.setattr(DeviceRecords, "records", overtaken)
    results = await report(fences, *(fix(id, PASILA, 60) for id in ids))

    late = pb.FixResult.OUTCOME_LATE
    assert [5] == [n for n, result in enumerate(results) if result.outcome == late]
    assert LEAST - 1 == sum(r.outcome == pb.FixResult.OUTCOME_APPLIED for r in results)


async def test_a_fence_that_reports_every_fix_counts_though_it_came_during_the_read(
    fences, monkeypatch
):
    ids = [f"{n}" for n in range(LEAST)]
    await report(fences, *(fix(id, PASILA, 0) for id in ids))
    records = DeviceRecords.records

    async def interrupted(self, hashes):
        found = await records(self, hashes)
        monkeypatch.undo()
        await create(fences, "kamppi", circle(KAMPPI, 300, report_every_fix=True))
        return found

    monkeypatch.setattr(DeviceRecords, "records", interrupted)
    results = await report(fences, *(fix(id, PASILA, 60) for id in ids))

    assert [(n, "OUTSIDE", "kamppi") for n in range(LEAST)] == told(results)
