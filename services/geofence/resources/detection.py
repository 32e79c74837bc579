"""Decides what fixes and time do to devices, by the fences and stores of this process.

A batch takes two passes: geometry for all fixes at once, then fix after fix for each device, since
each fix begins with the state that the one before it left. Nothing is written here.
"""

from collections.abc import Collection, Iterable
from dataclasses import replace

from enrayon.geofence.v1 import geofence_pb2 as pb
from geodata.fences.events import Event
from geodata.fences.state import DeviceState, Fix
from geodata.fences.tracking import Verdict, apply, due, leave_deleted
from geodata.points import Point
from services.directory.directory import Directory
from services.directory.filters import StoreFilter, fold
from services.directory.keys import parse_store
from services.geofence.convert.events import fence_event
from services.geofence.convert.trips import trip_event
from services.geofence.model import trips
from services.geofence.model.detection import Outcome, Work, count_visit, encounters
from services.geofence.model.devices import Device
from services.geofence.model.travel import TravelTime
from services.geofence.model.trips import WRONG_STORES, Trip, TripEventType
from services.geofence.replica.fences import FencesReplica

NONE: Collection[str] = ()
COUNTED = (Verdict.APPLIED, Verdict.IMPLAUSIBLE)
"""Verdicts on fixes that become the last fix of their device."""


class Detection:
    """Decides by the fences and stores of this process."""

    def __init__(self, directory: Directory, travel_time: TravelTime) -> None:
        self._directory = directory
        self._travel_time = travel_time

    def fixes(self, fences: FencesReplica, work: Work, now_ms: int) -> list[Outcome]:
        """Let devices take in their fixes, in the order given."""
        inside, crossed = encounters(fences.index, work, now_ms)
        every_fix = fences.keys_of_every_fix
        outcomes = []
        number = 0
        for device, fixes in work:
            outcome = Outcome(device, device)
            state = device.state
            for fix in fixes:
                after, events, verdict = apply(
                    state,
                    fix,
                    now_ms,
                    fences.fences,
                    inside.get(number, NONE),
                    crossed.get(number, NONE),
                    every_fix,
                )
                number += 1
                outcome.verdicts.append(verdict)
                outcome.events.append([])
                if verdict not in COUNTED:
                    continue
                state = after
                # Most fixes cause no event; the device is then built once, after its last fix.
                if events or device.trips:
                    outcome.after = replace(outcome.after, state=state)
                    self._add_fence_events(fences, outcome, events)
                    self._move_trips(outcome, fix, now_ms)
                    state = outcome.after.state
            if state is not device.state:
                outcome.after = outcome.after.next_version(state, now_ms)
            outcomes.append(outcome)
        return outcomes

    def time(self, fences: FencesReplica, device: Device, now_ms: int) -> Outcome:
        """Let time pass: dwells, delayed exits, trips, messages whose stores open."""
        outcome = Outcome(device, device, events=[[]])
        state, events = due(device.state, now_ms)
        if events:
            outcome.after = replace(device, state=state)
            self._add_fence_events(fences, outcome, events)
        kept: list[Trip] = []
        for trip in device.trips:
            if trip.due_ms > now_ms:
                kept.append(trip)
            elif trip.is_live:
                trip, kinds = trips.timed(trip, now_ms)
                kept.append(trip)
                add_trip_events(outcome, trip, kinds, pb.CAUSE_TIME, now_ms, now_ms)
        if tuple(kept) != device.trips:
            outcome.after = replace(outcome.after, trips=tuple(kept))
        outcome.released = [each for each in device.kept if each.due_ms <= now_ms]
        if outcome.released:
            waiting = tuple(each for each in device.kept if each.due_ms > now_ms)
            outcome.after = replace(outcome.after, kept=waiting)
        return outcome.with_next_version()

    def deletions(self, fences: FencesReplica, device: Device, now_ms: int) -> Outcome:
        """End the visits to fences that were deleted."""
        outcome = Outcome(device, device, events=[[]])
        for id in left_behind(fences, device.state):
            state, events = leave_deleted(outcome.after.state, id, now_ms)
            outcome.after = replace(outcome.after, state=state)
            self._add_fence_events(fences, outcome, events)
        return outcome.with_next_version()

    def store_point(self, id: str) -> Point | None:
        """The location of a store; None when there is no such store, or it has no location."""
        encoded = self._directory.stores.replica.public(id)
        store = parse_store(encoded) if encoded else None
        if store is None or not store.HasField("location"):
            return None
        return Point(store.location.latitude, store.location.longitude)

    def _add_fence_events(
        self, fences: FencesReplica, outcome: Outcome, events: Iterable[Event]
    ) -> None:
        for event in events:
            mute = fences.mute(event)
            if not mute and (cap := fences.cap_of(event.fence_id)):
                outcome.after, is_over = count_visit(outcome.after, event, cap)
                mute = pb.MUTE_FREQUENCY if is_over else mute
            outcome.events[-1].append(
                fence_event(event, outcome.after.subject, fences.labels(event), mute)
            )

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
            trip, kinds = trips.moved(trip, self._stores_here(trip, fix.point), eta, now_ms)
            moved.append(trip)
            add_trip_events(outcome, trip, kinds, pb.CAUSE_FIX, fix.time_ms, now_ms)
        outcome.after = replace(outcome.after, trips=tuple(moved))

    def _stores_here(self, trip: Trip, point: Point) -> set[str]:
        """The trip's store and others of its brand, within the arrival radius of a position."""
        replica = self._directory.stores.replica
        store = parse_store(replica.public(trip.store) or b"")
        own = StoreFilter(ids=frozenset((trip.store,)))
        brand = StoreFilter(brands=frozenset((fold(store.brand),))) if store.brand else None
        hits = replica.nearest(point, 1, own, radius_m=trip.radius_m)
        if brand is not None:
            hits += replica.nearest(point, WRONG_STORES, brand, radius_m=trip.radius_m)
        return {id for id, _ in hits}


def add_trip_events(
    outcome: Outcome,
    trip: Trip,
    kinds: Iterable[TripEventType],
    cause: "pb.Cause.ValueType",
    device_ms: int,
    now_ms: int,
) -> None:
    """Number the events of a trip, and add them to the events of an outcome."""
    for kind in kinds:
        state = outcome.after.state
        number = state.event_count + 1
        outcome.after = replace(outcome.after, state=replace(state, event_count=number))
        subject = outcome.after.subject
        outcome.events[-1].append(trip_event(trip, kind, subject, number, cause, device_ms, now_ms))


def left_behind(fences: FencesReplica, state: DeviceState) -> list[str]:
    """The shapes that a device is in and that exist no more."""
    return [visit.fence_id for visit in state.visits if visit.fence_id not in fences.fences]
