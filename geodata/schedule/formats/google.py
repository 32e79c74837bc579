"""Google Business Profile: `regularHours`, `specialHours` and `moreHours` of a location.

https://developers.google.com/my-business/reference/businessinformation/rest/v1/accounts.locations.
A special period is shorter than a day and ends by 11:59 of the next one.
"""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from geodata.schedule.clock import Hours, text_of
from geodata.schedule.doubts import may_be_afternoon
from geodata.schedule.errors import ScheduleError
from geodata.schedule.formats.fields import mapping, mappings
from geodata.schedule.formats.report import Loss, Reading, Repair, Written
from geodata.schedule.formats.weekly import (
    Ranges,
    Week,
    hours_by_day,
    merged_dates,
    unsure_days,
    week_and_dates,
    week_expression,
)
from geodata.schedule.model import MINUTES_PER_DAY, DatedException, Schedule, TimeRange

_DAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")
_WEEK_MIN = 7 * MINUTES_PER_DAY
_LATEST_SPECIAL_MIN = MINUTES_PER_DAY + 11 * 60 + 59


@dataclass(frozen=True, slots=True)
class Readings:
    """The hours of a location, and those of its services by Google's hours type."""

    hours: Reading
    more: Mapping[str, Reading]


def read(location: Mapping[str, Any]) -> Readings:
    """Read a location of the Business Information API."""
    more: dict[str, Reading] = {}
    try:
        for number, hours in enumerate(mappings(location.get("moreHours", []), "moreHours")):
            more[str(hours.get("hoursTypeId", ""))] = _reading(hours, f"moreHours[{number}]", ())
        special = mapping(location.get("specialHours", {}), "specialHours")
        exceptions = _exceptions(special.get("specialHourPeriods", []))
        if "regularHours" not in location:
            return Readings(Reading(exceptions=exceptions), more)
        regular = mapping(location["regularHours"], "regularHours")
    except ScheduleError as fault:
        return Readings(Reading(faults=(fault,)), more)
    return Readings(_reading(regular, "regularHours", exceptions), more)


def write(
    schedule: Schedule, first: dt.date, more: Mapping[str, Schedule] | None = None
) -> Written[dict[str, Any]]:
    """Write a location's hours, with special dates from `first` on for a year.

    `more` has the schedules of services by Google's hours type, `DRIVE_THROUGH` for example.
    """
    plan = week_and_dates(schedule, first)
    location: dict[str, Any] = {}
    losses = list(plan.losses)
    if any(ranges is not None for ranges in plan.week):
        location["regularHours"] = {"periods": _periods(plan.week)}
    special = [period for exception in plan.exceptions for period in _special(exception, losses)]
    if special:
        location["specialHours"] = {"specialHourPeriods": special}
    for name, service in (more or {}).items():
        service_plan = week_and_dates(service, first)
        location.setdefault("moreHours", []).append(
            {"hoursTypeId": name, "periods": _periods(service_plan.week)}
        )
        if service_plan.exceptions:
            losses.append(Loss(f"moreHours.{name}", "a service has no special dates at Google"))
    return Written(location, tuple(dict.fromkeys(losses)))


def _reading(
    hours: Mapping[str, Any], field: str, exceptions: tuple[DatedException, ...]
) -> Reading:
    faults: list[ScheduleError] = []
    repairs: list[Repair] = []
    try:
        week = _week(hours.get("periods", []), f"{field}.periods", faults, repairs)
    except ScheduleError as fault:
        return Reading(faults=(fault,), exceptions=exceptions)
    return Reading(
        expression=week_expression(week),
        exceptions=exceptions,
        repairs=tuple(repairs),
        faults=tuple(faults),
    )


def _week(periods: Any, field: str, faults: list[ScheduleError], repairs: list[Repair]) -> Week:
    """The week of some periods; a bad one makes its day unknown, with a fault."""
    stretches: list[tuple[int, int]] = []
    unsure: set[int] = set()
    for number, period in enumerate(mappings(periods, field)):
        name = f"{field}[{number}]"
        try:
            stretches.append(_stretch(period, name, repairs))
        except ScheduleError as fault:
            faults.append(fault)
            is_day = period.get("openDay") in _DAYS
            unsure |= {_DAYS.index(period["openDay"])} if is_day else set(range(7))
    week: list[Ranges | None] = [()] * 7
    for day, hours in hours_by_day(stretches):
        week[day % 7] = (*(week[day % 7] or ()), hours)
    return unsure_days([None if ranges is None else tuple(set(ranges)) for ranges in week], unsure)


def _stretch(period: Mapping[str, Any], name: str, repairs: list[Repair]) -> tuple[int, int]:
    """When a period opens and closes, in minutes since Monday's midnight."""
    opens_min, closes_min = _time(period, "openTime", name), _time(period, "closeTime", name)
    open_day, close_day = _day(period, "openDay", name), _day(period, "closeDay", name)
    opens = open_day * MINUTES_PER_DAY + opens_min
    closes = close_day * MINUTES_PER_DAY + closes_min
    if closes == opens and closes_min < MINUTES_PER_DAY:
        raise ScheduleError(name, "opens and closes at the same time", suggestion="24:00")
    if close_day == open_day and closes_min < opens_min:
        return _overnight(opens, opens_min, closes_min, name, repairs)
    return opens, closes if closes > opens else closes + _WEEK_MIN


def _overnight(
    opens: int, opens_min: int, closes_min: int, name: str, repairs: list[Repair]
) -> tuple[int, int]:
    """A period that closes before it opens, on the same day: it ends on the next one.

    Raises:
        ScheduleError: if the hours may lack the afternoon of a clock of 12 hours.
    """
    night = Hours(opens_min, closes_min + MINUTES_PER_DAY)
    if may_be_afternoon(opens_min, closes_min):
        day = Hours(opens_min, closes_min + MINUTES_PER_DAY // 2)
        raise ScheduleError(
            name, f"could mean {text_of(night)} or {text_of(day)}", suggestion=text_of(day)
        )
    why = "a period that closes before it opens ends on the next day, not after a week"
    repairs.append(Repair(name, "the same closeDay", "the next closeDay", why))
    return opens, opens + night.closes - night.opens


def _exceptions(periods: Any) -> tuple[DatedException, ...]:
    dates: dict[dt.date, Ranges] = {}
    for number, period in enumerate(mappings(periods, "specialHours.specialHourPeriods")):
        field = f"specialHours.specialHourPeriods[{number}]"
        first = _date(period, "startDate", field)
        found = dates.setdefault(first, ())
        if period.get("closed"):
            continue
        last = _date(period, "endDate", field) if "endDate" in period else first
        opens_min = _time(period, "openTime", field)
        closes_min = _time(period, "closeTime", field) + (last - first).days * MINUTES_PER_DAY
        try:
            dates[first] = (*found, TimeRange(opens_min, closes_min))
        except ScheduleError as error:
            raise ScheduleError(field, error.message) from None
    return merged_dates(
        DatedException(first_date=date, last_date=date, ranges=ranges)
        for date, ranges in sorted(dates.items())
    )


def _periods(week: Week) -> list[dict[str, Any]]:
    return [
        {
            "openDay": _DAYS[day],
            "openTime": _time_of_day(hours.opens_min),
            "closeDay": _DAYS[(day + (hours.closes_min > MINUTES_PER_DAY)) % 7],
            "closeTime": _time_of_day(hours.closes_min),
        }
        for day, ranges in enumerate(week)
        for hours in ranges or ()
    ]


def _special(exception: DatedException, losses: list[Loss]) -> Iterator[dict[str, Any]]:
    if exception.label:
        losses.append(Loss("specialHours", f"the label is left out: {exception.label}"))
    for number in range((exception.last_date - exception.first_date).days + 1):
        date = exception.first_date + dt.timedelta(number)
        if not exception.ranges:
            yield {"startDate": _date_of(date), "closed": True}
        for hours in exception.ranges:
            latest_min = min(_LATEST_SPECIAL_MIN, hours.opens_min + MINUTES_PER_DAY - 1)
            if hours.closes_min > latest_min:
                losses.append(Loss("specialHours", f"{hours} is cut: too long for Google"))
            closes_min = min(hours.closes_min, latest_min)
            overnight = dt.timedelta(closes_min > MINUTES_PER_DAY)
            yield {
                "startDate": _date_of(date),
                "openTime": _time_of_day(hours.opens_min),
                "endDate": _date_of(date + overnight),
                "closeTime": _time_of_day(closes_min),
            }


def _time_of_day(minutes: int) -> dict[str, int]:
    if minutes > MINUTES_PER_DAY:
        minutes -= MINUTES_PER_DAY
    return {"hours": minutes // 60, "minutes": minutes % 60}


def _date_of(date: dt.date) -> dict[str, int]:
    return {"year": date.year, "month": date.month, "day": date.day}


def _day(period: Mapping[str, Any], key: str, field: str) -> int:
    if period.get(key) not in _DAYS:
        raise ScheduleError(f"{field}.{key}", "is no day", suggestion="MONDAY")
    return _DAYS.index(period[key])


def _time(period: Mapping[str, Any], key: str, field: str) -> int:
    """Minutes of a TimeOfDay, whose zero parts are left out, or of `HH:MM` as API v4 had it."""
    value = period.get(key, {})
    if isinstance(value, str):
        hours, _, minutes = value.partition(":")
    else:
        parts = mapping(value, f"{field}.{key}")
        hours, minutes = str(parts.get("hours") or 0), str(parts.get("minutes") or 0)
    if not (hours.isdecimal() and minutes.isdecimal()):
        raise ScheduleError(f"{field}.{key}", "is no time of day", suggestion="HH:MM")
    total = int(hours) * 60 + int(minutes)
    if int(minutes) > 59 or total > MINUTES_PER_DAY:
        raise ScheduleError(f"{field}.{key}", "is no time of day", suggestion="HH:MM")
    return total


def _date(period: Mapping[str, Any], key: str, field: str) -> dt.date:
    value = mapping(period.get(key), f"{field}.{key}")
    try:
        return dt.date(int(value["year"]), int(value["month"]), int(value["day"]))
    except (KeyError, TypeError, ValueError):
        raise ScheduleError(f"{field}.{key}", "is no date with year, month and day") from None
