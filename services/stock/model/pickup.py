"""The time window in which a basket can be picked up. The opening hours are an argument."""

import datetime as dt
import itertools
from collections.abc import Iterator
from typing import NamedTuple, Protocol

from geodata.schedule.timeline import OpenState
from services.stock.model.policies import Policy

MOST_INTERVALS = 400
"""Opening intervals that are looked at: about a year of days."""


class OpeningHours(Protocol):
    """The opening hours of a store: a `geodata.schedule.timeline.Timeline`, for example."""

    @property
    def zone(self) -> dt.tzinfo:
        """Its time zone."""

    def state_at(self, at: dt.datetime) -> OpenState:
        """The state at an instant, and until when it holds."""

    def next_opening(self, at: dt.datetime) -> dt.datetime | None:
        """The first instant after `at` at which it opens, None if none is known."""


class Window(NamedTuple):
    """The instants from and until which goods can be picked up."""

    ready_by: dt.datetime
    pickup_by: dt.datetime


def window(hours: OpeningHours, at: dt.datetime, policy: Policy) -> Window | None:
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
    for opens, closes in itertools.islice(intervals(hours, begin), MOST_INTERVALS):
        if closes is None or closes - opens > left:
            ready = opens + left
            return Window(ready, last_open(hours, ready, dt.timedelta(seconds=policy.keep_s)))
        left -= closes - opens
    return None


def last_open(hours: OpeningHours, ready: dt.datetime, keep: dt.timedelta) -> dt.datetime:
    """The last instant at which the store is open, at most `keep` after `ready`."""
    end = ready + keep
    last = ready
    for opens, closes in itertools.islice(intervals(hours, ready), MOST_INTERVALS):
        if opens >= end:
            break
        last = end if closes is None else min(closes, end)
    return last


def intervals(
    hours: OpeningHours, at: dt.datetime
) -> Iterator[tuple[dt.datetime, dt.datetime | None]]:
    """Yields the open intervals from an instant on; an end of None is not known."""
    here: dt.datetime | None = at
    while here is not None:
        state = hours.state_at(here)
        if state.state.name == "OPEN":
            yield here, state.until
            if state.until is None:
                return
            here = state.until
            if hours.state_at(here).state.name == "OPEN":
                continue
        here = hours.next_opening(here)
