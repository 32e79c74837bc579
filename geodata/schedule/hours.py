"""The hours of rules on one date, painted one over the other."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from geodata.points import Point
from geodata.schedule.states import State
from geodata.schedule.sun import RISING, sun_times
from geodata.schedule.syntax import MINUTES_PER_DAY, Rule, SunTime, Times, open_end_min

OPEN_END = "open end: the closing time is not known"
NO_LOCATION = "without a location nobody knows when the sun rises and sets"


class Span(NamedTuple):
    """A stretch of one local day in one state, in minutes since its midnight."""

    start_min: int
    end_min: int
    state: State
    comment: str


class Place(NamedTuple):
    """Where and by which clock the sun rises."""

    zone: str
    point: Point


CLOSED_DAY = (Span(0, MINUTES_PER_DAY, State.CLOSED, ""),)


def hours_of(rule: Rule, date: dt.date, place: Place | None) -> tuple[Span, ...]:
    """The hours of a rule that begin on a date; they may run into the next day.

    Hours with an open end are UNKNOWN from where their end would be: for ten hours from 17:00 on,
    for eight from 22:00 on, else to midnight, or until the rule's next hours of that day.
    """
    state, comment = rule.state, rule.comment
    if not rule.times:
        return (Span(0, MINUTES_PER_DAY, state, comment),)
    known: list[Span] = []
    guessed: list[Span] = []
    ranges = [_minutes(times, date, place) for times in rule.times]
    begins = sorted(each.opens for each in ranges)
    for each in ranges:
        if each.is_unsure:
            guessed.append(Span(each.opens, each.closes, State.UNKNOWN, comment or NO_LOCATION))
            continue
        if each.opens < each.closes:
            known.append(Span(each.opens, each.closes, state, comment))
        if each.has_open_end:
            end = each.closes + open_end_min(each.closes)
            end = min((begin for begin in begins if each.closes < begin < end), default=end)
            unknown = state if state is State.CLOSED else State.UNKNOWN
            guessed.append(Span(each.closes, end, unknown, comment or OPEN_END))
    # Known hours count over guessed ones.
    return (*guessed, *known)


def painted(spans: Sequence[Span], over: Span, *, where_closed: bool = False) -> list[Span]:
    """The spans of a day with another one laid over them, cut to the day.

    With `where_closed` it is laid over CLOSED stretches only.
    """
    start, end = max(over.start_min, 0), min(over.end_min, MINUTES_PER_DAY)
    if end <= start:
        return list(spans)
    result: list[Span] = []
    for span in spans:
        if span.end_min <= start or span.start_min >= end:
            result.append(span)
            continue
        if where_closed and span.state is not State.CLOSED:
            result.append(span)
            continue
        if span.start_min < start:
            result.append(Span(span.start_min, start, span.state, span.comment))
        result.append(
            Span(max(span.start_min, start), min(span.end_min, end), over.state, over.comment)
        )
        if span.end_min > end:
            result.append(Span(end, span.end_min, span.state, span.comment))
    return result


def merged(spans: Sequence[Span]) -> tuple[Span, ...]:
    """The spans with neighbours that are alike made one."""
    result = [spans[0]]
    for span in spans[1:]:
        last = result[-1]
        if last.state is span.state and last.comment == span.comment:
            result[-1] = Span(last.start_min, span.end_min, span.state, span.comment)
        else:
            result.append(span)
    return tuple(result)


class _Range(NamedTuple):
    opens: int
    closes: int
    has_open_end: bool
    is_unsure: bool


def _minutes(times: Times, date: dt.date, place: Place | None) -> _Range:
    opens, closes = times.opens, times.closes
    if isinstance(opens, int) and (closes is None or isinstance(closes, int)):
        end = opens if closes is None else _after(opens, closes)
        return _Range(opens, end, times.open_end, is_unsure=False)
    if place is None:
        return _any_time(opens, closes)
    sun = sun_times(date, *place)
    first = max(_moment(opens, sun), 0)
    if closes is None:
        return _Range(first, first, has_open_end=True, is_unsure=False)
    last = min(max(_moment(closes, sun), 0), 2 * MINUTES_PER_DAY)
    by_sun = isinstance(opens, SunTime) and isinstance(closes, SunTime)
    if by_sun and last == first and not _is_night(opens, closes):
        return _Range(first, first, has_open_end=False, is_unsure=False)  # it does not rise
    return _Range(first, _after(first, last), times.open_end, is_unsure=False)


def _is_night(opens: int | SunTime, closes: int | SunTime | None) -> bool:
    """True if hours go from where the sun sets to where it rises."""
    sets = isinstance(opens, SunTime) and opens.event not in RISING
    return sets and isinstance(closes, SunTime) and closes.event in RISING


def _any_time(opens: int | SunTime, closes: int | SunTime | None) -> _Range:
    """All the hours that these may be, wherever the sun stands."""
    first = opens if isinstance(opens, int) else 0
    may_end_tomorrow = isinstance(opens, SunTime) and opens.event not in RISING
    if closes is None:
        last = MINUTES_PER_DAY
    elif isinstance(closes, int):
        last = closes + MINUTES_PER_DAY if closes <= first or may_end_tomorrow else closes
    else:
        may_end_tomorrow = may_end_tomorrow or (first >= 12 * 60 and closes.event in RISING)
        last = 2 * MINUTES_PER_DAY if may_end_tomorrow else MINUTES_PER_DAY
    return _Range(first, min(last, 2 * MINUTES_PER_DAY), has_open_end=False, is_unsure=True)


def _moment(moment: int | SunTime, sun: Mapping[str, int]) -> int:
    return moment if isinstance(moment, int) else sun[moment.event] + moment.offset_min


def _after(opens: int, closes: int) -> int:
    return closes if closes > opens else closes + MINUTES_PER_DAY
