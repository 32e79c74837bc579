"""What is known of the inside of a store now: its plan in force, its shelves, its walks."""

import asyncio
import dataclasses
import datetime as dt
import hashlib
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import ParamSpec, TypeVar

from enrayon.aisle.v1 import aisle_pb2 as pb
from geodata.floorplans.placements import Placement, placements_in_force
from geodata.floorplans.plan import FloorPlan, plan_in_force
from geodata.floorplans.shelves import Shelves
from geodata.wayfinding.network import Network
from geodata.wayfinding.profiles import Profile
from services.aisle.convert import placements, plans
from services.aisle.errors import FloorPlanNotFound, StoreNotFound
from services.aisle.model.reports import Reports, Shelved, decode, revised
from services.aisle.replica.feeds import Feeds
from services.chassis.clock import Clock
from services.chassis.errors import ResourceExhausted
from services.directory.keys import store_id, store_name

PLANS_KEPT = 256
NETWORKS_KEPT = 64
AT_ONCE = 4
"""Heavy computations of a process at a time; the others wait for their turn."""

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Shop:
    """A store's plan in force, with what is shut now."""

    id: str
    plan_name: str
    planogram: str
    plan: FloorPlan
    shelves: Shelves
    state: tuple[object, ...]
    """Another one means that walks may be others."""


@dataclass(frozen=True, slots=True)
class PlacementSources:
    """What planogram and shoppers say of a product at a store."""

    known: tuple[Placement, ...]
    """By the planogram or the store itself, of other times too."""
    shelved: tuple[Shelved, ...]
    """What counts now, the surest first."""
    basis: str
    """A digest of what the planogram says."""
    reports: Reports
    """Those on this basis."""


class Shops:
    """The stores of a process, from inside."""

    def __init__(self, feeds: Feeds, clock: Clock) -> None:
        self._feeds = feeds
        self._clock = clock
        self._drawn = lru_cache(maxsize=PLANS_KEPT)(self._draw)
        self._networks: OrderedDict[object, asyncio.Task[Network]] = OrderedDict()
        self._turns = asyncio.Semaphore(AT_ONCE)

    def check_store(self, name: str) -> str:
        """The id of a store that there is and that is not private.

        Raises:
            StoreNotFound: there is none.
        """
        id = store_id(name)
        if self._feeds.directory.stores.replica.public(id) is None:
            raise StoreNotFound(name)
        return id

    def current(self, id: str) -> pb.FloorPlan | None:
        """The version in force now, undrawn: of several, the one that took effect last."""
        versions = {
            version.name.rpartition("/")[2]: version
            for version in self._feeds.plans.replica.versions(id)
        }
        undrawn = (plans.plan(version, store_name(id)) for version in versions.values())
        held = plan_in_force(undrawn, self._clock())
        return versions[held.version] if held is not None else None

    def find(self, id: str) -> Shop | None:
        """A store's plan in force with what is shut now; None when there is no plan."""
        version = self.current(id)
        if version is None:
            return None
        plan, shelves = self._drawn(version.name, version.etag)
        blocks = [
            (encoded, plans.blocked_area(block))
            for encoded, block in self._blocks(id)
            if started(block, self._clock())
        ]
        return Shop(
            id,
            version.name,
            version.planogram,
            dataclasses.replace(plan, blocked=tuple(block for _, block in blocks)),
            shelves,
            (version.name, version.etag, *(encoded for encoded, _ in blocks)),
        )

    def open(self, id: str) -> Shop:
        """A store's plan in force with what is shut now.

        Raises:
            FloorPlanNotFound: there is none.
        """
        shop = self.find(id)
        if shop is None:
            raise FloorPlanNotFound(f"{store_name(id)}/floorPlans/current")
        return shop

    def blocks(self, id: str) -> list[pb.BlockedArea]:
        """What is shut at a store now and later, by name."""
        return [block for _, block in self._blocks(id)]

    def sources(self, id: str, sku: str, planogram: str) -> PlacementSources:
        """What is said of a product at a store: the store's own word, else its planogram's."""
        replica = self._feeds.placements.replica
        own, chain = replica.of(store_name(id), sku), replica.of(planogram, sku)
        digest = hashlib.blake2b(digest_size=9)
        for word in (own, chain):
            digest.update(hashlib.blake2b(word or b"").digest())
        basis = digest.hexdigest()
        at_store, of_chain = placed(own, sku, store_name(id)), placed(chain, sku)
        in_force = placements_in_force(of_chain, at_store, self._clock()).get(sku, ())
        kept = replica.of(reports_scope(id), sku)
        reports = decode(kept) if kept is not None else Reports(basis)
        if reports.basis != basis:
            reports = dataclasses.replace(reports, basis=basis, places=())
        known = tuple(dict.fromkeys([*in_force, *(at_store or of_chain)]))
        return PlacementSources(
            known, tuple(revised(sku, in_force, known, reports)), basis, reports
        )

    async def network(self, shop: Shop, profile: Profile) -> Network:
        """What a profile can walk there now, computed once.

        Raises:
            ResourceExhausted: with all that is shut, the floor has too many corners.
        """
        key = (shop.state, profile.name)
        task = self._networks.get(key)
        if task is None:
            task = asyncio.create_task(self.compute(Network, shop.plan, profile, self._clock()))
            self._networks[key] = task
            if len(self._networks) > NETWORKS_KEPT:
                self._networks.popitem(last=False)
        self._networks.move_to_end(key)
        try:
            return await asyncio.shield(task)
        except ValueError as fault:
            raise ResourceExhausted(f"with all that is shut there, {fault}") from None

    async def compute(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run something heavy beside the answering of other calls, a few of them at a time."""
        async with self._turns:
            return await asyncio.to_thread(function, *args, **kwargs)

    def _draw(self, name: str, _etag: str) -> tuple[FloorPlan, Shelves]:
        encoded = self._feeds.plans.replica.record(name) or b""
        store = "/".join(name.split("/")[:2])
        plan = plans.plan(pb.FloorPlan.FromString(encoded), store)
        return plan, Shelves(plan)

    def _blocks(self, id: str) -> Sequence[tuple[bytes, pb.BlockedArea]]:
        replica, now = self._feeds.plans.replica, self._clock()
        encoded = [
            replica.record(name) or b"" for name in replica.names(f"{store_name(id)}/blockedAreas")
        ]
        blocks = [(each, pb.BlockedArea.FromString(each)) for each in encoded]
        return [
            (each, block) for each, block in blocks if block.expire_time.ToDatetime(dt.UTC) > now
        ]


def started(block: pb.BlockedArea, now: dt.datetime) -> bool:
    """Whether a blocked area is shut already."""
    start = plans.moment(block, "start_time")
    return start is None or start <= now


def placed(encoded: bytes | None, sku: str, store: str = "") -> list[Placement]:
    """The placements in a record of a product."""
    if encoded is None:
        return []
    product = pb.ProductPlacements.FromString(encoded)
    return [placements.placement(each, sku, store) for each in product.placements]


def reports_scope(id: str) -> str:
    """The scope of shoppers' reports at a store."""
    return f"reports/{id}"
