"""OSM `opening_hours` text: https://wiki.openstreetmap.org/wiki/Key:opening_hours/specification."""

import datetime as dt

from geodata.schedule.errors import ScheduleError
from geodata.schedule.formats.osm_repairs import repaired
from geodata.schedule.formats.report import Loss, Reading, Written
from geodata.schedule.holiday_selectors import HolidaySelector, template
from geodata.schedule.model import MINUTES_PER_DAY, Schedule, clock_text
from geodata.schedule.overnight import runs_overnight

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def read(text: str) -> Reading:
    """Read a text; faults whose meaning is certain are repaired, others make it a fault."""
    try:
        expression, repairs = repaired(text.strip())
    except ScheduleError as fault:
        return Reading(faults=(fault,))
    return Reading(expression=expression, repairs=repairs)


def write(schedule: Schedule) -> Written[str]:
    """One text with the regular hours, the holiday rule, the exceptions and the closures."""
    losses = []
    reason = schedule.unusable or "no hours given"
    rules = [schedule.expression.strip() or f"unknown {_comment(reason)}".strip()]
    on_holiday = schedule.holidays.on_public_holiday
    selectors = [part for part in template(rules[0]) if isinstance(part, HolidaySelector)]
    if on_holiday and not any(selector.public for selector in selectors):
        rules.append(f"PH {on_holiday}")
    for exception in schedule.exceptions:
        hours = ",".join(map(str, exception.ranges)) or "off"
        dates = _dates(exception.first_date, exception.last_date)
        rule = f"{dates} {hours} {_comment(exception.label)}".strip()
        after = [
            f"00:00-{clock_text(hours.closes_min - MINUTES_PER_DAY)}"
            for hours in exception.ranges
            if hours.closes_min > MINUTES_PER_DAY
        ]
        if after:
            # The next day's rule would end these hours at midnight; one joined by ',' adds them.
            next_date = _date(exception.last_date + dt.timedelta(1))
            rule += f", {next_date} {','.join(after)} {_comment(exception.label)}".rstrip()
        rules.append(rule)
    if schedule.exceptions and runs_overnight(rules[0]):
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


def _dates(first: dt.date, last: dt.date | None) -> str:
    if last is None:
        return f"{_date(first)}+"
    return _date(first) if first == last else f"{_date(first)}-{_date(last)}"


def _date(date: dt.date) -> str:
    return f"{date.year} {_MONTHS[date.month - 1]} {date.day:02}"


def _comment(text: str) -> str:
    return f'"{text.replace(chr(34), chr(39))}"' if text else ""
