"""The terms of a hold: when its goods are ready, and how long it lasts, by the store's day."""

import dataclasses
import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple

from google.protobuf.duration_pb2 import Duration

from enrayon.stock.v1.stock_pb2 import PickupMethod
from services.chassis.clock import Clock
from services.chassis.errors import InvalidArgument, ServiceError
from services.directory.directory import Directory
from services.directory.keys import store_name
from services.directory.trading import NotOpen, StoreNotOpen, check_open, end_of, not_open
from services.stock.convert.names import slot_ids
from services.stock.convert.times import ms_of
from services.stock.errors import MethodNotOffered, SlotNotOffered
from services.stock.model.holds import Hold, NoticeKind
from services.stock.model.pickup import (
    OpenIntervals,
    Window,
    held_until,
    intervals_of,
    window,
    window_from,
)
from services.stock.model.policies import Policy
from services.stock.model.slots import Slot, begin_of, slot_at
from services.stock.settings import StockSettings

GRACE = dt.timedelta(minutes=1)
"""A given life may pass that of a page's hold by so much, and then ends with it: the caller
computed it a moment ago, or retries."""
MILLISECOND = dt.timedelta(milliseconds=1)
MARGIN = dt.timedelta(seconds=1)
"""A life counts from the script that makes the hold, which runs a moment after its terms."""


class HoldTerms(NamedTuple):
    """When the goods of a hold are ready, and how long it lasts."""

    ttl_ms: int
    is_given: bool
    """True if the request gave the life."""
    window: Window | None = None
    """None where no opening is known."""
    warnings: Sequence[NoticeKind] = ()
    method: int = 0
    slot: Slot | None = None
    capacity: int = 0
    """Of the slot."""
    refusal: ServiceError | None = None
    """The reason why the hold cannot be made; a retry is still answered with the one made before.
    """


class Pickup(NamedTuple):
    """How and when a shopper wants to fetch goods."""

    method: int = 0
    """0: in any way."""
    slot: str = ""
    """The name of a pick-up slot; empty: without."""


class Terms:
    """Decides the terms of holds."""

    def __init__(self, directory: Directory, clock: Clock, settings: StockSettings) -> None:
        self._directory = directory
        self._clock = clock
        self._default = dt.timedelta(seconds=settings.hold_ttl_s)
        self.longest = dt.timedelta(seconds=settings.hold_max_ttl_s)
        """The longest life of a hold."""

    def check_open(self, store: str, now: dt.datetime) -> None:
        """Return if a store sells at an instant.

        Raises:
            StoreNotOpen: it does not.
        """
        check_open(self._directory, store, now)

    def given(self, ttl: Duration, field: str = "ttl") -> dt.timedelta:
        """The life that a request gives.

        Raises:
            InvalidArgument: it is longer than the setting allows.
        """
        life = dt.timedelta(milliseconds=ttl.ToMilliseconds())
        if life > self.longest:
            raise InvalidArgument.field(field, f"at most {self.longest.total_seconds():.0f} s")
        return max(life, MILLISECOND)

    def of(
        self,
        store: str,
        policy: Policy,
        given: dt.timedelta | None,
        pickup: Pickup,
        *,
        is_page: bool = False,
    ) -> HoldTerms:
        """The terms of a hold of now. A page's lasts at most as long as one without a given life.

        Raises:
            InvalidArgument: the given life of a page's hold is longer, or the slot is another
                store's or of another method.
        """
        now = self._clock()
        hours = open_intervals(self._directory, store)
        found = window(hours, now, policy) if hours else None
        method, slot, capacity = pickup.method, None, 0
        refusal: ServiceError | None = None
        if why := not_open(self._directory, store, now):
            refusal = StoreNotOpen(store_name(store), why)
        end = self._last_moment(store)
        if end and not found and not refusal and self._ends_too_early(store, now, policy):
            last = end.astimezone(hours.zone).date() if hours else None
            refusal = StoreNotOpen(store_name(store), NotOpen("CLOSED_FOR_GOOD", last, ended=True))
        if pickup.slot:
            wanted = wanted_slot(store, pickup)
            taken = hours and found and self.offered(hours, found, policy, *wanted, now)
            method = wanted[0]
            if not taken or not hours:
                refusal = refusal or SlotNotOffered(pickup.slot)
            else:
                slot, capacity = taken
                found = window_from(hours, slot.start, policy)
                found = found._replace(pickup_by=max(found.pickup_by, slot.end))
        if method and method not in policy.methods:
            name = PickupMethod.Name(PickupMethod.ValueType(method))
            refusal = refusal or MethodNotOffered(store_name(store), name)
        until = held_until(hours, now, found, policy) if hours else None
        whole = self._default if until is None else until - now
        limit = min(self.longest, end - now) if end else self.longest
        own = min(whole, limit)
        if given and is_page and given > own + GRACE:
            seconds = own // dt.timedelta(seconds=1)
            raise InvalidArgument.field(
                "ttl", f"at most {seconds} s, as long as the store keeps the goods"
            )
        life = own if given is None else min(given, own if is_page else limit)
        warnings = []
        if found and now + life < found.ready_by:
            warnings.append(NoticeKind.ENDS_BEFORE_READY)
        if life < whole if given is None else end and now + given > end:
            warnings.append(NoticeKind.SHORTENED)
        life_ms = max(1, life // MILLISECOND)
        if given is None and until is not None and life == whole and (not end or until < end):
            life_ms += 2  # both ends are cut to milliseconds: it must not end before the shop's day
        return HoldTerms(
            life_ms,
            given is not None,
            found,
            warnings,
            method,
            slot,
            capacity,
            refusal,
        )

    def offered(
        self,
        hours: OpenIntervals,
        found: Window,
        policy: Policy,
        method: int,
        start: dt.datetime,
        now: dt.datetime,
    ) -> tuple[Slot, int] | None:
        """The slot that starts at an instant, with its capacity, if an order of now can take it.

        Its goods are ready when it starts, and its hold lasts to its end.
        """
        rule = policy.slot_rule(method)
        if rule is None or not found.ready_by <= start <= now + dt.timedelta(0, rule.horizon_s):
            return None
        taken = slot_at(hours, policy, method, start)
        return taken if taken and taken[0].end <= now + self.longest else None

    def extended(self, hold: Hold, life: dt.timedelta) -> tuple[int, Sequence[NoticeKind]]:
        """The new life of a hold in ms, and its warnings."""
        now, warnings = self._clock(), []
        end = self._last_moment(hold.store)
        if end and now + life > end:
            life = max(end - now, MILLISECOND)
            warnings.append(NoticeKind.SHORTENED)
        end_ms = ms_of(now + life)
        if hold.state != "READY" and hold.ready_ms is not None and end_ms < hold.ready_ms:
            warnings.append(NoticeKind.ENDS_BEFORE_READY)
        return life // MILLISECOND, warnings

    def _last_moment(self, store: str) -> dt.datetime | None:
        """The moment at which holds of a store with a closing date end at last."""
        end = end_of(self._directory, store)
        return end - MARGIN if end else None

    def _ends_too_early(self, store: str, now: dt.datetime, policy: Policy) -> bool:
        """True if goods cannot be ready only because the store closes for good before."""
        schedules = self._directory.schedules.of(store)
        if schedules is None:
            return False
        others = tuple(each for each in schedules.own.closures if not each.for_good)
        lasting = dataclasses.replace(schedules.own, closures=others)
        return window(intervals_of(lasting), now, policy) is not None


def wanted_slot(store: str, pickup: Pickup) -> tuple[int, dt.datetime]:
    """The method and the start of a slot that a request names.

    Raises:
        InvalidArgument: the slot is another store's or of another method, or it is none.
    """
    other, id = slot_ids(pickup.slot)
    begin = begin_of(id)
    if other != store:
        raise InvalidArgument.field("pickup_slot", f"is not a slot of {store_name(store)}")
    if begin is None:
        raise InvalidArgument.field("pickup_slot", "names no method and start")
    if pickup.method not in (0, begin[0]):
        raise InvalidArgument.field("pickup_slot", "is a slot of another method")
    return begin


def open_intervals(directory: Directory, store: str) -> OpenIntervals | None:
    """The intervals in which a store is open; None if there is no such store."""
    schedules = directory.schedules.of(store)
    return intervals_of(schedules.own) if schedules else None


def window_at(directory: Directory, store: str, at: dt.datetime, policy: Policy) -> Window | None:
    """The pick-up window of an order at an instant; None where no opening is known."""
    hours = open_intervals(directory, store)
    return window(hours, at, policy) if hours else None
