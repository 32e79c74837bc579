"""Pure parts of detection: the shapes that fixes meet, frequency caps, versions of devices."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np

from enrayon.geofence.v1 import geofence_pb2 as pb
from geodata.fences import FenceIndex, Matches
from geodata.fences.events import Event, EventType
from geodata.fences.state import Fix
from geodata.fences.tracking import MAX_AHEAD_MS, Verdict
from services.geofence.model.caps import counted
from services.geofence.model.devices import Device
from services.geofence.model.people import Person
from services.geofence.model.rules import Kept

Work = Sequence[tuple[Device, Sequence[Fix]]]
"""Devices with their fixes, in the order in which they are applied."""
OVER = "!"
"""Before the shape of a visit over its cap, among the marks of caps."""
DAY_MS = 86_400_000


class Cap(NamedTuple):
    """The most visits of a device to a fence that are reported within any period of a length."""

    visits: int
    period_ms: int


class Encounters(NamedTuple):
    """The shapes that each fix meets, by the number of the fix in its batch."""

    inside: Mapping[int, Collection[str]]
    """Those that contain the fix."""
    crossed: Mapping[int, Collection[str]]
    """Those that the way to the fix touches."""


@dataclass(slots=True)
class Outcome:
    """A device after its fixes, with the verdict on each fix and the events to write."""

    before: Device
    after: Device
    verdicts: list[Verdict] = field(default_factory=list)
    events: list[list[pb.FenceEvent]] = field(default_factory=list)
    """A list for each fix; one list when no fix caused them."""
    released: Sequence[Kept] = ()
    """Messages whose stores open."""
    was_known: Person | None = None
    """Its person, as it was read."""
    person: Person | None = None
    """Its person, as it is to be written; None to leave it."""

    @property
    def is_changed(self) -> bool:
        """True if there is anything to write."""
        return self.after is not self.before

    @property
    def encoded(self) -> list[tuple[bytes, str]]:
        """The events in order, each with the owner of its trip or an empty text."""
        owners = {trip.id: trip.owner for trip in self.after.trips}
        return [
            (event.SerializeToString(), owners.get(event.trip.rpartition("/")[2], ""))
            for events in self.events
            for event in events
        ]

    def with_next_version(self) -> "Outcome":
        """The outcome of something other than a fix, with the version of a changed device."""
        if self.is_changed:
            self.after = self.after.next_version(self.after.state, self.after.received_ms)
        return self


def encounters(index: FenceIndex, work: Work, now_ms: int) -> Encounters:
    """The shapes that the fixes of a batch meet, found for all fixes at once.

    Fixes that will be refused are left out. A way leads from the fix applied before.
    """
    numbers, starts, ends = [], [], []
    number = 0
    for device, fixes in work:
        last = device.state.last
        for fix in fixes:
            if fix.time_ms <= now_ms + MAX_AHEAD_MS and (last is None or fix.order > last.order):
                numbers.append(number)
                starts.append((last or fix).point)
                ends.append(fix.point)
                last = fix
            number += 1
    if not numbers or not len(index):
        return Encounters({}, {})
    inside, crossed = index.track_many(
        np.array([point.latitude for point in starts]),
        np.array([point.longitude for point in starts]),
        np.array([point.latitude for point in ends]),
        np.array([point.longitude for point in ends]),
    )
    return Encounters(by_number(numbers, inside), by_number(numbers, crossed))


def by_number(numbers: Sequence[int], matches: Matches) -> Mapping[int, Collection[str]]:
    """The shapes of each fix, by its number in the batch."""
    result: defaultdict[int, list[str]] = defaultdict(list)
    rows, ids = matches.rows.tolist(), matches.fence_ids.tolist()
    for row, id in zip(rows, ids, strict=True):
        result[numbers[row]].append(id)
    return result


def count_visit(device: Device, event: Event, cap: Cap) -> tuple[Device, bool]:
    """Count a visit that an event begins, unless its cap is reached.

    The cap counts over all stores of its fence.

    Returns:
        The device with its new count, and whether the event belongs to a visit over the cap.
    """
    over = OVER + event.fence_id
    marks = tuple(mark for mark in device.caps if mark[0] != over)
    is_over = len(marks) < len(device.caps)
    if event.type in (EventType.ENTER, EventType.CROSS):
        fence = event.fence_id.partition("@")[0]
        # Periods have a day at most.
        marks = tuple(mark for mark in marks if not mark[2] or mark[1] + DAY_MS > event.time_ms)
        after = counted(marks, fence, cap.visits, cap.period_ms, event.time_ms)
        is_over = after is None
        marks = marks if after is None else after
        if is_over and event.type is EventType.ENTER:
            marks = tuple(sorted((*marks, (over, event.time_ms, 0))))
    elif event.type is not EventType.EXIT:
        return device, is_over
    return replace(device, caps=marks), is_over
