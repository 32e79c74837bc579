"""schema.org: `openingHoursSpecification`, `specialOpeningHoursSpecification`, `openingHours`.

https://schema.org/OpeningHoursSpecification, with what Google's documentation of local business
markup adds: 00:00 to 23:59 is open all day, 00:00 to 00:00 is closed all day.
"""

import collections
import dataclasses
import datetime as dt
import re
from collections.abc import Iterable, Mapping
from typing import Any

from geodata.schedule.errors import ScheduleError
from geodata.schedule.formats import osm
from geodata.schedule.formats.fields import date, mappings
from geodata.schedule.formats.report import Loss, Reading, Repair, Written
from geodata.schedule.formats.weekly import (
    Ranges,
    Week,
    merged_dates,
    week_and_dates,
    week_expression,
)
from geodata.schedule.model import (
    ALL_DAY,
    MINUTES_PER_DAY,
    DatedException,
    Schedule,
    TimeRange,
    clock_text,
)

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_HOLIDAYS = "PublicHolidays"
_MAX_DATES = 400
_TIME = re.compile(r"T?(\d{1,2}):(\d{2})(?::\d{2}(?:\.\d+)?)?")


@dataclasses.dataclass(frozen=True, slots=True)
class _Entry:
    field: str
    days: tuple[str, ...]
    hours: TimeRange | None
    first: dt.date | None
    last: dt.date | None
    name: str


def read(place: Mapping[str, Any]) -> Reading:
    """Read a place's hours. Hours with a first and a last date become dated exceptions."""
    repairs: list[Repair] = []
    try:
        entries = [
            _entry(specification, f"{key}[{number}]", repairs)
            for key in ("openingHoursSpecification", "specialOpeningHoursSpecification")
            for number, specification in enumerate(mappings(_listed(place.get(key, [])), key))
        ]
        dated = [entry for entry in entries if entry.first and entry.last]
        regular = [entry for entry in entries if not (entry.first and entry.last)]
        exceptions = _exceptions(dated)
    except ScheduleError as fault:
        return Reading(faults=(fault,))
    if not regular and "openingHours" in place:
        texts = [str(text) for text in _listed(place["openingHours"])]
        return dataclasses.replace(osm.read(", ".join(texts)), exceptions=exceptions)
    return Reading(
        expression=_expression(regular),
        exceptions=exceptions,
        repairs=tuple(repairs),
        losses=tuple(
            Loss(entry.field, "half a range of dates is read as always")
            for entry in regular
            if entry.first or entry.last
        ),
    )


def write(schedule: Schedule, first: dt.date) -> Written[dict[str, Any]]:
    """Write a place's hours, with special dates from `first` on for a year."""
    plan = week_and_dates(schedule, first)
    by_hours: dict[TimeRange | None, list[str]] = collections.defaultdict(list)
    for day, ranges in zip(_DAYS, plan.week, strict=True):
        if ranges is not None:
            for hours in ranges or (None,):
                by_hours[hours].append(day)
    place: dict[str, Any] = {}
    if by_hours:
        place["openingHoursSpecification"] = [
            _specification(hours, dayOfWeek=days) for hours, days in by_hours.items()
        ]
    special = [
        _specification(
            hours,
            **({"name": exception.label} if exception.label else {}),
            validFrom=exception.first_date.isoformat(),
            validThrough=exception.last_date.isoformat(),
        )
        for exception in plan.exceptions
        for hours in exception.ranges or (None,)
    ]
    if special:
        place["specialOpeningHoursSpecification"] = special
    return Written(place, plan.losses)


def _specification(hours: TimeRange | None, **rest: Any) -> dict[str, Any]:
    if hours is None:
        opens = closes = "00:00"
    elif hours == ALL_DAY:
        opens, closes = "00:00", "23:59"
    else:
        opens = clock_text(hours.opens_min)
        closes = clock_text(hours.closes_min % MINUTES_PER_DAY)
    return {"@type": "OpeningHoursSpecification", **rest, "opens": opens, "closes": closes}


def _entry(specification: Mapping[str, Any], field: str, repairs: list[Repair]) -> _Entry:
    days = tuple(_day(name, field) for name in _listed(specification.get("dayOfWeek", _DAYS)))
    return _Entry(
        field,
        days,
        _hours(specification, field, repairs),
        _date(specification, "validFrom", field),
        _date(specification, "validThrough", field),
        str(specification.get("name") or specification.get("description") or ""),
    )


def _hours(entry: Mapping[str, Any], field: str, repairs: list[Repair]) -> TimeRange | None:
    if entry.get("opens") is None:
        return None
    opens = _time(entry["opens"], f"{field}.opens")
    closes = _time(entry.get("closes"), f"{field}.closes")
    if (opens, closes) == ("00:00", "00:00"):
        return None
    if (opens, closes) == ("00:00", "23:59"):
        repairs.append(Repair(field, "00:00-23:59", "00:00-24:00", "means the whole day"))
        return ALL_DAY
    return TimeRange.of(opens, closes, field=field)


def _expression(entries: Iterable[_Entry]) -> str:
    week: dict[str, Ranges] = {}
    for entry in entries:
        for day in entry.days:
            found = week.get(day, ())
            if entry.hours and entry.hours not in found:
                found += (entry.hours,)
            week[day] = tuple(sorted(found))
    holidays = week.pop(_HOLIDAYS, None)
    if not week:
        return ""
    days: Week = tuple(week.get(day, ()) for day in _DAYS)
    expression = week_expression(days)
    if holidays is None:
        return expression
    return f"{expression}; PH {','.join(map(str, holidays)) or 'off'}"


def _exceptions(entries: Iterable[_Entry]) -> tuple[DatedException, ...]:
    dates: dict[dt.date, tuple[Ranges, str]] = {}
    for entry in entries:
        assert entry.first
        assert entry.last
        if not 0 <= (entry.last - entry.first).days < _MAX_DATES:
            raise ScheduleError(f"{entry.field}.validThrough", f"is not within {_MAX_DATES} days")
        for number in range((entry.last - entry.first).days + 1):
            day = entry.first + dt.timedelta(number)
            if _DAYS[day.weekday()] in entry.days:
                ranges, name = dates.get(day, ((), ""))
                if entry.hours and entry.hours not in ranges:
                    ranges += (entry.hours,)
                dates[day] = (ranges, name or entry.name)
    return merged_dates(
        DatedException(first_date=day, last_date=day, ranges=ranges, label=name)
        for day, (ranges, name) in sorted(dates.items())
    )


def _day(name: Any, field: str) -> str:
    plain = str(name).rsplit("/", 1)[-1].removeprefix("schema:")
    if plain not in (*_DAYS, _HOLIDAYS):
        raise ScheduleError(f"{field}.dayOfWeek", f"no day {plain[:20]!r}", suggestion="Monday")
    return plain


def _time(value: Any, field: str) -> str:
    match = _TIME.fullmatch(str(value))
    if not match:
        raise ScheduleError(field, f"not a time of day: {str(value)[:20]!r}", suggestion="HH:MM")
    return f"{int(match[1]):02}:{match[2]}"


def _date(specification: Mapping[str, Any], key: str, field: str) -> dt.date | None:
    value = specification.get(key)
    return date(value, f"{field}.{key}") if value else None


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]
