"""The reference cases of opening-hours-rs, evaluated as a schedule and not only by its parser."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from geodata.points import Point
from geodata.schedule.errors import ScheduleError
from geodata.schedule.expression import follows_sun
from geodata.schedule.grammar import parse
from geodata.schedule.model import HolidayRules, State
from tests.geodata.schedule.stores import shop
from tests.support.reference_hours import (
    DAVIS_SUN,
    JUDGED,
    OTHER_HOLIDAYS,
    PARIS_SUN,
    in_year_9999_or_before,
    is_same,
)

SharedJson = Callable[[str], Any]


@pytest.fixture(scope="module")
def cases(shared_json: SharedJson) -> dict[str, list[dict[str, Any]]]:
    document: dict[str, dict[str, list[dict[str, Any]]]] = shared_json("hours_cases_dev.json")
    return document["cases"]


def wall_clock_day(case: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    zone, location = "Europe/Paris", None
    if "lat" in case:
        location = Point(case["lat"], case["lon"])
        zone = {PARIS_SUN: "Europe/Paris", DAVIS_SUN: "Antarctica/Davis"}[location]
    rules = HolidayRules(country=case.get("country", "").upper())
    line = shop(case["value"], zone, location=location, holidays=rules)
    joined: list[tuple[int, int, str, str]] = []
    for span in line.day(dt.date.fromisoformat(case["date"])):
        comment = "" if span.comment == "the hours say unknown" else span.comment
        if span.state is State.CLOSED and not comment:
            continue
        start = span.start_min
        if joined and joined[-1][1:] == (start, span.state.value, comment):
            start = joined.pop()[0]
        joined.append((start, span.end_min, span.state.value, comment))
    return [(clock(start), clock(end), *rest) for start, end, *rest in joined]  # type: ignore[misc]


def clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def test_every_day_has_the_hours_of_its_case(cases: dict[str, list[dict[str, Any]]]) -> None:
    days = [
        case
        for case in cases["schedule_at"]
        if (case["date"], case["value"], case.get("country")) not in OTHER_HOLIDAYS
        and is_same(case)
    ]
    assert 97 == len(days)
    for case in days:
        expected = [
            (hours["from"], hours["to"], hours["state"], ", ".join(hours["comments"]))
            for hours in case["intervals"]
        ]
        assert expected == wall_clock_day(case), case


def test_every_state_is_that_of_its_case(cases: dict[str, list[dict[str, Any]]]) -> None:
    states = [c for c in cases["state"] if in_year_9999_or_before(c) and is_same(c)]
    assert 38 == len(states)
    for case in states:
        at = dt.datetime.fromisoformat(case["at"]).replace(tzinfo=dt.UTC)
        assert case["state"] == shop(case["value"], "UTC").state_at(at).state.value, case


def test_every_next_change_is_that_of_its_case(cases: dict[str, list[dict[str, Any]]]) -> None:
    changes = [c for c in cases["next_change"] if in_year_9999_or_before(c) and is_same(c)]
    assert 35 == len(changes)
    for case in changes:
        at = dt.datetime.fromisoformat(case["at"]).replace(tzinfo=dt.UTC)
        change = shop(case["value"], "UTC").next_change(at)
        assert case["next"] == (f"{change:%Y-%m-%d %H:%M}" if change else None), case


def test_what_is_valid_parses_and_what_is_not_is_refused_with_a_position(
    cases: dict[str, list[Any]],
) -> None:
    for text in cases["parse_valid"]:
        if "/" not in text or text == "24/7":  # `10:00-18:00/30` are points in time
            parse(text)
    for case in cases["parse_invalid"]:
        if case["value"] == '"comment" open':
            continue  # the parts of a rule may stand in another order
        with pytest.raises(ScheduleError) as refused:
            parse(case["value"])
        assert refused.value.position is not None, case
        assert 0 <= refused.value.position <= len(case["value"]), case


def test_what_is_judged_otherwise_is_told_in_the_answer(
    cases: dict[str, list[dict[str, Any]]],
) -> None:
    judged = {case["value"] for kind in ("schedule_at", "next_change") for case in cases[kind]}
    assert judged >= JUDGED
    for case in cases["schedule_at"]:
        if follows_sun(case["value"]) and "lat" not in case and case["intervals"]:
            spans = wall_clock_day(case)
            assert {"unknown"} == {state for _, _, state, _ in spans}, case


def test_saturday_4_july_2020_is_a_holiday_beside_the_friday_kept_for_it() -> None:
    us = shop("10:00-12:00; PH off", "America/New_York", holidays=HolidayRules(country="US"))
    closed = [us.day(dt.date(2020, 7, day))[0].rule.name for day in (3, 4)]
    assert ["Independence Day (observed)", "Independence Day"] == closed


def test_womens_day_is_a_holiday_in_berlin_and_not_in_a_germany_without_a_state() -> None:
    women, text = dt.date(2025, 3, 8), "10:00-12:00; PH off"
    berlin = shop(text, "Europe/Berlin", holidays=HolidayRules(country="DE", subdivision="BE"))
    germany = shop(text, "Europe/Berlin", holidays=HolidayRules(country="DE"))
    assert "Frauentag" == berlin.day(women)[0].rule.name
    assert [State.CLOSED, State.OPEN, State.CLOSED] == [s.state for s in germany.day(women)]
