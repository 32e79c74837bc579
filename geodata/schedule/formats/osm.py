"""OSM `opening_hours` text: https://wiki.openstreetmap.org/wiki/Key:opening_hours/specification."""

import datetime as dt

from geodata.schedule.errors import ScheduleError
from geodata.schedule.expression import follows_holidays
from geodata.schedule.formats.report import Loss, Reading, Written
from geodata.schedule.model import MINUTES_PER_DAY, Schedule, clock_text
from geodata.schedule.reading import Found, read_strictly, understood
from geodata.schedule.reading import read as read_found
from geodata.schedule.repairs import runs_overnight
from geodata.schedule.syntax import MONTHS


def read(text: str) -> Reading:
    """Read what a person writes as OSM: valid OSM has OSM's meaning, with cautions.

    Other spellings are repaired where their meaning is certain, else a fault.
    """
    try:
        found = read_strictly(text.strip())
    except ScheduleError as fault:
        return Reading(faults=(fault,))
    return Reading(expression=found.expression, repairs=found.repairs, cautions=found.doubts)


def read_feed(text: str, *, noon_is_24: bool | None = None) -> Reading:
    """Read the text of a feed: days of which it could mean two things are UNKNOWN, with a fault.

    Args:
        text: OSM's grammar or prose.
        noon_is_24: whether hours that begin at 24:00 begin at noon, where the feed tells.
    """
    try:
        found: Found = read_found(text.strip(), noon_is_24=noon_is_24)
    except ScheduleError as fault:
        return Reading(faults=(fault,))
    return Reading(
        expression=found.expression,
        repairs=found.repairs,
        losses=tuple(Loss("expression", why) for why in found.losses),
        faults=tuple(ScheduleError("expression", doubt) for doubt in found.doubts),
    )


def write(schedule: Schedule) -> Written[str]:
    """One text with the regular hours, the holiday rule, the exceptions and the closures."""
    losses = []
    reason = schedule.unusable or "no hours given"
    rules = [schedule.expression.strip() or f"unknown {_comment(reason)}".strip()]
    on_holiday = schedule.holidays.on_public_holiday
    if on_holiday and not follows_holidays(rules[0], public=True):
        rules.append(f"PH {on_holiday}")
    for exception in schedule.exceptions:
        hours = ",".join(map(str, exception.ranges)) or "off"
        dates = _dates(exception.first_date, exception.last_date)
        label = _comment(exception.label)
        if label and exception.ranges:
            label = f"open {label}"  # a comment alone would make the hours UNKNOWN
        rule = f"{dates} {hours} {label}".strip()
        after = [
            f"00:00-{clock_text(hours.closes_min - MINUTES_PER_DAY)}"
            for hours in exception.ranges
            if hours.closes_min > MINUTES_PER_DAY
        ]
        if after:
            # The next day's rule would end these hours at midnight; one joined by ',' adds them.
            next_date = _date(exception.last_date + dt.timedelta(1))
            rule += f", {next_date} {','.join(after)} {label}".rstrip()
        rules.append(rule)
    if schedule.exceptions and _runs_overnight(rules[0]):
        why = "OSM lets the regular hours of an exception's date run on after its midnight"
        losses.append(Loss("exceptions", why))
    for closure in schedule.closures:
        if isinstance(closure.starts, dt.datetime) or isinstance(closure.ends, dt.datetime):
            losses.append(Loss("closures", "one that begins or ends within a day is left out"))
            continue
        rules.append(
            f"{_dates(closure.starts, closure.ends)} off {_comment(closure.reason)}".strip()
        )
        if closure.expires:
            losses.append(Loss("closures", "the instant at which one expires is left out"))
    if schedule.status:
        rules.append(f"off {_comment(schedule.status)}")
    return Written("; ".join(rules), tuple(losses))


def _runs_overnight(text: str) -> bool:
    try:
        return any(map(runs_overnight, understood(text)))
    except ScheduleError:
        return False


def _dates(first: dt.date, last: dt.date | None) -> str:
    if last is None:
        return f"{_date(first)}+"
    return _date(first) if first == last else f"{_date(first)}-{_date(last)}"


def _date(date: dt.date) -> str:
    return f"{date.year} {MONTHS[date.month - 1]} {date.day:02}"


def _comment(text: str) -> str:
    return f'"{text.replace(chr(34), chr(39))}"' if text else ""
