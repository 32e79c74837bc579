"""Pick-up windows by the clocks of real places, in one of which the clock goes back at night.

Two independent ways find the window: the code, and a minute-by-minute walk through the hours.
"""

import datetime as dt
import itertools
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodata.schedule.model import Schedule, State
from geodata.schedule.timeline import Timeline, timeline
from services.stock.model.pickup import OpenIntervals, Window, held_until, intervals_of, window
from services.stock.model.policies import Policy

HELSINKI, PARIS = ZoneInfo("Europe/Helsinki"), ZoneInfo("Europe/Paris")
MINUTE = dt.timedelta(minutes=1)


def hours(text: str, zone: ZoneInfo = HELSINKI) -> OpenIntervals:
    return intervals_of(Schedule(expression=text, time_zone=zone.key))


def local(
    year: int, month: int, day: int, hour: int, minute: int, zone: ZoneInfo = HELSINKI
) -> dt.datetime:
    return dt.datetime(year, month, day, hour, minute, tzinfo=zone).astimezone(dt.UTC)


def policy(**changed: float | int | None) -> Policy:
    given = {"preparation_s": 3600.0, "keep_s": 86_400.0, **changed}
    return Policy(**given)


def test_an_order_of_the_morning_is_ready_an_hour_later_and_kept_for_a_day():
    found = window(hours("Mo-Sa 09:00-21:00"), local(2026, 11, 23, 10, 0), policy())

    # A day later it is Tuesday 11:00, while the store is open.
    assert Window(local(2026, 11, 23, 11, 0), local(2026, 11, 24, 11, 0)) == found


def test_an_order_of_the_night_is_prepared_once_the_store_opens():
    found = window(hours("Mo-Sa 09:00-21:00"), local(2026, 11, 23, 2, 0), policy())

    assert found is not None
    assert local(2026, 11, 23, 10, 0) == found.ready_by


def test_preparation_that_closing_time_interrupts_goes_on_the_next_morning():
    found = window(hours("Mo-Sa 09:00-21:00"), local(2026, 11, 23, 20, 40), policy())

    assert found is not None
    assert local(2026, 11, 24, 9, 40) == found.ready_by


def test_an_order_past_the_cut_off_is_prepared_from_the_next_day_on():
    shop = hours("Mo-Sa 09:00-21:00")
    before = window(shop, local(2026, 11, 23, 15, 59), policy(cutoff_minute=16 * 60))
    past = window(shop, local(2026, 11, 23, 16, 0), policy(cutoff_minute=16 * 60))

    assert before is not None
    assert past is not None
    assert (local(2026, 11, 23, 16, 59), local(2026, 11, 24, 10, 0)) == (
        before.ready_by,
        past.ready_by,
    )


def test_over_a_closed_weekend_goods_are_kept_no_longer_than_until_closing_time():
    found = window(hours("Mo-Fr 09:00-18:00"), local(2026, 11, 27, 16, 0), policy(keep_s=3 * 3600))

    # Ready on Friday at 17:00 and kept until 20:00, but the store closes at 18:00.
    assert Window(local(2026, 11, 27, 17, 0), local(2026, 11, 27, 18, 0)) == found


def test_a_store_that_never_closes_prepares_and_keeps_for_the_exact_times():
    found = window(hours("24/7"), local(2026, 11, 23, 3, 0), policy(preparation_s=1800.0))

    assert Window(local(2026, 11, 23, 3, 30), local(2026, 11, 24, 3, 30)) == found


def test_the_hour_that_comes_twice_in_paris_counts_twice():
    """On 25 October 2026 03:00 becomes 02:00: from 01:30 to 04:30 there are four hours."""
    found = window(
        hours("Mo-Su 01:30-04:30", PARIS),
        local(2026, 10, 25, 1, 30, zone=PARIS),
        policy(preparation_s=3.5 * 3600),
    )

    assert found is not None
    assert local(2026, 10, 25, 4, 0, zone=PARIS) == found.ready_by


@pytest.mark.parametrize(
    "schedule", [Schedule(), Schedule(expression="off", time_zone="Europe/Helsinki")]
)
def test_without_a_known_opening_there_is_no_window(schedule):
    assert None is window(intervals_of(schedule), local(2026, 11, 23, 10, 0), policy())


@given(
    text=st.sampled_from(
        ["Mo-Fr 09:00-18:00", "Mo-Sa 08:00-12:00,13:00-17:30", "Fr-Sa 20:00-03:00", "24/7"]
    ),
    start=st.integers(0, 7 * 24 * 60 - 1),
    preparation=st.integers(0, 600),
    cutoff=st.none() | st.integers(0, 1440),
    keep=st.integers(1, 2 * 24 * 60),
)
def test_windows_equal_those_of_a_walk_minute_by_minute(text, start, preparation, cutoff, keep):
    shop = hours(text)
    at = local(2026, 11, 23, 0, 0) + start * MINUTE
    rules = policy(preparation_s=preparation * 60.0, cutoff_minute=cutoff, keep_s=keep * 60.0)

    assert walked(text, at, preparation, cutoff, keep) == window(shop, at, rules)


def walked(text: str, at: dt.datetime, preparation: int, cutoff: int | None, keep: int) -> Window:
    """The window, found by looking at each minute."""
    shop = timeline(Schedule(expression=text, time_zone=HELSINKI.key))
    here = at
    day = at.astimezone(HELSINKI)
    if cutoff is not None and day.hour * 60 + day.minute >= cutoff:
        while here.astimezone(HELSINKI).date() == day.date():
            here += MINUTE
    left = preparation
    while True:
        if is_open(shop, here):
            if not left:
                break
            left -= 1
        here += MINUTE
    ready = last = here
    for number in range(keep):
        if is_open(shop, ready + number * MINUTE):
            last = ready + (number + 1) * MINUTE
    return Window(ready, last)


def is_open(shop: Timeline, at: dt.datetime) -> bool:
    return shop.state_at(at).state is State.OPEN


@given(
    text=st.sampled_from(
        ["Mo-Fr 09:00-18:00", "Mo-Sa 08:00-12:00,13:00-17:30", "Fr-Sa 20:00-03:00", "24/7"]
    ),
    start=st.integers(0, 7 * 24 * 60 - 1),
    preparation=st.integers(0, 600),
    keep=st.integers(1, 2 * 24 * 60),
    open_minutes=st.integers(1, 24 * 60),
)
def test_the_life_of_a_hold_equals_that_of_a_walk_minute_by_minute(
    text, start, preparation, keep, open_minutes
):
    at = local(2026, 11, 23, 0, 0) + start * MINUTE
    rules = Policy(
        preparation_s=preparation * 60.0, keep_s=keep * 60.0, hold_open_s=open_minutes * 60.0
    )
    found = walked(text, at, preparation, None, keep)
    shop = timeline(Schedule(expression=text, time_zone=HELSINKI.key))
    here, left = found.ready_by, open_minutes
    while left:
        left -= is_open(shop, here)
        here += MINUTE

    shop_hours = hours(text)
    window_of_now = window(shop_hours, at, rules)
    assert max(found.pickup_by, here) == held_until(shop_hours, at, window_of_now, rules)


def test_intervals_are_the_same_whatever_was_asked_before():
    schedule = Schedule(expression="Mo-Sa 09:00-12:00,13:00-21:00", time_zone=HELSINKI.key)
    shop = intervals_of(schedule)
    moments = [local(2026, 11, 20, 8, 0) + number * dt.timedelta(hours=7) for number in range(90)]
    fresh = [list(OpenIntervals(timeline(schedule)).after(at))[:9] for at in moments]
    for order in (moments, moments[::-1], moments[::3] + moments[1::2]):
        for at in order:
            assert fresh[moments.index(at)] == list(itertools.islice(shop.after(at), 9))
