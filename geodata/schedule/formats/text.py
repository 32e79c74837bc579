"""Hours as people write them: `9:00 - 12:30 / 14:00 - 17:30`, `Mon-Fri 5:00 AM to 9:00 PM`.

French and English; a text for the week, or one for each day. What could mean more than one thing,
or is not understood to the last word, is a fault.
"""

import dataclasses
import datetime as dt
import enum
import re
from collections.abc import Iterator, Mapping
from typing import Literal

from geodata.schedule.errors import ScheduleError
from geodata.schedule.formats import clock_words
from geodata.schedule.formats.fuel import COLUMNS
from geodata.schedule.formats.report import Loss, Reading, Written
from geodata.schedule.formats.weekly import Ranges, week_and_dates, week_expression
from geodata.schedule.syntax import WEEKDAYS
from geodata.schedule.model import ALL_DAY, MINUTES_PER_DAY, Schedule, TimeRange

_DAY_NAMES = (
    "monday|mon|mo|lundi|lun|lu",
    "tuesday|tues|tue|tu|mardi",
    "wednesday|weds|wed|we|mercredi|mer|me",
    "thursday|thurs|thur|thu|th|jeudi|jeu|je",
    "friday|fri|fr|vendredi|ven|ve",
    "saturday|sat|sa|samedi|sam",
    "sunday|sun|su|dimanche|dim",
)
_DAY = re.compile("|".join(rf"(?P<d{n}>(?:{names})\b\.?s?)" for n, names in enumerate(_DAY_NAMES)))
_DAY_SETS = (
    (re.compile(r"(?:weekdays|en semaine|jours ouvrés)\b"), tuple(range(5))),
    (re.compile(r"(?:weekends?|week-ends?)\b"), (5, 6)),
    (re.compile(r"(?:daily|every day|all days|tous les jours|7j?/7j?)\b"), tuple(range(7))),
)
_TO = re.compile(r"\s*(?:-|to|through|thru|au|à)\s*(?=[a-z])")
_CLOSED = re.compile(r"(?:closed|fermée?s?)\b")
_WHOLE_DAY = re.compile(r"(?:open )?24 ?(?:hours|hrs|h)(?: ?/ ?24h?)?\b|24 ?/ ?24\b")
_APPOINTMENT = re.compile(r"(?:sur|by) (?:rdv|rendez-vous|appointment)(?: only)?\b")
_NO_APPOINTMENT = re.compile(r"sans (?:rdv|rendez-vous)\b")
_HALF_DAYS = re.compile(r"(?:(?:l')?après-midi|matin|mornings?|afternoons?)\b")
_BETWEEN = re.compile(r"(?:[\s,;:/|()\[\]]|\b(?:et|and|le|les)\b|&)+")
_NOT_TOLD = ("", "horaires non communiqués", "n/a")


class _Word(enum.Enum):
    DAYS = enum.auto()
    HOURS = enum.auto()
    CLOSED = enum.auto()
    BY_APPOINTMENT = enum.auto()
    WITHOUT_APPOINTMENT = enum.auto()


_Token = tuple[_Word, tuple[int, ...] | TimeRange | None]


@dataclasses.dataclass(slots=True)
class _Week:
    """What has been read so far."""

    days: list[Ranges | None]
    appointments: list[tuple[int, TimeRange]] = dataclasses.field(default_factory=list)
    losses: list[Loss] = dataclasses.field(default_factory=list)


def read(text: str) -> Reading:
    """Read the text of a week. Days that it does not name are closed."""
    week = _Week([()] * 7)
    try:
        tokens = list(_tokens(_simplified(text), "text"))
        if not any(word is _Word.DAYS for word, _ in tokens):
            raise ScheduleError("text", "names no day", position=0, suggestion="Mo-Su 09:00-18:00")
        if tokens[-1][0] is _Word.DAYS:
            raise ScheduleError("text", "names a day without its hours", position=len(text))
    except ScheduleError as fault:
        return Reading(faults=(fault,))
    _add(week, tokens, (), "text")
    return _reading(week, [])


def read_days(texts: Mapping[str, str]) -> Reading:
    """Read a text for each of `mon` to `sun`; `-` is closed, an empty or absent one not told.

    A day that cannot be read is UNKNOWN, with a fault.
    """
    week = _Week([None] * 7)
    faults = []
    for day, column in enumerate(COLUMNS):
        text = _simplified(texts.get(column, ""))
        try:
            if text == "-":
                week.days[day] = ()
            elif text not in _NOT_TOLD:
                _add(week, list(_tokens(text, column)), (day,), column)
        except ScheduleError as fault:
            faults.append(fault)
    return _reading(week, faults)


def write_days(
    schedule: Schedule, first: dt.date, style: Literal["fr", "us"]
) -> Written[dict[str, str]]:
    """Write a text for each of `mon` to `sun`; dates with other hours, from `first`, are lost."""
    plan = week_and_dates(schedule, first)
    texts = {}
    for column, ranges in zip(COLUMNS, plan.week, strict=True):
        if ranges is None:
            texts[column] = ""
        elif style == "fr":
            texts[column] = " / ".join(map(_french, ranges)) or "-"
        else:
            texts[column] = ", ".join(map(_american, ranges)) or "Closed"
    losses = plan.losses
    if plan.exceptions:
        losses += (Loss("exceptions", f"{len(plan.exceptions)} are left out"),)
    return Written(texts, losses)


def _tokens(text: str, field: str) -> Iterator[_Token]:
    at = 0
    while at < len(text):
        if match := _BETWEEN.match(text, at) or _HALF_DAYS.match(text, at):
            pass
        elif days := _days(text, at):
            match, numbers = days
            yield _Word.DAYS, numbers
        elif match := _WHOLE_DAY.match(text, at):
            yield _Word.HOURS, ALL_DAY
        elif match := clock_words.RANGE.match(text, at):
            yield _Word.HOURS, clock_words.hours(match, field)
        elif match := _CLOSED.match(text, at):
            yield _Word.CLOSED, None
        elif match := _APPOINTMENT.match(text, at):
            yield _Word.BY_APPOINTMENT, None
        elif match := _NO_APPOINTMENT.match(text, at):
            yield _Word.WITHOUT_APPOINTMENT, None
        else:
            raise ScheduleError(field, f"not understood: {text[at : at + 20]!r}", position=at)
        at = match.end()


def _days(text: str, at: int) -> tuple[re.Match[str], tuple[int, ...]] | None:
    """A weekday, a range of weekdays or a word for several, at a position."""
    for pattern, numbers in _DAY_SETS:
        if match := pattern.match(text, at):
            return match, numbers
    match = _DAY.match(text, at)
    if not match:
        return None
    first = int(str(match.lastgroup)[1:])
    to = _TO.match(text, match.end())
    last = _DAY.match(text, to.end()) if to else None
    if not last:
        return match, (first,)
    count = (int(str(last.lastgroup)[1:]) - first) % 7 + 1
    return last, tuple((first + step) % 7 for step in range(count))


def _add(week: _Week, tokens: list[_Token], days: tuple[int, ...], field: str) -> None:
    """Add what the tokens say about these days and about those that they name."""
    previous: _Word | None = None
    by_appointment = False
    for word, value in [*tokens, (_Word.WITHOUT_APPOINTMENT, None)]:
        if previous is _Word.BY_APPOINTMENT and word is not _Word.HOURS:
            week.losses.append(Loss(field, "opening by appointment, without times"))
        if word is _Word.DAYS and isinstance(value, tuple):
            # Days after hours begin anew: `Mon, Tue 9:00-12:00, Wed 14:00-18:00`.
            days = (*days, *value) if previous is _Word.DAYS else value
        elif isinstance(value, TimeRange):
            for day in days:
                if by_appointment:
                    week.appointments.append((day, value))
                else:
                    week.days[day] = (*(week.days[day] or ()), value)
        elif word is _Word.CLOSED:
            for day in days:
                week.days[day] = ()
        by_appointment = word is _Word.BY_APPOINTMENT or (by_appointment and word is _Word.HOURS)
        previous = word


def _reading(week: _Week, faults: list[ScheduleError]) -> Reading:
    for day in {day for day, _ in week.appointments}:
        week.days[day] = week.days[day] or ()
    expression = week_expression(
        tuple(None if ranges is None else tuple(sorted(ranges)) for ranges in week.days)
    )
    rules = [expression] if expression else []
    rules += [
        f'{WEEKDAYS[day]} {hours} unknown "by appointment"' for day, hours in week.appointments
    ]
    return Reading(expression=", ".join(rules), losses=tuple(week.losses), faults=tuple(faults))


def _simplified(text: str) -> str:
    """Small letters, one kind of dash, of apostrophe and of space."""
    text = re.sub(r"[‐-―−]", "-", text.lower().replace("’", "'"))
    return " ".join(text.replace("<br>", " ").split())


def _french(hours: TimeRange) -> str:
    closes_min = hours.closes_min
    if closes_min > MINUTES_PER_DAY:
        closes_min -= MINUTES_PER_DAY
    return " - ".join(
        f"{minutes // 60}:{minutes % 60:02}" for minutes in (hours.opens_min, closes_min)
    )


def _american(hours: TimeRange) -> str:
    if hours == ALL_DAY:
        return "Open 24 hours"
    return " to ".join(
        f"{minutes // 60 % 12 or 12}:{minutes % 60:02} {'AM' if minutes // 60 % 24 < 12 else 'PM'}"
        for minutes in (hours.opens_min, hours.closes_min)
    )
