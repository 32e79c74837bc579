"""Whose holidays, when, and what they are called."""

import collections
import datetime as dt
from collections.abc import Callable

import pytest

from geodata.schedule.holiday_calendar import public_holidays, school_holidays


def days(*texts: str) -> list[dt.date]:
    return [dt.date.fromisoformat(text) for text in texts]


def test_the_calendars_are_those_of_the_published_table(
    shared_rows: Callable[[str], list[dict[str, str]]],
) -> None:
    published: dict[tuple[str, str], dict[dt.date, str]] = collections.defaultdict(dict)
    for row in shared_rows("public_holidays"):
        place = row["country"], row["subdivision"]
        published[place][dt.date.fromisoformat(row["date"])] = row["name"]
    assert 14 == len(published)
    for (country, subdivision), expected in published.items():
        calendar = public_holidays(country, subdivision)
        found = {}
        date = calendar.next_from(dt.date(2020, 1, 1))
        while date and date.year <= 2030:
            found[date] = calendar.name(date, "en_US")
            date = calendar.next_from(date + dt.timedelta(1))
        assert expected == found, (country, subdivision)


@pytest.mark.parametrize("name", ["57", "FR-57", "Moselle", "Alsace-Moselle", "6AE", "Alsace"])
def test_saint_stephens_day_is_kept_in_alsace_and_moselle_however_they_are_called(
    name: str,
) -> None:
    assert dt.date(2026, 12, 26) in public_holidays("FR", name)


@pytest.mark.parametrize("name", ["", "FR-IDF", "Île-de-France", "nowhere"])
def test_a_place_without_holidays_of_its_own_has_the_national_ones(name: str) -> None:
    calendar = public_holidays("FR", name)
    assert dt.date(2026, 12, 25) in calendar
    assert dt.date(2026, 12, 26) not in calendar


def test_the_nearest_holidays_cross_the_turn_of_the_year() -> None:
    france = public_holidays("FR")
    christmas, new_year = days("2026-12-25", "2027-01-01")
    assert new_year == france.next_from(dt.date(2026, 12, 26))
    assert christmas == france.next_from(christmas)
    assert christmas == france.last_until(dt.date(2026, 12, 31))
    assert new_year == france.last_until(new_year)


def test_the_calendar_ends_where_the_package_does() -> None:
    assert public_holidays("FR").next_from(dt.date(2101, 1, 1)) is None
    assert public_holidays("FR").last_until(dt.date(1899, 12, 31)) is None


@pytest.mark.parametrize("country", ["", "XX", "fr", "FRA", "Alsace", "__doc__"])
def test_what_is_no_country_code_has_no_holidays(country: str) -> None:
    calendar = public_holidays(country)
    assert not calendar.exists
    assert dt.date(2026, 12, 25) not in calendar
    assert calendar.next_from(dt.date(2026, 1, 1)) is None
    assert "" == calendar.name(dt.date(2026, 12, 25), "en")


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("fr", "Toussaint"),
        ("en", "All Saints' Day"),
        ("en_GB", "All Saints' Day"),
        ("en-US", "All Saints' Day"),
        ("fi", "Toussaint"),
        ("", "Toussaint"),
    ],
)
def test_a_holiday_has_its_name_in_the_language_or_else_in_the_countrys(
    language: str, expected: str
) -> None:
    assert expected == public_holidays("FR").name(dt.date(2026, 11, 1), language)


def test_names_do_not_follow_the_locale_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANGUAGE", "th")
    assert "Fête nationale" == public_holidays("FR", "974").name(dt.date(2029, 7, 14))


def test_french_winter_holidays_of_2026_begin_on_another_date_in_each_zone() -> None:
    monday = dt.date(2026, 2, 2)
    assert days("2026-02-07", "2026-02-14", "2026-02-21") == [
        school_holidays("FR", f"Zone {zone}").next_from(monday) for zone in "ABC"
    ]


def test_school_holidays_are_unknown_without_a_zone_and_where_nobody_publishes_them() -> None:
    assert school_holidays("FR", "Zone B").covers(2026)
    assert not school_holidays("FR").covers(2026)
    assert not school_holidays("US").exists
