"""Temporary closures as stretches of instants, and the local dates that they close whole."""

import datetime as dt
import zoneinfo
from typing import NamedTuple

from geodata.schedule.model import Closure, Rule, RuleKind, Schedule
from geodata.schedule.zones import instant_s, start_of_date

FOR_EVER_S = 2**60
"""An instant after every other, in seconds since the epoch."""
_ONE_DAY = dt.timedelta(1)


class ClosedStretch(NamedTuple):
    """Instants [start_s, end_s) of a closure, in seconds since the epoch."""

    start_s: int
    end_s: int
    rule: Rule


def closed_stretches(
    closures: tuple[Closure, ...], zone: zoneinfo.ZoneInfo
) -> tuple[ClosedStretch, ...]:
    """The closures in order and apart: where two overlap, the one that began first goes on."""
    stretches: list[ClosedStretch] = []
    for closure in closures:
        start_s = _instant(closure.starts, zone)
        end_s = _end(closure, zone)
        if closure.expires:
            end_s = min(end_s, instant_s(closure.expires))
        kind = RuleKind.STATUS if closure.for_good else RuleKind.CLOSURE
        stretches.append(ClosedStretch(start_s, end_s, Rule(kind, closure.reason)))
    apart: list[ClosedStretch] = []
    for stretch in sorted(stretches, key=lambda stretch: stretch[:2]):
        start_s = max(stretch.start_s, apart[-1].end_s) if apart else stretch.start_s
        if start_s < stretch.end_s:
            apart.append(stretch._replace(start_s=start_s))
    return tuple(apart)


def closed_dates(
    closures: tuple[Closure, ...], zone: zoneinfo.ZoneInfo
) -> tuple[tuple[dt.date, dt.date], ...]:
    """First and last local date of each closure that is given in dates."""
    spans = []
    for closure in closures:
        if closure.by_instants:
            continue
        last = closure.ends or dt.date.max - _ONE_DAY
        if closure.expires:
            last = min(last, closure.expires.astimezone(zone).date() - _ONE_DAY)
        spans.append((closure.starts, last))
    return tuple(spans)


def has_endless(schedule: Schedule) -> bool:
    """True if a closure of a schedule has no end."""
    return any(closure.ends is None and closure.expires is None for closure in schedule.closures)


def is_closed_without_end(schedule: Schedule, at: dt.datetime) -> bool:
    """True if a closure without an end has begun by an instant."""
    zone, at_s = zoneinfo.ZoneInfo(schedule.time_zone or "UTC"), instant_s(at)
    return any(
        closure.ends is None and closure.expires is None and _instant(closure.starts, zone) <= at_s
        for closure in schedule.closures
    )


def _end(closure: Closure, zone: zoneinfo.ZoneInfo) -> int:
    if closure.ends is None:
        return FOR_EVER_S
    last = closure.ends
    return _instant(last if isinstance(last, dt.datetime) else last + _ONE_DAY, zone)


def _instant(moment: dt.date | dt.datetime, zone: zoneinfo.ZoneInfo) -> int:
    return instant_s(moment) if isinstance(moment, dt.datetime) else start_of_date(zone, moment)
