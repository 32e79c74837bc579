"""Makes rules of the parts of an OSM `opening_hours` text that the parser finds."""

# ruff: noqa: D102 - the methods are the rules of grammar.lark, by name
import calendar
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple, NoReturn

from lark import Token, Transformer, v_args

from geodata.schedule.date_ranges import NO_OFFSET, DateRange, Day, Offset
from geodata.schedule.errors import NoSuchDateError, ScheduleError
from geodata.schedule.states import State
from geodata.schedule.syntax import (
    MINUTES_PER_DAY,
    MONTHS,
    WEEKDAYS,
    DaySet,
    HolidaySelector,
    NthWeekday,
    Rule,
    Separator,
    SunTime,
    Times,
    WeekRange,
    YearRange,
    open_end_min,
)

MAX_EASTER_OFFSET_DAYS = 200
"""A date further from Easter is of another feast."""

_MONTH_NUMBERS = {month.lower(): number for number, month in enumerate(MONTHS, 1)}
_WEEKDAY_NUMBERS = {day.lower(): number for number, day in enumerate(WEEKDAYS)}
_STATES = {"open": State.OPEN, "off": State.CLOSED, "closed": State.CLOSED}
_LATEST_MIN = 2 * MINUTES_PER_DAY
_SUN = re.compile(r"(dawn|sunrise|sunset|dusk)(?:\s*([+-])\s*(\d+):(\d+))?", re.IGNORECASE)
_OFFSET = re.compile(r"([+-])\s*(?:(\d+)|(\w+))")
_NTH = re.compile(r"\s*(-?\d+)\s*(?:-\s*(\d+)\s*)?")
_ORDER = ("years", "dates", "weeks", "days", "always", "times", "state", "comment")


@v_args(inline=True)
class RuleBuilder(Transformer[Token, Any]):
    """Builds rules from the parser's tokens. Each method is a rule of the grammar."""

    def start(self, first: Rule, *rest: Any) -> tuple[Rule, ...]:
        return (first, *rest[1::2]) if not rest else _joined(first, rest)

    def separator(self, token: Token) -> Token:
        return token

    def rule(self, *parts: tuple[str, Any, Token]) -> Rule:
        return _rule(parts)

    def always(self, token: Token) -> Any:
        return "always", None, token

    def state(self, token: Token) -> Any:
        return "state", _STATES.get(token.lower(), State.UNKNOWN), token

    def comment(self, token: Token) -> Any:
        return "comment", token[1:-1], token

    # Years, weeks

    def years(self, *ranges: Any) -> Any:
        return "years", tuple(each[0] for each in ranges[::2]), ranges[0][1]

    def year(self, year: Token) -> Any:
        return YearRange(int(year), int(year), 1), year

    def years_from(self, year: Token, _: Token) -> Any:
        return YearRange(int(year), 9999, 1), year

    def years_from_step(self, year: Token, _: Token, step: Token) -> Any:
        return YearRange(int(year), 9999, _step(step)), year

    def years_between(self, first: Token, _: Token, last: Token, *step: Token) -> Any:
        if int(last) < int(first):
            _refuse(last, f"{last} is before {first}", f"{last}-{first}")
        if first == last:
            _refuse(last, f"{first} is a year, not a range of years", first)
        return YearRange(int(first), int(last), _step(step[1]) if step else 1), first

    def weeks(self, week: Token, *ranges: Any) -> Any:
        return "weeks", tuple(ranges[::2]), week

    def week_range(self, first: Token, *rest: Token) -> WeekRange:
        last = rest[1] if rest else first
        for token in (first, last):
            if not 1 <= int(token) <= 53:
                _refuse(token, f"there is no week {token}", "1-53")
        if int(last) < int(first):
            instead = f"{first}-53,1-{last}"
            _refuse(last, f"week {last} is before week {first}", instead)
        step = _step(rest[3], most=26) if len(rest) > 2 else 1
        return WeekRange(int(first), int(last), step)

    # Dates

    def dates(self, *ranges: Any) -> Any:
        found: list[DateRange] = []
        for each, _ in ranges[::2]:
            found.append(_continued(each, found[-1]) if isinstance(each, _MoreDays) else each)
        return "dates", tuple(found), ranges[0][1]

    def in_year(self, year: Token, date_range: Any) -> Any:
        return _in_year(date_range[0], int(year), year), year

    def day_more(self, first: Token, *rest: Token) -> Any:
        last = step = None
        for mark, number in zip(rest[::2], rest[1::2], strict=True):
            if mark.type == "DASH":
                last = number
            else:
                step = number
        return _MoreDays(first, last, step), first

    def month(self, month: Token) -> Any:
        number = _month(month)
        return DateRange.of(Day(number, 1), Day(number, 31)), month

    def months(self, first: Token, _: Token, last: Token) -> Any:
        return DateRange.of(Day(_month(first), 1), Day(_month(last), 31)), first

    def months_to_year(self, first: Token, _: Token, year: Token, last: Token) -> Any:
        return _ToYear(Day(_month(first), 1), Day(_month(last), 31, year=int(year))), first

    def one_date(self, date: Any) -> Any:
        return DateRange.of(date[0], date[0]), date[1]

    def dates_from(self, date: Any, _: Token) -> Any:
        return DateRange.of(date[0], None), date[1]

    def days_of_month(self, date: Any, _: Token, last: Token, *step: Token) -> Any:
        first, token = date
        return _days_of_month(first, token, last, step[1] if step else None), token

    def dates_between(self, first: Any, _: Token, last: Any, *step: Token) -> Any:
        return DateRange.of(first[0], last[0], _step(step[1], least=1) if step else 1), first[1]

    def dates_to_year(self, first: Any, _: Token, year: Token, last: Any) -> Any:
        return _ToYear(first[0], replace(last[0], year=int(year))), first[1]

    def month_day(self, month: Token, day: Token, *offset: Token) -> Any:
        _check_day(month, _month(month), day)
        return Day(_month(month), int(day), offset=_offset(*offset)), month

    def month_weekday(self, month: Token, weekday: Token, *offset: Token) -> Any:
        found = _nth(weekday)
        if len(found.nth) != 1:
            _refuse(weekday, "a date names one weekday of the month", f"{month} Su[1]")
        [nth] = found.nth
        return Day(_month(month), nth, found.weekday, _offset(*offset)), month

    def easter(self, easter: Token, *offset: Token) -> Any:
        moved = _offset(*offset)
        if abs(moved.days) > MAX_EASTER_OFFSET_DAYS:
            most = f"at most {MAX_EASTER_OFFSET_DAYS} days from Easter"
            _refuse(offset[0], most, "easter +1 day")
        return Day(0, 0, offset=moved), easter

    # Days

    def days(self, *ranges: Any) -> Any:
        weekdays = 0
        nth: list[NthWeekday] = []
        holidays: list[HolidaySelector] = []
        for each, _ in ranges[::2]:
            if isinstance(each, int):
                weekdays |= each
            elif isinstance(each, NthWeekday):
                nth.append(each)
            else:
                holidays.append(each)
        return "days", DaySet(weekdays, tuple(nth), tuple(holidays)), ranges[0][1]

    def weekdays(self, first: Token, *rest: Token) -> Any:
        start = _weekday(first)
        if not rest:
            return 1 << start, first
        length = (_weekday(rest[1]) - start) % 7 + 1
        return sum(1 << (start + step) % 7 for step in range(length)), first

    def nth_weekday(self, weekday: Token, *offset: Token) -> Any:
        found = _nth(weekday)
        return found._replace(offset=_offset(*offset)), weekday

    def holiday(self, holiday: Token, *offset: Token) -> Any:
        days = _offset(*offset).days
        if abs(days) > 1 and holiday.lower() == "ph" and abs(days) > 30:
            _refuse(offset[0], "at most 30 days from a holiday", "PH +1 day")
        return HolidaySelector(holiday.lower() == "ph", days), holiday

    # Times

    def times(self, *ranges: Any) -> Any:
        return "times", tuple(each[0] for each in ranges[::2]), ranges[0][1]

    def span(self, span: Token) -> Any:
        return _span(span, open_end=False), span

    def span_open_end(self, span: Token, _: Token) -> Any:
        return _span(span, open_end=True), span

    def moments(self, first: Any, _: Token, last: Any) -> Any:
        return _times(first, last, open_end=False), first[1]

    def moments_open_end(self, first: Any, _: Token, last: Any, __: Token) -> Any:
        return _times(first, last, open_end=True), first[1]

    def open_end(self, moment: Any, _: Token) -> Any:
        return _times(moment, None, open_end=True), moment[1]

    def clock(self, token: Token) -> Any:
        return _minutes(str(token), token), token

    def sun(self, token: Token) -> Any:
        match = _SUN.search(token)
        assert match
        minutes = 0
        if match[2]:
            minutes = _minutes(f"{match[3]}:{match[4]}", token)
        return SunTime(match[1].lower(), -minutes if match[2] == "-" else minutes), token


class _MoreDays(NamedTuple):
    """`26-28/2` of `Dec 24,26-28/2`."""

    first: Token
    last: Token | None
    step: Token | None


class _ToYear(NamedTuple):
    """A range that ends in a named year; what stands before it names the year that it begins in."""

    first: Day
    last: Day


def _joined(first: Rule, rest: Sequence[Any]) -> tuple[Rule, ...]:
    rules = [first]
    for mark, rule in zip(rest[::2], rest[1::2], strict=True):
        separator = Separator(mark.value)
        rules.append(rule if separator is rule.separator else rule._replace(separator=separator))
    return tuple(rules)


def _rule(parts: Sequence[tuple[str, Any, Token]]) -> Rule:
    found: dict[str, Any] = {}
    sets: list[DaySet] = []
    last = -1
    unordered = False
    state_token: Token | None = None
    for kind, value, token in parts:
        order = _ORDER.index(kind)
        unordered = unordered or order < last
        last = max(last, order)
        if kind == "state":
            state_token = token
        if kind == "days":
            # `PH Su`: both must hold. `Mo Tu` says nothing that two lists could both have.
            if sets and not (sets[-1].holidays or value.holidays):
                _refuse(token, "weekdays are joined by ','", "Mo,We")
            sets.append(value)
        elif kind in found:
            _refuse(token, _TWICE[kind], _INSTEAD[kind])
        else:
            found[kind] = value
    if unordered and state_token and "times" in found and found["state"] is State.CLOSED:
        _refuse(state_token, "off stands before its hours", "Mo 12:00-13:00 off")
    if "always" in found and "times" in found:
        token = next(token for kind, _, token in parts if kind == "times")
        _refuse(token, "24/7 has all times already", "24/7")
    years, dates = found.get("years", ()), found.get("dates", ())
    if dates:
        years, dates = _with_year(years, dates, parts)
    comment = found.get("comment", "")
    state = found.get("state")
    if state is None:
        state = State.UNKNOWN if "comment" in found else State.OPEN
    return Rule(
        years=years,
        dates=dates,
        weeks=found.get("weeks", ()),
        days=tuple(sets),
        times=found.get("times", ()),
        state=state,
        comment=comment,
        start=parts[0][2].start_pos or 0,
        unordered=unordered,
        always="always" in found,
    )


_TWICE = {
    "years": "years are joined by ','",
    "dates": "dates are joined by ','",
    "weeks": "weeks are joined by ','",
    "times": "times are joined by ',', rules by ';'",
    "always": "24/7 stands twice",
    "state": "a rule is either open, off or unknown",
    "comment": "a rule has one comment",
}
_INSTEAD = {
    "years": "2026,2028",
    "dates": "Dec 24,Dec 31",
    "weeks": "week 1,3",
    "times": "10:00-12:00,14:00-16:00",
    "always": "24/7",
    "state": "off",
    "comment": '"by appointment"',
}


def _with_year(
    years: tuple[YearRange, ...], dates: Sequence[Any], parts: Sequence[tuple[str, Any, Token]]
) -> tuple[tuple[YearRange, ...], tuple[DateRange, ...]]:
    """The dates with the year that stands before them; `2026 Dec 25-Jan 06` ends in 2027."""
    token = next(token for kind, _, token in parts if kind == "dates")
    year = None
    if len(years) == 1 and years[0].first == years[0].last:
        year = years[0].first
    bound: list[DateRange] = []
    for each in dates:
        if isinstance(each, _ToYear):
            if year is None:
                _refuse(token, "the year of the first date is missing", "2026 Dec 24-2027 Jan 05")
            bound.append(_in_year(each, year, token))
        elif each.first.year:
            year = each.first.year
            bound.append(each)
        else:
            bound.append(_in_year(each, year, token) if year else each)
    return (() if year else years), tuple(bound)


def _in_year(each: Any, year: int, token: Token) -> DateRange:
    if isinstance(each, _ToYear):
        first, last = replace(each.first, year=year), each.last
        start, end = first.of(year), last.of(year, late=True)
        if not (start and end and start <= end):
            _refuse(token, "the last date is before the first", "2026 Dec 24-2027 Jan 05")
        return DateRange(first, last)
    first = replace(each.first, year=year)
    is_leap_day = each.first.is_plain and (each.first.month, each.first.day) == (2, 29)
    if is_leap_day and each.last is each.first and not calendar.isleap(year):
        _refuse_date(token, f"Feb 29 in {year}", f"{year} Feb", "29", 28)
    if each.last is None:
        return DateRange(first, None, each.step)
    if each.last is each.first:
        return DateRange(first, first, each.step)
    last = replace(each.last, year=year + each.wraps)
    return DateRange(first, last, each.step)


def _continued(more: _MoreDays, before: DateRange) -> DateRange:
    """`26` in `Dec 25,26`: another day of the month that was named last."""
    first, last, step = more
    month = (before.last or before.first).month if before.first.is_plain else 0
    if not month or (before.last and not before.last.is_plain):
        _refuse(first, "a day needs its month", f"Dec {first}")
    _check_day(first, month, first)
    day = Day(month, int(first), year=before.first.year)
    if last is None:
        return DateRange.of(day, day)
    return _days_of_month(day, first, last, step)


def _days_of_month(first: Day, token: Token, last: Token, step: Token | None) -> DateRange:
    if not first.month or first.offset != NO_OFFSET:
        _refuse(last, "a day needs its month", f"Dec {last}")
    _check_day(token, first.month, last)
    end = Day(first.month, int(last), year=first.year)
    found = DateRange.of(first, end, _step(step, least=1) if step else 1)
    if found.wraps or (first.is_plain and int(last) < first.day):
        _refuse(last, f"day {last} is before the first", f"{MONTHS[first.month % 12]} {last}")
    return found


def _check_day(token: Token, month: int, day: Token) -> None:
    longest = 29 if month == 2 else calendar.monthrange(2023, month)[1]
    if not 1 <= int(day) <= longest:
        name = MONTHS[month - 1]
        _refuse_date(token, f"{name} {day}", name, str(day), longest)


def _nth(token: Token) -> NthWeekday:
    numbers: set[int] = set()
    inside = token[token.index("[") + 1 : -1]
    for part in inside.split(","):
        match = _NTH.fullmatch(part)
        if not match:
            _refuse(token, "names which of the month's weekdays", f"{token[:2]}[1]")
        first = int(match[1])
        last = int(match[2]) if match[2] else first
        if not (-5 <= first <= 5 and first and first <= last <= 5) or (match[2] and first < 0):
            _refuse(token, f"{part.strip()!r} is none of 1 to 5 or -1 to -5", f"{token[:2]}[1]")
        numbers.update(range(first, last + 1))
    return NthWeekday(_weekday(token[:2]), frozenset(numbers), NO_OFFSET)


def _span(token: Token, *, open_end: bool) -> Times:
    first, last = token.split("-")
    return _times(
        (_minutes(first, token), token), (_minutes(last, token), token), open_end=open_end
    )


def _times(first: Any, last: Any, *, open_end: bool) -> Times:
    opens, token = first
    closes = last[0] if last else None
    if isinstance(opens, int) and opens >= MINUTES_PER_DAY:
        _refuse(token, "no day begins at 24:00 or later", "00:00")
    if isinstance(opens, int) and isinstance(closes, int):
        end = closes if closes > opens else closes + MINUTES_PER_DAY
        if end + (open_end_min(end) if open_end else 0) > _LATEST_MIN:
            _refuse(token, "hours end by the second midnight", "22:00-06:00")
    return Times(opens, closes, open_end)


def _minutes(text: str, token: Token) -> int:
    hours, minutes = (int(part) for part in text.split(":"))
    if minutes > 59 or hours > 48 or (hours == 48 and minutes):
        _refuse(token, f"{text.strip()} is no time", "HH:MM")
    return hours * 60 + minutes


def _step(token: Token, least: int = 2, most: int = 366) -> int:
    if not least <= int(token) <= most:
        _refuse(token, f"a step is {least} to {most}", "2")
    return int(token)


def _offset(*tokens: Token) -> Offset:
    if not tokens:
        return NO_OFFSET
    match = _OFFSET.match(tokens[0])
    assert match
    sign = -1 if match[1] == "-" else 1
    if match[2]:
        if int(match[2]) > 366:
            _refuse(tokens[0], "at most 366 days", f"{match[1]}1 day")
        return Offset(sign * int(match[2]))
    return Offset(0, _weekday(match[3]), sign)


def _month(token: str) -> int:
    return _MONTH_NUMBERS[token.lower()]


def _weekday(token: str) -> int:
    return _WEEKDAY_NUMBERS[token.lower()]


def _refuse(token: Token, message: str, suggestion: str) -> NoReturn:
    raise ScheduleError("expression", message, position=token.start_pos or 0, suggestion=suggestion)


def _refuse_date(token: Token, date: str, month: str, day: str, last_day: int) -> NoReturn:
    raise NoSuchDateError(
        f"there is no {date}", token.start_pos or 0, f"{month} {last_day}", day, last_day
    )
