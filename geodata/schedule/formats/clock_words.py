"""Ranges of times as French and English text has them, read only where they mean one thing."""

import re
from typing import NamedTuple

from geodata.schedule.errors import ScheduleError
from geodata.schedule.model import ALL_DAY, MINUTES_PER_DAY, TimeRange

_TIME = (
    r"(?:(?P<{0}name>midnight|minuit|noon|midday|midi)\b"
    r"|(?P<{0}hour>\d{{1,2}})(?:(?:\s?[:.h]\s?(?P<{0}minute>\d\d)|(?P<{0}joined>\d\d))|(?P<{0}h>h))?"
    r"(?:\s?(?P<{0}half>[ap])\.?m\b\.?)?)(?![\d:])"
)
RANGE = re.compile(
    rf"(?:from |de )?{_TIME.format('opens_')}\s*(?:-|to\b|until\b|till\b|à|au?\b)\s*"
    rf"{_TIME.format('closes_')}"
)
"""A range of times in simplified text."""

_NAMED_MIN = {"midnight": 0, "minuit": 0, "noon": 720, "midday": 720, "midi": 720}
_HALF_DAY = MINUTES_PER_DAY // 2
_EARLY_MIN = 6 * 60
"""Before this, `1:00 - 5:00` is more likely in the afternoon."""


class _Time(NamedTuple):
    minutes: int
    half: str
    """`a` or `p` for AM and PM, empty for neither, `n` for a name such as noon."""
    by_24_hours: bool
    """Whether its digits cannot be of a 12-hour clock."""
    is_digit: bool
    """Whether it is a single digit, as in `9 - 5`."""


def hours(match: re.Match[str], field: str) -> TimeRange:
    """The hours that a match of `RANGE` means.

    Raises:
        ScheduleError: for `9 - 5` or `1:00 - 5:00 PM`, which could be morning or evening, for
            equal times and for times that no clock shows.
    """
    opens, closes = _time(match, "opens_"), _time(match, "closes_")
    if opens is None or closes is None or not _is_certain(opens, closes):
        raise ScheduleError(
            field,
            f"{match[0]!r} could mean more than one thing",
            position=match.start(),
            suggestion="09:00-17:00",
        )
    opens_min, closes_min = opens.minutes, closes.minutes
    if opens_min == 0 and closes_min in (0, MINUTES_PER_DAY - 1):
        return ALL_DAY
    return TimeRange(
        opens_min, closes_min if closes_min > opens_min else closes_min + MINUTES_PER_DAY
    )


def _is_certain(opens: _Time, closes: _Time) -> bool:
    if opens.minutes == closes.minutes and opens.minutes != 0:
        return False
    if opens.half and closes.half:
        return True
    if not opens.half and not closes.half:
        by_day = _EARLY_MIN <= opens.minutes < closes.minutes
        is_digit = opens.is_digit or closes.is_digit
        return opens.by_24_hours or closes.by_24_hours or (by_day and not is_digit)
    if closes.half == "p":
        # In the afternoon the opening would be at or after the closing: it is in the morning.
        return opens.minutes < _HALF_DAY <= opens.minutes + _HALF_DAY >= closes.minutes
    return "n" in (opens.half, closes.half) and (opens.by_24_hours or closes.by_24_hours)


def _time(match: re.Match[str], side: str) -> _Time | None:
    name, hour_text = match[f"{side}name"], match[f"{side}hour"]
    if name:
        return _Time(_NAMED_MIN[name], "n", by_24_hours=False, is_digit=False)
    minute_text = match[f"{side}minute"] or match[f"{side}joined"]
    hour, minute, half = int(hour_text), int(minute_text or 0), match[f"{side}half"] or ""
    if minute > 59 or hour * 60 + minute > (_HALF_DAY + 59 if half else MINUTES_PER_DAY):
        return None
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    by_24_hours = not half and (hour > 12 or hour_text.startswith("0"))
    is_digit = len(hour_text) == 1 and not (minute_text or match[f"{side}h"])
    return _Time(hour * 60 + minute, half, by_24_hours, is_digit)
