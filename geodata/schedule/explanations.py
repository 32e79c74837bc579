"""Tells in words why a text is no OSM `opening_hours` expression, where, and what is near it."""

import difflib
import re
from collections.abc import Iterable

from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from geodata.schedule.errors import ScheduleError
from geodata.schedule.syntax import MONTHS, WEEKDAYS

_WORD = re.compile(r"[^\W\d_]+")
_KEYWORDS = "PH SH easter week open off closed unknown sunrise sunset dawn dusk day days"
_WORDS = (*WEEKDAYS, *MONTHS, *_KEYWORDS.split())
# The parts of the grammar, in words.
_NAMES = {
    "SPAN": "times (HH:MM-HH:MM)",
    "CLOCK": "a time (HH:MM)",
    "SUN": "sunrise or sunset",
    "DAY": "a weekday",
    "NTH_DAY": "a weekday",
    "HOLIDAY": "PH or SH",
    "MONTH": "a month",
    "YEAR": "a year",
    "NUMBER": "a number",
    "WEEK": "week",
    "STATE": "open, off or unknown",
    "COMMENT": "a quoted comment",
    "EASTER": "easter",
    "ALWAYS": "24/7",
    "DASH": "'-'",
    "PLUS": "'+'",
    "COMMA": "','",
    "SLASH": "'/'",
    "OFFSET": "a number of days",
    "SEMICOLON": "';'",
    "FALLBACK": "'||'",
    "ADDITIONAL": "','",
    "DATE_NTH": "a weekday of the month",
    "$END": "the end",
}
_EXAMPLES = {"SPAN": "10:00-18:00", "DAY": "Mo", "CLOCK": "18:00", "NUMBER": "1", "MONTH": "Dec"}
EXAMPLE = "Mo-Fr 09:00-18:00; PH off"
"""The suggestion of an error that has no nearer one."""
_FEWEST_NAMED = ("COMMA", "SEMICOLON", "ADDITIONAL", "FALLBACK", "$END", "NTH_DAY", "DATE_NTH")


def explained(text: str, error: UnexpectedInput) -> ScheduleError:
    """The error in words: where, what was expected, and the nearest known word."""
    position = error.pos_in_stream if isinstance(error, UnexpectedCharacters) else None
    expected: Iterable[str] = ()
    if isinstance(error, UnexpectedToken):
        expected = error.accepts or error.expected
        position = len(text.rstrip()) if error.token.type == "$END" else error.token.start_pos
    position = min(position or 0, len(text))
    word = _WORD.match(text, position)
    given = word[0].capitalize() if word else ""
    near = difflib.get_close_matches(given, _WORDS, n=1)
    names = [name for name in _NAMES if name in set(expected) - set(_FEWEST_NAMED)]
    suggestion = "".join(near) if near and near[0] != given else ""
    suggestion = suggestion or next((_EXAMPLES[n] for n in names if n in _EXAMPLES), EXAMPLE)
    words = dict.fromkeys(_NAMES[name] for name in names[:4])
    wanted = f"expected {' or '.join(words)}" if names else "not understood"
    message = wanted
    if position < len(text):
        message = f"{wanted} at {text[position : position + 12]!r}"
    return ScheduleError("expression", message, position=position, suggestion=suggestion)
