"""Universal Commerce Protocol: a Location's `hours`, `exception_hours` and `timezone`.

https://ucp.dev/schemas/common/types/location.json. Times are `HH:MM` up to 23:59; `00:00-23:59` is
the whole civil day, and equal times are invalid.
"""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from geodata.schedule.errors import ScheduleError
from geodata.schedule.formats.fields import date, mappings
from geodata.schedule.formats.report import Loss, Reading, Written, with_doubts
from geodata.schedule.formats.weekly import (
    Ranges,
    Week,
    unsure_days,
    week_and_dates,
    week_expression,
)
from geodata.schedule.model import (
    ALL_DAY,
    MINUTES_PER_DAY,
    DatedException,
    Schedule,
    TimeRange,
    check_time_zone,
    clock_text,
)

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_LAST_MINUTE = MINUTES_PER_DAY - 1


def read(location: Mapping[str, Any]) -> Reading:
    """Read the hours of a Location. Without `hours` the regular hours are UNKNOWN.

    A bad entry of the week makes its day UNKNOWN; a bad exception makes all hours so.
    """
    if "hours" not in location and "exception_hours" not in location:
        return Reading(time_zone=str(location.get("timezone", "")))
    try:
        time_zone = str(location.get("timezone", ""))
        check_time_zone(time_zone)
    except ScheduleError as fault:
        return Reading(faults=(fault,))
    faults: list[ScheduleError] = []
    expression = ""
    exceptions: tuple[DatedException, ...] = ()
    try:
        if "hours" in location:
            expression = week_expression(_week(location["hours"], faults))
    except ScheduleError as fault:
        faults.append(fault)
    try:
        exceptions = _exceptions(location.get("exception_hours", []))
        Schedule(time_zone=time_zone, exceptions=exceptions)
    except ScheduleError as fault:
        # Hours without their exceptions would be told for dates on which they do not hold.
        return Reading(time_zone=time_zone, faults=(fault, *faults))
    reading = Reading(
        expression=expression, exceptions=exceptions, time_zone=time_zone, faults=tuple(faults)
    )
    return with_doubts(reading, "hours")


def write(schedule: Schedule, first: dt.date) -> Written[dict[str, Any]]:
    """Write the hours of a Location, with special dates from `first` on for a year."""
    plan = week_and_dates(schedule, first)
    location: dict[str, Any] = {"timezone": schedule.time_zone}
    losses = list(plan.losses)
    if any(ranges is not None for ranges in plan.week):
        location["hours"] = [
            {"day": day, **_interval(hours, losses)}
            for day, ranges in zip(_DAYS, plan.week, strict=True)
            for hours in ranges or ()
        ]
    dates = []
    for exception in plan.exceptions:
        common = {
            **({"title": exception.label} if exception.label else {}),
            "valid_from": exception.first_date.isoformat(),
            "valid_through": exception.last_date.isoformat(),
        }
        dates += [common | _interval(hours, losses) for hours in exception.ranges] or [common]
    if dates:
        location["exception_hours"] = dates
    return Written(location, tuple(losses))


def _week(entries: Any, faults: list[ScheduleError]) -> Week:
    week: list[Ranges | None] = [()] * 7
    unsure: set[int] = set()
    for number, entry in enumerate(mappings(entries, "hours")):
        field = f"hours[{number}]"
        day = None
        try:
            if entry.get("day") not in _DAYS:
                raise ScheduleError(f"{field}.day", "is no day", suggestion="monday")
            day = _DAYS.index(entry["day"])
            hours = _range(entry, field)
            if hours is None:
                raise ScheduleError(field, "needs opens and closes", suggestion="leave the day out")
        except ScheduleError as fault:
            faults.append(fault)
            unsure |= {day} if day is not None else set(range(7))
            continue
        week[day] = (*(week[day] or ()), hours)
    return unsure_days(week, unsure)


def _exceptions(entries: Any) -> tuple[DatedException, ...]:
    dates: dict[tuple[dt.date, dt.date], tuple[Ranges, str]] = {}
    for number, entry in enumerate(mappings(entries, "exception_hours")):
        field = f"exception_hours[{number}]"
        key = (
            date(entry.get("valid_from"), f"{field}.valid_from"),
            date(entry.get("valid_through"), f"{field}.valid_through"),
        )
        hours = _range(entry, field)
        if key in dates and (hours is None) is not (not dates[key][0]):
            raise ScheduleError(field, "closes dates that another entry opens")
        ranges, title = dates.get(key, ((), ""))
        if hours and hours not in ranges:
            ranges += (hours,)
        dates[key] = (ranges, title or str(entry.get("title", "")))
    return tuple(
        DatedException(first_date=first, last_date=last, ranges=ranges, label=title)
        for (first, last), (ranges, title) in dates.items()
    )


def _range(entry: Mapping[str, Any], field: str) -> TimeRange | None:
    if "opens" not in entry and "closes" not in entry:
        return None
    opens, closes = str(entry.get("opens", "")), str(entry.get("closes", ""))
    if closes == "24:00":
        raise ScheduleError(f"{field}.closes", "times end at 23:59", suggestion="00:00")
    if (opens, closes) == ("00:00", "23:59"):
        return ALL_DAY
    return TimeRange.of(opens, closes, field=field)


def _interval(hours: TimeRange, losses: list[Loss]) -> dict[str, str]:
    if hours == ALL_DAY:
        return {"opens": "00:00", "closes": "23:59"}
    if hours == TimeRange(0, _LAST_MINUTE):
        losses.append(Loss("hours", "00:00 to 23:59 reads as the whole day"))
    closes_min = hours.closes_min % MINUTES_PER_DAY
    return {"opens": clock_text(hours.opens_min), "closes": clock_text(closes_min)}
