"""When goods can be fetched: by the clocks of real places, one of them turning back in the night.

Two independent ways to find the moment: the windows, and a minute-by-minute walk through the hours.
"""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodata.schedule.model import Schedule, State
from geodata.schedule.timeline import Timeline, timeline
from services.stock.model.levels import Policy
from services.stock.model.pickup import Window, window

HELSINKI, PARIS = ZoneInfo("Europe/Helsinki"), ZoneInfo("Europe/Paris")
MINUTE = dt.timedelta(minutes=1)


def hours(text: str, zone: ZoneInfo = HELSINKI) -> Timeline:
    return timeline(Schedule(expression=text, time_zone=zone.key))


def local(
    year: int, month: int, day: int, hour: int, minute: int, zone: ZoneInfo = HELSINKI
) -> dt.datetime:
    return dt.datetime(year, month, day, hour, minute, tzinfo=zone).astimezone(dt.UTC)


def policy(**changed: float | int | None) -> Policy:
    given = {"preparation_s": 3600.0, "keep_s": 86_400.0, **changed}
    return Policy(**given)


def test_an_order_of_the_forenoon_is_ready_an_hour_later_and_kept_until_the_next_evening():
    found = window(hours("Mo-Sa 09:00-21:00"), local(2026, 11, 23, 10, 0), policy())

    # A day on it is Tuesday 11:00, while the shop is open.
    assert Window(local(2026, 11, 23, 11, 0), local(2026, 11, 24, 11, 0)) == found


def test_an_order_of_the_night_is_gathered_once_the_shop_opens():
    found = window(hours("Mo-Sa 09:00-21:00"), local(2026, 11, 23, 2, 0), policy())

    assert found is not None
    assert local(2026, 11, 23, 10, 0) == found.ready_by


def test_gathering_that_closing_time_cuts_goes_on_the_next_morning():
    found = window(hours("Mo-Sa 09:00-21:00"), local(2026, 11, 23, 20, 40), policy())

    assert found is not None
    assert local(2026, 11, 24, 9, 40) == found.ready_by


def test_past_the_cut_off_it_is_gathered_from_the_next_day_on():
    shop = hours("Mo-Sa 09:00-21:00")
    before = window(shop, local(2026, 11, 23, 15, 59), policy(cutoff_minute=16 * 60))
    past = window(shop, local(2026, 11, 23, 16, 0), policy(cutoff_minute=16 * 60))

    assert before is not None
    assert past is not None
    assert (local(2026, 11, 23, 16, 59), local(2026, 11, 24, 10, 0)) == (
        before.ready_by,
        past.ready_by,
    )


def test_over_a_closed_weekend_goods_wait_no_longer_than_they_are_kept():
    found = window(hours("Mo-Fr 09:00-18:00"), local(2026, 11, 27, 16, 0), policy(keep_s=3 * 3600))

    # Ready on Friday at 17:00 and kept until 20:00, but the shop closes at 18:00.
    assert Window(local(2026, 11, 27, 17, 0), local(2026, 11, 27, 18, 0)) == found


def test_a_shop_that_never_closes_is_ready_at_once_and_keeps_its_time():
    found = window(hours("24/7"), local(2026, 11, 23, 3, 0), policy(preparation_s=1800.0))

    assert Window(local(2026, 11, 23, 3, 30), local(2026, 11, 24, 3, 30)) == found


def test_the_hour_that_comes_twice_in_paris_counts_twice():
    """25 October 2026, 03:00 becomes 02:00: of 01:30 to 04:30 there are four hours."""
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
def test_where_no_opening_is_known_nothing_is_promised(schedule):
    assert None is window(timeline(schedule), local(2026, 11, 23, 10, 0), policy())


@given(
    text=st.sampled_from(
        ["Mo-Fr 09:00-18:00", "Mo-Sa 08:00-12:00,13:00-17:30", "Fr-Sa 20:00-03:00", "24/7"]
    ),
    start=st.integers(0, 7 * 24 * 60 - 1),
    preparation=st.integers(0, 600),
    cutoff=st.none() | st.integers(0, 1440),
    keep=st.integers(1, 2 * 24 * 60),
)
def test_windows_are_those_of_a_walk_minute_by_minute(text, start, preparation, cutoff, keep):
    shop = hours(text)
    at = local(2026, 11, 23, 0, 0) + start * MINUTE
    rules = policy(preparation_s=preparation * 60.0, cutoff_minute=cutoff, keep_s=keep * 60.0)

    assert walked(shop, at, preparation, cutoff, keep) == window(shop, at, rules)


def walked(
    shop: Timeline, at: dt.datetime, preparation: int, cutoff: int | None, keep: int
) -> Window:
    """The window by looking at each minute."""
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
