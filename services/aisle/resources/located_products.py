"""Locates products: their placements at a store, and the shelves on its plan."""

from collections.abc import Iterable

from enrayon.aisle.v1 import aisle_pb2 as pb
from geodata.wayfinding.shopping import Item
from services.aisle.convert import placements
from services.aisle.replica.feeds import Feeds
from services.aisle.replica.shops import PlacementSources, Shop, Shops
from services.chassis.messages.paging import page_size
from services.chassis.serving.turns import Turns
from services.directory.products import parse_product, product_name, product_sku


class LocatedProducts:
    """Locates products at a store."""

    def __init__(self, feeds: Feeds, shops: Shops) -> None:
        self._feeds = feeds
        self._shops = shops

    async def locate(self, request: pb.LocateProductsRequest) -> pb.LocateProductsResponse:
        """Locate the named products, or those with the words of a query.

        Raises:
            StoreNotFound: there is no such store.
        """
        id = self._shops.check_store(request.store)
        shop = self._shops.find(id)
        plan = shop.plan if shop else None
        response = pb.LocateProductsResponse(floor_plan=shop.plan_name if shop else "")
        turns = Turns()
        for sku in await self._skus(request):
            await turns.give()
            item = self.item(sku, request.language_code)
            sources = self._shops.sources(id, sku, shop.planogram if shop else "")
            if sources.shelved:
                response.located.add(
                    product=product_name(sku),
                    display_name=item.name,
                    department=placements.department_of(item, plan),
                    shelves=shelves(shop, sources, request.language_code),
                )
            else:
                response.unlocated.extend(placements.missing([item], plan))
        return response

    def item(self, sku: str, language: str, *, in_stock: bool | None = None) -> Item:
        """A product as an item of a shopping list, with its name and department."""
        encoded = self._feeds.directory.products.replica.record(sku)
        if encoded is None:
            return Item(sku=sku, in_stock=in_stock)
        product = parse_product(encoded)
        name = placements.name_in(product, language)
        return Item(sku=sku, name=name, department=product.department, in_stock=in_stock)

    async def _skus(self, request: pb.LocateProductsRequest) -> Iterable[str]:
        if not request.query:
            return dict.fromkeys(map(product_sku, request.products))
        matches = await self._feeds.directory.products.replica.search(request.query)
        return [match.id for match in matches[: page_size(request.limit, default=10, most=100)]]


def shelves(shop: Shop | None, sources: PlacementSources, language: str) -> Iterable[pb.Shelf]:
    """The shelves of a product, the most confident first."""
    for each in sources.shelved:
        spot = shop.shelves.find(each.placement) if shop else None
        plan = shop.plan if shop else None
        yield placements.shelf(each.placement, spot, plan, language, reported=each.reported)
