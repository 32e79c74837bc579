"""Cut the hours of an expression at midnight: what each day has of its own, without a carry."""

import re

from geodata.schedule.grammar import without_comments

_MINUTES_PER_DAY = 24 * 60
_CLOCK = r"\d{1,2}:\d{2}"
_EVENT = r"(?:dawn|sunrise|sunset|dusk)"
_TIME = rf"(?:{_CLOCK}|{_EVENT}|\(\s*{_EVENT}\s*[+-]\s*{_CLOCK}\s*\))"
_RANGE = re.compile(rf"({_TIME})(\s*-\s*)({_TIME})", re.IGNORECASE)
_TERM = re.compile(rf"({_EVENT})|([+-]?)\s*(\d{{1,2}}):(\d{{2}})", re.IGNORECASE)
# The hours at which opening-hours-py has the sun where no location is known.
_SUN_MIN = {"dawn": 6 * 60, "sunrise": 7 * 60, "sunset": 19 * 60, "dusk": 20 * 60}


def ending_at_midnight(text: str) -> str:
    """The expression with every range that runs past midnight ended there.

    Which of `20:00-sunrise` and `08:00-sunrise` runs past midnight is decided by the sun's mean
    times, 07:00 and 19:00.
    """
    plain = without_comments(text)
    pieces, done = [], 0
    for match in _RANGE.finditer(plain):
        opens_min, closes_min = _minutes(match[1]), _minutes(match[3])
        if closes_min <= opens_min or closes_min > _MINUTES_PER_DAY:
            pieces += [text[done : match.start(3)], "24:00"]
            done = match.end(3)
    return "".join([*pieces, text[done:]])


def runs_overnight(text: str) -> bool:
    """Whether any hours run past midnight."""
    return ending_at_midnight(text) != text


def _minutes(time: str) -> int:
    minutes = 0
    for event, sign, hour, minute in _TERM.findall(time):
        value = _SUN_MIN[event.lower()] if event else int(hour) * 60 + int(minute)
        minutes += -value if sign == "-" else value
    return minutes
