"""From when to when a basket can be fetched. Pure; the hours are an argument."""

import datetime as dt
import itertools
from collections.abc import Iterator
from typing import NamedTuple, Protocol

from geodata.schedule.timeline import OpenState
from services.stock.model.levels import Policy

MOST_INTERVALS = 400


class OpeningHours(Protocol):
    """When a store is open; a `geodata.schedule.timeline.Timeline` is."""

    @property
    def zone(self) -> dt.tzinfo:
        """Its time zone."""

    def state_at(self, at: dt.datetime) -> OpenState:
        """The state at an instant, and until when it holds."""

    def next_opening(self, at: dt.datetime) -> dt.datetime | None:
        """The first instant after `at` at which it opens, None if none is known."""


class Window(NamedTuple):
    """From when to when something can be fetched."""

    ready_by: dt.datetime
    pickup_by: dt.datetime


def window(hours: OpeningHours, at: dt.datetime, policy: Policy) -> Window | None:
    """The window of an order at an instant; None when no opening is known.

    Goods are gathered while the store is open, from the next day on when the order came past the
    cut-off. They are kept for the policy's time, and can be fetched while the store is open.
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
    """The last instant within a time of `ready` until which it is open."""
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
    """The stretches in which it is open from an instant on; None is without a known end."""
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
