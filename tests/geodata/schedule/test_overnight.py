"""Hours cut at midnight are those of each day alone."""

import pytest

from geodata.schedule.grammar import parse
from geodata.schedule.overnight import ending_at_midnight, runs_overnight


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Mo-Fr 18:00-02:00", "Mo-Fr 18:00-24:00"),
        ("Mo-Fr 10:00-12:00,18:00-26:00", "Mo-Fr 10:00-12:00,18:00-24:00"),
        ("Mo 04:00-04:00; Tu 09:00-17:00", "Mo 04:00-24:00; Tu 09:00-17:00"),
        ("Sa 20:00-00:00", "Sa 20:00-24:00"),
        ("sunset-sunrise", "sunset-24:00"),
        ("(sunset+01:00)-02:00", "(sunset+01:00)-24:00"),
        ("22:00-(sunrise-00:30)", "22:00-24:00"),
        ('Fr 22:00-04:00 "bar 22:00-04:00"', 'Fr 22:00-24:00 "bar 22:00-04:00"'),
    ],
)
def test_a_range_past_midnight_ends_there(text: str, expected: str) -> None:
    assert runs_overnight(text)
    assert expected == ending_at_midnight(text)
    parse(expected)


@pytest.mark.parametrize(
    "text", ["24/7", "Mo-Fr 09:00-24:00", "sunrise-sunset", "08:00-(sunset-01:00)", "10:00+"]
)
def test_other_hours_stay(text: str) -> None:
    assert not runs_overnight(text)
    assert text == ending_at_midnight(text)
