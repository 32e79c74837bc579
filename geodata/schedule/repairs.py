"""Correct valid rules that have an obvious mistake, such as `00:00-23:59` for the whole day."""

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple

from geodata.schedule.painting import Painting
from geodata.schedule.selection import weekday_bits
from geodata.schedule.states import State
from geodata.schedule.syntax import EVERY_DAY, MINUTES_PER_DAY, Rule, Separator, Times
from geodata.schedule.writing import rules_text

_LAST_MINUTE = MINUTES_PER_DAY - 1
_ALL_DAY = Times(0, MINUTES_PER_DAY, open_end=False)
_YEAR = [dt.date(2027, 1, 1) + dt.timedelta(day) for day in range(365)]
_WEEK = _YEAR[:8]


class Repair(NamedTuple):
    """A fault that was mended because its meaning is certain."""

    field: str
    before: str
    after: str
    why: str


def without_slips(rules: tuple[Rule, ...]) -> tuple[tuple[Rule, ...], tuple[Repair, ...]]:
    """The rules with `00:00-23:59` made the whole day."""
    if not any(each.closes == _LAST_MINUTE for rule in rules for each in rule.times):
        return rules, ()
    kept = list(rules)
    repairs: list[Repair] = []
    for number, rule in enumerate(rules):
        times = tuple(
            _ALL_DAY if (each.opens, each.closes) == (0, _LAST_MINUTE) else each
            for each in rule.times
        )
        if times != rule.times and rule.state is not State.CLOSED:
            kept[number] = rule._replace(times=times)
            why = "closing a minute before midnight means the whole day"
            repairs.append(Repair("expression", "00:00-23:59", "00:00-24:00", why))
    return tuple(kept), tuple(repairs)


def with_night_kept(
    rules: tuple[Rule, ...], repairs: tuple[Repair, ...]
) -> tuple[tuple[Rule, ...], tuple[Repair, ...]]:
    """The rules joined by ',' whose ';' does nothing but cut the hours after midnight.

    In `Fr 20:00-02:00; Sa 20:00-03:00` Saturday's rule replaces the whole of Saturday, so that
    Friday's hours end at midnight. Nobody means that.
    """
    if not any(map(runs_overnight, rules)):
        return rules, repairs
    joined = tuple(
        rule._replace(separator=Separator.ADDITIONAL)
        if number
        and rule.separator is Separator.NORMAL
        and rule.times
        and rule.days
        and not rule.holidays
        and rule.state is not State.CLOSED
        else rule
        for number, rule in enumerate(rules)
    )
    if not _may_cut_night(rules, joined):
        return rules, repairs
    dates = _WEEK if _is_weekly(rules) else _YEAR
    before, after = Painting(rules, None), Painting(joined, None)
    if _are_same(before, after, dates, carry=True):
        return rules, repairs
    if not _are_same(before, after, dates, carry=False):
        return rules, repairs
    why = "';' would end the hours after midnight of the day before; ',' keeps them"
    repair = Repair("expression", rules_text(rules), rules_text(joined), why)
    return joined, (*repairs, repair)


def _may_cut_night(rules: tuple[Rule, ...], joined: tuple[Rule, ...]) -> bool:
    """True if a rule that would be joined may select a day into which earlier hours run."""
    into = 0
    for rule, other in zip(rules, joined, strict=True):
        bits = weekday_bits(rule)
        bits = EVERY_DAY if bits is None else bits
        if rule.separator is not other.separator and into & bits:
            return True
        if runs_overnight(rule):
            into |= (bits << 1 | bits >> 6) & EVERY_DAY
    return False


def runs_overnight(rule: Rule) -> bool:
    """True if hours of a rule run past midnight."""
    return any(
        times.open_end
        or not isinstance(times.opens, int)
        or not isinstance(times.closes, int)
        or times.closes <= times.opens
        or times.closes > MINUTES_PER_DAY
        for times in rule.times
    )


def _is_weekly(rules: tuple[Rule, ...]) -> bool:
    if any(rule.years or rule.dates or rule.weeks for rule in rules):
        return False
    return not any(days.nth for rule in rules for days in rule.days)


def _are_same(one: Painting, other: Painting, dates: Sequence[dt.date], *, carry: bool) -> bool:
    return all(
        one.plain_day(date, carry=carry) == other.plain_day(date, carry=carry) for date in dates
    )
