"""Times and languages are read from options and the terminal's locale."""

import datetime as dt

import pytest

from services.cli.clock import has_offset, instant, language
from services.cli.output import CommandError

HELSINKI = "Europe/Helsinki"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-12-24T18:30", "2026-12-24T16:30"),
        ("2026-12-24 18:30:15", "2026-12-24T16:30:15"),
        ("2026-06-24", "2026-06-23T21:00"),
        ("2026-12-24T18:30+01:00", "2026-12-24T17:30"),
        ("2026-12-24T18:30Z", "2026-12-24T18:30"),
    ],
)
def test_a_time_is_by_the_clock_of_the_place_unless_it_has_an_offset(text, expected):
    assert dt.datetime.fromisoformat(expected).replace(tzinfo=dt.UTC) == instant(
        text, HELSINKI, "--at"
    )


def test_a_time_of_day_is_that_of_today_there():
    there = instant("18:30", HELSINKI, "--at")
    now = instant("now", HELSINKI, "--at")
    assert ((18, 30), HELSINKI) == ((there.hour, there.minute), str(there.tzinfo))
    assert abs(there.date() - now.date()) <= dt.timedelta(days=1)


@pytest.mark.parametrize("text", ["", "soon", "25:00", "2026-02-30", "18:30 tomorrow", "９"])
def test_what_is_no_time_is_refused_with_an_example(text):
    with pytest.raises(CommandError, match=r"^--at .*must be a time such as 18:30"):
        instant(text, HELSINKI, "--at")


def test_now_and_offsets_mean_the_same_everywhere():
    texts = ("now", "2026-12-24T18:30Z", "2026-12-24T18:30", "18:30", "soon")
    assert [True, True, False, False, False] == [has_offset(text) for text in texts]


@pytest.mark.parametrize(
    ("given", "environment", "expected"),
    [
        ("de", {"LANG": "fr_FR.UTF-8"}, "de"),
        (None, {"LANG": "fr_FR.UTF-8"}, "fr_FR"),
        (None, {"LC_ALL": "fi_FI@euro", "LANG": "fr_FR"}, "fi_FI"),
        (None, {"LC_ALL": "", "LC_TIME": "sv", "LANG": "fr_FR"}, "sv"),
        (None, {"LANG": "C.UTF-8"}, "en_GB"),
        (None, {}, "en_GB"),
    ],
)
def test_the_language_is_that_of_the_terminal(monkeypatch, given, environment, expected):
    for name in ("LC_ALL", "LC_TIME", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert expected == language(given)
