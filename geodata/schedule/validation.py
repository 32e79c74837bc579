"""Judge a schedule before it is kept: refuse what cannot be evaluated, warn of what may mislead."""

import dataclasses
import datetime as dt
from collections.abc import Iterator, Sequence

from geodata.schedule.doubts import doubts, rule_hours
from geodata.schedule.errors import ScheduleError
from geodata.schedule.expression import follows_sun
from geodata.schedule.grammar import parse, texts_of
from geodata.schedule.holiday_calendar import public_holidays, school_holidays
from geodata.schedule.model import HolidayRules, Schedule
from geodata.schedule.reading import read_strictly, understood
from geodata.schedule.selection import weekday_bits
from geodata.schedule.states import State
from geodata.schedule.syntax import EVERY_DAY, Rule, Separator
from geodata.schedule.writing import rule_text, rules_text, selector_text, weekday_bits_text


@dataclasses.dataclass(frozen=True, slots=True)
class Caution:
    """Something in a valid schedule that may not be meant."""

    field: str
    message: str
    position: int | None = None
    """Index of the first character it is about, where the field is text."""
    suggestion: str = ""


def check(schedule: Schedule, today: dt.date | None = None) -> tuple[Caution, ...]:
    """The cautions about a schedule that can be evaluated.

    Args:
        schedule: to be kept.
        today: in whose year school holidays must be known; None asks whether any are.

    Raises:
        ScheduleError: if the expression has no certain meaning, with what would be right where
            that is known, or if there is no time zone.
    """
    if not schedule.time_zone:
        raise ScheduleError("time_zone", "is empty", suggestion="Europe/Paris")
    text = schedule.expression
    if not text:
        return (Caution("expression", "is empty: the hours are UNKNOWN"),)
    rules = understood(text)
    found = [
        *_about_spelling(text),
        *_about_rules(text, rules),
        *_about_holidays(rules, schedule.holidays, today),
    ]
    if follows_sun(text) and schedule.location is None:
        message = "is needed to know when the sun rises and sets: these hours are UNKNOWN"
        found.append(Caution("location", message))
    return tuple(dict.fromkeys(found))


def _about_spelling(text: str) -> Iterator[Caution]:
    """Parts in another spelling than OSM's."""
    for repair in read_strictly(text).repairs:
        position = text.find(repair.before)
        message = f"{repair.before!r} is read as {repair.after!r}: {repair.why}"
        yield Caution("expression", message, position if position >= 0 else None, repair.after)


def _about_rules(text: str, rules: tuple[Rule, ...]) -> Iterator[Caution]:
    try:
        is_osm = parse(text) == rules
    except ScheduleError:
        is_osm = False
    words = texts_of(text, rules) if is_osm else [rule_text(rule) for rule in rules]
    spelled = text if is_osm else rules_text(rules)
    for doubt in doubts(spelled, parse(spelled)):
        position = doubt.position if is_osm else None
        yield Caution("expression", doubt.message, position, doubt.suggestion)
    for number, rule in enumerate(rules):
        position = rule.start if is_osm else None
        yield from _about_rule(rule, words[number], position)
        yield from _about_overriding(rule, rules[:number], position)
    yield from _about_days_without_rule(rules)


def _about_rule(rule: Rule, words: str, position: int | None) -> Iterator[Caution]:
    if rule.state is State.UNKNOWN and rule.comment and "unknown" not in words.lower():
        hours = rule_text(rule._replace(state=State.OPEN))
        yield Caution("expression", f"{words}: a comment alone is UNKNOWN", position, hours)
    if any(times.open_end for times in rule.times) and rule.state is State.OPEN:
        message = f"{words}: UNKNOWN after the open end"
        yield Caution("expression", message, position, "17:00-23:00")
    if any(dates.may_be_empty for dates in rule.dates):
        message = f"{selector_text(rule)} ends before it begins in some years: none of them then"
        yield Caution("expression", message, position)


def _about_overriding(
    rule: Rule, earlier: Sequence[Rule], position: int | None
) -> Iterator[Caution]:
    """A rule for weekdays that replaces the hours of another one."""
    bits = weekday_bits(rule)
    if rule.separator is not Separator.NORMAL or not bits or rule.state is State.CLOSED:
        return
    for other in earlier:
        both = (weekday_bits(other) or 0) & bits
        if both and other.state is not State.CLOSED:
            days = weekday_bits_text(both)
            hours = rule_hours(other) or "24 hours"
            added = rule_text(rule)
            message = f"replaces {hours} on {days}; ', {added}' would add to them"
            yield Caution("expression", message, position)
            return


def _about_days_without_rule(rules: tuple[Rule, ...]) -> Iterator[Caution]:
    covered = 0
    for rule in rules:
        if rule.dates or rule.years or rule.weeks:
            return  # seasons have days of their own
        for days in rule.days:
            covered |= days.weekdays
            for nth in days.nth:
                covered |= 1 << nth.weekday
        if rule.selects_all:
            return
    missing = EVERY_DAY & ~covered
    if missing:
        names = weekday_bits_text(missing)
        yield Caution("expression", f"no rule for {names}: closed", None, f"{names} off")


def _about_holidays(
    rules: tuple[Rule, ...], settings: HolidayRules, today: dt.date | None
) -> Iterator[Caution]:
    selectors = [holiday for rule in rules for holiday in rule.holidays]
    public = public_holidays(settings.country, settings.subdivision)
    school = school_holidays(settings.country, settings.school_zone or settings.subdivision)
    by_public = settings.on_public_holiday or any(selector.public for selector in selectors)
    if by_public and not public.exists:
        yield Caution("holidays.country", "has no known public holidays: no day is PH")
    if by_public and public.exists and settings.subdivision and not public.subdivision:
        yield Caution(
            "holidays.subdivision", "has no known holidays of its own: only national ones"
        )
    is_known = school.exists and (today is None or school.covers(today.year))
    if any(not selector.public for selector in selectors) and not is_known:
        message = (
            "no school zone is known here: the regular hours stand in school holidays, "
            "and hours of school holidays alone are UNKNOWN"
        )
        yield Caution("holidays.school_zone", message)
