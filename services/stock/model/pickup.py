"""The time window in which a basket can be picked up, and how long it is held for that.

The opening hours are an argument.
"""

import bisect
import datetime as dt
import itertools
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple, Protocol

from geodata.schedule.model import Schedule
from geodata.schedule.timeline import OpenState, timeline
from services.stock.model.policies import Policy

MOST_INTERVALS = 400
"""Opening intervals that are looked at: about a year of days."""
KNOWN_AHEAD = dt.timedelta(days=7)
"""A store that opens later than this has no known opening, as far as the life of a hold goes."""
LAST = dt.datetime.max.replace(tzinfo=dt.UTC)
REMEMBERED = dt.timedelta(days=60)
"""Time for which found intervals serve later instants."""


class OpeningHours(Protocol):
    """The opening hours of a store: a `geodata.schedule.timeline.Timeline`, for example."""

    @property
    def zone(self) -> dt.tzinfo:
        """Its time zone."""

    def state_at(self, at: dt.datetime) -> OpenState:
        """The state at an instant, and since and until when it holds."""

    def next_opening(self, at: dt.datetime) -> dt.datetime | None:
        """The first instant after `at` at which it opens, None if none is known."""


class Interval(NamedTuple):
    """A stretch of time in which a store is open: [opens, closes)."""

    opens: dt.datetime | None
    """None if that is a year ago or more."""
    closes: dt.datetime | None
    """None if no end is known."""


class OpenIntervals:
    """The intervals in which a store is open. Found ones are remembered: finding is slow."""

    def __init__(self, hours: OpeningHours) -> None:
        self.zone = hours.zone
        self._hours = hours
        self._from: dt.datetime | None = None
        self._found: list[Interval] = []
        self._more: Iterator[Interval] = iter(())

    def whole_from(self, at: dt.datetime) -> Iterator[Interval]:
        """Yields the intervals that end after an instant, about a year of them."""
        if self._from is None or not self._from <= at < self._from + REMEMBERED:
            self._from, self._found, self._more = at, [], self._find(at)
        passed = bisect.bisect_right(self._found, at, key=end_of)
        for number in range(passed, passed + MOST_INTERVALS):
            if number == len(self._found):
                self._found.extend(itertools.islice(self._more, 1))
            if number == len(self._found):
                return
            if end_of(interval := self._found[number]) > at:
                yield interval

    def after(self, at: dt.datetime) -> Iterator[tuple[dt.datetime, dt.datetime | None]]:
        """Yields the same intervals; the one at the instant begins with it."""
        for opens, closes in self.whole_from(at):
            yield at if opens is None else max(opens, at), closes

    def _find(self, at: dt.datetime) -> Iterator[Interval]:
        here: dt.datetime | None = at
        while here is not None:
            state = self._hours.state_at(here)
            if state.state.name == "OPEN":
                yield Interval(state.since, state.until)
                if state.until is None:
                    return
                here = state.until
                if self._hours.state_at(here).state.name == "OPEN":
                    continue
            here = self._hours.next_opening(here)


def end_of(interval: Interval) -> dt.datetime:
    """The end of an interval; one that is not known is after every other instant."""
    return interval.closes or LAST


@lru_cache(maxsize=4096)
def intervals_of(schedule: Schedule) -> OpenIntervals:
    """The intervals of a schedule, the same for equal schedules."""
    return OpenIntervals(timeline(schedule))


class Window(NamedTuple):
    """The instants from and until which goods can be picked up."""

    ready_by: dt.datetime
    pickup_by: dt.datetime


def window(hours: OpenIntervals, at: dt.datetime, policy: Policy) -> Window | None:
    """The window of an order placed at an instant; None when no opening is known.

    Goods are prepared while the store is open; an order past the cut-off is prepared from the next
    day on. They are kept for the policy's time, and can be picked up while the store is open.
    """
    begin = at
    local = at.astimezone(hours.zone)
    if policy.cutoff_minute is not None and local.hour * 60 + local.minute >= policy.cutoff_minute:
        midnight = dt.datetime.combine(local.date() + dt.timedelta(1), dt.time(), hours.zone)
        begin = midnight.astimezone(dt.UTC)
    left = dt.timedelta(seconds=policy.preparation_s)
    for opens, closes in hours.after(begin):
        if closes is None or closes - opens > left:
            return window_from(hours, opens + left, policy)
        left -= closes - opens
    return None


def window_from(hours: OpenIntervals, ready: dt.datetime, policy: Policy) -> Window:
    """The window of goods that are ready at an instant."""
    return Window(ready, last_open(hours, ready, dt.timedelta(seconds=policy.keep_s)))


def in_hand_at(hours: OpenIntervals, found: Window, arrival: dt.datetime) -> dt.datetime | None:
    """The first instant at which the goods are ready, the shopper is there and the store is open.

    None if the store keeps the goods no longer, or no opening is known.
    """
    first = next(hours.after(max(found.ready_by, arrival)), None)
    return first[0] if first is not None and first[0] <= found.pickup_by else None


def last_open(hours: OpenIntervals, ready: dt.datetime, keep: dt.timedelta) -> dt.datetime:
    """The last instant at which the store is open, at most `keep` after `ready`."""
    end = ready + keep
    last = ready
    for opens, closes in hours.after(ready):
        if opens >= end:
            break
        last = end if closes is None else min(closes, end)
    return last


def held_until(
    hours: OpenIntervals, at: dt.datetime, found: Window | None, policy: Policy
) -> dt.datetime | None:
    """The instant to which a hold lasts by the store's day; None without a known opening.

    It is the later of `pickup_by` and the policy's opening time after `ready_by`.
    """
    first = next(hours.after(at), None)
    if found is None or first is None or first[0] > at + KNOWN_AHEAD:
        return None
    open_time = dt.timedelta(seconds=policy.hold_open_s)
    return max(found.pickup_by, after_open_time(hours, found.ready_by, open_time))


def after_open_time(hours: OpenIntervals, begin: dt.datetime, length: dt.timedelta) -> dt.datetime:
    """The instant at which the store has been open for a time since `begin`."""
    last = begin
    for opens, closes in hours.after(begin):
        if closes is None or closes - opens >= length:
            return opens + length
        length -= closes - opens
        last = closes
    return last
