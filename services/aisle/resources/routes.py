"""Plans the shortest route through a store for a shopping list."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from enrayon.aisle.v1 import aisle_pb2 as pb
from geodata.floorplans.plan import Place, PlaceKind, Position
from geodata.wayfinding.profiles import STEP_FREE, TROLLEY, WALKING
from geodata.wayfinding.shopping import Item, Route
from services.aisle.convert.positions import position_on
from services.aisle.convert.walks import Walk, planned
from services.aisle.errors import NoWay, PlaceNotOnPlan, StartNotOnMap
from services.aisle.replica.shops import PlacementSources, Shop, Shops
from services.aisle.resources.anchors import Anchors
from services.aisle.resources.located_products import LocatedProducts
from services.chassis.clock import Clock
from services.chassis.errors import InvalidArgument
from services.chassis.processes.pool import Pool
from services.chassis.serving.turns import Turns
from services.directory.keys import store_name
from services.directory.products import product_sku

PROFILES = {
    pb.ROUTE_PROFILE_UNSPECIFIED: WALKING,
    pb.ROUTE_PROFILE_WALKING: WALKING,
    pb.ROUTE_PROFILE_TROLLEY: TROLLEY,
    pb.ROUTE_PROFILE_STEP_FREE: STEP_FREE,
}
ENDS = {
    pb.ROUTE_END_UNSPECIFIED: PlaceKind.TILL,
    pb.ROUTE_END_TILL: PlaceKind.TILL,
    pb.ROUTE_END_COUNTER: PlaceKind.COUNTER,
    pb.ROUTE_END_ENTRANCE: PlaceKind.ENTRANCE,
}
IN_STOCK = {
    pb.AVAILABILITY_IN_STOCK: True,
    pb.AVAILABILITY_LIMITED: True,
    pb.AVAILABILITY_OUT_OF_STOCK: False,
}


@dataclass(frozen=True, slots=True)
class Planned:
    """A route, with the data that it was planned on."""

    shop: Shop
    route: Route
    start: Position | None
    """The start of the walk, if the request gives one."""
    sources: Mapping[str, PlacementSources]
    """The placements of each product, by SKU."""


@dataclass(frozen=True, slots=True)
class _Start:
    at: Position | None = None
    heading_deg: float | None = None


class Routes:
    """Plans routes."""

    def __init__(
        self,
        shops: Shops,
        products: LocatedProducts,
        anchors: Anchors,
        pool: Pool,
        clock: Clock,
    ) -> None:
        self._pool = pool
        self._clock = clock
        self._shops = shops
        self._products = products
        self._anchors = anchors

    async def plan(self, store: str, walk: pb.Walk, language: str) -> Planned:
        """The shortest route for a walk.

        Raises:
            StoreNotFound, FloorPlanNotFound: there is no such store, or no plan in force.
            InvalidArgument, StartNotOnMap, PlaceNotOnPlan: it cannot start or end there.
            AnchorInvalid, AnchorExpired, AnchorRevoked: the anchor at the start is not valid.
            NoWay: the walk has no items, and its end cannot be reached.
            And the errors of `Pool.run`.
        """
        shop = self._shops.open(self._shops.check_store(store))
        start, ends = self._start(shop, walk), _ends(shop, walk)
        lines: dict[str, pb.WalkItem] = {}
        for line in walk.items:
            lines.setdefault(product_sku(line.product), line)
        items: list[Item] = []
        sources: dict[str, PlacementSources] = {}
        turns = Turns()
        for sku, line in lines.items():
            in_stock = IN_STOCK.get(line.availability)
            items.append(self._products.item(sku, language, in_stock=in_stock))
            sources[sku] = self._shops.sources(shop.id, sku, shop.planogram)
            await turns.give()
        task = Walk(
            store=shop.plan.store,
            plan=shop.encoded,
            blocked=shop.plan.blocked,
            profile=PROFILES[walk.profile],
            at=self._clock(),
            items=items,
            placed={sku: [s.placement for s in each.shelved] for sku, each in sources.items()},
            start=start.at,
            heading_deg=start.heading_deg,
            ends=ends,
        )
        try:
            route = await self._pool.run(planned, task)
        except ValueError as fault:
            if str(fault).startswith("start:"):
                raise StartNotOnMap from None
            raise
        if route is None:
            raise NoWay(ends[0].id)
        return Planned(shop, route, start.at, sources)

    def _start(self, shop: Shop, walk: pb.Walk) -> _Start:
        heading = walk.heading_degrees if walk.HasField("heading_degrees") else None
        match walk.WhichOneof("start"):
            case "anchor":
                anchor = self._anchors.resolve(walk.anchor)
                if not anchor.name.startswith(f"{store_name(shop.id)}/"):
                    raise InvalidArgument.field("walk.anchor", "is of another store")
                if heading is None and anchor.HasField("heading_degrees"):
                    heading = anchor.heading_degrees
                at = anchor.position
                return _Start(Position(at.level, at.x_m, at.y_m), heading)
            case "place":
                return _Start(_place(shop, walk.place, "walk.place").position, heading)
            case "position":
                return _Start(position_on(shop.plan, walk.position, "walk.position"), heading)
            case _:
                return _Start(None, heading)


def _ends(shop: Shop, walk: pb.Walk) -> Sequence[Place]:
    """The places where a walk may end; none if it may end anywhere."""
    if walk.end_place:
        return [_place(shop, walk.end_place, "walk.end_place")]
    if walk.end == pb.ROUTE_END_LAST_STOP:
        return []
    kind = ENDS[walk.end]
    places = shop.plan.places_of(kind)
    # A plan without tills is that of a mall or a small shop: the walk ends at its last stop.
    if not places and walk.end != pb.ROUTE_END_UNSPECIFIED and shop.plan.has_map:
        raise PlaceNotOnPlan("walk.end", kind.value)
    return places


def _place(shop: Shop, id: str, field: str) -> Place:
    for place in shop.plan.places:
        if place.id == id:
            return place
    raise PlaceNotOnPlan(field, "such place")
