"""Reads the dates on which stores open and close, as feeds and OpenStreetMap write them."""

import calendar
import datetime as dt
import re

_ISO = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2})(?:[T ].*)?)?)?")
_DAY_FIRST = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")
_SLASHES = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
PLACEHOLDERS = frozenset(
    (
        *(dt.date(1, 1, 1), dt.date(1753, 1, 1), dt.date(1899, 12, 30), dt.date(1899, 12, 31)),
        *(dt.date(1900, 1, 1), dt.date(1970, 1, 1)),
    )
)
"""Days that programs and databases write where there is no date."""
_APPROXIMATE = re.compile(r"^(?:~|before |by |circa |c\.? ?)", re.IGNORECASE)


def first_day(text: str) -> dt.date | None:
    """The first day of a date, a month or a year; None if the text is none, or could be two."""
    parts = _parts(text)
    return _date(parts[0], parts[1] or 1, parts[2] or 1) if parts else None


def last_day(text: str) -> dt.date | None:
    """The last day of a date, a month or a year; None if the text is none, or could be two."""
    parts = _parts(_APPROXIMATE.sub("", text))
    if not parts:
        return None
    year, month, day = parts[0], parts[1] or 12, parts[2]
    if not 1 <= month <= 12 or not 1 <= year <= 9999:
        return None
    return _date(year, month, day or calendar.monthrange(year, month)[1])


def _parts(text: str) -> tuple[int, int, int] | None:
    text = text.strip()
    if match := _ISO.fullmatch(text):
        return int(match[1]), int(match[2] or 0), int(match[3] or 0)
    if match := _DAY_FIRST.fullmatch(text):
        return int(match[3]), int(match[2]), int(match[1])
    if match := _SLASHES.fullmatch(text):
        first, second = int(match[1]), int(match[2])
        # 03/04/2027 is in March or in April: only a day above 12 tells.
        if first > 12 >= second:
            return int(match[3]), second, first
        if second > 12 >= first or first == second:
            return int(match[3]), first, second
    return None


def _date(year: int, month: int, day: int) -> dt.date | None:
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None
