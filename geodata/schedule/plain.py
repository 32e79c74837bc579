"""Read plain expressions, which most are, twenty times as fast as the grammar does.

Plain is `Mo-Fr 09:00-12:00,14:00-18:00; Sa unknown "by appointment"; PH off`: lists of days, then
hours, a state or a comment. The result is that of the grammar; it reads what is not plain.
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
    rf"(?P<times>{_CLOCK}-{_CLOCK}(?:, ?{_CLOCK}-{_CLOCK})*)? ?"
    r'(?P<state>\b(?:open|off|closed|unknown))? ?(?:"(?P<comment>[^"]*)")?'
    r"(?P<end> ?; ?|, ?| ?\|\| ?|$)",
    re.ASCII,
)
_MOST_RULES = 50
_STATES = {
    "open": State.OPEN,
    "off": State.CLOSED,
    "closed": State.CLOSED,
    "unknown": State.UNKNOWN,
}


def plain_rules(text: str) -> tuple[Rule, ...] | None:
    """The rules of a plain text, None if it is not plain."""
    rules: list[Rule] = []
    separator = Separator.NORMAL
    at, end = 0, len(text)
    while at < end or not rules:
        match = _RULE.match(text, at)
        if not match or len(rules) > _MOST_RULES:
            return None
        days, times, state, comment, mark = match.groups()
        if not times and not state and comment is None:
            return None
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
                state=_STATES[state] if state else _state_without_word(comment),
                comment=comment or "",
                start=at,
            )
        )
        at = match.end()
        if mark:
            if at == end:
                return None
            separator = Separator(mark.strip())
    return tuple(rules)


def _state_without_word(comment: str | None) -> State:
    """A comment alone makes hours UNKNOWN."""
    return State.OPEN if comment is None else State.UNKNOWN


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
