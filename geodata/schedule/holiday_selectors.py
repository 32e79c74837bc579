"""Replace `PH` and `SH` in an expression by weekdays, for one local date at a time.

A date's hours depend on that date and the one before only. So on these two dates a holiday can
stand as its weekday, and opening-hours-py needs no calendar: `PH off` is `Fr off` for a Friday that
is a holiday, and an unrelated weekday otherwise.
"""

import datetime as dt
import re
from collections.abc import Callable
from typing import NamedTuple

from geodata.schedule.grammar import DAY, WEEKDAYS, parses, without_comments

IsHoliday = Callable[[dt.date], bool]

_DAYS = rf"{DAY}(?:-{DAY})?(?:,{DAY}(?:-{DAY})?)*(?![\[\-\w])"
_HOLIDAY = re.compile(
    rf"\b(?P<kind>PH|SH)\b(?: (?P<offset>[+-]\d{{1,4}}) days?)?"
    rf"(?:(?<=SH) (?P<within>{_DAYS})|(?P<list> (?={DAY})))?"
)
_LAST_DAY = re.compile(rf"(?:{DAY}|\]) $")


class HolidaySelector(NamedTuple):
    """One `PH` or `SH` of an expression."""

    public: bool
    offset: dt.timedelta
    """How long after the holiday the rule holds: `PH +1 day`."""
    weekdays: frozenset[int]
    """On which weekdays, Monday 0: `SH Mo-Fr` is Mondays to Fridays in school holidays."""
    tail: str
    """What must follow the weekdays put in its place."""


Template = tuple[str | HolidaySelector, ...]


def template(text: str) -> Template:
    """The expression split at its holidays.

    `SH Mo-Fr` is read as the OSM specification has it, Mondays to Fridays of school holidays;
    `PH Su`, which real data writes for `PH,Su`, as opening-hours-py does.
    """
    parts: list[str | HolidaySelector] = []
    done = 0
    for match in _HOLIDAY.finditer(without_comments(text)):
        before = text[done : match.start()]
        if _LAST_DAY.search(before):
            before = before[:-1] + ","
        offset = dt.timedelta(int(match["offset"] or 0))
        tail = "," if match["list"] else ""
        parts += [
            before,
            HolidaySelector(match["kind"] == "PH", offset, _weekdays(match["within"]), tail),
        ]
        done = match.end()
    return (*parts, text[done:])


def are_understood(parts: Template) -> bool:
    """Whether weekdays can stand for the holidays; not so in `Feb Mo[2]-Sep Su[-1] PH`."""
    every_day = filled(parts, dt.date(2000, 1, 1), _always, _always)
    return parses(every_day) and parses(without_holidays(parts))


def without_holidays(parts: Template) -> str:
    """The expression that means the same where there are no holidays.

    opening-hours-py, given no country, has `PH` and `SH` on no date; but it reads `SH Mo-Fr` as
    `SH,Mo-Fr`, so the weekdays go.
    """
    return "".join(
        part if isinstance(part, str) else ("PH" if part.public else "SH") + part.tail
        for part in parts
    )


def filled(parts: Template, date: dt.date, is_public: IsHoliday, is_school: IsHoliday) -> str:
    """The expression that means the same on this date without `PH` and `SH`."""
    dates = (date - dt.timedelta(1), date)
    neither = WEEKDAYS[(date.weekday() + 3) % 7]
    text = []
    for part in parts:
        if isinstance(part, str):
            text.append(part)
            continue
        is_holiday = is_public if part.public else is_school
        days = [
            WEEKDAYS[day.weekday()]
            for day in dates
            if day.weekday() in part.weekdays and is_holiday(day - part.offset)
        ]
        text.append((",".join(days) or neither) + part.tail)
    return "".join(text)


def _always(_: dt.date) -> bool:
    return True


def _weekdays(sequence: str | None) -> frozenset[int]:
    if not sequence:
        return frozenset(range(7))
    days: set[int] = set()
    for item in sequence.split(","):
        first, last = WEEKDAYS.index(item[:2]), WEEKDAYS.index(item[-2:])
        days.update((first + step) % 7 for step in range((last - first) % 7 + 1))
    return frozenset(days)
