"""Instants and labels, against zoneinfo asked minute by minute."""

import datetime as dt
import zoneinfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodata.schedule.zones import (
    DAY_S,
    instant_of,
    instant_s,
    offset_s,
    segments,
    start_of_date,
)
from tests.geodata.schedule.stores import utc

ZONES = (
    "Africa/Casablanca",
    "America/Havana",
    "America/Santiago",
    "America/St_Johns",
    "Asia/Kathmandu",
    "Asia/Tehran",
    "Australia/Lord_Howe",
    "Europe/Paris",
    "Pacific/Apia",
    "Pacific/Kiritimati",
)
zones = st.sampled_from(ZONES).map(zoneinfo.ZoneInfo)
seconds = st.integers(instant_s(utc("1905-01-01 00:00")), instant_s(utc("2040-01-01 00:00")))


@given(zones, seconds, st.integers(1, 20 * DAY_S))
def test_segments_tile_the_time_and_have_one_offset_each(
    zone: zoneinfo.ZoneInfo, start: int, length: int
) -> None:
    found = list(segments(zone, start, start + length))
    assert [start, *(end for _, end, _ in found)] == [*(s for s, _, _ in found), start + length]
    for begin, end, offset in found:
        assert begin < end
        for at in (begin, (begin + end) // 2, end - 1):
            label = instant_of(at).astimezone(zone).replace(tzinfo=dt.UTC)
            assert at + offset == instant_s(label)


def test_a_change_is_found_to_the_second() -> None:
    paris = zoneinfo.ZoneInfo("Europe/Paris")
    start, change, end = map(
        instant_s, (utc("2026-03-28 12:34"), utc("2026-03-29 01:00"), utc("2026-03-29 12:00"))
    )
    assert [(start, change, 3600), (change, end, 7200)] == list(segments(paris, start, end))


@given(zones, st.dates(dt.date(1905, 1, 1), dt.date(2040, 1, 1)))
def test_a_date_starts_at_its_first_instant(zone: zoneinfo.ZoneInfo, date: dt.date) -> None:
    start = start_of_date(zone, date)
    assert date <= instant_of(start).astimezone(zone).date()
    assert date > instant_of(start - 1).astimezone(zone).date()


@pytest.mark.parametrize(
    ("zone", "date", "expected"),
    [
        ("Europe/Paris", "2026-11-28", "2026-11-27 23:00"),
        ("America/Santiago", "2026-09-06", "2026-09-06 04:00"),  # has no 00:00
        ("America/Havana", "2026-11-01", "2026-11-01 04:00"),  # has two
        ("Pacific/Apia", "2011-12-30", "2011-12-30 10:00"),  # was skipped
        ("Pacific/Apia", "2011-12-31", "2011-12-30 10:00"),
    ],
)
def test_the_first_instant_of_a_date(zone: str, date: str, expected: str) -> None:
    start = start_of_date(zoneinfo.ZoneInfo(zone), dt.date.fromisoformat(date))
    assert utc(expected) == instant_of(start)


def test_an_instant_is_rounded_down_to_the_second() -> None:
    assert -1 == instant_s(dt.datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=dt.UTC))
    assert 0 == instant_s(dt.datetime(1970, 1, 1, 0, 0, 0, 999_999, tzinfo=dt.UTC))


def test_offsets_are_east_positive() -> None:
    noon = instant_s(utc("2026-11-28 12:00"))
    assert 5 * 3600 + 45 * 60 == offset_s(zoneinfo.ZoneInfo("Asia/Kathmandu"), noon)
    assert -(3 * 3600 + 30 * 60) == offset_s(zoneinfo.ZoneInfo("America/St_Johns"), noon)
