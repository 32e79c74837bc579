"""schema.org: `openingHoursSpecification`, `specialOpeningHoursSpecification`, `openingHours`.

https://schema.org/OpeningHoursSpecification, with what Google's documentation of local business
markup adds: 00:00 to 23:59 is open all day, 00:00 to 00:00 is closed all day. Other equal times of
a specification are taken as closed too. Texts of `openingHours` are prose like any other.
"""

import collections
import dataclasses
import datetime as dt
import re
from collections.abc import Iterable, Mapping
from typing import Any

from geodata.schedule import prose
from geodata.schedule.errors import ScheduleError
from geodata.schedule.formats import osm
from geodata.schedule.formats.fields import date, mapping
from geodata.schedule.formats.report import Loss, Reading, Repair, Written, with_doubts
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
_ANY = "any day"
_TIME_OF_12 = re.compile(r"(\d{1,2})(?::([0-5]\d))?\s?([ap])\.?m\.?")
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
    """Read a place's hours. Hours with a first and a last date become dated exceptions.

    A bad entry makes its days UNKNOWN, all days without hours where it names none. A bad entry
    with dates makes all hours UNKNOWN.
    """
    repairs: list[Repair] = []
    faults: list[ScheduleError] = []
    entries: list[_Entry] = []
    unsure: set[str] = set()
    for key in ("openingHoursSpecification", "specialOpeningHoursSpecification"):
        for number, specification in enumerate(_listed(place.get(key, []))):
            field = f"{key}[{number}]"
            try:
                entries.append(_entry(mapping(specification, field), field, repairs))
            except ScheduleError as fault:
                faults.append(fault)
                if _is_dated(specification):
                    return Reading(faults=tuple(faults))
                unsure |= _days_named(specification)
    dated = [entry for entry in entries if entry.first and entry.last]
    regular = [entry for entry in entries if not (entry.first and entry.last)]
    try:
        exceptions = _exceptions(dated)
    except ScheduleError as fault:
        return Reading(faults=(*faults, fault))
    if not regular and not faults and "openingHours" in place:
        texts = [str(text) for text in _listed(place["openingHours"])]
        return dataclasses.replace(_texts(texts), exceptions=exceptions)
    reading = Reading(
        expression=_expression(regular, unsure),
        exceptions=exceptions,
        repairs=tuple(repairs),
        losses=tuple(
            Loss(entry.field, "half a range of dates is read as always")
            for entry in regular
            if entry.first or entry.last
        ),
        faults=tuple(faults),
    )
    return with_doubts(reading, "openingHoursSpecification")


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


def _texts(texts: list[str]) -> Reading:
    """The hours of several texts; where two of them disagree, the days are UNKNOWN.

    A text that is not understood may be about any day: those without hours are UNKNOWN.
    """
    good: list[str] = []
    repairs: list[Repair] = []
    faults: list[ScheduleError] = []
    for number, text in enumerate(texts):
        found, field = osm.read_feed(text), f"openingHours[{number}]"
        if found.expression:
            good.append(text)
            repairs += [repair._replace(field=field) for repair in found.repairs]
        else:
            faults += [ScheduleError(field, each.message) for each in found.faults]
    if not good:
        return Reading(faults=tuple(faults))
    try:
        told = prose.read_week("; ".join(good), "openingHours")
    except ScheduleError:
        reading = osm.read_feed(", ".join(good))
        return dataclasses.replace(reading, faults=(*reading.faults, *faults))
    has_hours = any(told.hours) or bool(told.doubts) or bool(told.appointments)
    expression = prose.week_text(told, others_closed=has_hours and not faults)
    for doubt in told.doubts:
        message = f"{doubt.text!r}: could mean {' or '.join(doubt.readings)}"
        faults.append(ScheduleError("openingHours", message, suggestion=doubt.readings[-1]))
    return Reading(expression=expression, repairs=tuple(repairs), faults=tuple(faults))


def _hours(entry: Mapping[str, Any], field: str, repairs: list[Repair]) -> TimeRange | None:
    if entry.get("opens") is None or _is_closed(entry["opens"]):
        return None
    opens = _time(entry["opens"], f"{field}.opens")
    closes = _time(entry.get("closes"), f"{field}.closes")
    if opens == closes:
        if opens != "00:00":
            why = "equal times of a specification mean closed"
            repairs.append(Repair(field, f"{opens}-{closes}", "off", why))
        return None
    if (opens, closes) == ("00:00", "23:59"):
        repairs.append(Repair(field, "00:00-23:59", "00:00-24:00", "means the whole day"))
        return ALL_DAY
    return TimeRange.of(opens, closes, field=field)


def _expression(entries: Iterable[_Entry], unsure: set[str]) -> str:
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
    # Of an entry without a readable day nothing is known but that the days named are not meant.
    any_day = _ANY in unsure
    days: Week = tuple(
        None if day in unsure or (any_day and day not in week) else week.get(day, ())
        for day in _DAYS
    )
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
    plain = str(name).rsplit("/", 1)[-1].removeprefix("schema:").strip()
    for day in (*_DAYS, _HOLIDAYS):
        if plain.lower() in (day.lower(), day[:2].lower(), day[:3].lower()):
            return day
    raise ScheduleError(f"{field}.dayOfWeek", f"no day {plain[:20]!r}", suggestion="Monday")


def _days_named(specification: Any) -> set[str]:
    """The days of a bad entry, `_ANY` where it names none that is known."""
    if not isinstance(specification, Mapping):
        return {_ANY}
    days = set()
    for name in _listed(specification.get("dayOfWeek", _DAYS)):
        try:
            days.add(_day(name, ""))
        except ScheduleError:
            days.add(_ANY)
    return days


def _is_dated(specification: Any) -> bool:
    return isinstance(specification, Mapping) and bool(
        specification.get("validFrom") or specification.get("validThrough")
    )


def _is_closed(value: Any) -> bool:
    return str(value).strip().lower() in ("closed", "close", "fermé", "geschlossen", "suljettu")


def _time(value: Any, field: str) -> str:
    text = str(value).strip()
    if match := _TIME.fullmatch(text):
        return f"{int(match[1]):02}:{match[2]}"
    if match := _TIME_OF_12.fullmatch(text.lower()):
        hour = int(match[1])
        if 1 <= hour <= 12:
            hour = hour % 12 + (12 if match[3] == "p" else 0)
            return f"{hour:02}:{match[2] or '00'}"
    raise ScheduleError(field, f"not a time of day: {text[:20]!r}", suggestion="HH:MM")


def _date(specification: Mapping[str, Any], key: str, field: str) -> dt.date | None:
    value = specification.get(key)
    return date(value, f"{field}.{key}") if value else None


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]
