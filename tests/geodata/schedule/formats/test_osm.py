"""OSM text: repairs of real faults, and one text for a whole schedule."""

import datetime as dt

import pytest

from geodata.schedule.formats import osm
from geodata.schedule.grammar import parse
from geodata.schedule.model import Closure, HolidayRules, Schedule
from geodata.schedule.timeline import Timeline
from tests.geodata.schedule.stores import PARIS, in_utc, local, special


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # As published in the French register of charging stations.
        ("Mo-Sat 08:00-19:00", "Mo-Sa 08:00-19:00"),
        (
            "Mo-Thu 08:00-12:00, 14:00-18:00, Fr 08:00-12:00, 14:00-17:00, Sat 08:00-12:00",
            "Mo-Th 08:00-12:00,14:00-18:00; Fr 08:00-12:00,14:00-17:00; Sa 08:00-12:00",
        ),
        (
            "Mo-Fr 08:00-12:00,Mo-Fr 14:00-19:00,Sa 0900-12:00,Sa14:00-18:00",
            "Mo-Fr 08:00-12:00,14:00-19:00; Sa 09:00-12:00,14:00-18:00",
        ),
        ("Mo-Fr 19:00-08:00,Sa-Su 00:00-23:59", "Mo-Fr 19:00-08:00, Sa-Su 00:00-24:00"),
        # Others.
        ("Lun-Ven 9h30-12h, 14h-19h", "Mo-Fr 09:30-12:00,14:00-19:00"),
        ("Mo-Sa 9.00-19.00", "Mo-Sa 09:00-19:00"),
        ("0800-1400", "08:00-14:00"),
        ("Mo - Fr 10:00–12:00;", "Mo-Fr 10:00-12:00"),
        ("Mo-Fr 10:00-12:00\nSa 10:00-11:00", "Mo-Fr 10:00-12:00; Sa 10:00-11:00"),
        ("Mo-Fr 10:00-12:00; ph off", "Mo-Fr 10:00-12:00; PH off"),
        ("mo,We 09:00-19:00", "Mo,We 09:00-19:00"),
        ("Mo-Su 00:00-23:59", "Mo-Su 00:00-24:00"),
        (
            'Mo-Sat 08:00-19:00 open "closed Sat, 00:00-23:59"',
            'Mo-Sa 08:00-19:00 open "closed Sat, 00:00-23:59"',
        ),
        # A space after the comma of a list: other readers take it for a rule of its own.
        ("Mo, Tu, We, Th 12:00-20:00", "Mo-Th 12:00-20:00"),
        ("Dec 25, Jan 01 off", "Dec 25,Jan 01 off"),
        ("Mo-Fr 08:00-12:00,Mo-Fr 14:00-18:00", "Mo-Fr 08:00-12:00, Mo-Fr 14:00-18:00"),
        ("Mo-Th 11:00-23:00; Fr11:00-24:00", "Mo-Th 11:00-23:00; Fr 11:00-24:00"),
        # A comment without open, off or unknown.
        ('"by appointment"', 'unknown "by appointment"'),
        ("by appointment", 'unknown "by appointment"'),
        ('Sa 10:00-16:00 "call us"', 'Sa 10:00-16:00 unknown "call us"'),
    ],
)
def test_a_fault_of_certain_meaning_is_repaired_and_told(text: str, expected: str) -> None:
    reading = osm.read(text)
    assert expected == reading.expression
    assert () == reading.faults
    # Of a text cut at its ends only, or spaced anew, nothing is told.
    assert reading.repairs
    for repair in reading.repairs:
        assert repair.before != repair.after
        assert "expression" == repair.field
        assert repair.why


@pytest.mark.parametrize(
    "text",
    [
        "24/7",
        "Mo-Fr 09:00-12:00,14:00-18:00; Sa 10:00-18:00; PH off",
        "2020-2030 Mo 09:00-12:00",
        "Mar-May 09:00-12:00",
        "sunrise-sunset",
        "00:01-23:59",
        "Mo-Fr 10:00-23:59",
        "Mo 04:00-04:00",
        'Mo-Fr 09:00-18:00 open "Sat , 9.00; 0900-1200"',
        "Mo 10:00-12:00||Tu",
        "Mo-Fr 09:00-12:00 , 14:00-18:00",
    ],
)
def test_what_is_right_is_left_alone(text: str) -> None:
    assert (text, ()) == (osm.read(text).expression, osm.read(text).repairs)


@pytest.mark.parametrize(
    "text",
    [
        "24/7 17:30-02:00",
        "Mo-Fr 10:00-13:00; Sa,Su-PH off",
        "Ma-Di 10:00-12:00",  # Tuesday to Sunday in French, Monday to Tuesday in Dutch
        "# Mar Su[-1]-Dec Su[1] -2 days: 22:00-23:00; PH off",
        "Mo 08:00-20:00, We 08:00-20, Su 0:00, Th 08:00-20:008:00-20:00",
        "Mo-Fr 24:00-18:00",  # noon, or midnight
        "Mon-Sat 8.30-5.30",
        "Mo-Fr 10:00-18:00; Nov 31 off",
        "Feb 30",
        "",
        "x" + " " * 60_000 + "x",  # too long to look for faults in
    ],
)
def test_what_is_uncertain_is_a_fault_at_a_position(text: str) -> None:
    reading = osm.read(text)
    assert ("", ()) == (reading.expression, reading.repairs)
    [fault] = reading.faults
    assert fault.position is not None
    schedule = reading.schedule(time_zone=PARIS)
    assert str(fault) == schedule.unusable
    assert str(fault) == Timeline(schedule).state_at(local("2026-11-28 12:00")).comment


@pytest.mark.parametrize(
    ("text", "expression", "told"),
    [
        (
            "Mo-Fr 08:00-18:00; Nov 31 off",
            'Mo-Fr 08:00-18:00; Nov 30 unknown "there is no Nov 31"',
            "'Nov 31 off': there is no Nov 31",
        ),
        (
            "Mo-Fr 08:00-18:00; Dec 25, Jun 31 off; PH off",
            'Mo-Fr 08:00-18:00; Dec 25,Jun 30 unknown "there is no Jun 31"; PH off',
            "'Dec 25, Jun 31 off': there is no Jun 31",
        ),
        (
            "Mo-Fr 08:00-18:00; 2027 Feb 29 off",
            'Mo-Fr 08:00-18:00; 2027 Feb 28 unknown "there is no Feb 29 in 2027"',
            "'2027 Feb 29 off': there is no Feb 29 in 2027",
        ),
        (
            "Mo-Sa 08:00-22:00; 08:00-12:30",
            "Mo-Sa 08:00-22:00; Su 08:00-12:30; "
            'Mo-Sa unknown "08:00-12:30 or these hours on other days only"',
            "'08:00-12:30': hours without days replace the hours of all days before",
        ),
        (
            "Mo 08:00-12:30; Tu 14:00-18:00; 08:00-12:30",
            "Mo 08:00-12:30; Tu 14:00-18:00; We-Su 08:00-12:30; "
            'Tu unknown "08:00-12:30 or these hours on other days only"',
            "'08:00-12:30': hours without days replace the hours of all days before",
        ),
    ],
)
def test_in_a_feed_only_the_days_in_doubt_are_unknown(
    text: str, expression: str, told: str
) -> None:
    reading = osm.read_feed(text)
    assert expression == reading.expression
    assert [told] == [fault.message for fault in reading.faults]


@pytest.mark.parametrize("text", ["Feb 30", "Nov 31 off; Feb 30 10:00-12:00"])
def test_of_impossible_dates_alone_nothing_is_known(text: str) -> None:
    reading = osm.read_feed(text)
    assert "" == reading.expression
    assert "there is no" in reading.faults[0].message


def test_two_readings_that_are_the_same_are_no_doubt() -> None:
    reading = osm.read_feed("Mo 08:00-12:30; 08:00-12:30")
    assert ("Mo 08:00-12:30; 08:00-12:30", ()) == (reading.expression, reading.faults)


def test_hours_after_midnight_that_only_a_semicolon_cuts_are_kept() -> None:
    text = "Tu-Th 08:00-23:30; Fr 08:00-01:30; Sa 10:00-01:30; Su 10:00-22:00"
    reading = osm.read(text)
    assert text.replace(";", ",") == reading.expression
    assert 1 == len(reading.repairs)
    saturday = dt.date(2026, 11, 28)
    as_written = Timeline(Schedule(expression=text, time_zone=PARIS))
    assert [("11-28 09:00", "11-28 23:00")] == in_utc(as_written.intervals(saturday, saturday))
    repaired = Timeline(reading.schedule(time_zone=PARIS))
    assert [("11-27 07:00", "11-28 00:30"), ("11-28 09:00", "11-29 00:30")] == in_utc(
        repaired.intervals(saturday, saturday)
    )


@pytest.mark.parametrize(
    "text",
    [
        "Mo-Fr 18:00-02:00; PH off",
        "Mo-Su 18:00-02:00; Fr 10:00-12:00",  # Friday has other hours, not more
        "Mo-Sa 06:00-18:00; Su 06:00-00:00",
        "Mo-Fr 18:00-02:00; Jul-Aug Mo-Fr 20:00-03:00",
    ],
)
def test_a_semicolon_that_means_something_stays(text: str) -> None:
    assert text == osm.read(text).expression


def test_one_text_has_the_whole_schedule() -> None:
    schedule = Schedule(
        expression="Mo-Fr 09:00-18:00",
        time_zone=PARIS,
        holidays=HolidayRules(country="FR", on_public_holiday="off"),
        exceptions=(
            special("2026-12-24", "09:00-16:00", label='"Noël"'),
            special("2026-12-31", "20:00-04:00", last="2027-01-01"),
            special("2027-01-02"),
        ),
        closures=(
            Closure(starts=dt.date(2027, 8, 1), ends=dt.date(2027, 8, 15), reason="summer"),
            Closure(starts=dt.date(2028, 1, 1)),
        ),
    )
    written = osm.write(schedule)
    assert (
        "Mo-Fr 09:00-18:00; PH off; "
        "2026 Dec 24 09:00-16:00 open \"'Noël'\"; "
        "2026 Dec 31-2027 Jan 01 20:00-04:00, 2027 Jan 02 00:00-04:00; "
        "2027 Jan 02 off; "
        '2027 Aug 01-2027 Aug 15 off "summer"; 2028 Jan 01+ off'
    ) == written.document
    assert () == written.losses
    parse(written.document)


def test_what_osm_text_cannot_say_is_told() -> None:
    schedule = Schedule(
        expression="Mo-Su 18:00-02:00",
        time_zone=PARIS,
        exceptions=(special("2026-12-24"),),
        closures=(
            Closure(starts=local("2027-01-04 12:00"), ends=local("2027-01-04 14:00")),
            Closure(starts=dt.date(2027, 2, 1), expires=local("2027-03-01 00:00")),
        ),
    )
    assert ["exceptions", "closures", "closures"] == [
        loss.field for loss in osm.write(schedule).losses
    ]


def test_unknown_hours_and_a_status_are_written_too() -> None:
    unknown = Schedule(time_zone=PARIS, unusable="on request")
    assert 'unknown "on request"' == osm.write(unknown).document
    closed = Schedule(expression="24/7", time_zone=PARIS, status="moved")
    assert '24/7; off "moved"' == osm.write(closed).document
    assert () == osm.write(closed).losses
