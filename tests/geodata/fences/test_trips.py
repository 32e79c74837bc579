"""Tests the progress of trips: the ETA, and one event per stage."""

import pytest
from geopy.distance import geodesic
from hypothesis import given
from hypothesis import strategies as st

from geodata.fences import FenceError
from geodata.fences.trips import SPEED_MPS, Mode, Progress, Stage, TripEvent, advance, eta_s
from geodata.points import Point

STORE = Point(60.1689, 24.9318)  # Kamppi
HOME = Point(60.1989, 24.9336)  # Pasila

APPROACHING, ARRIVED, WRONG = TripEvent.APPROACHING, TripEvent.ARRIVED, TripEvent.WRONG_STORE


@pytest.mark.parametrize(("mode", "kmh"), [("walk", 4), ("bike", 12), ("transit", 15), ("car", 25)])
def test_each_mode_has_its_usual_speed(mode: str, kmh: float) -> None:
    distance_m = geodesic((60.1989, 24.9336), (60.1689, 24.9318)).meters
    assert distance_m / (kmh / 3.6) == pytest.approx(eta_s(HOME, STORE, Mode(mode)), rel=0.02)
    assert len(SPEED_MPS) == len(Mode)


def test_a_known_speed_goes_before_the_usual_one() -> None:
    assert 2 * eta_s(HOME, STORE, Mode.CAR, 10.0) == eta_s(HOME, STORE, Mode.CAR, 5.0)
    assert 0 == eta_s(STORE, STORE, Mode.WALK)


@pytest.mark.parametrize("speed_mps", [0.0, -1.0, float("nan"), float("inf")])
def test_nobody_travels_at_such_a_speed(speed_mps: float) -> None:
    with pytest.raises(FenceError, match="speed_mps: must be finite and positive"):
        eta_s(HOME, STORE, Mode.CAR, speed_mps)


def play(*positions: tuple[float, list[str]]) -> list[tuple[TripEvent, ...]]:
    """The events of each position, given its ETA in seconds and the stores there."""
    progress, told = Progress(), []
    for seconds, here in positions:
        progress, events = advance(progress, "kamppi", here, seconds, 300)
        told.append(events)
    return told


def test_a_trip_approaches_and_arrives_once() -> None:
    assert [(), (APPROACHING,), (), (ARRIVED,), (), ()] == play(
        (900, []), (300, []), (320, []), (10, ["kamppi"]), (900, []), (10, ["kamppi"])
    )


def test_who_was_next_door_arrives_at_once() -> None:
    assert [(ARRIVED,)] == play((5, ["kamppi"]))


def test_the_wrong_store_is_told_at_each_visit_and_only_before_the_right_one() -> None:
    assert [(WRONG,), (), (), (WRONG,), (APPROACHING,), (ARRIVED,), ()] == play(
        (900, ["pasila"]),
        (900, ["pasila"]),
        (900, []),
        (900, ["pasila"]),
        (200, ["pasila"]),
        (5, ["kamppi", "pasila"]),
        (900, ["pasila"]),
    )


def test_two_wrong_stores_behind_one_door_are_told_as_one() -> None:
    assert [(WRONG,), (), (WRONG,), ()] == play(
        (900, ["b", "a"]), (900, ["a", "c"]), (900, ["c"]), (900, [])
    )


@given(st.lists(st.tuples(st.floats(0, 1000), st.sets(st.sampled_from(["kamppi", "b"])))))
def test_an_order_is_prepared_once_at_most(positions: list[tuple[float, set[str]]]) -> None:
    progress, stages = Progress(), []
    for seconds, here in positions:
        before = progress.stage
        progress, events = advance(progress, "kamppi", here, seconds, 300)
        assert before <= progress.stage
        stages += [event for event in events if event is not WRONG]
    assert stages in ([], [APPROACHING], [ARRIVED], [APPROACHING, ARRIVED])
    assert (progress.stage is Stage.ARRIVED) == (ARRIVED in stages)
