"""Opening hours as files have them, brought to OSM's grammar where that is possible."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from opening_hours import validate

MAX_LENGTH = 2000
DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
_COLUMNS = {
    "mon": ("Mo",),
    "tue": ("Tu",),
    "wed": ("We",),
    "thu": ("Th",),
    "fri": ("Fr",),
    "sat": ("Sa",),
    "sun": ("Su",),
    "hours_weekday": DAYS[:5],
    "hours_saturday": ("Sa",),
    "hours_sunday": ("Su",),
}
_TIME = r"(\d{1,2})(?:[:.h](\d{2}))?\s*([ap]\.?m\.?)?"
_RANGE = re.compile(rf"{_TIME}\s*(?:-|–|to|à)\s*{_TIME}", re.IGNORECASE)
_CLOSED = frozenset({"-", "closed", "off", "fermé", "ferme"})
_ALL_DAY = frozenset({"01:00-01:00", "00:00-00:00", "00:00-23:59"})
"""How the French fuel feed and others write 24 hours."""


class Hours(NamedTuple):
    """Opening hours to keep."""

    text: str
    note: str = ""
    """What was wrong with what was given."""
    repaired: bool = False
    """Whether that was set right."""


@lru_cache(maxsize=10_000)
def checked_hours(text: str) -> Hours:
    """The hours to keep: as given, or set right where that is certain.

    `00:00-23:59` closes a minute early in OSM's grammar and is not meant so.
    """
    if len(text) > MAX_LENGTH:
        return Hours("", f"longer than {MAX_LENGTH} characters: left out")
    if not text:
        return Hours("")
    fixed = re.sub(r"\b00:00-23:59\b", "00:00-24:00", text)
    if not _parses(fixed):
        return Hours(text, f"not in the grammar of OSM, kept as given: {text!r}")
    if fixed != text:
        return Hours(fixed, "00:00-23:59 closes a minute early: made 00:00-24:00", repaired=True)
    return Hours(text)


def week_of_columns(columns: Mapping[str, str]) -> tuple[str, str]:
    """OSM text of the columns `mon` to `sun`, or `hours_weekday` and so on; and a doubt.

    A cell is free text with times as in France or the US; `closed` or `-` is closed, an empty one
    tells nothing.
    """
    by_day: dict[str, str] = {}
    doubts = []
    for column, days in _COLUMNS.items():
        text = columns.get(column, "")
        times = _times(text) if text else None
        if times:
            by_day |= dict.fromkeys(days, times)
        elif text:
            doubts.append(f"{column} {text[:60]!r}")
    return week(by_day), f"not understood: {', '.join(doubts)}" if doubts else ""


def week(by_day: Mapping[str, str]) -> str:
    """One OSM text from OSM times (`09:00-12:00,14:00-18:00`, `off`) by day (`Mo`...).

    Neighbouring days with the same times share a rule; days that are not given stay unsaid.
    """
    if len(by_day) == len(DAYS) and set(by_day.values()) == {"00:00-24:00"}:
        return "24/7"
    rules: list[list[str]] = []
    for day in DAYS:
        if day not in by_day:
            continue
        follows = rules and DAYS.index(day) == DAYS.index(rules[-1][1]) + 1
        if follows and rules[-1][2] == by_day[day]:
            rules[-1][1] = day
        else:
            rules.append([day, day, by_day[day]])
    return "; ".join(
        f"{first} {times}" if first == last else f"{first}-{last} {times}"
        for first, last, times in rules
    )


def _times(text: str) -> str | None:
    """OSM times of one day's text; None when it is not understood."""
    if text.lower() in _CLOSED:
        return "off"
    spans = []
    for part in re.split(r"[;/,]", text):
        match = _RANGE.fullmatch(part.strip())
        clocks = match and (_clock(*match.groups()[:3]), _clock(*match.groups()[3:]))
        if not clocks or None in clocks:
            return None
        spans.append("-".join(map(str, clocks)))
    return "00:00-24:00" if spans[0] in _ALL_DAY else ",".join(spans)


def _clock(hour: str, minute: str | None, half: str | None) -> str | None:
    hours, minutes = int(hour), int(minute or 0)
    if half:
        if not 1 <= hours <= 12:
            return None
        hours = hours % 12 + (12 if half.lower().startswith("p") else 0)
    return f"{hours:02d}:{minutes:02d}" if (hours, minutes) <= (24, 0) and minutes < 60 else None


def _parses(text: str) -> bool:
    parses: bool = validate(text)
    return parses
