"""The timeline agrees with a slow reading of real texts, minute by minute, clock changes included.

The slow reading turns an instant into a wall-clock label with `zoneinfo` and looks whether the text
has that minute; it knows nothing of intervals, of the next change or of the timeline's shortcuts.
"""

import datetime as dt
import random
import zoneinfo
from collections.abc import Callable, Sequence

import pytest

from geodata.schedule.model import HolidayRules, Schedule, State
from geodata.schedule.timeline import Timeline, timeline
from tests.geodata.schedule import slow_hours
from tests.geodata.schedule.real_strings import TEXTS
from tests.geodata.schedule.stores import COUNTRIES, ZONES

MINUTE = dt.timedelta(minutes=1)


def slow_state(line: Timeline, at: dt.datetime) -> State:
    label = at.astimezone(zoneinfo.ZoneInfo(line.schedule.time_zone)).replace(tzinfo=None)
    country = line.schedule.holidays.country
    is_open = slow_hours.is_open(line.schedule.expression, label, country)
    return State.OPEN if is_open else State.CLOSED


def pairs(texts: Sequence[str], count: int, seed: int) -> list[tuple[Timeline, dt.datetime]]:
    choose = random.Random(seed)
    start = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    return [
        (
            timeline(
                Schedule(
                    expression=choose.choice(texts),
                    time_zone=choose.choice(ZONES),
                    holidays=HolidayRules(country=choose.choice(COUNTRIES)),
                )
            ),
            start + choose.randrange(11 * 365 * 24 * 60) * MINUTE,
        )
        for _ in range(count)
    ]


def disagreements(some: list[tuple[Timeline, dt.datetime]]) -> list[tuple[str, str, str]]:
    return [
        (line.schedule.expression, line.schedule.time_zone, at.isoformat())
        for line, at in some
        if line.state_at(at).state is not slow_state(line, at)
    ]


def test_a_few_thousand_minutes_of_real_hours_are_as_the_slow_reading_has_them() -> None:
    assert disagreements(pairs(TEXTS, count=3_000, seed=20261123)) == []


@pytest.mark.parametrize("seed", range(40))
def test_a_state_lasts_each_minute_of_its_time_and_not_one_longer(seed: int) -> None:
    [(line, at)] = pairs(TEXTS, count=1, seed=seed)
    now = line.state_at(at)
    if now.since:
        assert slow_state(line, now.since - MINUTE) is not now.state
    if now.until:
        assert slow_state(line, now.until) is not now.state
    minute = max(now.since or at, at - dt.timedelta(days=2))
    end = min(now.until or at + dt.timedelta(days=2), at + dt.timedelta(days=2))
    while minute < end:
        assert slow_state(line, minute) is now.state
        minute += MINUTE


def test_ten_thousand_minutes_of_all_plain_real_texts(
    shared_rows: Callable[[str], list[dict[str, str]]],
) -> None:
    plain = []
    rows = shared_rows("hours_strings")
    for row in rows:
        try:
            slow_hours.rules(row["opening_hours"])
        except slow_hours.NotPlainError:
            continue
        plain.append(row["opening_hours"])
    assert (848, 910) == (len(plain), len(rows)), "texts that the slow reading knows"
    assert disagreements(pairs(plain, count=10_000, seed=20261124)) == []
