"""Pick-up slots follow the shop's day; the hour that comes twice has two."""

import datetime as dt
import itertools
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodata.schedule.model import Closure, Schedule, State
from geodata.schedule.timeline import timeline
from services.stock.model.pickup import OpenIntervals, intervals_of
from services.stock.model.policies import Policy, SlotRule
from services.stock.model.slots import Slot, begin_of, is_open_throughout, slot_at, slots

HELSINKI, PARIS = ZoneInfo("Europe/Helsinki"), ZoneInfo("Europe/Paris")
LOCKER, CURBSIDE = 3, 2
MONDAY = dt.datetime(2026, 11, 23, tzinfo=HELSINKI)
DAYS = 86_400.0


def hours(text: str, zone: ZoneInfo = HELSINKI, **fields: object) -> OpenIntervals:
    return intervals_of(Schedule(expression=text, time_zone=zone.key, **fields))


def rules(minutes: int = 60, days: float = 7, methods: tuple[int, ...] = (LOCKER,)) -> Policy:
    made = tuple(SlotRule(method, minutes * 60.0, 4, days * DAYS) for method in methods)
    return Policy(methods=methods, slots=made)


def begins(shop: OpenIntervals, policy: Policy, first: dt.datetime, zone: ZoneInfo) -> list[str]:
    found = slots(shop, policy, first.astimezone(dt.UTC), first.astimezone(dt.UTC))
    return [f"{slot.start.astimezone(zone):%a %H:%M%z}" for slot, _ in found]


def test_slots_follow_each_other_from_the_opening_and_none_ends_after_closing_time():
    found = begins(hours("Mo-Fr 09:00-12:00,13:30-15:00"), rules(days=1), MONDAY, HELSINKI)
    assert [f"Mon {time}+0200" for time in ("09:00", "10:00", "11:00", "13:30")] == found


def test_the_hour_that_comes_twice_has_two_slots_and_the_skipped_one_none():
    autumn = dt.datetime(2026, 10, 25, tzinfo=PARIS)
    spring = dt.datetime(2026, 3, 29, tzinfo=PARIS)
    night = hours("Mo-Su 00:00-06:00", PARIS)
    assert ["00", "01", "02", "02", "03", "04", "05"] == [
        begin[4:6] for begin in begins(night, rules(days=0.5), autumn, PARIS)
    ][:7]
    assert ["00", "01", "03", "04", "05"] == [
        begin[4:6] for begin in begins(night, rules(days=0.5), spring, PARIS)
    ][:5]


def test_a_store_that_never_closes_begins_anew_at_midnight():
    found = begins(hours("24/7"), rules(minutes=7 * 60, days=1.5), MONDAY, HELSINKI)
    assert ["Mon 00", "Mon 07", "Mon 14", "Tue 00", "Tue 07"] == [begin[:6] for begin in found]
    autumn = dt.datetime(2026, 10, 25, tzinfo=PARIS)
    hourly = begins(hours("24/7", PARIS), rules(days=0.99), autumn, PARIS)
    assert 24 == len(hourly)  # the 25th begins 24 hours after midnight, past the horizon
    assert 2 == sum("Sun 02" in begin for begin in hourly)


def test_a_store_open_past_midnight_goes_on_without_a_break():
    found = begins(hours("Fr 20:00-03:00"), rules(minutes=90), MONDAY, HELSINKI)
    assert ["Fri 20:00", "Fri 21:30", "Fri 23:00", "Sat 00:30"] == [begin[:9] for begin in found]


def test_slots_of_all_methods_come_by_start_and_method():
    policy = rules(days=1, methods=(CURBSIDE, LOCKER))
    found = [
        (slot.start_s, slot.method)
        for slot, capacity in slots(hours("Mo 09:00-12:00"), policy, MONDAY, MONDAY)
        if capacity == 4
    ]
    assert 6 == len(found)
    assert sorted(found) == found


def test_a_method_that_the_store_does_not_offer_has_no_slots():
    policy = Policy(methods=(1,), slots=(SlotRule(LOCKER, 3600.0, 4),))
    assert [] == list(slots(hours("24/7"), policy, MONDAY, MONDAY))


@given(
    text=st.sampled_from(
        ["Mo-Fr 09:00-18:00", "Mo-Sa 08:00-12:00,13:00-17:30", "Fr-Sa 20:00-03:00", "24/7"]
    ),
    start=st.integers(0, 7 * 24 * 60 - 1),
    minutes=st.integers(5, 200),
)
def test_listed_slots_are_open_apart_and_the_same_whenever_they_are_listed(text, start, minutes):
    shop, clock = hours(text), timeline(Schedule(expression=text, time_zone=HELSINKI.key))
    policy = rules(minutes)
    at = MONDAY.astimezone(dt.UTC) + dt.timedelta(minutes=start)
    found = [slot for slot, _ in slots(shop, policy, at, at)]
    again = [slot for slot, _ in slots(shop, policy, at - dt.timedelta(days=2), at)]

    assert found
    assert found == [slot for slot in again if slot.start >= at]
    assert all(one.end_s <= other.start_s for one, other in itertools.pairwise(found))
    for slot in found[:20]:
        assert (slot, 4) == slot_at(shop, policy, LOCKER, slot.start)
        assert slot_at(shop, policy, LOCKER, slot.start + dt.timedelta(minutes=1)) is None
        assert (LOCKER, slot.start) == begin_of(slot.id)
        assert is_open_throughout(shop, slot)
        moments = [slot.start, slot.start + (slot.end - slot.start) / 2]
        assert all(clock.state_at(moment).state is State.OPEN for moment in moments)


@pytest.mark.parametrize(
    "id",
    ["", "locker", "locker-20261130T090000", "drone-20261130T090000Z", "locker-20261399T000000Z"],
)
def test_what_names_no_method_and_start_is_no_id(id):
    assert begin_of(id) is None


def test_a_closure_within_a_slot_is_seen():
    slot, _ = next(iter(slots(hours("Mo 09:00-12:00"), rules(), MONDAY, MONDAY)))
    half_past = slot.start + dt.timedelta(minutes=30)
    closed = hours(
        "Mo 09:00-12:00",
        closures=(Closure(starts=half_past, ends=half_past + dt.timedelta(minutes=5)),),
    )
    assert not is_open_throughout(closed, slot)
    assert is_open_throughout(hours("Mo 08:30-12:00"), Slot(*slot))
