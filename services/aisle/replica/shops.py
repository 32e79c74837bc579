"""The inside of each store now: the plan in force, its blocked areas, shelves and placements.

How it works: plans are drawn once per version and etag. Blocked areas are added at each call, since
they begin and expire by the clock.
"""

import asyncio
import dataclasses
import datetime as dt
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import ParamSpec, TypeVar

from enrayon.aisle.v1 import aisle_pb2 as pb
from geodata.floorplans.placements import Placement, placements_in_force
from geodata.floorplans.plan import FloorPlan, plan_in_force
from geodata.floorplans.shelves import Shelves
from services.aisle.convert import placements, plans
from services.aisle.errors import FloorPlanNotFound, StoreNotFound
from services.aisle.model.reports import Reports, Shelved, decode, revised
from services.aisle.replica.feeds import Feeds
from services.chassis.clock import Clock
from services.chassis.messages.times import instant_if_set
from services.chassis.processor import in_thread
from services.directory.keys import store_id, store_name

PLANS_KEPT = 256
"""Drawn plans in memory: the most recent ones."""
AT_ONCE = 4
"""Heavy computations of a process at a time; others wait for their turn."""

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Shop:
    """A store's plan in force, with the blocked areas of now."""

    id: str
    plan_name: str
    planogram: str
    plan: FloorPlan
    encoded: bytes
    """The message of the plan, without blocked areas."""
    shelves: Shelves


@dataclass(frozen=True, slots=True)
class PlacementSources:
    """The placements of a product at a store, by planogram and by shoppers."""

    known: tuple[Placement, ...]
    """Those of the store or its planogram, including those of other times."""
    shelved: tuple[Shelved, ...]
    """Those in force now, with the places that shoppers added, the most confident first."""
    basis: str
    """The digest of the records of the store and its planogram."""
    reports: Reports
    """The reports of shoppers on this basis."""


class Shops:
    """The insides of the stores of a process."""

    def __init__(self, feeds: Feeds, clock: Clock) -> None:
        self._feeds = feeds
        self._clock = clock
        self._drawn = lru_cache(maxsize=PLANS_KEPT)(self._draw)
        self._turns = asyncio.Semaphore(AT_ONCE)

    def check_store(self, name: str) -> str:
        """The id of a store that exists and is not private.

        Raises:
            StoreNotFound: there is no such store.
        """
        id = store_id(name)
        if self._feeds.directory.stores.replica.public(id) is None:
            raise StoreNotFound(name)
        return id

    def current(self, id: str) -> pb.FloorPlan | None:
        """The version in force now, without its parts: the last one to take effect."""
        versions = {
            version.name.rpartition("/")[2]: version
            for version in self._feeds.plans.replica.versions(id)
        }
        summaries = (plans.plan(version, store_name(id)) for version in versions.values())
        current = plan_in_force(summaries, self._clock())
        return versions[current.version] if current is not None else None

    def find(self, id: str) -> Shop | None:
        """A store's plan in force with the blocked areas of now; None if there is no plan."""
        version = self.current(id)
        if version is None:
            return None
        plan, shelves = self._drawn(version.name, version.etag)
        blocks = (block for block in self.blocks(id) if started(block, self._clock()))
        return Shop(
            id,
            version.name,
            version.planogram,
            dataclasses.replace(plan, blocked=tuple(map(plans.blocked_area, blocks))),
            self._feeds.plans.replica.record(version.name) or b"",
            shelves,
        )

    def open(self, id: str) -> Shop:
        """A store's plan in force with the blocked areas of now.

        Raises:
            FloorPlanNotFound: the store has no plan in force.
        """
        shop = self.find(id)
        if shop is None:
            raise FloorPlanNotFound(f"{store_name(id)}/floorPlans/current")
        return shop

    def blocks(self, id: str) -> list[pb.BlockedArea]:
        """The blocked areas of a store that have not expired, by name."""
        replica, now = self._feeds.plans.replica, self._clock()
        encoded = [
            replica.record(name) or b"" for name in replica.names(f"{store_name(id)}/blockedAreas")
        ]
        blocks = map(pb.BlockedArea.FromString, encoded)
        return [block for block in blocks if block.expire_time.ToDatetime(dt.UTC) > now]

    def sources(self, id: str, sku: str, planogram: str) -> PlacementSources:
        """The placements of a product: those of the store, else those of its planogram."""
        replica = self._feeds.placements.replica
        records = replica.of(store_name(id), sku), replica.of(planogram, sku)
        digest = hashlib.blake2b(digest_size=9)
        for record in records:
            digest.update(hashlib.blake2b(record or b"").digest())
        basis = digest.hexdigest()
        of_store = decoded(records[0], sku, store_name(id))
        of_planogram = decoded(records[1], sku)
        in_force = placements_in_force(of_planogram, of_store, self._clock()).get(sku, ())
        encoded = replica.of(reports_scope(id), sku)
        reports = decode(encoded) if encoded is not None else Reports(basis)
        if reports.basis != basis:
            reports = dataclasses.replace(reports, basis=basis, places=())
        known = tuple(dict.fromkeys([*in_force, *(of_store or of_planogram)]))
        return PlacementSources(
            known, tuple(revised(sku, in_force, known, reports)), basis, reports
        )

    async def compute(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a heavy function in a thread, at most `AT_ONCE` at a time."""
        async with self._turns:
            return await in_thread(function, *args, **kwargs)

    def _draw(self, name: str, _etag: str) -> tuple[FloorPlan, Shelves]:
        encoded = self._feeds.plans.replica.record(name) or b""
        store = "/".join(name.split("/")[:2])
        plan = plans.plan(pb.FloorPlan.FromString(encoded), store)
        return plan, Shelves(plan)


def started(block: pb.BlockedArea, now: dt.datetime) -> bool:
    """True if the start time of a blocked area is past."""
    start = instant_if_set(block, "start_time")
    return start is None or start <= now


def decoded(encoded: bytes | None, sku: str, store: str = "") -> list[Placement]:
    """The placements in the record of a product; none without a record."""
    if encoded is None:
        return []
    product = pb.ProductPlacements.FromString(encoded)
    return [placements.placement(each, sku, store) for each in product.placements]


def reports_scope(id: str) -> str:
    """The scope of shoppers' reports at a store."""
    return f"reports/{id}"
