"""Judge a schedule before it is kept: refuse what cannot be evaluated, warn of what may mislead."""

import dataclasses
import re
from collections.abc import Iterator

from geodata.schedule.errors import ScheduleError
from geodata.schedule.expression import Expression
from geodata.schedule.formats.osm_repairs import repaired
from geodata.schedule.grammar import follows_sun, parse, without_comments
from geodata.schedule.holiday_calendar import public_holidays, school_holidays
from geodata.schedule.holiday_selectors import HolidaySelector, template
from geodata.schedule.model import HolidayRules, Schedule

_EQUAL_TIMES = re.compile(r"(?<![\d:])(\d{1,2}:\d{2})\s*-\s*\1(?![\d:])")


@dataclasses.dataclass(frozen=True, slots=True)
class Caution:
    """Something in a valid schedule that is perhaps not meant."""

    field: str
    message: str
    position: int | None = None
    """Index of the first character it is about, where the field is text."""
    suggestion: str = ""


def check(schedule: Schedule) -> tuple[Caution, ...]:
    """The cautions about a schedule that can be evaluated.

    Raises:
        ScheduleError: if the expression does not parse, with the mended text as suggestion where
            the fault is a common one, or if there is no time zone.
    """
    if not schedule.time_zone:
        raise ScheduleError("time_zone", "is empty", suggestion="Europe/Paris")
    text = schedule.expression
    if not text:
        return (Caution("expression", "is empty: the hours are UNKNOWN"),)
    try:
        parsed = parse(text)
        Expression(text, schedule.time_zone)
    except ScheduleError as error:
        raise ScheduleError(
            error.field, error.message, position=error.position, suggestion=_mended(text)
        ) from None
    return (
        *(Caution("expression", warning) for warning in parsed.warnings),
        *_about_text(schedule),
        *_about_holidays(text, schedule.holidays),
    )


def _about_text(schedule: Schedule) -> Iterator[Caution]:
    text = schedule.expression
    _, repairs = repaired(text)
    for repair in repairs:
        yield Caution("expression", repair.why, text.find(repair.before), repair.after)
    for match in _EQUAL_TIMES.finditer(without_comments(text)):
        message = f"{match[0]} lasts 24 hours"
        yield Caution("expression", message, match.start(), "00:00-24:00")
    if follows_sun(text) and schedule.location is None:
        yield Caution("location", "is needed to know when the sun rises and sets")


def _about_holidays(text: str, rules: HolidayRules) -> Iterator[Caution]:
    selectors = [part for part in template(text) if isinstance(part, HolidaySelector)]
    public = public_holidays(rules.country, rules.subdivision)
    school = school_holidays(rules.country, rules.school_zone or rules.subdivision)
    by_public = rules.on_public_holiday or any(selector.public for selector in selectors)
    if by_public and not public.exists:
        yield Caution("holidays.country", "has no known public holidays: no day is PH")
    if by_public and public.exists and rules.subdivision and not public.subdivision:
        yield Caution(
            "holidays.subdivision", "has no known holidays of its own: only national ones"
        )
    if any(not selector.public for selector in selectors) and not school.exists:
        yield Caution(
            "holidays.school_zone", "has no known school holidays: hours that depend are UNKNOWN"
        )


def _mended(text: str) -> str:
    try:
        mended, _ = repaired(text)
    except ScheduleError:
        return ""
    return mended if mended != text else ""
