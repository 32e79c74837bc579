"""Texts that shop owners write in four languages: read right, or told as a doubt."""

import json
from pathlib import Path

import pytest

from geodata.schedule.errors import ScheduleError
from geodata.schedule.expression import Expression
from geodata.schedule.formats import fuel, osm
from geodata.schedule.formats import text as prose_text
from geodata.schedule.reading import read_strictly, understood
from geodata.schedule.states import State
from geodata.schedule.writing import rules_text
from tests.geodata.schedule.test_specification_cases import FIRST, stretches

READ = {
    "de 9h à 12h et de 14h à 18h": "09:00-12:00,14:00-18:00",
    "Du mardi au samedi de 9h à 12h et de 14h à 19h. Fermé dimanche et lundi.": (
        "Tu-Sa 09:00-12:00,14:00-19:00"
    ),
    "Ouvert tous les jours de 9h à 20h sauf le dimanche": "Mo-Sa 09:00-20:00",
    "Tous les jours sauf mardi 10h-18h": "Mo,We-Su 10:00-18:00",
    "daily except Sunday 10am-6pm, Sunday 12pm-5pm": "Mo-Sa 10:00-18:00; Su 12:00-17:00",
    "Mon-Fri 9-17 (except bank holidays)": "Mo-Fr 09:00-17:00; PH off",
    "täglich 10-18 Uhr außer montags und feiertags": "Tu-Su 10:00-18:00; PH off",
    "9h-19h non stop du lundi au samedi": "Mo-Sa 09:00-19:00",
    "Mo-Fr 9-18 nonstop": "Mo-Fr 09:00-18:00",
    "nonstop": "24/7",
    "Mo-Fr 8-12 u. 14-18 Uhr": "Mo-Fr 08:00-12:00,14:00-18:00",
    "Mo-Fr 8-12 Uhr": "Mo-Fr 08:00-12:00",
    "Mon-Fri 8-16:30; Sat 8-12": "Mo-Fr 08:00-16:30; Sa 08:00-12:00",
    "Mar-Sam 10h-19h": "Tu-Sa 10:00-19:00",
    "Monday\n9am - 5pm\nTuesday\n9am - 5pm": "Mo-Tu 09:00-17:00",
    "Monday: Closed\nTuesday: 10 AM–6 PM\nWednesday: 10 AM–6 PM": "Tu-We 10:00-18:00",
    "Weekends only 10-16": "Sa-Su 10:00-16:00",
    "ma-pe 9-20, la 10-18": "Mo-Fr 09:00-20:00; Sa 10:00-18:00",
    "avoinna joka päivä 10-22": "Mo-Su 10:00-22:00",
    "Mo-Fr 9-17, closed 25 Dec and 1 Jan": "Mo-Fr 09:00-17:00, Dec 25,Jan 01 off",
    "Mo-Fr 9-17; 24.12.-26.12. geschlossen": "Mo-Fr 09:00-17:00; Dec 24-26 off",
    "Fermé du 1er au 15 août": "Aug 01-15 off",
    "Du 15 juin au 15 septembre : tous les jours 9h-20h": "Jun 15-Sep 15 Mo-Su 09:00-20:00",
    "closed 25 December 2026": "2026 Dec 25 off",
    "Dec 25th closed": "Dec 25 off",
    "Tue-Sun 5pm-late": "Tu-Su 17:00+",
    "9am till late": "09:00+",
    "noon to midnight": "12:00-24:00",
    "bank holidays closed": "PH off",
    "jours fériés 10h-13h": "PH 10:00-13:00",
}
TOLD = (
    "Mon-Thurs 9-5",
    "Mo-Fr 9-18, closed Wednesday afternoon",
    "mardi-samedi 9h-18h, mercredi après-midi fermé",
    "Mo-Fr 9:00-12:30 und 15:00-18:30 Uhr, Mi nachmittags geschlossen",
    "9h-12h et 14h-18h sauf mercredi après-midi",
    "Tous les jours sauf mercredi, dimanche 9h-12h",
    "Mo-Fr 9-17 except Wednesday 9-12",
    "open every day except Christmas",
    "Mon-Fri open, Sat-Sun closed",
    "Open Mon-Fri. Closed Sat-Sun.",
    "Mo; 09:00-17:00",
    "Mar 10h-19h",
    "Ma 9-17",
    "Di 10-12",
    "12am-5pm",
    "6pm-12pm",
    "7/7",
    "week-end",
    "du 1er juin au 31 août",
    "1st Saturday of the month 10am-2pm",
    "1er samedi du mois 10h-12h",
    "hors vacances scolaires mercredi 14h-18h",
    "Lundi 9h-12h-14h-18h",
    "Summer: 9-20, winter: 10-18",
    "01/04 au 30/09 9h-19h",
    "Mo-Fr 09:00-18:00 (Jul-Aug 10:00-16:00)",
    "24/7 (closed Christmas Day)",
    "Mo-Th 9-17 Fr-16",
    "Mo-Fr 9-17 (lunch 12-13)",
    "Mon-Fri 9am-5pm closed 1-2",
    "Fri & Sat until 2am",
    "variable",
    "call us",
    "open till 6",
)
NO_OPENING_HOURS: list[str] = json.loads(
    Path(__file__).with_name("no_opening_hours.json").read_text("utf-8")
)


@pytest.mark.parametrize("text", READ)
def test_what_has_one_meaning_is_read(text: str) -> None:
    reading = osm.read_feed(text)
    assert (READ[text], ()) == (reading.expression, reading.faults)


@pytest.mark.parametrize("text", TOLD)
def test_what_could_mean_two_things_is_told_and_opens_nothing_more(text: str) -> None:
    reading = osm.read_feed(text)
    assert reading.faults
    if reading.expression:
        spans = Expression(reading.expression, "UTC").plain_day(FIRST)
        assert all(span.state is not State.OPEN for span in spans)


def test_each_text_that_is_no_opening_hours_is_refused_with_a_place_and_an_example() -> None:
    assert 400 < len(NO_OPENING_HOURS)
    for text in NO_OPENING_HOURS:
        with pytest.raises(ScheduleError) as error:
            read_strictly(text)
        assert error.value.position is not None, text
        assert 0 <= error.value.position <= len(text), text
        assert error.value.suggestion, text


@pytest.mark.parametrize(
    ("text", "same"),
    [
        (
            "Mo-Fr 08:00-12:00 || Sa 10:00-11:00, Mo 09:00-13:00 off",
            "Mo-Fr 08:00-12:00, Sa 10:00-11:00",
        ),
        (
            "10:00-12:00 || 13:00-16:00, Mo-Su 14:00-15:00 off",
            "10:00-12:00,13:00-14:00,15:00-16:00",
        ),
        ("10:00-12:00 || 09:00-11:00, 11:00-14:00", "09:00-14:00"),
    ],
)
def test_rules_added_to_a_fallback_count_with_it(text: str, same: str) -> None:
    assert stretches(same) == stretches(text)


def test_an_ordinal_is_no_thursday() -> None:
    assert stretches("Nov 27 off; 10:00-12:00") == stretches("Nov 27th off; 10:00-12:00")


def test_people_are_told_to_write_the_month_first() -> None:
    with pytest.raises(ScheduleError) as error:
        read_strictly("10:00-12:00; 25 Dec off")
    assert (13, "Dec 25") == (error.value.position, error.value.suggestion)


def test_days_without_hours_before_a_comma_stay_a_rule_of_their_own() -> None:
    text = "Mo[1] open, We 10:00-12:00"
    assert text == rules_text(understood(text))


HOSTILE = (
    "Mo 10:00-12:00;" * 700,
    " || ".join(["Mo 10:00-12:00"] * 700),
    "(" * 10_000,
    "9am-5pm " * 1_250,
    "Mo-Fr sauf " * 900,
    "1.1." * 2_500,
)


@pytest.mark.parametrize("text", HOSTILE)
def test_ten_kilobytes_are_refused_by_each_door_that_takes_text(text: str) -> None:
    assert osm.read(text).faults
    assert osm.read_feed(text).faults
    assert prose_text.read(text).faults
    assert prose_text.read_days({"mon": text}).faults
    assert fuel.read({"mon": text}).faults
