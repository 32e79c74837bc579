"""Find rules of valid OSM that often mean something else in shops' texts, with both readings.

For a person who writes OSM they are warnings, and OSM's reading stands. In feeds, whose writers may
not know OSM, the days concerned are UNKNOWN.
"""

import datetime as dt
import functools
import itertools
import operator
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from geodata.schedule.clock import Hours, text_of
from geodata.schedule.grammar import texts_of, without_comments
from geodata.schedule.painting import Painting
from geodata.schedule.selection import weekday_bits
from geodata.schedule.states import State
from geodata.schedule.syntax import EVERY_DAY, MINUTES_PER_DAY, DaySet, Rule, Separator, Times
from geodata.schedule.writing import selector_text

_DIGIT = re.compile(r"(?<![\d:])\d:\d\d")
_LATE_HOUR = re.compile(r"(?<![\d:])(?:1[3-9]|2[0-3]):\d\d")
_NOON = 12 * 60
_WEEK = [dt.date(2027, 1, 4) + dt.timedelta(day) for day in range(7)]
_DEAD_OF_NIGHT_MIN = 3 * 60
_EARLY_MIN = 5 * 60
"""Hours from before this time to after three at night are meant so: closed for a short pause."""


class Doubt(NamedTuple):
    """A rule that could mean two things."""

    rule: int
    """Its number, from 0."""
    message: str
    readings: tuple[str, ...]
    """OSM's first."""
    position: int
    suggestion: str
    """How to write the other one."""
    days: tuple[DaySet, ...] | None = None
    """The days concerned; None is all that the rule selects."""
    certain: tuple[Rule, ...] = ()
    """The rules that hold for other days for certain."""


def doubts(text: str, rules: Sequence[Rule]) -> tuple[Doubt, ...]:
    """The doubts about a text and its rules."""
    found: list[Doubt] = []
    words: list[str] = []
    by_24_hours = False
    for number, rule in enumerate(rules):
        if rule.state is not State.CLOSED and any(map(_is_backward, rule.times)):
            if not words:
                words = [without_comments(each) for each in texts_of(text, rules)]
                by_24_hours = bool(_LATE_HOUR.search(without_comments(text)))
            found += _about_times(number, rule, words[number], by_24_hours=by_24_hours)
        if len(rule.days) > 1:
            found += _about_holidays(number, rule)
        found += _about_rule(number, rule, rules)
    return tuple(found)


def _is_backward(times: Times) -> bool:
    """True if hours end at or before the time at which they begin."""
    opens, closes = times.opens, times.closes
    return isinstance(opens, int) and isinstance(closes, int) and closes <= opens


def _about_times(number: int, rule: Rule, words: str, *, by_24_hours: bool) -> Iterator[Doubt]:
    for times in rule.times:
        opens, closes = times.opens, times.closes
        if not (isinstance(opens, int) and isinstance(closes, int)) or times.open_end:
            continue
        if opens == closes:
            hours = text_of(Hours(opens, opens + MINUTES_PER_DAY))
            message = f"{hours} lasts 24 hours; some mean closed"
            other = "00:00-24:00" if opens else "off"
            yield Doubt(number, message, ("24 hours", "off"), rule.start, other)
        elif may_be_afternoon(
            opens, closes, is_sure_of_24_hours=by_24_hours or not _DIGIT.search(words)
        ):
            night, day = Hours(opens, closes + MINUTES_PER_DAY), Hours(opens, closes + _NOON)
            readings = text_of(night), text_of(day)
            message = f"{readings[0]} goes through the night; perhaps {readings[1]} is meant"
            yield Doubt(number, message, readings, rule.start, readings[1])


def may_be_afternoon(opens: int, closes: int, *, is_sure_of_24_hours: bool = True) -> bool:
    """True if hours through the night may be hours of the day on a clock of 12 hours.

    Args:
        opens: minutes since midnight.
        closes: the same; before `opens`.
        is_sure_of_24_hours: whether the text is known to be of a clock of 24 hours. Even then who
            opens in the morning and closes after three at night is rare.
    """
    if not (closes < opens < _NOON + 60 and closes < _NOON + 60 and closes + _NOON > opens):
        return False
    if closes >= _DEAD_OF_NIGHT_MIN:
        return opens >= _EARLY_MIN
    return not is_sure_of_24_hours


def _about_holidays(number: int, rule: Rule) -> Iterator[Doubt]:
    of_holidays = [days for days in rule.days if any(h.public for h in days.holidays)]
    others = [days for days in rule.days if days not in of_holidays]
    if not of_holidays or not others:
        return
    both = DaySet(
        others[0].weekdays,
        others[0].nth,
        tuple(holiday for days in of_holidays for holiday in days.holidays),
    )
    wide = rule._replace(days=(both,), times=())
    readings = selector_text(rule), selector_text(wide)
    message = (
        f"{readings[0]} are only the holidays that fall on these days; "
        f"perhaps {readings[1]} is meant"
    )
    yield Doubt(number, message, readings, rule.start, readings[1], days=(both,))


def _about_rule(number: int, rule: Rule, rules: Sequence[Rule]) -> Iterator[Doubt]:
    if rule.state is State.CLOSED and len(rule.times) > 1:
        *hours, pause = rule.times
        message = "all these hours are off; perhaps only the last ones are"
        closed = f"{','.join(map(_times_text, rule.times))} off"
        pauses = f"{','.join(map(_times_text, hours))}; {_times_text(pause)} off"
        yield Doubt(number, message, (closed, pauses), rule.start, pauses)
        return
    if rule.state is not State.OPEN or rule.separator is Separator.FALLBACK:
        return
    if not rule.times and not rule.always and not rule.comment and not rule.selects_all:
        selector = selector_text(rule)
        message = f"{selector} without hours is open for 24 hours"
        yield Doubt(number, message, ("24 hours", "hours not told"), rule.start, f"{selector} off")
    if rule.separator is not Separator.NORMAL or not rule.times or not number:
        return
    earlier = [each for each in rules[:number] if each.state is State.OPEN and each.times]
    with_days = [e for e in rules[:number] if e.state is State.OPEN and not e.selects_all]
    if rule.selects_all and with_days:
        yield from _about_all_days(number, rule, rules[:number])
        return
    for each in earlier:
        if (
            each.days == rule.days
            and (each.years, each.dates, each.weeks) == (rule.years, rule.dates, rule.weeks)
            and _are_apart(each.times, rule.times)
        ):
            both = f"{rule_hours(each)},{rule_hours(rule)}"
            message = f"these hours replace {rule_hours(each)} of the same days"
            yield Doubt(number, message, (rule_hours(rule), both), rule.start, both)


def _about_all_days(number: int, rule: Rule, earlier: Sequence[Rule]) -> Iterator[Doubt]:
    """A rule without days after rules with days: it may mean the other days only."""
    message = "hours without days replace the hours of all days before"
    readings = (rule_hours(rule), "these hours on other days only")
    doubt = Doubt(number, message, readings, rule.start, "Su " + rule_hours(rule))
    bits = [weekday_bits(each) for each in earlier]
    if None in bits:
        yield doubt
        return
    named = functools.reduce(operator.or_, filter(None, bits), 0)
    others = rule._replace(days=(DaySet(EVERY_DAY & ~named),))
    one, other = Painting((*earlier, rule), None), Painting((*earlier, others), None)
    differing = sum(
        1 << date.weekday() for date in _WEEK if one.plain_day(date) != other.plain_day(date)
    )
    if differing:
        certain = (others,) if named != EVERY_DAY else ()
        yield doubt._replace(days=(DaySet(differing),), certain=certain)


def rule_hours(rule: Rule) -> str:
    """The hours of a rule, as text."""
    return ",".join(map(_times_text, rule.times))


def _are_apart(some: Sequence[Times], others: Sequence[Times]) -> bool:
    spans = []
    for times in (*some, *others):
        if not isinstance(times.opens, int) or not isinstance(times.closes, int):
            return False
        spans.append((times.opens, times.closes))
    spans.sort()
    return all(first[1] <= later[0] for first, later in itertools.pairwise(spans))


def _times_text(times: Times) -> str:
    if isinstance(times.opens, int) and isinstance(times.closes, int):
        closes = times.closes if times.closes > times.opens else times.closes + MINUTES_PER_DAY
        return text_of(Hours(times.opens, closes))
    return "?"
