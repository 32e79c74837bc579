"""The replica of fences, compiled and indexed; areas around stores follow the stores."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from enrayon.geofence.v1 import geofence_pb2 as pb
from enrayon.stores.v1 import stores_pb2
from geodata.fences import Circle, FenceIndex, Shape
from geodata.fences.events import Event
from geodata.fences.state import Fence, Rules
from geodata.points import Point
from geodata.roads.sketch import Sketch
from services.directory.directory import Directory
from services.directory.filters import fold
from services.directory.keys import parse_store, store_id
from services.directory.replicas import Change, Records
from services.directory.travel_areas import TravelArea, TravelFence
from services.geofence.convert import fences as convert
from services.geofence.errors import InvalidFence
from services.geofence.model.detection import Cap
from services.geofence.replica.times import is_within, problem_of

EVERY_FIX_MOST = 100
"""The most fences that may report every fix. Each device outside causes an event for each."""


@dataclass(frozen=True)
class CompiledFence:
    """A fence with what detection needs of it."""

    id: str
    message: pb.Fence
    rules: Rules
    brands: frozenset[str] = frozenset()
    stores: frozenset[str] = frozenset()

    @property
    def is_around_stores(self) -> bool:
        """True if it stands for one area around each of some stores."""
        return self.message.WhichOneof("area") == "around_stores"

    def is_around(self, id: str, store: stores_pb2.Store) -> bool:
        """True if one of its areas is around a store."""
        return (
            store.HasField("location")
            and not store.private
            and (id in self.stores or (bool(self.brands) and fold(store.brand) in self.brands))
        )


def compiled(id: str, message: pb.Fence) -> CompiledFence:
    """A fence with what detection needs of it.

    Raises:
        InvalidFence: its hours or its settings cannot be used.
    """
    around = message.around_stores
    for field in ("active_hours", "quiet_hours"):
        _check_hours(message, field)
    return CompiledFence(
        id,
        message,
        convert.rules(message),
        frozenset(map(fold, around.brands)),
        frozenset(map(store_id, around.stores)),
    )


class FencesReplica(Records):
    """The fences in memory. Their shapes have keys: the fence's id, or `<fence>@<store>`."""

    def __init__(self, directory: Directory, records: Iterable[tuple[str, bytes]] = ()) -> None:
        super().__init__()
        self._directory = directory
        self.by_id: dict[str, CompiledFence] = {}
        self.index = FenceIndex()
        """The shapes, by key."""
        self.fences: dict[str, Fence] = {}
        """The shapes with their rules, by key."""
        self._keys_of: defaultdict[str, set[str]] = defaultdict(set)
        self._around: dict[str, CompiledFence] = {}
        self.unsketched: dict[str, TravelFence] = {}
        """The shapes by travel time whose isochrone is not computed yet, by key."""
        self.every_fix: set[str] = set()
        """Ids of the fences that report every fix."""
        for id, encoded in records:
            self.apply(id, encoded)

    def _index(self, change: Change) -> None:
        id = change.id
        if change.before is not None:
            for key in self._keys_of.pop(id, ()):
                self._remove(key)
            self.by_id.pop(id, None)
            self._around.pop(id, None)
            self.every_fix.discard(id)
        if change.after is not None:
            fence = self.by_id[id] = compiled(id, pb.Fence.FromString(change.after))
            if fence.rules.every_fix:
                self.every_fix.add(id)
            if fence.is_around_stores:
                self._around[id] = fence
                self._follow_all(fence)
            else:
                self._put(fence, id, convert.shape(fence.message))

    def store_changed(self, change: Change | None) -> None:
        """Follow a change of a store; None means that all stores were loaded anew."""
        if change is None:
            for id in list(self._around):
                self.apply(id, self._records[id])
            return
        for fence in self._around.values():
            self._follow(fence, change.id, change.after)

    @property
    def keys_of_every_fix(self) -> list[str]:
        """The keys of the shapes that report every fix, outside ones too."""
        return [key for id in self.every_fix for key in self._keys_of[id]]

    def keys_of(self, id: str) -> list[str]:
        """The keys of the shapes of a fence: one, or one for each of its stores."""
        return sorted(self._keys_of.get(id, ()))

    def keys_around(self, store: str) -> list[str]:
        """The keys of the shapes around a store."""
        keys = (f"{id}@{store}" for id in sorted(self._around))
        return [key for key in keys if key in self.fences]

    def is_around_any(self, brands: Iterable[str], stores: Iterable[str]) -> bool:
        """True if a fence is around one of some stores, or of the stores of some brands."""
        wanted = {fold(brand) for brand in brands}
        ids = {store_id(name) for name in stores}
        replica = self._directory.stores.replica
        for key in (key for fence in self._around for key in self._keys_of.get(fence, ())):
            store = key.partition("@")[2]
            encoded = replica.public(store)
            if store in ids or (encoded and fold(parse_store(encoded).brand) in wanted):
                return True
        return False

    def labels(self, event: Event) -> Mapping[str, str]:
        """The labels of the fence of an event; empty once it is deleted."""
        fence = self.by_id.get(event.fence_id.partition("@")[0])
        return fence.message.labels if fence else {}

    def mute(self, event: Event) -> "pb.Mute.ValueType":
        """The reason why an event is muted, apart from a frequency cap."""
        id, _, store = event.fence_id.partition("@")
        fence = self.by_id.get(id)
        if fence is None:
            return pb.MUTE_UNSPECIFIED
        at = dt.datetime.fromtimestamp(event.time_ms / 1000, dt.UTC)
        message = fence.message
        if message.HasField("active_hours") and not self._is_within(
            message.active_hours, store, at
        ):
            return pb.MUTE_INACTIVE
        if message.HasField("quiet_hours") and self._is_within(message.quiet_hours, store, at):
            return pb.MUTE_QUIET_HOURS
        # The contract counts from 1, since 0 is not set.
        if event.confidence + 1 < message.min_confidence:
            return pb.MUTE_CONFIDENCE
        return pb.MUTE_UNSPECIFIED

    def cap_of(self, key: str) -> Cap | None:
        """The frequency cap of a shape; None when it has none."""
        fence = self.by_id.get(key.partition("@")[0])
        if fence is None or not fence.message.HasField("frequency_cap"):
            return None
        cap = fence.message.frequency_cap
        return Cap(cap.visits, cap.period.ToMilliseconds())

    def _is_within(self, hours: pb.Hours, store: str, at: dt.datetime) -> bool:
        return is_within(self._directory, hours, store, at, local=hours.store_time_zone)

    def _follow_all(self, fence: CompiledFence) -> None:
        stores = self._directory.stores
        # Stores that are loaded later are followed as a change of all.
        if stores.is_loaded:
            for id, encoded in list(stores.replica.records()):
                self._follow(fence, id, encoded)

    def _follow(self, fence: CompiledFence, id: str, encoded: bytes | None) -> None:
        """Put, move or remove the area around a store."""
        key = f"{fence.id}@{id}"
        store = parse_store(encoded) if encoded else None
        if store is None or not fence.is_around(id, store):
            if key in self._keys_of[fence.id]:
                self._keys_of[fence.id].discard(key)
                self._remove(key)
            return
        center = Point(store.location.latitude, store.location.longitude)
        shape = self._around_store(fence.message.around_stores, center)
        if key not in self.fences or self.fences[key].shape != shape:
            self._put(fence, key, shape)

    def _around_store(self, around: pb.AroundStores, center: Point) -> Circle | TravelFence:
        if not around.HasField("travel_area"):
            return Circle(center, around.radius_m)
        roads = self._directory.roads
        return TravelFence(
            TravelArea.of(around.travel_area, center), roads.seconds_to, roads.version
        )

    def sketched(self, key: str, shape: TravelFence, sketch: Sketch) -> None:
        """Use the isochrone of a shape, unless the shape was replaced meanwhile."""
        if self.unsketched.get(key) is not shape:
            return
        del self.unsketched[key]
        whole = replace(shape, sketch=sketch)
        self.index.put(key, whole, sketch.cover)
        self.fences[key] = replace(self.fences[key], shape=whole)

    def _put(self, fence: CompiledFence, key: str, shape: Shape) -> None:
        self.unsketched.pop(key, None)
        if isinstance(shape, TravelFence):
            self.unsketched[key] = shape
        self.index.put(key, shape)
        self.fences[key] = Fence(shape, fence.rules)
        self._keys_of[fence.id].add(key)

    def _remove(self, key: str) -> None:
        self.unsketched.pop(key, None)
        self.index.remove(key)
        del self.fences[key]


def _check_hours(message: pb.Fence, field: str) -> None:
    hours = getattr(message, field)
    if hours.WhichOneof("kind") == "store_hours":
        if message.WhichOneof("area") != "around_stores":
            raise InvalidFence(f"fence.{field}.store_hours", "only for fences around stores")
    elif problem := problem_of(hours):
        path, text = problem
        raise InvalidFence(f"fence.{field}.{path}" if path else f"fence.{field}", text)
