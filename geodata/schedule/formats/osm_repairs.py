"""Mend the faults that real `opening_hours` texts have, where their meaning is certain."""

import datetime as dt
import re

from geodata.schedule.errors import ScheduleError
from geodata.schedule.expression import Expression, Span
from geodata.schedule.formats.report import Repair
from geodata.schedule.grammar import DAY, MAX_LENGTH, parse
from geodata.schedule.overnight import ending_at_midnight, runs_overnight

_NAMES = {
    "Mo": "mon|monday|lu|lun|lundi",
    "Tu": "tue|tues|tuesday|mardi",
    "We": "wed|weds|wednesday|me|mer|mercredi",
    "Th": "thu|thur|thurs|thursday|je|jeu|jeudi",
    "Fr": "fri|friday|ve|ven|vendredi",
    "Sa": "sat|saturday|sam|samedi",
    "Su": "sun|sunday|dim|dimanche",
}
_TIME = r"(?:[01]?\d|2[0-4]):[0-5]\d"

# In texts that do not parse. `Ma` and `Di` are other days in other languages, so they stay.
_FAULTS = [
    (re.compile(r"[ \t]*[\r\n]+[ \t]*"), "; ", "a line for each rule"),
    (re.compile(r"[\s\u00a0\u202f\u2009]+"), " ", "white space"),
    (re.compile(r"\s*[‐-―−]\s*"), "-", "a dash of another kind"),
    *(
        (re.compile(rf"\b(?:{names})\b\.?", re.IGNORECASE), day, f"a name of {day}")
        for day, names in _NAMES.items()
    ),
    (re.compile(r"\bph\b", re.IGNORECASE), "PH", "PH in small letters"),
    (re.compile(r"\bsh\b", re.IGNORECASE), "SH", "SH in small letters"),
    (re.compile(rf"\b({DAY})\s*-\s*({DAY})\b"), r"\1-\2", "spaces in a range of days"),
    (re.compile(r"(?<![\d:.])(\d{1,2})[.hH]([0-5]\d)(?![\d:.])"), r"\1:\2", "a time without ':'"),
    (re.compile(r"(?<![\d:.])(\d{1,2})[hH](?![\w:])"), r"\1:00", "a time without minutes"),
    (
        re.compile(rf"(?<![\d:])([01]\d|2[0-4])([0-5]\d)(?=\s*-\s*{_TIME})"),
        r"\1:\2",
        "a time without ':'",
    ),
    (re.compile(rf"({_TIME}\s*-\s*)([01]\d|2[0-4])([0-5]\d)(?![\d:])"), r"\1\2:\3", "a time"),
    (
        re.compile(r"(?<![\d:])(0\d)([0-5]\d)\s*-\s*([012]\d)([0-5]\d)(?![\d:])"),
        r"\1:\2-\3:\4",
        "times without ':'",
    ),
    (re.compile(rf"\b({DAY})(?=\d{{1,2}}:)"), r"\1 ", "no space after the day"),
    (re.compile(r"(?<![\d:-])24:00(?=\s*-\s*\d)"), "00:00", "24:00 as the beginning of a day"),
    (re.compile(rf"(:\d\d\+?)\s*,\s*(?={DAY}\b)"), r"\1, ", "no space before the next rule"),
    (re.compile(r"\s*\|\|\s*"), " || ", "no space around '||'"),
]
# In any text: what parses, but surely means something else.
_SLIPS = [
    (
        re.compile(r"(?<=:\d\d) +, *(?=\d{1,2}:\d\d)"),
        ",",
        "a space before ',' would open every day at the second times",
    ),
    (
        re.compile(r"(?<![\d:])0?0:00\s*-\s*23:59(?![\d:])"),
        "00:00-24:00",
        "closing a minute before midnight means the whole day",
    ),
]
_NEXT_DAYS_HOURS = re.compile(rf"\s*;\s*(?={DAY}[^;|\"]*\d:\d\d)")
_SAMPLE = [dt.date(2027, 1, 1) + dt.timedelta(day) for day in range(365)]


def repaired(text: str, field: str = "expression") -> tuple[str, tuple[Repair, ...]]:
    """The text with its faults mended, and each repair.

    Raises:
        ScheduleError: about the text as it was, if it cannot be mended for certain.
    """
    repairs: list[Repair] = []
    try:
        parse(text)
        mended = text
    except ScheduleError:
        if len(text) > MAX_LENGTH:
            raise
        mended = _applied(text.strip(" ;,\t\r\n"), _FAULTS, field, repairs)
        mended = re.sub(r" {2,}", " ", mended)
    mended = _applied(mended, _SLIPS, field, repairs)
    try:
        parse(mended)
    except ScheduleError:
        parse(text)
        return text, ()
    kept = _with_overnight_kept(mended)
    if kept != mended:
        why = "';' would end the hours after midnight of the day before; ',' keeps them"
        repairs.append(Repair(field, mended, kept, why))
    return kept, tuple(repairs)


def _applied(
    text: str, table: list[tuple[re.Pattern[str], str, str]], field: str, repairs: list[Repair]
) -> str:
    parts = re.split(r'("[^"]*")', text)
    for at in range(0, len(parts), 2):
        for pattern, replacement, why in table:
            for match in pattern.finditer(parts[at]):
                after = match.expand(replacement)
                if after != match[0]:
                    repairs.append(Repair(field, match[0], after, why))
            parts[at] = pattern.sub(replacement, parts[at])
    return "".join(parts)


def _with_overnight_kept(text: str) -> str:
    """Join by ',' the rules whose ';' does nothing but cut the hours after midnight.

    In `Fr 20:00-02:00; Sa 20:00-03:00` Saturday's rule replaces the whole of Saturday, so that
    Friday's hours end at midnight. Nobody means that.
    """
    if ";" not in text or not runs_overnight(text):
        return text
    joined = _NEXT_DAYS_HOURS.sub(", ", text)
    loses_hours = _year_of_hours(joined) != _year_of_hours(text)
    same_days = _year_of_hours(ending_at_midnight(joined)) == _year_of_hours(
        ending_at_midnight(text)
    )
    return joined if loses_hours and same_days else text


def _year_of_hours(text: str) -> list[tuple[Span, ...]]:
    expression = Expression(text, "")
    return [expression.plain_day(date) for date in _SAMPLE]
