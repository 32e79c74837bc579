"""Instants and dates have one range each, whose edges are exact."""

import datetime as dt

import pytest

from geodata import instants

SECOND = dt.timedelta(seconds=1)


@pytest.mark.parametrize("at", [instants.FIRST, instants.END - SECOND])
def test_both_edges_are_in_range_whatever_the_offset(at: dt.datetime) -> None:
    instants.check_instant(at)
    instants.check_instant(at.astimezone(dt.timezone(dt.timedelta(hours=5, minutes=45))))


@pytest.mark.parametrize("at", [instants.FIRST - SECOND, instants.END])
def test_beyond_the_edges_is_refused(at: dt.datetime) -> None:
    with pytest.raises(ValueError, match=r"^must be from 1000-01-01 to 9999-12-29 \(UTC\)$"):
        instants.check_instant(at)


def test_a_day_more_and_any_offset_stay_within_what_python_knows() -> None:
    for at in (instants.FIRST - dt.timedelta(1), instants.END + dt.timedelta(1)):
        for hours in (-14, 14):
            at.astimezone(dt.timezone(dt.timedelta(hours=hours)))


@pytest.mark.parametrize("parts", [(1900, 1, 1), (9999, 12, 29), (2028, 2, 29)])
def test_dates_in_range_are_dates(parts: tuple[int, int, int]) -> None:
    assert dt.date(*parts) == instants.date(*parts)


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        ((1899, 12, 31), "from 1900-01-01 to 9999-12-29"),
        ((9999, 12, 30), "from 1900-01-01 to 9999-12-29"),
        ((2026, 2, 29), "is no date"),
        ((2026, 11, 0), "is no date"),
        ((0, 1, 1), "is no date"),
        ((-1, 1, 1), "is no date"),
        ((10_000, 1, 1), "is no date"),
    ],
)
def test_what_is_no_date_or_out_of_range_is_refused(parts: tuple[int, int, int], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        instants.date(*parts)
