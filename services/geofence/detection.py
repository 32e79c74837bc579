"""What fixes and time change of devices: geometry for many at once, then one step after another."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from enrayon.geofence.v1 import geofence_pb2 as pb
from geodata.fences import Matches
from geodata.fences.events import Event, EventType
from geodata.fences.state import Fix
from geodata.fences.tracking import MAX_AHEAD_MS, Verdict, apply, due, leave_deleted
from geodata.points import Point
from services.directory.directory import Directory
from services.directory.filters import StoreFilter, fold
from services.directory.keys import parse_store
from services.geofence import convert
from services.geofence.book import FencesReplica
from services.geofence.model import trips
from services.geofence.model.devices import Device
from services.geofence.model.travel import TravelTime
from services.geofence.model.trips import WRONG_STORES, Trip, TripTold

NONE: Collection[str] = ()
COUNTED = (Verdict.APPLIED, Verdict.IMPLAUSIBLE)


@dataclass(slots=True)
class Outcome:
    """A device after its fixes, with what became of each and what there is to tell."""

    before: Device
    after: Device
    verdicts: list[Verdict] = field(default_factory=list)
    events: list[list[pb.FenceEvent]] = field(default_factory=list)
    """Of each fix."""

    @property
    def is_changed(self) -> bool:
        """Whether there is anything to be written."""
        return self.after is not self.before

    @property
    def encoded(self) -> list[bytes]:
        """The events in order, as the stream has them."""
        return [event.SerializeToString() for events in self.events if events for event in events]


class Detection:
    """Decides by the fences and stores of this process. It changes nothing itself."""

    def __init__(self, directory: Directory, travel_time: TravelTime) -> None:
        self._directory = directory
        self._travel_time = travel_time

    def fixes(
        self, book: FencesReplica, work: Sequence[tuple[Device, Sequence[Fix]]], now_ms: int
    ) -> list[Outcome]:
        """Let devices take in their fixes, in the order given."""
        inside, crossed = self._geometry(book, work, now_ms)
        watching = book.watched
        outcomes = []
        row = 0
        for device, fixes in work:
            outcome = Outcome(device, device)
            state = device.state
            for fix in fixes:
                after, found, verdict = apply(
                    state,
                    fix,
                    now_ms,
                    book.fences,
                    inside.get(row, NONE),
                    crossed.get(row, NONE),
                    watching,
                )
                row += 1
                outcome.verdicts.append(verdict)
                outcome.events.append([])
                if verdict not in COUNTED:
                    continue
                state = after
                if found or device.trips:
                    outcome.after = replace(outcome.after, state=state)
                    self._tell(book, outcome, found)
                    self._move_trips(outcome, fix, now_ms)
                    state = outcome.after.state
            if state is not device.state:
                outcome.after = outcome.after.heard(state, now_ms)
            outcomes.append(outcome)
        return outcomes

    def time(self, book: FencesReplica, device: Device, now_ms: int) -> Outcome:
        """Let time pass: dwells, delayed exits, trips that expire or are forgotten."""
        outcome = Outcome(device, device, events=[[]])
        state, found = due(device.state, now_ms)
        if found:
            outcome.after = replace(device, state=state)
            self._tell(book, outcome, found)
        kept: list[Trip] = []
        for trip in device.trips:
            if trip.due_ms > now_ms:
                kept.append(trip)
            elif trip.is_live:
                trip, told = trips.ended(trip, trips.State.EXPIRED, now_ms)
                kept.append(trip)
                self.tell_trip(outcome, trip, told, pb.CAUSE_TIME, now_ms, now_ms)
        if tuple(kept) != device.trips:
            outcome.after = replace(outcome.after, trips=tuple(kept))
        return stamped(outcome)

    def deletions(self, book: FencesReplica, device: Device, now_ms: int) -> Outcome:
        """End the visits to fences that are no more."""
        outcome = Outcome(device, device, events=[[]])
        for visit in device.state.visits:
            if visit.fence_id not in book.fences:
                state, found = leave_deleted(outcome.after.state, visit.fence_id, now_ms)
                outcome.after = replace(outcome.after, state=state)
                self._tell(book, outcome, found)
        return stamped(outcome)

    def tell_trip(
        self,
        outcome: Outcome,
        trip: Trip,
        told: Iterable[TripTold],
        cause: "pb.Cause.ValueType",
        device_ms: int,
        now_ms: int,
    ) -> None:
        """Number the events of a trip, and add them to what there is to tell."""
        for each in told:
            state = outcome.after.state
            number = state.event_count + 1
            outcome.after = replace(outcome.after, state=replace(state, event_count=number))
            outcome.events[-1].append(
                convert.trip_event(
                    trip, each, outcome.after.subject, number, cause, device_ms, now_ms
                )
            )

    def store_point(self, id: str) -> Point | None:
        """Where a store is; None when there is none, or it has no location."""
        encoded = self._directory.stores.replica.public(id)
        store = parse_store(encoded) if encoded else None
        if store is None or not store.HasField("location"):
            return None
        return Point(store.location.latitude, store.location.longitude)

    def _geometry(
        self, book: FencesReplica, work: Sequence[tuple[Device, Sequence[Fix]]], now_ms: int
    ) -> tuple[Mapping[int, Collection[str]], Mapping[int, Collection[str]]]:
        """By the number of each fix: the shapes that hold it, and those that the way touches."""
        numbers, starts, ends = [], [], []
        row = 0
        for device, fixes in work:
            last = device.state.last
            for fix in fixes:
                # What will be refused is not the start of a way.
                if fix.time_ms <= now_ms + MAX_AHEAD_MS and (
                    last is None or fix.order > last.order
                ):
                    numbers.append(row)
                    starts.append((last or fix).point)
                    ends.append(fix.point)
                    last = fix
                row += 1
        if not numbers or not len(book.index):
            return {}, {}
        inside, crossed = book.index.track_many(
            np.array([point.latitude for point in starts]),
            np.array([point.longitude for point in starts]),
            np.array([point.latitude for point in ends]),
            np.array([point.longitude for point in ends]),
        )
        return by_row(numbers, inside), by_row(numbers, crossed)

    def _tell(self, book: FencesReplica, outcome: Outcome, found: Iterable[Event]) -> None:
        for event, id, store, labels in book.events(found):
            mute = book.mute(event) or self._frequency(book, outcome, event)
            outcome.events[-1].append(
                convert.event(event, outcome.after.subject, id, store, labels.items(), mute)
            )

    def _frequency(
        self, book: FencesReplica, outcome: Outcome, event: Event
    ) -> "pb.Mute.ValueType":
        """Count a visit that begins; whether it is one too many, as is all that follows from it."""
        limit = book.cap_of(event.fence_id)
        if limit is None:
            return pb.MUTE_UNSPECIFIED
        visits, period_ms = limit
        caps = {fence: (start, count) for fence, start, count in outcome.after.caps}
        start, count = caps.get(event.fence_id, (event.time_ms, 0))
        if event.type in (EventType.ENTER, EventType.CROSS):
            if event.time_ms - start >= period_ms:
                start, count = event.time_ms, 0
            count += 1
            caps[event.fence_id] = (start, count)
            kept = tuple((fence, *pair) for fence, pair in sorted(caps.items()))
            outcome.after = replace(outcome.after, caps=kept)
        return pb.MUTE_FREQUENCY if count > visits else pb.MUTE_UNSPECIFIED

    def _move_trips(self, outcome: Outcome, fix: Fix, now_ms: int) -> None:
        if not outcome.after.trips:
            return
        moved = []
        for trip in outcome.after.trips:
            target = self.store_point(trip.store) if trip.is_live else None
            if target is None:
                moved.append(trip)
                continue
            eta = self._travel_time(fix.point, target, trip.mode)
            trip, told = trips.moved(trip, self._stores_here(trip, fix.point), eta, now_ms)
            moved.append(trip)
            self.tell_trip(outcome, trip, told, pb.CAUSE_FIX, fix.time_ms, now_ms)
        outcome.after = replace(outcome.after, trips=tuple(moved))

    def _stores_here(self, trip: Trip, point: Point) -> set[str]:
        """The trip's store and others of its brand, as far as the position is within reach."""
        replica = self._directory.stores.replica
        store = parse_store(replica.public(trip.store) or b"")
        own = StoreFilter(ids=frozenset((trip.store,)))
        brand = StoreFilter(brands=frozenset((fold(store.brand),))) if store.brand else None
        hits = replica.nearest(point, 1, own, radius_m=trip.radius_m)
        if brand is not None:
            hits += replica.nearest(point, WRONG_STORES, brand, radius_m=trip.radius_m)
        return {id for id, _ in hits}


def by_row(numbers: Sequence[int], matches: Matches) -> Mapping[int, Collection[str]]:
    """The shapes of each fix."""
    result: defaultdict[int, list[str]] = defaultdict(list)
    rows, ids = matches.rows.tolist(), matches.fence_ids.tolist()
    for row, id in zip(rows, ids, strict=True):
        result[numbers[row]].append(id)
    return result


def stamped(outcome: Outcome) -> Outcome:
    """The outcome with the version that a changed device gets."""
    if outcome.is_changed:
        outcome.after = outcome.after.heard(outcome.after.state, outcome.after.received_ms)
    return outcome
