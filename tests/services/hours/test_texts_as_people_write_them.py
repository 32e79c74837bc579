"""Texts that feeds and shops have, asked of the service by the door through which they come.

The shared cases name the right reading of each; `EXPECTED` says it as hours of one week, so that it
is compared by what the store answers and not by spelling. Each kind has more members of our own.
"""

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

import grpc
import pytest

from enrayon.hours.v1 import hours_pb2
from geodata.importers.hours import from_columns, from_schema_org, from_text
from geodata.schedule.formats import google, osm
from geodata.schedule.model import HolidayRules, Schedule, State
from geodata.schedule.timeline import Timeline
from tests.services.hours.shops import HOURS, NAME, date, give, put, shop

SharedJson = Callable[[str], Any]
MONDAY = dt.date(2026, 11, 23)
DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
CLOSED = ""


def week(**days: str) -> dict[str, str]:
    """The hours of each weekday; `?` are UNKNOWN ones, days that are left out are closed."""
    return {day: days.get(day, CLOSED) for day in DAYS}


def each(hours: str, days: str = "Mo Tu We Th Fr Sa Su") -> dict[str, str]:
    """The same hours on some days."""
    return week(**dict.fromkeys(days.split(), hours))


WORKDAYS, SIX_DAYS = "Mo Tu We Th Fr", "Mo Tu We Th Fr Sa"
UNKNOWN = "?00:00-24:00"
DOUBT = UNKNOWN
ALWAYS = each("00:00-24:00")

IMPORTED: Mapping[str, dict[str, str]] = {
    # A list of days, a space after its commas
    "Mo, Tu, We, Th 12:00-20:00": each("12:00-20:00", "Mo Tu We Th"),
    "Mo, Tu, We, Th, Fr, Sa 08:30-19:30": each("08:30-19:30", SIX_DAYS),
    "Su, PH 10:00-16:00": week(Su="10:00-16:00"),
    "Mo-Fr, Sa 09:00-18:00": each("09:00-18:00", SIX_DAYS),
    "mon, Tuesday, wed 9:00-17:00": each("09:00-17:00", "Mo Tu We"),
    "Sa, Su 10:00-12:00, 14:00-16:00": each("10:00-12:00 14:00-16:00", "Sa Su"),
    "Tu-Th, Sa, Su 10:00-16:00": each("10:00-16:00", "Tu We Th Sa Su"),
    # Lists of dates
    "Mo-Fr 08:00-18:00; Dec 25, Jan 01 off": each("08:00-18:00", WORKDAYS),
    "Mo-Su 09:00-19:00; Dec 25,26 off": each("09:00-19:00"),
    "Mo-Su 09:00-19:00; Nov 24, Nov 26 off": week(
        **dict.fromkeys(("Mo", "We", "Fr", "Sa", "Su"), "09:00-19:00")
    ),
    "Mo-Su 09:00-19:00; Nov 24, 26 off": week(
        **dict.fromkeys(("Mo", "We", "Fr", "Sa", "Su"), "09:00-19:00")
    ),
    # A comment alone
    '"by appointment"': each(UNKNOWN),
    'Sa 10:00-16:00 "by appointment"': week(Sa="?10:00-16:00"),
    'Mo-Fr 10:00-18:00 "ring the bell"': each("?10:00-18:00", WORKDAYS),
    'Mo 10:00-18:00; Tu "call us"': week(Mo="10:00-18:00", Tu=UNKNOWN),
    '"sur rendez-vous uniquement"': each(UNKNOWN),
    'Mo-Fr 09:00-17:00; Sa,Su "ask"': week(
        **dict.fromkeys(WORKDAYS.split(), "09:00-17:00"), Sa=UNKNOWN, Su=UNKNOWN
    ),
    # Fallbacks
    'Mo-Fr 10:00-18:00 || "please call"': week(
        **dict.fromkeys(WORKDAYS.split(), "?00:00-10:00 10:00-18:00 ?18:00-24:00"),
        Sa=UNKNOWN,
        Su=UNKNOWN,
    ),
    'Mo-Fr 08:00-11:00 || Th-Sa 12:00-13:00 open "Emergency only"': week(
        **dict.fromkeys(("Mo", "Tu", "We"), "08:00-11:00"),
        **dict.fromkeys(("Th", "Fr"), "08:00-11:00 12:00-13:00"),
        Sa="12:00-13:00",
    ),
    'Mo off || Mo-Tu unknown "call"': week(Mo=UNKNOWN, Tu=UNKNOWN),
    'Mo-Sa 09:00-12:00 || 14:00-16:00 "ask"': week(
        **dict.fromkeys(SIX_DAYS.split(), "09:00-12:00 ?14:00-16:00"), Su="?14:00-16:00"
    ),
    # Dates that do not exist
    "Mo-Fr 10:00-18:00; Nov 31 off": each("10:00-18:00", WORKDAYS),
    "Mo-Fr 10:00-18:00; Feb 30, Apr 31 off": each("10:00-18:00", WORKDAYS),
    "Mo-Sa 08:00-20:00; Jun 31-Jul 02 off": each("08:00-20:00", SIX_DAYS),
    # 24:00 as a beginning
    "Su 24:00-18:00": week(Su=DOUBT),
    "Su 24:30-17:00": week(Su=DOUBT),
    "Mo-Sa 24:00-18:00; Su 10:00-12:00": week(
        **dict.fromkeys(SIX_DAYS.split(), DOUBT), Su="10:00-12:00"
    ),
    "Sa-Su 24:00-17:00": each(DOUBT, "Sa Su"),
    "Mo 24:15-16:00; Tu 09:00-12:00": week(Mo=DOUBT, Tu="09:00-12:00"),
    # Prose
    "Closed Sunday; Mon-Sat 9am-5pm": each("09:00-17:00", SIX_DAYS),
    "Mon-Fri 9am-5pm, closed Saturday, Sunday 10am-2pm": week(
        **dict.fromkeys(WORKDAYS.split(), "09:00-17:00"), Su="10:00-14:00"
    ),
    "Mon-Fri 9am-5pm (closed 12pm-1pm)": each("09:00-12:00 13:00-17:00", WORKDAYS),
    "9am-5pm Mon-Fri, Sat 10am-2pm": week(
        **dict.fromkeys(WORKDAYS.split(), "09:00-17:00"), Sa="10:00-14:00"
    ),
    "Fermé le lundi, mardi-samedi 9h-12h/14h-19h": each(
        "09:00-12:00 14:00-19:00", "Tu We Th Fr Sa"
    ),
    "Mo-Fr 9-17 Uhr, Sa geschlossen": each("09:00-17:00", WORKDAYS),
    "Open Monday to Friday from 8:30am until 6pm, closed weekends": each("08:30-18:00", WORKDAYS),
    "maanantai-perjantai klo 9-17, la suljettu, su suljettu": each("09:00-17:00", WORKDAYS),
    "Closed Mondays; Tue-Sun 10am-6pm": each("10:00-18:00", "Tu We Th Fr Sa Su"),
    "Fermé dimanche, lundi-samedi 9h-19h": each("09:00-19:00", SIX_DAYS),
    "Mo-Fr 8:00-18:00, closed 12:00-14:00": each("08:00-12:00 14:00-18:00", WORKDAYS),
    "Lundi-vendredi 9h-18h (fermé 12h-14h)": each("09:00-12:00 14:00-18:00", WORKDAYS),
    "Tue-Sat 10am-6pm (closed 1pm-2pm)": each("10:00-13:00 14:00-18:00", "Tu We Th Fr Sa"),
    "9h-19h du lundi au samedi": each("09:00-19:00", SIX_DAYS),
    "8am-6pm Monday to Friday": each("08:00-18:00", WORKDAYS),
    "klo 10-18 ma-pe": each("10:00-18:00", WORKDAYS),
    # Clocks of 12 hours without am and pm
    "Mon-Fri 9:00-5:00": each(DOUBT, WORKDAYS),
    "Mon-Sat 8.30-5.30": each(DOUBT, SIX_DAYS),
    "Mo-Sa 9:30-8:00": each(DOUBT, SIX_DAYS),
    "Mo-Fr 07:30-04:30": each(DOUBT, WORKDAYS),
    "Mon-Fri 9-5": each(DOUBT, WORKDAYS),
    "Tu-Su 8:00-6:30": each(DOUBT, "Tu We Th Fr Sa Su"),
    "Fr 20:00-02:00": week(Fr="20:00-24:00", Sa="00:00-02:00"),
    # Equal times
    "Sunday 12:00 AM - 12:00 AM": week(Su=DOUBT),
    "Mo-Fr 09:00-17:00; Sa 00:00-00:00": week(
        **dict.fromkeys(WORKDAYS.split(), "09:00-17:00"), Sa=DOUBT
    ),
    # Usual texts
    "24h/24 et 7j/7": ALWAYS,
    "24h/24, 7j/7": ALWAYS,
    "7j/7 24h/24": ALWAYS,
    "Open 24/7": ALWAYS,
    "24 hours a day, 7 days a week": ALWAYS,
    "Du lundi au vendredi : 9h30 - 19h": each("09:30-19:00", WORKDAYS),
    "Ouvert du lundi au samedi de 9h à 19h": each("09:00-19:00", SIX_DAYS),
    "du lundi au samedi de 9h à 19h": each("09:00-19:00", SIX_DAYS),
    "Lundi au samedi 9h-19h, dimanche et jours fériés 10h-18h": week(
        **dict.fromkeys(SIX_DAYS.split(), "09:00-19:00"), Su="10:00-18:00"
    ),
    "Samedi sur rendez-vous": each(UNKNOWN),
    "10am-5pm Mon-Fri": each("10:00-17:00", WORKDAYS),
    # Holidays and weekdays
    "07:00-14:00,15:30-19:00; PH Su closed": week(
        **dict.fromkeys(SIX_DAYS.split(), "07:00-14:00 15:30-19:00"), Su=DOUBT
    ),
    "Mo-Sa 09:00-18:00; Su PH 10:00-12:00": week(
        **dict.fromkeys(SIX_DAYS.split(), "09:00-18:00"), Su=DOUBT
    ),
    "Mo-Fr 08:00-18:00; Sa,Su PH off": week(
        **dict.fromkeys(WORKDAYS.split(), "08:00-18:00"), Sa=DOUBT, Su=DOUBT
    ),
    "Mo-Su 08:00-20:00; PH Sa off": week(
        **dict.fromkeys(("Mo", "Tu", "We", "Th", "Fr", "Su"), "08:00-20:00"), Sa=DOUBT
    ),
    # Days without hours, hours without days, a break that closes all
    "Mo; Tu 09:00-12:00": week(Mo=DOUBT, Tu="09:00-12:00"),
    "Mo-Fr 08:00-12:00; Mo-Fr 14:00-18:00": each(DOUBT, WORKDAYS),
    "Mo-Fr 08:00-18:00, 12:00-13:00 off": each(DOUBT, WORKDAYS),
}

BY_PEOPLE: Mapping[str, dict[str, str]] = {
    "17:00+": each("?00:00-03:00 ?17:00-24:00"),
    "13:00-17:00+": each("?00:00-03:00 13:00-17:00 ?17:00-24:00"),
    "22:00+": each("?00:00-06:00 ?22:00-24:00"),
    "10:00+": each("?10:00-24:00"),
    "Mo 10:00-12:00+,13:00-14:00": week(Mo="10:00-12:00 ?12:00-13:00 13:00-14:00"),
    "Mo 17:00+; Mo 20:00-24:00 off": week(Mo="?17:00-20:00", Tu="?00:00-03:00"),
    "Mon-Fri 9:00-5:00": week(
        Mo="09:00-24:00",
        **dict.fromkeys(("Tu", "We", "Th", "Fr"), "00:00-05:00 09:00-24:00"),
        Sa="00:00-05:00",
    ),
    "Mo-Sa 9:30-8:00": week(
        Mo="09:30-24:00",
        **dict.fromkeys(("Tu", "We", "Th", "Fr", "Sa"), "00:00-08:00 09:30-24:00"),
        Su="00:00-08:00",
    ),
    "Su 00:00-00:00": week(Su="00:00-24:00"),
    "07:00-14:00,15:30-19:00; PH Su closed": each("07:00-14:00 15:30-19:00"),
    "Mo-Fr 09:00-18:00; PH,SH off": each("09:00-18:00", WORKDAYS),
    "Mo-Su 10:00-20:00; SH off": each("10:00-20:00"),
    "Mo-Sa 10:00-18:00; SH Sa off": each("10:00-18:00", SIX_DAYS),
    "Mo-Fr 09:00-18:00; Sa 10:00-12:00; SH Mo-Fr off": week(
        **dict.fromkeys(WORKDAYS.split(), "09:00-18:00"), Sa="10:00-12:00"
    ),
    "sunrise-sunset": each(UNKNOWN),
    "10:00-sunset": each("?10:00-24:00"),
    "Mo-Fr 10:00-18:00; We off || unknown": week(
        **dict.fromkeys(("Mo", "Tu", "Th", "Fr"), "?00:00-10:00 10:00-18:00 ?18:00-24:00"),
        **dict.fromkeys(("We", "Sa", "Su"), UNKNOWN),
    ),
}
WARNED = {
    "17:00+": "open end",
    "Mon-Fri 9:00-5:00": "through the night",
    "Mon-Sat 9am-5pm": "no rule for Su",
    "Mo-Sa 9:30-8:00": "through the night",
    "Su 00:00-00:00": "lasts 24 hours",
    "07:00-14:00,15:30-19:00; PH Su closed": "perhaps Su,PH is meant",
    "Mo-Fr 09:00-18:00; PH,SH off": "no school zone",
    "sunrise-sunset": "the sun",
    "easter-Apr 20": "in some years",
}
REFUSED = {
    "Mo-Fr 10:00-18:00; Nov 31 off": "Nov 31",
    "Feb 30": "Feb 30",
    "Apr 31-May 02 off": "Apr 31",
    "2027 Feb 29 off": "Feb 29",
    "Jan 0": "Jan 0",
    "Su 24:00-18:00": "12:00-18:00 or 00:00-18:00",
    "Mon-Sat 8.30-5.30": "08:30-05:30 or 08:30-17:30",
    "Sunday 12:00 AM - 12:00 AM": "00:00-24:00 or off",
    "|| Mo": "at '|| Mo'",
    "Mo[6] 10:00-12:00": "none of 1 to 5",
    "week 1-54": "week 54",
    "Mo-Fr 10:00-12:00; sdasd": "sdasd",
    "10:00-12:00/01:30": "/01:30",
    "Mo 10:00": "expected",
}
NOT_BY_WEEK = {"easter-Apr 20", "Jan 01-31/8 10:00-12:00"}
OF_OUR_OWN: Mapping[str, tuple[str, ...]] = {
    "1. lists of days": (
        "mon, Tuesday, wed 9:00-17:00",
        "Sa, Su 10:00-12:00, 14:00-16:00",
        "Tu-Th, Sa, Su 10:00-16:00",
    ),
    "1. lists of dates": (
        "Mo-Su 09:00-19:00; Nov 24, Nov 26 off",
        "Mo-Su 09:00-19:00; Nov 24, 26 off",
        "Mo-Fr 10:00-18:00; Feb 30, Apr 31 off",
    ),
    "2. noon as 24:00": (
        "Mo-Sa 24:00-18:00; Su 10:00-12:00",
        "Sa-Su 24:00-17:00",
        "Mo 24:15-16:00; Tu 09:00-12:00",
    ),
    "3. comments alone": (
        'Mo-Fr 10:00-18:00 "ring the bell"',
        'Mo 10:00-18:00; Tu "call us"',
        '"sur rendez-vous uniquement"',
        'Mo-Fr 09:00-17:00; Sa,Su "ask"',
    ),
    "4. fallbacks": (
        'Mo off || Mo-Tu unknown "call"',
        'Mo-Sa 09:00-12:00 || 14:00-16:00 "ask"',
        "Mo-Fr 10:00-18:00; We off || unknown",
    ),
    "4. open ends": (
        "22:00+",
        "10:00+",
        "Mo 10:00-12:00+,13:00-14:00",
        "Mo 17:00+; Mo 20:00-24:00 off",
    ),
    "5. dates that do not exist": (
        "Apr 31-May 02 off",
        "2027 Feb 29 off",
        "Jan 0",
        "Mo-Sa 08:00-20:00; Jun 31-Jul 02 off",
    ),
    "6. closed before its day": (
        "Closed Mondays; Tue-Sun 10am-6pm",
        "Fermé dimanche, lundi-samedi 9h-19h",
        "Open Monday to Friday from 8:30am until 6pm, closed weekends",
    ),
    "6. a break told by closed": (
        "Mo-Fr 8:00-18:00, closed 12:00-14:00",
        "Lundi-vendredi 9h-18h (fermé 12h-14h)",
        "Tue-Sat 10am-6pm (closed 1pm-2pm)",
    ),
    "6. hours before their days": (
        "9h-19h du lundi au samedi",
        "8am-6pm Monday to Friday",
        "klo 10-18 ma-pe",
    ),
    "6. clocks of 12 hours": ("Mo-Fr 07:30-04:30", "Mon-Fri 9-5", "Tu-Su 8:00-6:30"),
    "7. SH without a school zone": (
        "Mo-Su 10:00-20:00; SH off",
        "Mo-Sa 10:00-18:00; SH Sa off",
        "Mo-Fr 09:00-18:00; Sa 10:00-12:00; SH Mo-Fr off",
    ),
    "7. holidays and weekdays": (
        "Mo-Sa 09:00-18:00; Su PH 10:00-12:00",
        "Mo-Fr 08:00-18:00; Sa,Su PH off",
        "Mo-Su 08:00-20:00; PH Sa off",
    ),
}
"""Texts of each kind of the tables above that are not in the shared file.

The odd entries of schema.org, the cells of a day and Google's periods are tables further below,
with three or more of our own for each of these doors. For the eighth kind every
imported text is tried.
"""
NOT_BY_WEEK = {"easter-Apr 20", "Jan 01-31/8 10:00-12:00"}


def days_of(days: Any) -> dict[str, str]:
    """The spans of a week as `EXPECTED` writes them."""
    found = {}
    for name, day in zip(DAYS, days, strict=True):
        spans: list[tuple[str, str, str]] = []
        for span in day.spans:
            mark = "?" if span.state == hours_pb2.STATE_UNKNOWN else ""
            if spans and spans[-1][::2] == (mark, span.start):
                spans[-1] = (mark, spans[-1][1], span.end)
            else:
                spans.append((mark, span.start, span.end))
        joined: list[tuple[str, str, str]] = []
        for mark, start, end in spans:
            if joined and joined[-1][0] == mark and joined[-1][2] == start:
                joined[-1] = (mark, joined[-1][1], end)
            else:
                joined.append((mark, start, end))
        found[name] = " ".join(f"{mark}{start}-{end}" for mark, start, end in joined)
    return found


async def listed(hours: Any) -> dict[str, str]:
    request = hours_pb2.ListOpenIntervalsRequest(
        name=HOURS, start_date=date("2026-11-23"), end_date=date("2026-11-29")
    )
    return days_of((await hours.ListOpenIntervals(request)).days)


def week_of(expression: str) -> dict[str, str]:
    line = Timeline(Schedule(expression=expression, time_zone="Europe/Paris"))
    found = {}
    for number, name in enumerate(DAYS):
        spans = [s for s in line.day(MONDAY + dt.timedelta(number)) if s.state is not State.CLOSED]
        found[name] = " ".join(
            f"{'?' if s.state is State.UNKNOWN else ''}{clock(s.start_min)}-{clock(s.end_min)}"
            for s in spans
        )
    return found


def clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


@pytest.mark.parametrize("text", IMPORTED)
async def test_an_imported_text_is_read_as_people_mean_it(stores, hours, text):
    await put(stores, shop("grocery", text))
    assert IMPORTED[text] == await listed(hours)
    kept = await hours.GetStoreHours(hours_pb2.GetStoreHoursRequest(name=HOURS))
    # What was read stays what it is, wherever it goes.
    assert (kept.expression, ()) == (
        (again := osm.read_feed(kept.expression)).expression,
        again.faults,
    )


@pytest.mark.parametrize(
    "text", [text for text, days in IMPORTED.items() if DOUBT in days.values()]
)
def test_a_doubt_names_both_readings_or_the_comment(text):
    reading = osm.read_feed(text)
    assert any(fault.message for fault in reading.faults) or "unknown" in reading.expression


@pytest.mark.parametrize("text", BY_PEOPLE)
async def test_a_text_that_a_person_gives_has_the_meaning_of_osm(stores, hours, text):
    await put(stores, shop("grocery", address={"region_code": "DE"}))
    await give(hours, NAME, expression=text)
    assert BY_PEOPLE[text] == await listed(hours)


@pytest.mark.parametrize("text", WARNED)
async def test_what_may_not_be_meant_is_answered_as_a_warning(stores, hours, text):
    await put(stores, shop("grocery", address={"region_code": "DE"}))
    request = hours_pb2.UpdateStoreHoursRequest(
        store_hours=hours_pb2.StoreHours(name=HOURS, expression=text), validate_only=True
    )
    warnings = (await hours.UpdateStoreHours(request)).warnings
    assert any(WARNED[text] in warning.description for warning in warnings)


@pytest.mark.parametrize("text", REFUSED)
async def test_what_is_no_hours_or_two_is_refused_by_both_doors(stores, hours, text):
    await put(stores, shop("grocery"))
    for call in (
        lambda: give(hours, NAME, expression=text),
        lambda: hours.ParseHours(hours_pb2.ParseHoursRequest(text=text)),
    ):
        with pytest.raises(grpc.aio.AioRpcError) as failure:
            await call()
        assert grpc.StatusCode.INVALID_ARGUMENT == failure.value.code()
        details = failure.value.details() or ""
        for part in (REFUSED[text], "at character", "try '"):
            assert part in details


async def test_every_shared_case_is_tried(stores, hours, shared_cases):
    """Each case of the file is in one of the tables, by the door that it names."""
    for case in shared_cases:
        text, via = case["text"], case["via"]
        if isinstance(text, dict) or via in ("a day column", "schema.org openingHours"):
            continue
        if via == "import":
            assert text in IMPORTED, text
        else:
            assert text in {*BY_PEOPLE, *REFUSED, *NOT_BY_WEEK}, text


@pytest.mark.parametrize("kind", OF_OUR_OWN)
def test_each_kind_has_three_more_texts_than_the_shared_ones(kind, shared_cases):
    shared = [case["text"] for case in shared_cases]
    own = [text for text in OF_OUR_OWN[kind] if text not in shared]
    assert 3 <= len(own)
    assert {*own} <= {*IMPORTED, *BY_PEOPLE, *REFUSED}


@pytest.mark.parametrize("text", IMPORTED)
def test_an_import_keeps_the_text_of_the_feed(text):
    assert text == from_text(text).text


@pytest.fixture
def shared_cases() -> list[dict[str, Any]]:
    import json
    from pathlib import Path

    path = Path(__file__).parents[4] / "shared" / "cases" / "hours_texts.json"
    if not path.exists():
        pytest.skip("needs the cases in ../shared/cases")
    cases: list[dict[str, Any]] = json.loads(path.read_text("utf-8"))["cases"]
    return cases


async def test_easter_to_20_april_is_open_between_them_and_never_from_january(stores, hours):
    await put(stores, shop("grocery"))
    await give(hours, NAME, expression="easter-Apr 20")
    line = Timeline(Schedule(expression="easter-Apr 20", time_zone="Europe/Paris"))
    days = [line.day(dt.date(2026, 1, 1) + dt.timedelta(n))[0].state for n in range(365)]
    first, last = dt.date(2026, 4, 5), dt.date(2026, 4, 20)
    assert [n for n, state in enumerate(days) if state is State.OPEN] == list(
        range((first - dt.date(2026, 1, 1)).days, (last - dt.date(2026, 1, 1)).days + 1)
    )
    # Easter of 2030 is 21 April.
    assert {State.CLOSED} == {
        line.day(dt.date(2030, 1, 1) + dt.timedelta(n))[0].state for n in range(365)
    }
    wraps = Timeline(Schedule(expression="Dec 25-easter", time_zone="Europe/Paris"))
    assert State.OPEN is wraps.day(dt.date(2027, 1, 15))[0].state
    assert State.CLOSED is wraps.day(dt.date(2026, 6, 1))[0].state


def test_steps_of_days_count_from_the_first() -> None:
    line = Timeline(Schedule(expression="Jan 01-31/8 10:00-12:00", time_zone="Europe/Paris"))
    days = [n for n in range(1, 32) if len(line.day(dt.date(2026, 1, n))) > 1]
    assert [1, 9, 17, 25] == days


def test_holidays_on_sundays_are_closed_and_others_open() -> None:
    schedule = Schedule(
        expression="07:00-14:00,15:30-19:00; PH Su closed",
        time_zone="Europe/Paris",
        holidays=HolidayRules(country="FR"),
    )
    line = Timeline(schedule)
    easter_sunday_is_none, assumption_2027 = dt.date(2027, 3, 28), dt.date(2027, 8, 15)
    assert 5 == len(line.day(easter_sunday_is_none))
    assert (State.CLOSED,) == tuple(span.state for span in line.day(assumption_2027))
    assert 5 == len(line.day(dt.date(2026, 12, 25))), "a Friday"


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("9:00-17:00, closed 12:00-13:00", "09:00-12:00 13:00-17:00"),
        ("9am-5pm (closed noon-1pm)", "09:00-12:00 13:00-17:00"),
        ("9h-12h / 14h-19h", "09:00-12:00 14:00-19:00"),
        ("Closed", ""),
        ("9-5", DOUBT),
    ],
)
def test_the_cell_of_a_day_is_read_like_other_prose(cell: str, expected: str) -> None:
    found = from_columns({"mon": cell, "tue": "9:00-10:00"})
    assert (expected, "09:00-10:00") == tuple(
        week_of(found.expression)[day] for day in ("Mo", "Tu")
    )
    assert found.text == f"mon: {cell}; tue: 9:00-10:00"


def specification(day: str, opens: str, closes: str) -> dict[str, str]:
    return {"dayOfWeek": day, "opens": opens, "closes": closes}


@pytest.mark.parametrize(
    ("place", "expected", "doubts"),
    [
        (
            {
                "openingHoursSpecification": [
                    specification("monday", "09:00", "18:00"),
                    specification("https://schema.org/Tuesday", "9:00 AM", "6:00 PM"),
                    specification("Wednesday", "Closed", "Closed"),
                    specification("Someday", "09:00", "18:00"),
                ]
            },
            week(
                Mo="09:00-18:00",
                Tu="09:00-18:00",
                **dict.fromkeys(("Th", "Fr", "Sa", "Su"), UNKNOWN),
            ),
            1,
        ),
        (
            {
                "openingHoursSpecification": [
                    specification("Monday", "09:00", "18:00"),
                    specification("Tuesday", "soon", "18:00"),
                ]
            },
            week(Mo="09:00-18:00", Tu=UNKNOWN),
            1,
        ),
        ({"openingHoursSpecification": specification("Monday", "09:00", "09:00")}, week(), 0),
        ({"openingHours": ["Su 00:00-00:00"]}, week(Su=DOUBT), 1),
        (
            {
                "openingHoursSpecification": [
                    specification("Friday", "20:00", "02:00"),
                    specification("Monday", "25:00", "26:00"),
                ]
            },
            week(Mo=UNKNOWN, Fr="20:00-24:00", Sa="00:00-02:00"),
            1,
        ),
        (
            {"openingHours": ["Mo-Fr 9am-5pm", "Sa 00:00-00:00"]},
            week(**dict.fromkeys(WORKDAYS.split(), "09:00-17:00"), Sa=DOUBT),
            1,
        ),
        (
            {"openingHours": ["Mo-Fr 09:00-18:00", "Fr 09:00-13:00"]},
            week(**dict.fromkeys(("Mo", "Tu", "We", "Th"), "09:00-18:00"), Fr=DOUBT),
            1,
        ),
        (
            {"openingHours": ["Mo,Tu 10:30am-10:00pm", "We-Fr 9h-18h"]},
            week(
                **dict.fromkeys(("Mo", "Tu"), "10:30-22:00"),
                **dict.fromkeys(("We", "Th", "Fr"), "09:00-18:00"),
            ),
            0,
        ),
        (
            {"openingHours": ["Mo,Tu 10:30am-10:00pm", "Lundi-Vendredi 9h-18h"]},
            week(
                **dict.fromkeys(("Mo", "Tu"), DOUBT),
                **dict.fromkeys(("We", "Th", "Fr"), "09:00-18:00"),
            ),
            1,
        ),
        (
            {"openingHours": ["Mo-Fr 09:00-18:00", "whenever we like"]},
            week(**dict.fromkeys(WORKDAYS.split(), "09:00-18:00"), Sa=UNKNOWN, Su=UNKNOWN),
            1,
        ),
    ],
)
def test_one_odd_entry_of_schema_org_costs_itself(
    place: dict[str, Any], expected: dict[str, str], doubts: int
) -> None:
    found = from_schema_org(place)
    assert expected == week_of(found.expression)
    assert doubts == len(found.doubts)


@pytest.mark.parametrize(
    ("opens", "closes", "expected", "told"),
    [
        (("FRIDAY", "20:00"), ("FRIDAY", "02:00"), "Fr 20:00-02:00", "repair"),
        (("SUNDAY", "22:00"), ("SUNDAY", "01:30"), "Su 22:00-01:30", "repair"),
        (("FRIDAY", "20:00"), ("SATURDAY", "02:00"), "Fr 20:00-02:00", ""),
        (("MONDAY", "09:00"), ("TUESDAY", "05:00"), "Mo 09:00-05:00", ""),
        (("MONDAY", "09:00"), ("MONDAY", "05:00"), 'Mo unknown "not known"', "fault"),
    ],
)
def test_a_period_of_google_that_closes_before_it_opens_ends_on_the_next_day(
    opens: tuple[str, str], closes: tuple[str, str], expected: str, told: str
) -> None:
    period = {
        "openDay": opens[0],
        "openTime": opens[1],
        "closeDay": closes[0],
        "closeTime": closes[1],
    }
    reading = google.read({"regularHours": {"periods": [period]}}).hours
    assert expected == reading.expression
    assert told == ("fault" if reading.faults else "repair" if reading.repairs else "")
