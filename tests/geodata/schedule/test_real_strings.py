"""Every real text either evaluates or is UNKNOWN with a reason."""

import datetime as dt
from collections.abc import Callable

import pytest

from geodata.schedule.expression import follows_holidays
from geodata.schedule.formats import osm
from geodata.schedule.model import HolidayRules, State
from geodata.schedule.spelling import names_holidays
from geodata.schedule.timeline import Timeline
from tests.geodata.schedule.real_strings import TEXTS
from tests.geodata.schedule.stores import PARIS, local, shop

Rows = Callable[[str], list[dict[str, str]]]
FRANCE = HolidayRules(country="FR")
WEEK = [local("2026-11-23 00:30") + dt.timedelta(hours=hours) for hours in range(0, 7 * 24, 7)]


def test_published_texts_are_unknown_only_with_a_reason(shared_rows: Rows) -> None:
    unparsed = 0
    for row in shared_rows("hours_strings"):
        line = shop(row["opening_hours"], holidays=FRANCE)
        states = [line.state_at(at) for at in WEEK]
        assert all(state.comment for state in states if state.state is State.UNKNOWN)
        unparsed += states[0].comment.startswith("the hours do not parse: ")
    assert 10 == unparsed


def test_what_is_read_with_repairs_is_unknown_for_ten_texts_only(shared_rows: Rows) -> None:
    readings = [osm.read(row["opening_hours"]) for row in shared_rows("hours_strings")]
    assert 10 == sum(not reading.expression for reading in readings)
    for reading in readings:
        assert bool(reading.expression) is not bool(reading.faults)
        state = Timeline(reading.schedule(time_zone=PARIS)).state_at(WEEK[0])
        assert state.comment or state.state is not State.UNKNOWN


def test_the_texts_kept_here_need_no_repair_but_for_the_last_minute_of_the_day() -> None:
    whys = {repair.why for text in TEXTS for repair in osm.read(text).repairs}
    assert {"closing a minute before midnight means the whole day"} == whys


@pytest.mark.parametrize(
    "text",
    [
        "Mo 10:00-12:00; ph off",
        "SH Mo 10:00-12:00",
        "Mon-Fri 9am-5pm; bank holidays closed",
        "Mon-Fri 9am-5pm, closed on public holidays",
        "lundi-vendredi 9h-17h, fermé les jours fériés",
        "Mo-Fr 9-17 Uhr, Feiertage geschlossen",
        "ma-pe 9-17, pyhäpäivinä suljettu",
    ],
)
def test_a_text_that_follows_holidays_names_them(text: str) -> None:
    assert follows_holidays(osm.read_feed(text).expression)
    assert names_holidays(text)


def test_every_published_text_that_follows_holidays_names_them(shared_rows: Rows) -> None:
    texts = [row["opening_hours"] for row in shared_rows("hours_strings")]
    following = [text for text in texts if follows_holidays(osm.read_feed(text).expression)]
    assert len(following) > 100
    assert all(map(names_holidays, following))
