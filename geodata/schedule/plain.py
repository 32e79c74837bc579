"""Read plain expressions, which most are, twenty times as fast as the grammar does.

Plain is `Mo-Fr 09:00-12:00,14:00-18:00; Sa 10:00-12:00; PH off`: lists of days, hours or `off`. The
result is that of the grammar; whatever is not plain is left to it.
"""

import functools
import re

from geodata.schedule.states import State
from geodata.schedule.syntax import (
    EVERY_DAY,
    MINUTES_PER_DAY,
    WEEKDAYS,
    DaySet,
    HolidaySelector,
    Rule,
    Separator,
    Times,
)

_DAY = "(?:Mo|Tu|We|Th|Fr|Sa|Su)"
_DAYS = rf"(?:{_DAY}(?:-{_DAY})?|PH|SH)"
_CLOCK = r"(?:[01]?\d|2[0-4]):[0-5]\d"
_RULE = re.compile(
    rf"(?P<days>{_DAYS}(?:, ?{_DAYS})*)? ?"
    rf"(?:(?P<times>{_CLOCK}-{_CLOCK}(?:, ?{_CLOCK}-{_CLOCK})*)|(?P<off>off|closed))"
    r"(?P<end> ?; ?|, ?|$)",
    re.ASCII,
)
_MOST_RULES = 50
_SINGLE_SEPARATORS = {";": Separator.NORMAL, ",": Separator.ADDITIONAL}


def plain_rules(text: str) -> tuple[Rule, ...] | None:
    """The rules of a plain text, None if it is not plain."""
    rules: list[Rule] = []
    separator = Separator.NORMAL
    at, end = 0, len(text)
    while at < end or not rules:
        match = _RULE.match(text, at)
        if not match or len(rules) > _MOST_RULES:
            return None
        days, times, off, mark = match.groups()
        if separator is Separator.ADDITIONAL and not days:
            return None
        hours = _times(times) if times else ()
        if hours is None:
            return None
        rules.append(
            Rule(
                separator,
                days=_day_sets(days) if days else (),
                times=hours,
                state=State.CLOSED if off else State.OPEN,
                start=at,
            )
        )
        at = match.end()
        if mark:
            if at == end:
                return None
            separator = _SINGLE_SEPARATORS[mark.strip()]
    return tuple(rules)


@functools.lru_cache(maxsize=4096)
def _day_sets(text: str) -> tuple[DaySet, ...]:
    weekdays = 0
    holidays = []
    for item in text.split(","):
        item = item.strip()
        if item in ("PH", "SH"):
            holidays.append(HolidaySelector(item == "PH", 0))
            continue
        first, last = WEEKDAYS.index(item[:2]), WEEKDAYS.index(item[-2:])
        bits = (2 << (last - first) % 7) - 1 << first
        weekdays |= (bits | bits >> 7) & EVERY_DAY
    return (DaySet(weekdays, holidays=tuple(holidays)),)


@functools.lru_cache(maxsize=16_384)
def _times(text: str) -> tuple[Times, ...] | None:
    """The hours, None if a time is none: the grammar then says which."""
    hours = []
    for item in text.split(","):
        opens, _, closes = item.partition("-")
        opens_min, closes_min = _minutes(opens), _minutes(closes)
        if opens_min >= MINUTES_PER_DAY or closes_min > MINUTES_PER_DAY:
            return None
        hours.append(Times(opens_min, closes_min, open_end=False))
    return tuple(hours)


def _minutes(text: str) -> int:
    hours, _, minutes = text.partition(":")
    return int(hours) * 60 + int(minutes)
