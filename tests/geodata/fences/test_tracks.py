"""Tests the tracker on real drives and walks: expected events, any order of arrival, noise."""

import random
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodata.fences import Circle, FenceIndex
from geodata.fences.encoding import decode, encode
from geodata.fences.events import EventType, detect
from geodata.fences.state import DeviceState, Fence, Fix, Rules
from geodata.fences.tracking import Verdict, apply
from geodata.points import Point
from tests.geodata.fences.drive import Drive
from tests.geodata.fences.oracles import untimed
from tests.geodata.fences.tracks import VISNJAN, blurred, numbered, visnjan

ENTER, EXIT, CROSS = EventType.ENTER, EventType.EXIT, EventType.CROSS

RADII_M = (100, 250, 500, 1000)
GUARDED = Rules(
    dwell_ms=60_000, exit_buffer_m=20.0, exit_delay_ms=15_000, max_speed_mps=60.0, every_fix=True
)


NO_GUARDS = Rules()


def town(rules: Rules = NO_GUARDS) -> dict[str, Fence]:
    """Circles of several sizes around the centre of Visnjan."""
    return {f"{radius}m": Fence(Circle(VISNJAN, float(radius)), rules) for radius in RADII_M}


@pytest.mark.parametrize(
    ("radius_m", "events"),
    [
        (100, [(55, ENTER), (82, EXIT)]),
        (250, [(52, ENTER), (89, EXIT)]),
        (500, [(31, ENTER), (34, EXIT), (38, ENTER), (90, EXIT)]),
        (1000, [(0, ENTER)]),
    ],
)
def test_a_drive_round_visnjan(radius_m: int, events: list[tuple[int, EventType]]) -> None:
    drive = Drive({"town": Fence(Circle(VISNJAN, float(radius_m)))}).replay(visnjan())
    assert events == drive.told(*EventType)


def test_all_tracks_and_fences_with_known_events(
    shared_json: Callable[[str], Any], shared_rows: Callable[[str], list[dict[str, str]]]
) -> None:
    rows = shared_rows("gps_traces")
    cases = shared_json("fence_cases_dev.json")["cases"]
    assert 51 == len(cases)
    for case in cases:
        track = [row for row in rows if row["track"] == case["track"]][:: case["step"]]
        circle = case["fence"]
        fence = Fence(Circle(Point(circle["lat"], circle["lon"]), float(circle["meters"])))
        drive = Drive({"fence": fence}).replay(numbered(track))
        told = [[sequence, type_.value] for sequence, type_ in drive.told(ENTER, EXIT, CROSS)]
        assert case["events"] == told, case


def test_an_index_of_all_fences_tells_the_same_of_whole_tracks_at_once(
    shared_json: Callable[[str], Any], shared_rows: Callable[[str], list[dict[str, str]]]
) -> None:
    rows = shared_rows("gps_traces")
    cases = shared_json("fence_cases_dev.json")["cases"]
    index = FenceIndex()
    for n, case in enumerate(cases):
        circle = case["fence"]
        index.put(str(n), Circle(Point(circle["lat"], circle["lon"]), float(circle["meters"])))
    for n, case in enumerate(cases):
        track = [row for row in rows if row["track"] == case["track"]][:: case["step"]]
        latitudes, longitudes = ([float(row[name]) for row in track] for name in ("lat", "lon"))
        # The first fix has no previous fix: its segment has no length.
        inside, passed = index.track_many(
            [latitudes[0], *latitudes[:-1]],
            [longitudes[0], *longitudes[:-1]],
            latitudes,
            longitudes,
        )
        holding = set(inside.rows[inside.fence_ids == str(n)].tolist())
        touching = set(passed.rows[passed.fence_ids == str(n)].tolist())
        events = [
            [row, detect(row - 1 in holding, row in holding, row in touching)[0].value]
            for row in range(len(track))
        ]
        assert case["events"] == [
            event for event in events if event[1] in ("enter", "exit", "cross")
        ]


class TestAnyOrder:
    """Fixes that arrive out of order."""

    def permute(
        self, track: list[Fix], fences: Mapping[str, Fence], times: int
    ) -> set[tuple[Fix | None, tuple[str, ...]]]:
        """The final fixes and memberships after many orders of a track."""
        inside = {
            fix: [id_ for id_, fence in fences.items() if fence.shape.contains(fix.point)]
            for fix in track
        }
        now_ms = max(fix.time_ms for fix in track)
        order, ends, rng = list(track), set(), random.Random(7)
        for _ in range(times):
            rng.shuffle(order)
            state = DeviceState()
            for fix in order:
                state, _, _ = apply(state, fix, now_ms, fences, inside[fix])
            ends.add((state.last, tuple(visit.fence_id for visit in state.visits)))
        return ends

    def test_a_thousand_orders_of_a_drive_end_alike(self) -> None:
        track = visnjan()
        assert {(track[-1], ("1000m",))} == self.permute(track, town(), 1000)
        # In the middle of the drive the car is in the middle of the town.
        half = track[:61]
        assert {(half[-1], ("1000m", "100m", "250m", "500m"))} == self.permute(half, town(), 1000)

    def test_a_thousand_orders_of_a_mountain_walk_end_alike(
        self, shared_rows: Callable[[str], list[dict[str, str]]]
    ) -> None:
        rows = [row for row in shared_rows("gps_traces") if row["track"] == "gpxpy/Mojstrovka"]
        track = numbered(rows)
        summit = {f"{radius}m": Fence(Circle(track[-1].point, radius)) for radius in (50.0, 500.0)}
        start = {"start": Fence(Circle(track[0].point, 100.0))}
        # The drive ends at its start.
        ends = {(track[-1], ("50.0m", "500.0m", "start"))}
        assert ends == self.permute(track, summit | start, 1000)

    @pytest.mark.parametrize("seed", range(20))
    def test_with_guards_the_applied_fixes_alone_give_the_same(self, seed: int) -> None:
        rng = random.Random(seed)
        fixes = blurred(visnjan(), 50.0, seed)
        # Sometimes a fix arrives after some later ones.
        fixes.sort(key=lambda fix: fix.time_ms + 1000 * rng.choice((0, 0, 0, 0, 60, 120)))
        first = Drive(town(GUARDED)).replay(fixes)
        assert Verdict.LATE in first.verdicts
        again = Drive(town(GUARDED)).replay(first.applied)
        assert first.state == again.state
        assert first.events == again.events

    @untimed
    @given(st.lists(st.tuples(st.integers(0, 103), st.integers(0, 60_000)), max_size=30))
    def test_timers_in_between_change_nothing(self, looks: list[tuple[int, int]]) -> None:
        fixes = visnjan()
        quiet = Drive(town(GUARDED)).replay(fixes)
        watched = Drive(town(GUARDED))
        for n, fix in enumerate(fixes):
            watched.report(fix)
            next_ms = fixes[n + 1].time_ms if n + 1 < len(fixes) else fix.time_ms
            for at, later_ms in looks:
                if at == n:
                    watched.wait(min(fix.time_ms + later_ms, next_ms))
        assert quiet.state == watched.state
        assert [(event.id("d"), event.number) for event in quiet.events] == [
            (event.id("d"), event.number) for event in watched.events
        ]

    def test_a_state_may_be_put_away_between_any_two_fixes(self) -> None:
        fixes = blurred(visnjan(), 50.0, seed=4)
        kept, packed = Drive(town(GUARDED)), Drive(town(GUARDED))
        for fix in fixes:
            kept.report(fix)
            packed.report(fix)
            packed.state = decode(encode(packed.state))
        assert kept.events == packed.events
        assert len(kept.events) > len(fixes)


class TestNoise:
    """Errors of 500 m, at a fence that the clean track visits once."""

    guarded = Rules(exit_buffer_m=250.0, exit_delay_ms=60_000)

    def visits(self, fixes: list[Fix], circle: Circle, rules: Rules) -> int:
        return len(Drive({"fence": Fence(circle, rules)}).replay(fixes).told(ENTER))

    @pytest.mark.parametrize("seed", range(10))
    def test_a_drive_through_munich_is_one_visit(
        self, seed: int, shared_rows: Callable[[str], list[dict[str, str]]]
    ) -> None:
        rows = [row for row in shared_rows("gps_traces") if row["track"] == "barefoot/x0001-001"]
        clean, pasing = numbered(rows), Circle(Point(48.14146, 11.45599), 2_000.0)
        noisy = blurred(clean, 500.0, seed)
        assert 1 == self.visits(clean, pasing, NO_GUARDS)
        assert 1 == self.visits(noisy, pasing, self.guarded)
        assert self.visits(noisy, pasing, NO_GUARDS) > 5

    @pytest.mark.parametrize("seed", range(10))
    def test_a_drive_round_visnjan_is_one_visit(self, seed: int) -> None:
        clean, circle = visnjan(), Circle(VISNJAN, 250.0)
        noisy = blurred(clean, 500.0, seed)
        assert 1 == self.visits(clean, circle, NO_GUARDS)
        assert 1 == self.visits(noisy, circle, self.guarded)
        assert self.visits(noisy, circle, NO_GUARDS) > 5
