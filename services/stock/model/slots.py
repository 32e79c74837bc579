"""Pick-up slots: windows of time in which a store hands over so many orders.

Slots follow each other from each opening on, so that they fit the store's day; one that would end
after closing time is none. Where a store is open for more than a day, they begin anew at each local
midnight. Lengths are real time: when clocks go back, the hour that comes twice has two slots.
"""

import datetime as dt
import heapq
import re
from collections.abc import Iterator
from typing import NamedTuple

from services.stock.model.pickup import Interval, OpenIntervals
from services.stock.model.policies import Policy, SlotRule

ONE_DAY = dt.timedelta(1)
METHODS = {1: "in-store", 2: "curbside", 3: "locker"}
"""The names of methods in the ids of slots, by the contract's value."""
_ID = re.compile(r"([a-z-]+)-(\d{8}T\d{6}Z)")
_STAMP = "%Y%m%dT%H%M%SZ"


class Slot(NamedTuple):
    """A window of time of a method: [start_s, end_s) in seconds since 1970."""

    method: int
    start_s: int
    end_s: int

    @property
    def id(self) -> str:
        """Its id at its store, for example `curbside-20261130T160000Z`."""
        return f"{METHODS[self.method]}-{self.start:{_STAMP}}"

    @property
    def field(self) -> str:
        """Its field in the database, as lua/library.lua makes it."""
        return f"{self.method}:{self.start_s}"

    @property
    def start(self) -> dt.datetime:
        """The start, in UTC."""
        return dt.datetime.fromtimestamp(self.start_s, dt.UTC)

    @property
    def end(self) -> dt.datetime:
        """The end, in UTC; exclusive."""
        return dt.datetime.fromtimestamp(self.end_s, dt.UTC)


def begin_of(id: str) -> tuple[int, dt.datetime] | None:
    """The method and the start that an id names; None if it names none."""
    match = _ID.fullmatch(id)
    methods = {name: method for method, name in METHODS.items()}
    if match is None or match[1] not in methods:
        return None
    try:
        start = dt.datetime.strptime(match[2], _STAMP).replace(tzinfo=dt.UTC)
    except ValueError:
        return None
    return methods[match[1]], start


def slot_at(
    hours: OpenIntervals, policy: Policy, method: int, start: dt.datetime
) -> tuple[Slot, int] | None:
    """The slot of a method that starts at an instant, and its capacity; None if there is none."""
    rule = policy.slot_rule(method)
    slot = next(_slots(hours, rule, start, start), None) if rule else None
    return (slot, rule.capacity) if rule and slot else None


def slots(
    hours: OpenIntervals, policy: Policy, first: dt.datetime, now: dt.datetime, method: int = 0
) -> Iterator[tuple[Slot, int]]:
    """Yields the slots that start at `first` or later, with their capacity: by start, then method.

    Args:
        hours: The open intervals of the store.
        policy: The store's policy.
        first: The earliest start.
        now: The instant from which the horizon counts.
        method: Only slots of this method; 0: of any.
    """
    rules = {wanted: policy.slot_rule(wanted) for wanted in METHODS if method in (0, wanted)}
    capacities = {wanted: rule.capacity for wanted, rule in rules.items() if rule}
    found = heapq.merge(
        *(
            _slots(hours, rule, first, now + dt.timedelta(seconds=rule.horizon_s))
            for rule in rules.values()
            if rule
        ),
        key=lambda slot: (slot.start_s, slot.method),
    )
    return ((slot, capacities[slot.method]) for slot in found)


def is_open_throughout(hours: OpenIntervals, slot: Slot) -> bool:
    """True if the store is open for all of a slot."""
    opens, closes = next(hours.after(slot.start), (None, None))
    return opens == slot.start and (closes is None or closes >= slot.end)


def _slots(
    hours: OpenIntervals, rule: SlotRule, first: dt.datetime, last: dt.datetime
) -> Iterator[Slot]:
    """Yields the slots of a rule that start from `first` to `last`."""
    length = dt.timedelta(seconds=int(rule.duration_s))
    for begin, end in _parts(hours, first):
        if begin > last:
            return
        start = begin + max(0, -((begin - first) // length)) * length
        while start <= last and start + length <= end:
            yield Slot(rule.method, int(start.timestamp()), int((start + length).timestamp()))
            start += length


def _parts(hours: OpenIntervals, first: dt.datetime) -> Iterator[tuple[dt.datetime, dt.datetime]]:
    """Yields the stretches of time that slots divide, those that end after `first`."""
    for interval in hours.whole_from(first):
        opens, closes = interval
        if opens and closes and closes - opens <= ONE_DAY:
            yield opens, closes
        else:
            yield from _days(interval, hours.zone, first)


def _days(
    interval: Interval, zone: dt.tzinfo, first: dt.datetime
) -> Iterator[tuple[dt.datetime, dt.datetime]]:
    """Yields the parts of a long interval, cut at each midnight."""
    opens, closes = interval
    day = (first if opens is None else max(opens, first)).astimezone(zone).date()
    while True:
        midnight = dt.datetime.combine(day, dt.time(), zone).astimezone(dt.UTC)
        next_midnight = dt.datetime.combine(day + ONE_DAY, dt.time(), zone).astimezone(dt.UTC)
        if closes is not None and closes <= midnight:
            return
        begin = midnight if opens is None else max(opens, midnight)
        yield begin, next_midnight if closes is None else min(closes, next_midnight)
        day += ONE_DAY
