"""Hours as people write them: `9:00 - 12:30 / 14:00 - 17:30`, `Mon-Fri 5:00 AM to 9:00 PM`.

A text for the week, or one for each day. Words that are not understood are a fault; so are times
that could mean two things, and then their days are UNKNOWN.
"""

import datetime as dt
from collections.abc import Mapping
from typing import Literal

from geodata.schedule import prose
from geodata.schedule.errors import ScheduleError
from geodata.schedule.formats.fuel import COLUMNS
from geodata.schedule.formats.report import Loss, Reading, Written
from geodata.schedule.formats.weekly import week_and_dates
from geodata.schedule.model import ALL_DAY, MINUTES_PER_DAY, Schedule, TimeRange
from geodata.schedule.spelling import simplified

_NOT_TOLD = ("", "horaires non communiqués", "n/a")


def read(text: str, *, noon_is_24: bool | None = None) -> Reading:
    """Read the text of a week. Days that it does not name are closed."""
    try:
        told = prose.read_week(text, "text", noon_is_24=noon_is_24)
    except ScheduleError as fault:
        return Reading(faults=(fault,))
    has_hours = any(told.hours) or bool(told.doubts) or bool(told.appointments)
    expression = prose.week_text(told, others_closed=has_hours)
    faults = [_fault("text", doubt) for doubt in told.doubts]
    losses = tuple(Loss("text", why) for why in told.losses)
    return Reading(expression=expression, losses=losses, faults=tuple(faults))


def read_days(texts: Mapping[str, str], *, noon_is_24: bool | None = None) -> Reading:
    """Read a text for each of `mon` to `sun`; `-` is closed, an empty or absent one not told.

    A day that cannot be read, or could mean two things, is UNKNOWN, with a fault.
    """
    week = prose.Told()
    faults: list[ScheduleError] = []
    losses: list[Loss] = []
    for day, column in enumerate(COLUMNS):
        text = texts.get(column, "")
        plain = " ".join(simplified(text).split())
        if plain == "-":
            week.hours[day] = ()
        elif plain not in _NOT_TOLD:
            try:
                told = prose.read_day(text, (day,), column, noon_is_24=noon_is_24)
            except ScheduleError as fault:
                faults.append(fault)
                continue
            week.hours[day] = told.hours[day]
            week.appointments += told.appointments
            week.comments |= told.comments
            week.doubts += told.doubts
            faults += [_fault(column, doubt) for doubt in told.doubts]
            losses += [Loss(column, why) for why in told.losses]
    expression = prose.week_text(week, others_closed=False)
    return Reading(expression=expression, losses=tuple(losses), faults=tuple(faults))


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


def _fault(field: str, doubt: prose.Doubt) -> ScheduleError:
    return ScheduleError(
        field,
        f"{doubt.text!r} could mean {' or '.join(doubt.readings)}",
        position=doubt.position,
        suggestion=doubt.readings[-1],
    )


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
