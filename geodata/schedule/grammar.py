"""Parse OSM `opening_hours` text with opening-hours-py; the few facts of its grammar we use."""

import functools
import re
import zoneinfo

import opening_hours
from opening_hours import OpeningHours

from geodata.points import Point
from geodata.schedule.errors import ScheduleError

MAX_LENGTH = 1024
"""Characters. OSM allows 255; the longest real text found has 239."""
LOOKAHEAD_YEARS = 40
"""A rule without a year recurs within this time: 29 February on a given weekday, around 2100."""
WEEKDAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
DAY = "(?:Mo|Tu|We|Th|Fr|Sa|Su)"
"""A weekday, as a regular expression."""

# The stubs of opening-hours-py 2.1.4 leave it out.
_ParserError: type[Exception] = opening_hours.ParserError  # type: ignore[attr-defined]
_SUN = re.compile(r"\b(?:dawn|sunrise|sunset|dusk)\b", re.IGNORECASE)
_COMMENT = re.compile(r'"[^"]*"')
_PLACE_OF_ERROR = re.compile(r"--> (\d+):(\d+)")
_EXPECTED = re.compile(r"= (.+)")
# What opening-hours-py calls the parts of its grammar, in words.
_PARTS = {
    "EOI": "the end",
    "any_rule_separator": "';', ', ' or '||'",
    "rules_modifier": "open, off or unknown",
    "always_open": "24/7",
    "small_range_selectors": "a weekday or times",
    "week_selector": "weeks",
    "monthday_range": "a month",
    "comment": "a quoted comment",
    "timespan": "times (HH:MM-HH:MM)",
    "timespan_plus": "'-' and a closing time",
    "extended_time": "a closing time (HH:MM)",
    "wday": "a weekday",
    "holiday": "PH or SH",
    "day_offset": "a number of days",
    "positive_number": "a number",
}


def parse(text: str) -> OpeningHours:
    """Parse strictly.

    Raises:
        ScheduleError: with the position, if the text is empty, too long or no OSM expression.
    """
    if not text.strip():
        raise ScheduleError("expression", "is empty", position=0)
    if len(text) > MAX_LENGTH:
        raise ScheduleError(
            "expression", f"is longer than {MAX_LENGTH} characters", position=MAX_LENGTH
        )
    try:
        return parsed(text, None)
    except _ParserError as error:
        raise _explained(text, str(error)) from None


def parses(text: str) -> bool:
    """Whether opening-hours-py takes the text, whatever its length."""
    try:
        parsed(text, None)
    except _ParserError:
        return False
    return True


@functools.lru_cache(maxsize=8192)
def parsed(text: str, place: tuple[str, Point] | None) -> OpeningHours:
    """Parse what is known to parse; `place`, a time zone and a location, is where the sun rises."""
    limit = LOOKAHEAD_YEARS * 366
    if place is None:
        return OpeningHours(text, auto_country=False, max_interval_days=limit)
    zone, location = place
    return OpeningHours(
        text,
        timezone=zoneinfo.ZoneInfo(zone),
        coords=(location.latitude, location.longitude),
        auto_country=False,
        max_interval_days=limit,
    )


def without_comments(text: str) -> str:
    """The text with every quoted comment blanked; positions stay."""
    return _COMMENT.sub(lambda comment: " " * len(comment[0]), text)


def follows_sun(text: str) -> bool:
    """Whether hours depend on where the sun rises and sets."""
    return bool(_SUN.search(without_comments(text)))


def _explained(text: str, report: str) -> ScheduleError:
    place = _PLACE_OF_ERROR.search(report)
    line, column = (int(place[1]), int(place[2])) if place else (1, 1)
    before = sum(len(earlier) + 1 for earlier in text.split("\n")[: line - 1])
    position = min(before + column - 1, len(text))
    expected = _EXPECTED.search(report)
    message = expected[1].strip() if expected else "is no opening_hours expression"
    for name, words in _PARTS.items():
        message = re.sub(rf"\b{name}\b", words, message)
    if position < len(text):
        message = f"{message} at {text[position : position + 12]!r}"
    return ScheduleError("expression", message, position=position)
