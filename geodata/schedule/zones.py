"""Instants and wall-clock labels, exact through daylight-saving gaps and folds.

Both are counted in whole seconds: an instant from 1970-01-01T00:00Z, a label from midnight of
1970-01-01 on the local clock. Time is cut into segments of constant UTC offset, and in a segment a
label is the instant plus the offset. So a label in a gap belongs to no instant, and one in a fold
to two.
"""

import datetime as dt
import functools
import zoneinfo
from collections.abc import Iterator

DAY_S = 86_400
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
EPOCH_DATE = EPOCH.date()


def instant_s(at: dt.datetime) -> int:
    """Seconds since the epoch, rounded down."""
    since = at - EPOCH
    return since.days * DAY_S + since.seconds


def instant_of(seconds: int) -> dt.datetime:
    """The instant, in UTC."""
    return EPOCH + dt.timedelta(seconds=seconds)


_FIRST_S = instant_s(dt.datetime.min.replace(tzinfo=dt.UTC)) + 2 * DAY_S
_LAST_S = instant_s(dt.datetime.max.replace(tzinfo=dt.UTC)) - 2 * DAY_S


@functools.lru_cache(maxsize=4096)
def offset_s(zone: dt.tzinfo, instant: int) -> int:
    """UTC offset at an instant, in seconds east; many schedules are asked at the same instant."""
    # A local time before year 1 or after 9999 cannot be told; no zone changes its offset there.
    told = min(max(instant, _FIRST_S), _LAST_S)
    offset = instant_of(told).astimezone(zone).utcoffset()
    return offset.days * DAY_S + offset.seconds if offset else 0


def segments(zone: dt.tzinfo, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Cut the instants [start, end) where the offset changes: (start, end, offset) each.

    Steps a day at a time: in tzdata 2026a no zone changes its offset twice within two days.
    """
    first = offset_s(zone, start)
    while start < end:
        day_end = min(start + DAY_S, end)
        last = offset_s(zone, day_end)
        if first == last:
            yield start, day_end, first
        else:
            change = _change(zone, start, day_end, first)
            yield start, change, first
            if change < day_end:
                yield change, day_end, last
        start, first = day_end, last


def start_of_date(zone: zoneinfo.ZoneInfo, date: dt.date) -> int:
    """The first instant on a local date or, where the date was skipped, after it."""
    label = (date - EPOCH_DATE).days * DAY_S
    for start, end, offset in segments(zone, label - DAY_S, label + DAY_S):
        if end + offset > label:
            return max(start, label - offset)
    raise AssertionError("every label is reached within a day of its UTC namesake")


def _change(zone: dt.tzinfo, start: int, end: int, first: int) -> int:
    """The first instant in (start, end] whose offset is not the first one."""
    while end - start > 1:
        middle = (start + end) // 2
        if offset_s(zone, middle) == first:
            start = middle
        else:
            end = middle
    return end
