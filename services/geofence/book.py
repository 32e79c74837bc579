"""All fences of a process: compiled, indexed, those around stores following the stores."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from enrayon.geofence.v1 import geofence_pb2 as pb
from enrayon.stores.v1 import stores_pb2
from geodata.fences import Circle, FenceError, FenceIndex
from geodata.fences.events import Event
from geodata.fences.state import Fence, Rules
from geodata.points import Point
from geodata.schedule.errors import ScheduleError
from geodata.schedule.model import Schedule, State
from geodata.schedule.timeline import timeline
from services.directory.directory import Directory
from services.directory.filters import fold
from services.directory.keys import parse_store, store_id
from services.directory.replicas import Change
from services.geofence import convert
from services.geofence.errors import InvalidFence

EVERY_FIX_MOST = 100
"""Fences that may tell of each fix: of each device each of them is told."""


@dataclass(frozen=True)
class Rule:
    """A fence as it is to be looked up: its message, and what was made of it."""

    id: str
    message: pb.Fence
    rules: Rules
    active: Schedule | None
    quiet: Schedule | None
    brands: frozenset[str] = frozenset()
    stores: frozenset[str] = frozenset()

    @property
    def around_stores(self) -> bool:
        """Whether it stands for a circle round each of some stores."""
        return self.message.WhichOneof("area") == "around_stores"

    def has(self, id: str, store: stores_pb2.Store) -> bool:
        """Whether there is a circle round a store."""
        return (
            store.HasField("location")
            and not store.private
            and (id in self.stores or (bool(self.brands) and fold(store.brand) in self.brands))
        )


def compiled(id: str, message: pb.Fence) -> Rule:
    """What is made of a fence.

    Raises:
        InvalidFence: its hours cannot be used, or its settings.
    """
    around = message.around_stores
    return Rule(
        id,
        message,
        convert.rules(message),
        _schedule(message, "active_hours"),
        _schedule(message, "quiet_hours"),
        frozenset(map(fold, around.brands)),
        frozenset(map(store_id, around.stores)),
    )


class FencesReplica:
    """The fences in memory. A fence around stores has one shape a store, `<fence>@<store>`."""

    def __init__(self, directory: Directory, records: Iterable[tuple[str, bytes]] = ()) -> None:
        self._directory = directory
        self._records: dict[str, bytes] = {}
        self.rules: dict[str, Rule] = {}
        self.index = FenceIndex()
        self.fences: dict[str, Fence] = {}
        self._shapes_of: defaultdict[str, set[str]] = defaultdict(set)
        self._around: dict[str, Rule] = {}
        self.every_fix: set[str] = set()
        """The fences that tell of each fix."""
        for id, encoded in records:
            self.apply(id, encoded)

    def __len__(self) -> int:
        return len(self._records)

    def record(self, id: str) -> bytes | None:
        """The encoded fence of an id."""
        return self._records.get(id)

    def records(self) -> Iterable[tuple[str, bytes]]:
        """All ids with their encoded fences."""
        return self._records.items()

    def apply(self, id: str, after: bytes | None) -> Change:
        """Add, change or (None) delete one fence."""
        before = self._records.pop(id, None)
        if before is not None:
            for key in self._shapes_of.pop(id, ()):
                self._remove(key)
            self.rules.pop(id, None)
            self._around.pop(id, None)
            self.every_fix.discard(id)
        if after is not None:
            self._records[id] = after
            rule = compiled(id, pb.Fence.FromString(after))
            self.rules[id] = rule
            if rule.rules.every_fix:
                self.every_fix.add(id)
            if rule.around_stores:
                self._around[id] = rule
                for store, encoded in list(self._directory.stores.replica.records()):
                    self._follow(rule, store, encoded)
            else:
                self._put(rule, id, convert.shape(rule.message))
        return Change(id, before, after)

    def store_changed(self, change: Change | None) -> None:
        """Follow a store; None when all may be others."""
        if change is None:
            for id in list(self._around):
                self.apply(id, self._records[id])
            return
        for rule in self._around.values():
            self._follow(rule, change.id, change.after)

    @property
    def watched(self) -> list[str]:
        """The shapes that tell of each fix outside too."""
        return [key for id in self.every_fix for key in self._shapes_of[id]]

    def events(self, found: Iterable[Event]) -> Iterator[tuple[Event, str, str, Mapping[str, str]]]:
        """Each event with its fence, its store and the labels of the fence."""
        for event in found:
            id, _, store = event.fence_id.partition("@")
            rule = self.rules.get(id)
            yield event, id, store, rule.message.labels if rule else {}

    def mute(self, event: Event) -> "pb.Mute.ValueType":
        """Why an event is not for everybody, the frequency aside."""
        id, _, store = event.fence_id.partition("@")
        rule = self.rules.get(id)
        if rule is None:
            return pb.MUTE_UNSPECIFIED
        at = dt.datetime.fromtimestamp(event.time_ms / 1000, dt.UTC)
        hours = rule.message
        if hours.HasField("active_hours") and not self._holds(
            rule.active, hours.active_hours, store, at
        ):
            return pb.MUTE_INACTIVE
        if hours.HasField("quiet_hours") and self._holds(rule.quiet, hours.quiet_hours, store, at):
            return pb.MUTE_QUIET_HOURS
        if event.confidence + 1 < rule.message.min_confidence:
            return pb.MUTE_CONFIDENCE
        return pb.MUTE_UNSPECIFIED

    def cap_of(self, key: str) -> tuple[int, int] | None:
        """How many visits to a shape a device may be told of in how many ms, if that is bounded."""
        rule = self.rules.get(key.partition("@")[0])
        if rule is None or not rule.message.HasField("frequency_cap"):
            return None
        cap = rule.message.frequency_cap
        return cap.visits, cap.period.ToMilliseconds()

    def _holds(
        self, schedule: Schedule | None, hours: pb.Hours, store: str, at: dt.datetime
    ) -> bool:
        if hours.WhichOneof("kind") == "store_hours":
            found = self._directory.schedules.of(store) if store else None
            schedule = found.own if found else None
        return schedule is not None and timeline(schedule).state_at(at).state is State.OPEN

    def _follow(self, rule: Rule, id: str, encoded: bytes | None) -> None:
        key = f"{rule.id}@{id}"
        store = parse_store(encoded) if encoded else None
        if store is None or not rule.has(id, store):
            if key in self._shapes_of[rule.id]:
                self._shapes_of[rule.id].discard(key)
                self._remove(key)
            return
        center = Point(store.location.latitude, store.location.longitude)
        shape = Circle(center, rule.message.around_stores.radius_m)
        if key not in self.fences or self.fences[key].shape != shape:
            self._put(rule, key, shape)

    def _put(self, rule: Rule, key: str, shape: object) -> None:
        self.index.put(key, shape)  # type: ignore[arg-type]
        self.fences[key] = Fence(shape, rule.rules)  # type: ignore[arg-type]
        self._shapes_of[rule.id].add(key)

    def _remove(self, key: str) -> None:
        self.index.remove(key)
        del self.fences[key]


def _schedule(message: pb.Fence, field: str) -> Schedule | None:
    hours = getattr(message, field)
    if hours.WhichOneof("kind") == "store_hours":
        if message.WhichOneof("area") != "around_stores":
            raise InvalidFence(f"fence.{field}.store_hours", "only for fences around stores")
        return None
    if not hours.expression:
        return None
    try:
        schedule = Schedule(expression=hours.expression, time_zone=hours.time_zone or "UTC")
        state = timeline(schedule).state_at(dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    except (ScheduleError, FenceError) as fault:
        raise InvalidFence(f"fence.{field}", str(fault)) from None
    if state.state is State.UNKNOWN and state.comment:
        raise InvalidFence(f"fence.{field}.expression", "cannot be read")
    return schedule
