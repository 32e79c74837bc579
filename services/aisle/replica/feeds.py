"""What a process has in memory of floor plans and placements, followed while anything needs it."""

import asyncio
import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from enrayon.aisle.v1 import aisle_pb2 as pb
from services.chassis.clock import Clock
from services.chassis.database.client import Client
from services.chassis.tasks import finish
from services.directory.directory import Directory
from services.directory.feed import Feed
from services.directory.replicas import Change

PLANS = "plans"
PLACEMENTS = "placements"


class PlansReplica:
    """Floor plans, blocked areas and anchors by name, and their names by store."""

    def __init__(self, records: Iterable[tuple[str, bytes]] = ()) -> None:
        self._records: dict[str, bytes] = {}
        self._children: defaultdict[str, dict[str, None]] = defaultdict(dict)
        self._versions: dict[str, pb.FloorPlan] = {}
        for name, encoded in records:
            self.apply(name, encoded)

    def __len__(self) -> int:
        return len(self._records)

    def record(self, id: str) -> bytes | None:
        """The encoded resource of a name."""
        return self._records.get(id)

    def records(self) -> Iterable[tuple[str, bytes]]:
        """All names with their encoded resources."""
        return self._records.items()

    def names(self, collection: str) -> list[str]:
        """The names in a collection such as `stores/1/anchors`, in order."""
        return sorted(self._children.get(collection, ()))

    def versions(self, store: str) -> Iterator[pb.FloorPlan]:
        """The versions of a store's plan in order, without what is drawn. Not to be changed."""
        for name in self.names(f"stores/{store}/floorPlans"):
            yield self._versions[name]

    def apply(self, id: str, after: bytes | None) -> Change:
        """Add, change or (None) delete one resource."""
        before = self._records.pop(id, None)
        collection = id.rpartition("/")[0]
        self._children[collection].pop(id, None)
        self._versions.pop(id, None)
        if after is not None:
            self._records[id] = after
            self._children[collection][id] = None
            if collection.endswith("/floorPlans"):
                self._versions[id] = undrawn(pb.FloorPlan.FromString(after))
        return Change(id, before, after)


class PlacementsReplica:
    """Where products stand: encoded records by scope (`stores/1`, `planograms/x`, ...) and SKU."""

    def __init__(self, records: Iterable[tuple[str, bytes]] = ()) -> None:
        self._scopes: defaultdict[str, dict[str, bytes]] = defaultdict(dict)
        for id, encoded in records:
            self.apply(id, encoded)

    def __len__(self) -> int:
        return sum(map(len, self._scopes.values()))

    def of(self, scope: str, sku: str) -> bytes | None:
        """The record of a SKU in a scope."""
        return self._scopes[scope].get(sku) if scope in self._scopes else None

    def skus(self, scope: str) -> list[str]:
        """The SKUs of a scope."""
        return list(self._scopes.get(scope, ()))

    def record(self, id: str) -> bytes | None:
        """The record of an id."""
        scope, _, sku = id.rpartition("/")
        return self.of(scope, sku)

    def records(self) -> Iterable[tuple[str, bytes]]:
        """All ids with their records."""
        for scope, records in self._scopes.items():
            for sku, encoded in records.items():
                yield f"{scope}/{sku}", encoded

    def apply(self, id: str, after: bytes | None) -> Change:
        """Add, change or (None) delete one record."""
        scope, _, sku = id.rpartition("/")
        before = self._scopes[scope].pop(sku, None)
        if after is not None:
            self._scopes[scope][sku] = after
        elif not self._scopes[scope]:
            del self._scopes[scope]
        return Change(id, before, after)


class Feeds:
    """Both feeds. They start when first asked for; `run` keeps them, and stops them in the end."""

    def __init__(self, client: Client, directory: Directory, folder: Path, clock: Clock) -> None:
        self.directory = directory
        self.plans = Feed(client, PLANS, PlansReplica, folder, clock)
        self.placements = Feed(client, PLACEMENTS, PlacementsReplica, folder, clock)
        self._starting: asyncio.Task[None] | None = None

    @property
    def stale_as_of(self) -> dt.datetime | None:
        """When all that answers are made of was last known to be current; None while it is."""
        ages = (
            self.directory.stale_as_of,
            self.plans.stale_as_of,
            self.placements.stale_as_of,
        )
        return min((age for age in ages if age is not None), default=None)

    async def ready(self) -> None:
        """Wait until the feeds have begun."""
        if self._starting is None:
            self._starting = asyncio.create_task(self._start())
        await asyncio.shield(self._starting)

    async def run(self) -> None:
        """Follow until cancelled."""
        try:
            await self.ready()
            await asyncio.Event().wait()
        finally:
            await finish(self._stop())

    async def _start(self) -> None:
        await asyncio.gather(self.plans.start(), self.placements.start())

    async def _stop(self) -> None:
        if self._starting is not None:
            await asyncio.wait([self._starting])
            self._starting = None
            await asyncio.gather(self.plans.stop(), self.placements.stop())


def undrawn(plan: pb.FloorPlan) -> pb.FloorPlan:
    """A plan without its parts."""
    kept = pb.FloorPlan()
    kept.CopyFrom(plan)
    for field, _ in plan.ListFields():
        if field.is_repeated:
            kept.ClearField(field.name)  # type: ignore[arg-type]
    return kept
