"""Hours as people write them, in French and in English."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from geodata.schedule.formats import text
from geodata.schedule.grammar import parse
from geodata.schedule.model import Schedule
from tests.geodata.schedule.formats.weeks import FIRST, open_minutes
from tests.geodata.schedule.stores import PARIS, special


@pytest.mark.parametrize(
    ("monday", "expected"),
    [
        ("9:00 - 12:30 / 14:00 - 17:30", "Mo 09:00-12:30,14:00-17:30"),
        ("5:00 AM to 9:00 PM", "Mo 05:00-21:00"),
        ("4:30 AM to 12:00 AM", "Mo 04:30-24:00"),
        ("5:00 AM to 1:00 AM", "Mo 05:00-01:00"),
        ("7:00 AM to 12:00 PM", "Mo 07:00-12:00"),
        ("9h30 à 12h et 14h–18h", "Mo 09:30-12:00,14:00-18:00"),
        ("de 9 h 00 à 12 h 30", "Mo 09:00-12:30"),
        ("9:00 - 12\xa0:30 / 13:30 - 18:30", "Mo 09:00-12:30,13:30-18:30"),
        ("8:30 - 12:00 14:00 -16:15", "Mo 08:30-12:00,14:00-16:15"),
        ("Open 24 hours", "Mo 00:00-24:00"),
        ("24h/24", "Mo 00:00-24:00"),
        ("18:00 - 02:00", "Mo 18:00-02:00"),
        ("8:00 - 8:00 PM", "Mo 08:00-20:00"),
        ("noon to 6 p.m.", "Mo 12:00-18:00"),
        ("0800-1400", "Mo 08:00-14:00"),
    ],
)
def test_a_day(monday: str, expected: str) -> None:
    reading = text.read_days({"mon": monday})
    assert () == reading.faults
    _, _, hours = reading.expression.partition("Mo ")
    assert expected == f"Mo {hours}"


@pytest.mark.parametrize("cell", ["-", "–", "Closed", "Fermé", " fermée "])
def test_a_closed_day(cell: str) -> None:
    reading = text.read_days(dict.fromkeys(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), cell))
    assert ("off", ()) == (reading.expression, reading.faults)


@pytest.mark.parametrize("cell", ["", "  ", "Horaires non communiqués"])
def test_a_day_that_is_not_told(cell: str) -> None:
    reading = text.read_days({"mon": cell, "tue": "9:00 - 12:00"})
    assert 'Mo,We-Su unknown "not known"; Tu 09:00-12:00' == reading.expression
    assert () == reading.faults


def test_hours_by_appointment_are_unknown() -> None:
    reading = text.read_days({"mon": "9:00 - 12:30 / Sur RDV : 14:00 - 16:30"})
    assert reading.expression.endswith('Mo 09:00-12:30, Mo 14:00-16:30 unknown "Sur RDV"')
    assert () == reading.losses
    parse(reading.expression)


def test_appointments_end_where_the_text_says_so() -> None:
    reading = text.read_days({"mon": "Sur RDV : 9:00 - 12:30 / Sans RDV : 14:00 - 16:30"})
    assert "Mo 14:00-16:30" in reading.expression
    assert 'Mo 09:00-12:30 unknown "Sur RDV"' in reading.expression


def test_appointments_without_times_are_a_loss() -> None:
    reading = text.read_days({"mon": "08:30 - 12:30 et sur RDV l'après-midi"})
    assert reading.expression.endswith("Mo 08:30-12:30")
    assert ["mon"] == [loss.field for loss in reading.losses]


@pytest.mark.parametrize(
    ("cell", "readings"),
    [
        ("9 - 5", "09:00-05:00 or 09:00-17:00"),
        ("7-11", "07:00-11:00 or 19:00-23:00"),
        ("9:00 - 5:00", "09:00-05:00 or 09:00-17:00"),
        ("1:00 - 5:00 PM", "01:00-17:00 or 13:00-17:00"),
        ("6-7pm", "06:00-19:00 or 18:00-19:00"),
        ("9am - 5", "09:00-05:00 or 09:00-17:00"),
        ("9-2am", "09:00-02:00 or 21:00-02:00"),
        ("10:00 - 10:00", "10:00-10:00 or off"),
        ("12:00 AM to 12:00 AM", "00:00-24:00 or off"),
        ("24:00 - 18:00", "12:00-18:00 or 00:00-18:00"),
    ],
)
def test_times_of_two_meanings_make_their_day_unknown_and_both_are_told(
    cell: str, readings: str
) -> None:
    reading = text.read_days({"mon": cell, "tue": "9:00 - 12:00"})
    [fault] = reading.faults
    assert "mon" == fault.field
    assert fault.message.endswith(f"could mean {readings}")
    assert f'We-Su unknown "not known"; Tu 09:00-12:00; Mo unknown "{readings}"' == (
        reading.expression
    )


@pytest.mark.parametrize(
    "cell",
    [
        "09:00 - 12:30 / 14:00 - 17:",
        "8:00 - 12:00 / 13:30 16:00 -30",
        "10:30-12:30 / 113:30 - 18:30",
        "13:00 PM - 15:00 PM",
        "25:00 - 26:00",
        "9:75 - 10:00",
        "1er samedi du mois : 9:00 - 12:00",
        "Semaines paires : 9:00 - 12:00",
        "9:00 - 16:30 selon planning permanences",
        "Hors vacances scolaires : 9:00 - 12:00",
    ],
)
def test_what_is_not_certain_to_the_last_word_is_a_fault_of_that_day_only(cell: str) -> None:
    reading = text.read_days({"mon": cell, "tue": "9:00 - 12:00"})
    assert ["mon"] == [fault.field for fault in reading.faults]
    assert 'Mo,We-Su unknown "not known"; Tu 09:00-12:00' == reading.expression
    assert () == reading.losses


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (
            "Monday to Thursday 7am to 7pm, Friday 12am to 11:59pm, Weekends CLOSED",
            "Mo-Th 07:00-19:00; Fr 00:00-24:00",
        ),
        ("Monday - Sunday: 00:00 - 23:59", "24/7"),
        ("Lundi au vendredi : 9h00-19h00, samedi et dimanche fermé", "Mo-Fr 09:00-19:00"),
        ("Lun, mar. non", None),
        ("Tous les jours de 8h à 20h", "Mo-Su 08:00-20:00"),
        ("Mon, Tue & Thu 9:00-12:00; Fri 14:00-18:00", "Mo-Tu,Th 09:00-12:00; Fr 14:00-18:00"),
        (
            "all days 08:00-13:00; WEEKDAYS 15-18; friday closed",
            "Mo-Th 08:00-13:00,15:00-18:00; Sa-Su 08:00-13:00",
        ),
        ("Sunday to Tuesday 10:00-12:00", "Mo-Tu,Su 10:00-12:00"),
        ("Closed Sunday; Mon-Sat 9am-5pm", "Mo-Sa 09:00-17:00"),
        (
            "Mon-Fri 9am-5pm, closed Saturday, Sunday 10am-2pm",
            "Mo-Fr 09:00-17:00; Su 10:00-14:00",
        ),
        ("Mon-Fri 9am-5pm (closed 12pm-1pm)", "Mo-Fr 09:00-12:00,13:00-17:00"),
        ("9am-5pm Mon-Fri, Sat 10am-2pm", "Mo-Fr 09:00-17:00; Sa 10:00-14:00"),
        ("Mo-Do 9-17 Uhr, Fr 9-14 Uhr, Sa geschlossen", "Mo-Th 09:00-17:00; Fr 09:00-14:00"),
        ("maanantai-perjantai klo 9-17, lauantai suljettu", "Mo-Fr 09:00-17:00"),
        ("9:00-17:00", None),
        ("Mon-Fri 9:00-17:00, Sat", None),
        ("", None),
    ],
)
def test_a_week(words: str, expected: str | None) -> None:
    reading = text.read(words)
    assert (expected or "") == reading.expression
    assert (expected is None) is bool(reading.faults)


def test_the_cases_of_alltheplaces_in_english(shared_json: Callable[[str], Any]) -> None:
    read = unread = 0
    for case in shared_json("hours_cases_dev.json")["cases"]["text_to_osm"]:
        reading = text.read(case["text"])
        if reading.faults:
            unread += 1
            continue
        read += 1
        expected = Schedule(expression=case["expected"], time_zone=PARIS)
        found = reading.schedule(time_zone=PARIS)
        assert open_minutes(expected, days=7) == open_minutes(found, days=7), case
    # Unread are Russian, Polish and Italian, the two whose Sunday opens at `056:00AM`, and one
    # that gives two overlapping hours for the same days.
    assert (8, 10) == (read, unread)


def test_every_french_public_service_is_read_or_says_why_not(
    shared_rows: Callable[[str], list[dict[str, str]]],
) -> None:
    count: Counter[str] = Counter()
    for row in shared_rows("fr_public_services"):
        reading = text.read_days(row)
        count["usable"] += bool(reading.expression)
        count["faulty days"] += len(reading.faults)
        if reading.expression:
            parse(reading.expression)
        for fault in reading.faults:
            assert row[fault.field].strip()
            assert fault.position is not None
    assert {"usable": 803, "faulty days": 111} == count


def test_every_starbucks_of_california_is_read(
    shared_rows: Callable[[str], list[dict[str, str]]],
) -> None:
    for row in shared_rows("stores_us_ca_starbucks"):
        weekday = row["hours_weekday"]
        week = dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), weekday)
        week |= {"sat": row["hours_saturday"], "sun": row["hours_sunday"]}
        reading = text.read_days(week)
        # From midnight to midnight is all day, or not at all.
        assert all("00:00-24:00 or off" in fault.message for fault in reading.faults)
        assert bool(weekday) is bool(reading.expression)


def test_a_schedule_is_written_in_french_and_in_english() -> None:
    schedule = Schedule(
        expression="Mo 09:00-12:30,14:00-17:30; Tu 05:00-21:00; We 00:00-24:00; Th 18:00-02:00",
        time_zone=PARIS,
        exceptions=(special("2026-12-25"),),
    )
    french = text.write_days(schedule, FIRST, "fr")
    assert {
        "mon": "9:00 - 12:30 / 14:00 - 17:30",
        "tue": "5:00 - 21:00",
        "wed": "0:00 - 24:00",
        "thu": "18:00 - 2:00",
        "fri": "-",
        "sat": "-",
        "sun": "-",
    } == french.document
    english = text.write_days(schedule, FIRST, "us")
    assert {
        "mon": "9:00 AM to 12:30 PM, 2:00 PM to 5:30 PM",
        "tue": "5:00 AM to 9:00 PM",
        "wed": "Open 24 hours",
        "thu": "6:00 PM to 2:00 AM",
        "fri": "Closed",
        "sat": "Closed",
        "sun": "Closed",
    } == english.document
    assert [["exceptions"]] * 2 == [[loss.field for loss in w.losses] for w in (french, english)]


def test_unknown_days_are_written_as_nothing() -> None:
    schedule = Schedule(expression="Mo unknown; Tu 09:00-12:00", time_zone=PARIS)
    written = text.write_days(schedule, FIRST, "us").document
    assert ("", "9:00 AM to 12:00 PM") == (written["mon"], written["tue"])
