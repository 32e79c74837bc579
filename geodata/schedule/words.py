"""Say a state in words: `Open until 19:30`, `Closed for Toussaint, opens Monday at 8:30`."""

import datetime as dt

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_skeleton, format_time, get_day_names

from geodata.schedule.expression import comments
from geodata.schedule.holiday_calendar import public_holidays, school_holidays
from geodata.schedule.model import HolidayRules, Rule, RuleKind, State
from geodata.schedule.phrases import PHRASES
from geodata.schedule.prose import NOT_KNOWN
from geodata.schedule.timeline import Timeline

SOON = dt.timedelta(minutes=30)
_ONE_DAY = dt.timedelta(1)


def in_words(
    timeline: Timeline, at: dt.datetime, locale: str = "en", soon: dt.timedelta = SOON
) -> str:
    """The state at an instant, in one of the languages of `PHRASES`.

    The locale (`fr`, `en_GB`, `de-AT`) also chooses between 12 and 24 hours; other languages get
    English. A holiday has its name in the language if `holidays` has it, else in the country's.
    """
    spoken = _locale(locale)
    phrases = PHRASES[spoken.language]
    now = timeline.state_at(at)
    if now.state is State.UNKNOWN:
        # A comment of the hours is for people; other reasons are for whoever mends the data.
        if now.comment in comments(timeline.schedule.expression) and now.comment != NOT_KNOWN:
            return phrases["unknown, comment"].format(comment=now.comment)
        return phrases["unknown"]
    if now.state is State.OPEN:
        if now.until is None:
            return phrases["always open"]
        return _open(phrases, spoken, at.astimezone(timeline.zone), now.until, soon)
    if now.rule.kind is RuleKind.STATUS and now.rule.name in phrases:
        return phrases[now.rule.name]
    opening = timeline.next_opening(at)
    opens = _opens(phrases, spoken, at.astimezone(timeline.zone), opening) if opening else ""
    name = rule_name(now.rule, timeline.schedule.holidays, locale)
    if name:
        key = "closed for, opens" if opens else "closed for"
        return phrases[key].format(name=name, opens=opens)
    return opens[0].upper() + opens[1:] if opens else phrases["closed"]


def rule_name(rule: Rule, holidays: HolidayRules, locale: str) -> str:
    """The name of what decided: a holiday's in the language of the locale, else as it was given."""
    if rule.kind is not RuleKind.HOLIDAY or rule.date is None:
        return rule.name
    public = public_holidays(holidays.country, holidays.subdivision)
    school = school_holidays(holidays.country, holidays.school_zone or holidays.subdivision)
    return public.name(rule.date, locale) or school.name(rule.date, locale)


def time_words(time: dt.time | dt.datetime, locale: str) -> str:
    """A time of day as people of the locale write it: `9:00`, `9.00`, `9:00 AM`."""
    return _time(time, _locale(locale))


def _open(
    phrases: dict[str, str],
    locale: Locale,
    now: dt.datetime,
    until: dt.datetime,
    soon: dt.timedelta,
) -> str:
    closes = until.astimezone(now.tzinfo)
    time = _time(closes, locale)
    left = until - now.astimezone(dt.UTC)
    if left <= soon:
        return phrases["closes soon"].format(time=time)
    at_midnight = closes.time() == dt.time()
    if left <= _ONE_DAY:
        return phrases["open until midnight" if at_midnight else "open until"].format(time=time)
    if at_midnight:
        day = _day(phrases, now, closes - dt.timedelta(minutes=1), locale)
        return phrases["open until day, midnight"].format(day=day)
    day = _day(phrases, now, closes, locale)
    return phrases["open until day"].format(day=day, time=time)


def _opens(phrases: dict[str, str], locale: Locale, now: dt.datetime, opening: dt.datetime) -> str:
    opens = opening.astimezone(now.tzinfo)
    days = (opens.date() - now.date()).days
    key = "opens today" if days == 0 else "opens tomorrow" if days == 1 else "opens day"
    return phrases[key].format(day=_day(phrases, now, opens, locale), time=_time(opens, locale))


def _day(phrases: dict[str, str], now: dt.datetime, then: dt.datetime, locale: Locale) -> str:
    """A weekday within a week, else a date, with the year if it is far."""
    days = (then.date() - now.date()).days
    if days < 7:
        name = get_day_names("wide", "stand-alone", locale)[then.weekday()]
        return phrases["weekday"].format(day=name)
    if days > 300:
        date = format_date(then, "long", locale=locale)
    else:
        date = format_skeleton("MMMMd", then, locale=locale)
    if locale.language == "fr" and then.day == 1:
        # The locale data has no ordinals, and French wants one on the first of a month.
        date = date.replace("1 ", "1er ", 1)
    return phrases["date"].format(day=date)


def _time(time: dt.time | dt.datetime, locale: Locale) -> str:
    # A leading zero, which some locales have, reads worse in a phrase; so does a narrow space.
    pattern = locale.time_formats["short"].pattern.replace("HH", "H")
    return format_time(time, pattern, tzinfo=time.tzinfo, locale=locale).replace("\u202f", " ")


def _locale(name: str) -> Locale:
    try:
        locale = Locale.parse(name.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return Locale("en")
    return locale if locale.language in PHRASES else Locale("en")
