"""Locates products: their placements at a store, and the shelves on its plan."""

import math
from collections.abc import Iterable, Sequence
from operator import itemgetter

from enrayon.aisle.v1 import aisle_pb2 as pb
from geodata.floorplans.placements import Placement
from geodata.floorplans.plan import Position
from geodata.floorplans.shelves import Precision
from geodata.wayfinding.shopping import Item
from services.aisle.convert import placements
from services.aisle.convert.positions import position_on
from services.aisle.model.reports import Shelved
from services.aisle.replica.feeds import Feeds
from services.aisle.replica.shops import Shop, Shops
from services.chassis.messages.paging import page_size
from services.chassis.serving.turns import Turns
from services.directory.keys import store_name
from services.directory.products import parse_product, product_name, product_sku

REACH_M = 2.0
"""The products around a position are those with a place to stand so near."""


class LocatedProducts:
    """Locates products at a store."""

    def __init__(self, feeds: Feeds, shops: Shops) -> None:
        self._feeds = feeds
        self._shops = shops

    async def locate(self, request: pb.LocateProductsRequest) -> pb.LocateProductsResponse:
        """Locate the named products, those with the words of a query, or those around a position.

        Raises:
            StoreNotFound: there is no such store.
            InvalidArgument: the position is not on the plan in force.
        """
        id = self._shops.check_store(request.store)
        shop = self._shops.find(id)
        plan = shop.plan if shop else None
        response = pb.LocateProductsResponse(floor_plan=shop.plan_name if shop else "")
        if request.HasField("near"):
            near = position_on(plan, request.near, "near")
            if shop is not None:
                response.located.extend(await self._around(shop, near, request))
            return response
        turns = Turns()
        for sku in await self._skus(request):
            await turns.give()
            language = request.language_code
            shelved = self._shops.sources(id, sku, shop.planogram if shop else "").shelved
            if shelved:
                response.located.append(self._located(shop, sku, shelved, language))
            else:
                response.unlocated.extend(placements.missing([self.item(sku, language)], plan))
        return response

    def item(self, sku: str, language: str, *, in_stock: bool | None = None) -> Item:
        """A product as an item of a shopping list, with its name and department."""
        encoded = self._feeds.directory.products.replica.record(sku)
        if encoded is None:
            return Item(sku=sku, in_stock=in_stock)
        product = parse_product(encoded)
        name = placements.name_in(product, language)
        return Item(sku=sku, name=name, department=product.department, in_stock=in_stock)

    def _located(
        self, shop: Shop | None, sku: str, shelved: Iterable[Shelved], language: str
    ) -> pb.LocatedProduct:
        item = self.item(sku, language)
        return pb.LocatedProduct(
            product=product_name(sku),
            display_name=item.name,
            department=placements.department_of(item, shop.plan if shop else None),
            shelves=shelves(shop, shelved, language),
        )

    async def _around(
        self, shop: Shop, at: Position, request: pb.LocateProductsRequest
    ) -> Sequence[pb.LocatedProduct]:
        """The products of the bays around a position, the nearest first."""
        aisle = shop.shelves.nearest_aisle(at)
        if aisle is None:
            return ()
        replica, turns = self._feeds.placements.replica, Turns()
        own = await replica.skus_in_aisle(store_name(shop.id), aisle)
        of_planogram = await replica.skus_in_aisle(shop.planogram, aisle)
        found = []
        for sku in {*own, *of_planogram}:
            await turns.give()
            shelved = self._shops.sources(shop.id, sku, shop.planogram).shelved
            distances = [(_distance_m(shop, each.placement, at), each) for each in shelved]
            near = sorted((each for each in distances if each[0] <= REACH_M), key=itemgetter(0))
            if near:
                nearest_m, first = near[0]
                found.append(
                    (nearest_m, _on_shelf(first.placement), sku, [each for _, each in near])
                )
        found.sort(key=itemgetter(0, 1, 2))
        return [
            self._located(shop, sku, near, request.language_code)
            for *_, sku, near in found[: page_size(request.limit, default=10, most=100)]
        ]

    async def _skus(self, request: pb.LocateProductsRequest) -> Iterable[str]:
        if not request.query:
            return dict.fromkeys(map(product_sku, request.products))
        matches = await self._feeds.directory.products.replica.search(request.query)
        return [match.id for match in matches[: page_size(request.limit, default=10, most=100)]]


def shelves(shop: Shop | None, shelved: Iterable[Shelved], language: str) -> Iterable[pb.Shelf]:
    """The shelves of a product, in the order of its placements."""
    for each in shelved:
        spot = shop.shelves.find(each.placement) if shop else None
        plan = shop.plan if shop else None
        yield placements.shelf(each.placement, spot, plan, language, reported=each.reported)


def _distance_m(shop: Shop, placement: Placement, at: Position) -> float:
    """The distance to the place to stand at a bay; infinite without a bay, or on another level."""
    spot = shop.shelves.find(placement)
    if spot is None or spot.stand is None or spot.precision is not Precision.BAY:
        return math.inf
    if spot.stand.level != at.level:
        return math.inf
    return math.dist((spot.stand.x_m, spot.stand.y_m), (at.x_m, at.y_m))


def _on_shelf(placement: Placement) -> tuple[int, int]:
    """The order of products in a bay: from the top shelf down, then along it."""
    return -(placement.shelf or 0), placement.position or 0
