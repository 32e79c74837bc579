"""The terms of a hold: when its goods are ready, and how long it lasts, by the store's day."""

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple

from google.protobuf.duration_pb2 import Duration

from services.chassis.clock import Clock
from services.chassis.errors import InvalidArgument
from services.directory.directory import Directory
from services.stock.convert.times import ms_of
from services.stock.model.holds import Hold, NoticeKind
from services.stock.model.pickup import OpenIntervals, Window, held_until, intervals_of, window
from services.stock.model.policies import Policy
from services.stock.settings import StockSettings

GRACE = dt.timedelta(minutes=1)
"""A given life may pass that of a page's hold by so much, and then ends with it: the caller
computed it a moment ago, or retries."""
MILLISECOND = dt.timedelta(milliseconds=1)


class HoldTerms(NamedTuple):
    """When the goods of a hold are ready, and how long it lasts."""

    ttl_ms: int
    is_given: bool
    """True if the request gave the life."""
    window: Window | None = None
    """None where no opening is known."""
    warnings: Sequence[NoticeKind] = ()


class Terms:
    """Decides the terms of holds."""

    def __init__(self, directory: Directory, clock: Clock, settings: StockSettings) -> None:
        self._directory = directory
        self._clock = clock
        self._default = dt.timedelta(seconds=settings.hold_ttl_s)
        self._longest = dt.timedelta(seconds=settings.hold_max_ttl_s)

    def given(self, ttl: Duration) -> dt.timedelta:
        """The life that a request gives.

        Raises:
            InvalidArgument: it is longer than the setting allows.
        """
        life = dt.timedelta(milliseconds=ttl.ToMilliseconds())
        if life > self._longest:
            raise InvalidArgument.field("ttl", f"at most {self._longest.total_seconds():.0f} s")
        return max(life, MILLISECOND)

    def of(
        self, store: str, policy: Policy, given: dt.timedelta | None, *, is_page: bool = False
    ) -> HoldTerms:
        """The terms of a hold of now. A page's lasts at most as long as one without a given life.

        Raises:
            InvalidArgument: the given life of a page's hold is longer.
        """
        now = self._clock()
        hours = open_intervals(self._directory, store)
        found = window(hours, now, policy) if hours else None
        until = held_until(hours, now, found, policy) if hours else None
        whole = self._default if until is None else until - now
        own = min(whole, self._longest)
        if given and is_page and given > own + GRACE:
            seconds = own // dt.timedelta(seconds=1)
            raise InvalidArgument.field(
                "ttl", f"at most {seconds} s, as long as the store keeps the goods"
            )
        life = own if given is None else min(given, own) if is_page else given
        warnings = []
        if found and now + life < found.ready_by:
            warnings.append(NoticeKind.ENDS_BEFORE_READY)
        if given is None and life < whole:
            warnings.append(NoticeKind.SHORTENED)
        return HoldTerms(max(1, life // MILLISECOND), given is not None, found, warnings)

    def extended(self, hold: Hold, life: dt.timedelta) -> tuple[int, Sequence[NoticeKind]]:
        """The new life of a hold in ms, and its warnings."""
        end_ms = ms_of(self._clock() + life)
        is_late = hold.state != "READY" and hold.ready_ms is not None and end_ms < hold.ready_ms
        return life // MILLISECOND, [NoticeKind.ENDS_BEFORE_READY] if is_late else []


def open_intervals(directory: Directory, store: str) -> OpenIntervals | None:
    """The intervals in which a store is open; None if there is no such store."""
    schedules = directory.schedules.of(store)
    return intervals_of(schedules.own) if schedules else None


def window_at(directory: Directory, store: str, at: dt.datetime, policy: Policy) -> Window | None:
    """The pick-up window of an order at an instant; None where no opening is known."""
    hours = open_intervals(directory, store)
    return window(hours, at, policy) if hours else None
