"""The chart of a week of hours."""

import datetime as dt
from typing import Any

import pytest
from rich.console import Console

from enrayon.hours.v1 import hours_pb2
from enrayon.stores.v1 import stores_pb2
from services.cli.commands import hours
from services.cli.week import chart

FRIDAY = dt.datetime(2026, 12, 4, 12, 10)
OPEN, UNKNOWN = hours_pb2.STATE_OPEN, hours_pb2.STATE_UNKNOWN


def day(number: int, *spans: tuple[str, str], state: Any = OPEN, **fields: Any):
    return hours_pb2.LocalDay(
        date={"year": 2026, "month": 12, "day": number},
        spans=[hours_pb2.LocalSpan(start=start, end=end, state=state) for start, end in spans],
        **fields,
    )


DAYS = [
    day(4, ("00:00", "02:00"), ("09:00", "12:30"), ("14:00", "24:00")),
    day(5, ("00:00", "24:00")),
    day(6, rule={"display_name": "Independence Day"}, holiday="Independence Day"),
    day(7, ("10:00", "11:00"), state=UNKNOWN, holiday="Feast"),
]


def drawn(width: int, language: str) -> list[str]:
    console = Console(width=200, color_system=None)
    with console.capture() as capture:
        console.print(chart(DAYS, FRIDAY, language, width))
    return [line.rstrip() for line in capture.get().splitlines()]


def test_a_day_is_a_bar_from_midnight_to_midnight_with_its_hours_and_its_name():
    axis, friday, saturday, sunday, monday = drawn(120, "en_GB")
    assert ("0", "21") == (axis.split()[0], axis.split()[-1])
    bar = "█" * 4 + "·" * 14 + "█" * 7 + "·" * 3 + "█" * 20
    assert ["Fri", bar] == [friday.split()[0], next(w for w in friday.split() if "█" in w)]
    assert friday.endswith("0:00 – 2:00, 9:00 – 12:30, 14:00 – 0:00")
    assert (48, True) == (saturday.count("█"), saturday.endswith("24 h"))
    assert (48, True) == (sunday.count("·"), sunday.endswith("–  Independence Day"))
    assert (2, True) == (monday.count("▒"), monday.endswith("10:00 – 11:00  Feast"))


@pytest.mark.parametrize(("width", "cells"), [(99, 24), (100, 48)])
def test_the_bar_is_shorter_on_a_narrow_terminal(width, cells):
    assert cells == drawn(width, "en_GB")[2].count("█")


def test_times_are_written_as_in_the_language():
    assert drawn(120, "en_US")[1].endswith(
        "12:00 AM – 2:00 AM, 9:00 AM – 12:30 PM, 2:00 PM – 12:00 AM"
    )
    assert drawn(120, "fi")[1].endswith("9.00 – 12.30, 14.00 – 0.00")


def test_hours_that_are_not_known_say_why_in_the_words_of_the_shop(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    console = Console(width=200, color_system=None)
    monkeypatch.setattr(hours, "console", console)
    state = hours_pb2.OpenState(state=UNKNOWN, words="Ask by phone: by appointment")
    state.comment = "by appointment"
    span = hours_pb2.LocalSpan(start="10:00", end="11:00", state=UNKNOWN, comment=state.comment)
    with console.capture() as capture:
        hours.show(stores_pb2.Store(display_name="Tailor"), state, ())
        console.print(
            chart([hours_pb2.LocalDay(date=day(7).date, spans=[span])], FRIDAY, "en_GB", 120)
        )
    said = capture.get()
    assert "Tailor  Ask by phone: by appointment" in said
    assert "10:00 – 11:00 (by appointment)" in said
