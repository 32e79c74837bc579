"""Write rules in OSM's grammar, in one spelling: lists without spaces, parts in their order."""

import calendar
from collections.abc import Sequence

from geodata.schedule.date_ranges import DateRange, Day, Offset
from geodata.schedule.states import State
from geodata.schedule.syntax import (
    MONTHS,
    WEEKDAYS,
    DaySet,
    Rule,
    Separator,
    SunTime,
    Times,
    WeekRange,
    YearRange,
)

_JOINTS = {Separator.NORMAL: "; ", Separator.ADDITIONAL: ", ", Separator.FALLBACK: " || "}


def rules_text(rules: Sequence[Rule]) -> str:
    """The rules as one text."""
    parts: list[str] = []
    before = Rule()
    for rule in rules:
        if parts:
            if rule.separator is Separator.ADDITIONAL and parts[-1] == selector_text(before):
                parts.append(" open")  # else the comma would go on with a list of days
            parts.append(_JOINTS[rule.separator])
        parts.append(rule_text(rule))
        before = rule
    return "".join(parts)


def rule_text(rule: Rule) -> str:
    """One rule, without what joins it to others."""
    parts = [selector_text(rule)] if not rule.selects_all else []
    if rule.times:
        parts.append(",".join(map(_times, rule.times)))
    elif rule.always and rule.selects_all:
        parts.append("24/7")
    if rule.state is State.CLOSED:
        parts.append("off")
    elif rule.state is State.UNKNOWN:
        parts.append("unknown")
    elif rule.comment or (not parts and not rule.always):
        parts.append("open")
    if rule.comment:
        parts.append(f'"{rule.comment}"')
    return " ".join(parts)


def selector_text(rule: Rule) -> str:
    """The selectors of a rule: years, dates, weeks, days."""
    parts = []
    if rule.years:
        parts.append(",".join(map(_years, rule.years)))
    if rule.dates:
        parts.append(",".join(map(_dates, rule.dates)))
    if rule.weeks:
        parts.append("week " + ",".join(map(_weeks, rule.weeks)))
    parts += map(_days, rule.days)
    return " ".join(parts)


def weekday_bits_text(bits: int) -> str:
    """`Mo-We,Fr` of weekdays as bits."""
    stretches: list[list[int]] = []
    for day in range(7):
        if not bits >> day & 1:
            continue
        if stretches and stretches[-1][-1] == day - 1:
            stretches[-1].append(day)
        else:
            stretches.append([day])
    return ",".join(
        WEEKDAYS[days[0]] + (f"-{WEEKDAYS[days[-1]]}" if len(days) > 1 else "")
        for days in stretches
    )


def _years(years: YearRange) -> str:
    if years.last == 9999:
        return f"{years.first}/{years.step}" if years.step > 1 else f"{years.first}+"
    if years.first == years.last:
        return str(years.first)
    return f"{years.first}-{years.last}" + (f"/{years.step}" if years.step > 1 else "")


def _weeks(weeks: WeekRange) -> str:
    if weeks.first == weeks.last:
        return f"{weeks.first:02}"
    step = f"/{weeks.step}" if weeks.step > 1 else ""
    return f"{weeks.first:02}-{weeks.last:02}{step}"


def _dates(dates: DateRange) -> str:
    first, last = dates.first, dates.last
    step = f"/{dates.step}" if dates.step > 1 else ""
    year = f"{first.year} " if first.year else ""
    if last is None:
        return f"{year}{_day(first)}+"
    if last is first:
        return f"{year}{_day(first)}"
    if dates.is_months:
        same_year = last.year in (None, first.year)
        if same_year and first.month == last.month:
            return f"{year}{MONTHS[first.month - 1]}"
        if same_year:
            return f"{year}{MONTHS[first.month - 1]}-{MONTHS[last.month - 1]}"
    to_year = f"{last.year} " if last.year and last.year != first.year else ""
    is_in_month = first.month == last.month and not to_year and not dates.wraps
    if is_in_month and first.is_plain and last.is_plain:
        return f"{year}{_day(first)}-{_last_day(last):02}{step}"
    return f"{year}{_day(first)}-{to_year}{_day(last)}{step}"


def _last_day(day: Day) -> int:
    """The day of the month, where 31 stands for the last one."""
    return min(day.day, calendar.monthrange(2024, day.month)[1])


def _day(day: Day) -> str:
    if not day.month:
        return f"easter{_offset(day.offset)}"
    month = MONTHS[day.month - 1]
    if day.weekday is not None:
        return f"{month} {WEEKDAYS[day.weekday]}[{day.day}]{_offset(day.offset)}"
    return f"{month} {_last_day(day):02}{_offset(day.offset)}"


def _offset(offset: Offset) -> str:
    text = ""
    if offset.days:
        text = f" {offset.days:+d} day" + ("s" if abs(offset.days) > 1 else "")
    if offset.weekday is not None:
        text += f" {'+' if offset.direction > 0 else '-'}{WEEKDAYS[offset.weekday]}"
    return text


def _days(days: DaySet) -> str:
    parts = [weekday_bits_text(days.weekdays)] if days.weekdays else []
    for nth in days.nth:
        numbers = ",".join(map(str, sorted(nth.nth, key=lambda number: (number < 0, abs(number)))))
        parts.append(f"{WEEKDAYS[nth.weekday]}[{numbers}]{_offset(nth.offset)}")
    for holiday in days.holidays:
        name = "PH" if holiday.public else "SH"
        parts.append(f"{name}{_offset(Offset(holiday.offset_days))}")
    return ",".join(parts)


def _times(times: Times) -> str:
    text = _moment(times.opens)
    if times.closes is not None:
        text += f"-{_moment(times.closes)}"
    return text + ("+" if times.open_end else "")


def _moment(moment: int | SunTime) -> str:
    if isinstance(moment, int):
        return f"{moment // 60:02}:{moment % 60:02}"
    if not moment.offset_min:
        return moment.event
    sign, minutes = ("-" if moment.offset_min < 0 else "+"), abs(moment.offset_min)
    return f"({moment.event}{sign}{minutes // 60:02}:{minutes % 60:02})"
