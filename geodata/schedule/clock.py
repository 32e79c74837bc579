"""Ranges of times as people write them, with every reading that they may have."""

import re
from typing import NamedTuple

from geodata.schedule.syntax import MINUTES_PER_DAY

_NAMES = "midnight|minuit|mitternacht|keskiyö|noon|midday|midi|mittags?"
_TIME = (
    rf"(?:(?P<{{0}}name>{_NAMES})\b"
    r"|(?P<{0}hour>\d{{1,2}})"
    r"(?:\s?[:.h]\s?(?P<{0}minute>\d\d)|(?P<{0}joined>\d\d)|(?P<{0}h>\s?h))?(?:\s?h)?(?![\d:])"
    r"(?:\s?(?P<{0}half>[ap])\.?m\b\.?|\s?(?:uhr|hrs?|hours|heures?|o'clock)\b\.?)?)"
)
RANGE = re.compile(
    rf"(?:(?:from|de|von|dès|klo)\s+)?{_TIME.format('opens_')}"
    rf"\s*(?:-|to\b|until\b|till\b|bis\b|à|au?\b|jusqu'à)\s*(?:klo\s+)?{_TIME.format('closes_')}"
    r"(?![\w:]*\d)(?!\s?/\s?\d{1,2}\b(?![:.h]))"
)
"""A range of times in small letters, with plain dashes."""
PLAIN = re.compile(
    r"(?!24)\d{1,2}:\d\d\s*-\s*\d{1,2}:\d\d"
    rf"|(?!24)\d\d:\d\d\s*-\s*(?:{_NAMES})|(?:{_NAMES})\s*-\s*\d\d:\d\d"
)
"""A range as OSM writes it, perhaps with midnight or noon by name."""

_NAMED_MIN = {"noon": 720, "midday": 720, "midi": 720, "mittag": 720, "mittags": 720}
_HALF_DAY = MINUTES_PER_DAY // 2
_EARLY_MIN = 6 * 60
"""Before this, `1:00 - 5:00` is more likely in the afternoon."""


class Hours(NamedTuple):
    """Opening and closing, in minutes since midnight; closing after opening, perhaps tomorrow."""

    opens: int
    closes: int


CLOSED = Hours(0, 0)
"""The reading of equal times as closed."""
ALL_DAY = Hours(0, MINUTES_PER_DAY)


class _Time(NamedTuple):
    minutes: int
    half: str
    """`a` or `p` for AM and PM, `n` for a name such as noon, empty for none of these."""
    by_24_hours: bool
    """True if its digits cannot be of a 12-hour clock."""
    is_digit: bool
    """True if it is a single digit, as in `9 - 5`."""


def readings(
    match: re.Match[str], *, noon_is_24: bool | None = None, by_24_hours: bool = False
) -> tuple[Hours, ...]:
    """The readings of a match of `RANGE`: one where it is certain, none where it is no time.

    Args:
        match: of `RANGE`.
        noon_is_24: whether hours that begin at 24:00 begin at noon, where the feed tells.
        by_24_hours: whether other times of the text are on a clock of 24 hours.
    """
    opens, closes = _time(match, "opens_"), _time(match, "closes_")
    if opens is None or closes is None:
        return ()
    if opens.minutes >= MINUTES_PER_DAY:
        noon = Hours(opens.minutes - _HALF_DAY, closes.minutes)
        midnight = Hours(opens.minutes - MINUTES_PER_DAY, closes.minutes)
        if noon_is_24 is not None:
            return (_after(*(noon if noon_is_24 else midnight)),)
        return _after(*noon), _after(*midnight)
    if opens.minutes == 0 and closes.minutes == MINUTES_PER_DAY - 1:
        return (ALL_DAY,)
    if opens.minutes == closes.minutes:
        return Hours(opens.minutes, opens.minutes + MINUTES_PER_DAY), CLOSED
    first = _after(opens.minutes, closes.minutes)
    if opens.half and closes.half == "p":
        # Some write `12am` for noon, and `12pm` for midnight.
        is_bare = not (match["opens_minute"] or match["closes_minute"])
        if is_bare and opens.half == "a" and opens.minutes == 0:
            return first, _after(opens.minutes + _HALF_DAY, closes.minutes)
        if is_bare and opens.half == "p" and closes.minutes == _HALF_DAY:
            return first, _after(opens.minutes, MINUTES_PER_DAY)
    if _is_certain(opens, closes, by_24_hours=by_24_hours):
        return (first,)
    return first, _other(opens, closes)


def text_of(hours: Hours) -> str:
    """The hours as OSM writes them; `off` for closed."""
    if hours.opens == hours.closes:
        return "off"
    closes = hours.closes - MINUTES_PER_DAY if hours.closes > MINUTES_PER_DAY else hours.closes
    if closes == hours.opens == 0:
        closes = MINUTES_PER_DAY
    return "-".join(f"{minutes // 60:02}:{minutes % 60:02}" for minutes in (hours.opens, closes))


def is_by_24_hours(match: re.Match[str]) -> bool:
    """True if the times of a match of `RANGE` are on a clock of 24 hours, as `14-18` are."""
    times = _time(match, "opens_"), _time(match, "closes_")
    return any(time and time.minutes > _HALF_DAY + 59 and time.by_24_hours for time in times)


def _is_certain(opens: _Time, closes: _Time, *, by_24_hours: bool) -> bool:
    if opens.half and closes.half:
        return True
    if not opens.half and not closes.half:
        by_day = _EARLY_MIN <= opens.minutes < closes.minutes
        is_digit = (opens.is_digit or closes.is_digit) and not by_24_hours
        return opens.by_24_hours or closes.by_24_hours or (by_day and not is_digit)
    if closes.half == "p":
        # In the afternoon the opening would be at or after the closing: it is in the morning.
        return opens.minutes < _HALF_DAY <= opens.minutes + _HALF_DAY >= closes.minutes
    return "n" in (opens.half, closes.half) and (opens.by_24_hours or closes.by_24_hours)


def _other(opens: _Time, closes: _Time) -> Hours:
    """The other reading of times that lack AM or PM."""
    if not closes.half and closes.minutes <= opens.minutes:
        return _after(opens.minutes, closes.minutes + _HALF_DAY)
    if not opens.half and opens.minutes < _HALF_DAY:
        later = closes.minutes if closes.half else closes.minutes + _HALF_DAY
        return _after(opens.minutes + _HALF_DAY, later)
    return _after(opens.minutes, (closes.minutes + _HALF_DAY) % MINUTES_PER_DAY)


def _after(opens: int, closes: int) -> Hours:
    closes %= MINUTES_PER_DAY
    return Hours(opens, closes if closes > opens else closes + MINUTES_PER_DAY)


def _time(match: re.Match[str], side: str) -> _Time | None:
    name, hour_text = match[f"{side}name"], match[f"{side}hour"]
    if name:
        return _Time(_NAMED_MIN.get(name, 0), "n", by_24_hours=False, is_digit=False)
    minute_text = match[f"{side}minute"] or match[f"{side}joined"]
    hour, minute, half = int(hour_text), int(minute_text or 0), match[f"{side}half"] or ""
    latest = _HALF_DAY + 59 if half else MINUTES_PER_DAY + (59 if side == "opens_" else 0)
    if minute > 59 or hour * 60 + minute > latest:
        return None
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    is_year = match[f"{side}joined"] and hour in (19, 20) and not half
    if is_year and not (match["opens_joined"] and int(match["opens_hour"]) < 19):
        return None
    by_24_hours = not half and (hour > 12 or hour_text.startswith("0"))
    is_digit = len(hour_text) == 1 and not (minute_text or match[f"{side}h"])
    return _Time(hour * 60 + minute, half, by_24_hours, is_digit)
