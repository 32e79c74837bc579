"""A second, slow reading of plain `opening_hours` text, one minute at a time.

It shares nothing with the code it judges: neither the parser nor the calendar nor the clock. It
knows rules of months, dates, years, weekdays, `PH`, times and `off`, joined by `;` and `, `; of
every other text it says so.
"""

import datetime as dt
import functools
import re
from dataclasses import dataclass

import holidays

DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTH, _DAY = "|".join(MONTHS), "|".join(DAYS)
_RULE = re.compile(
    r"(?:(?P<year>\d{4}) )?"
    rf"(?:(?P<dates>(?:{_MONTH})(?: ?\d+)?(?:-(?:(?:{_MONTH}) ?)?\d*)?):? ?)?"
    rf"(?P<days>(?:{_DAY}|PH)(?:[-,](?:{_DAY}|PH))*)? ?"
    r"(?P<times>\d{1,2}:\d\d-\d{1,2}:\d\d(?:, ?\d{1,2}:\d\d-\d{1,2}:\d\d)*)? ?(?P<off>off|closed)?"
)
_SEPARATOR = rf"\s*;\s*|,\s+(?={_DAY}|{_MONTH}|PH)"
_PART = re.compile(rf"(^|{_SEPARATOR})(.*?)(?={_SEPARATOR}|$)")


class NotPlainError(ValueError):
    """The text is beyond what this reading knows."""


@dataclass(frozen=True)
class Rule:
    added: bool
    year: int | None
    dates: tuple[tuple[int, int], tuple[int, int]] | None
    days: frozenset[int] | None
    on_holidays: bool
    times: tuple[tuple[int, int], ...]
    off: bool
    timed: bool

    def is_about(self, date: dt.date, is_holiday: bool) -> bool:
        if self.year not in (None, date.year):
            return False
        if self.dates:
            first, last = self.dates
            day = (date.month, date.day)
            inside = first <= day <= last if first <= last else day >= first or day <= last
            if not inside:
                return False
        if self.days is None:
            return True
        return date.weekday() in self.days or (self.on_holidays and is_holiday)


@functools.lru_cache(maxsize=2048)
def rules(text: str) -> tuple[Rule, ...]:
    """The rules of a text, or NotPlainError."""
    if text == "24/7":
        return (Rule(False, None, None, None, False, ((0, 1440),), False, False),)
    found = []
    for separator, part in _PART.findall(text):
        match = _RULE.fullmatch(part)
        if not match or not part:
            raise NotPlainError(text)
        days, on_holidays = _days(match["days"])
        found.append(
            Rule(
                "," in separator,
                int(match["year"]) if match["year"] else None,
                _dates(match["dates"]),
                days,
                on_holidays,
                tuple(_times(match["times"])),
                bool(match["off"]),
                bool(match["times"]),
            )
        )
    return tuple(found)


def _days(text: str | None) -> tuple[frozenset[int] | None, bool]:
    if not text:
        return None, False
    days: set[int] = set()
    for item in text.split(","):
        if item == "PH":
            continue
        first, _, last = item.partition("-")
        if "PH" in (first, last):
            raise NotPlainError(text)
        day = DAYS.index(first)
        days.add(day)
        while last and DAYS[day] != last:
            day = (day + 1) % 7
            days.add(day)
    return frozenset(days), "PH" in text


def _dates(text: str | None) -> tuple[tuple[int, int], tuple[int, int]] | None:
    if not text:
        return None
    match = re.fullmatch(rf"({_MONTH}) ?(\d+)?(?:-({_MONTH})? ?(\d+)?)?", text)
    if not match or (match[2] and "-" in text and not match[4]):
        raise NotPlainError(text)
    first = MONTHS.index(match[1]) + 1
    last = MONTHS.index(match[3]) + 1 if match[3] else first
    if not match[2]:
        return (first, 1), (last, 31)
    return (first, int(match[2])), (last, int(match[4] or match[2]))


def _times(text: str | None) -> list[tuple[int, int]]:
    if not text:
        return [(0, 1440)]
    times = []
    for part in text.split(","):
        opens, closes = (
            int(time.split(":")[0]) * 60 + int(time.split(":")[1])
            for time in part.strip().split("-")
        )
        times.append((opens, closes if closes > opens else closes + 1440))
    return times


@functools.lru_cache(maxsize=256)
def _holidays_of(country: str, year: int) -> frozenset[dt.date]:
    return frozenset(holidays.country_holidays(country, years=year))


def is_open(text: str, label: dt.datetime, country: str) -> bool:
    """Whether a wall-clock minute is in the hours."""
    return _is_open(text, label.date(), label.hour * 60 + label.minute, country)


def _is_open(text: str, today: dt.date, minute: int, country: str) -> bool:
    yesterday = today - dt.timedelta(1)
    holiday = today in _holidays_of(country, today.year)
    holiday_before = yesterday in _holidays_of(country, yesterday.year)
    # A holiday that is closed in its last minute has nothing to carry past midnight.
    carries = not (
        holiday_before
        and any(rule.on_holidays for rule in rules(text))
        and not _is_open(text, yesterday, 1439, country)
    )
    state, decided = False, False
    for rule in rules(text):
        is_about = rule.is_about(today, holiday)
        own = is_about and any(start <= minute < end for start, end in rule.times)
        carry = (
            carries
            and rule.is_about(yesterday, holiday_before)
            and any(minute + 1440 < end for _, end in rule.times)
        )
        if rule.off and rule.timed:
            state = state and not (own or carry)
        elif rule.added:
            state = state or own or carry
        elif is_about:
            # After ';' a rule has the whole of each date that it is about.
            state = (own or carry) and not rule.off
        elif carry and not decided:
            state = not rule.off
        decided = decided or is_about
    return state
