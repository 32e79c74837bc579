"""Draws floor plans as SVG, PNG or GeoJSON, with products and routes on them."""

import dataclasses
from collections.abc import Sequence

from enrayon.aisle.v1 import aisle_pb2 as pb
from geodata.floorplans.drawing.overlay import Overlay, Pin
from geodata.floorplans.plan import FloorPlan
from geodata.steps import Steps
from geodata.wayfinding.overlay import route_overlay, spot_pin
from services.aisle.convert.pictures import Drawing, check_size, drawn
from services.aisle.replica.feeds import Feeds
from services.aisle.replica.shops import Shop, Shops
from services.aisle.resources.located_products import LocatedProducts
from services.aisle.resources.routes import Routes
from services.chassis.messages.times import timestamp
from services.chassis.processes.pool import Pool
from services.chassis.serving.turns import by_turns
from services.directory.keys import parse_store
from services.directory.products import product_sku

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
"""Labels of products beside a route, whose stops have numbers."""


class Pictures:
    """Draws floor plans."""

    def __init__(
        self, feeds: Feeds, shops: Shops, products: LocatedProducts, routes: Routes, pool: Pool
    ) -> None:
        self._feeds = feeds
        self._shops = shops
        self._products = products
        self._routes = routes
        self._pool = pool

    async def render(self, request: pb.RenderFloorPlanRequest) -> bytes:
        """Draw a level of the plan in force; returns the encoded response.

        Raises:
            StoreNotFound, FloorPlanNotFound, LevelNotFound: there is nothing to draw.
            InvalidArgument: the picture is too large, or the plan has no place on the earth.
            And the errors of `Routes.plan` and `Pool.run`.
        """
        shop = self._shops.open(self._shops.check_store(request.store))
        check_size(shop.plan, request)
        overlay = Overlay()
        if request.HasField("walk"):
            planned = await self._routes.plan(request.store, request.walk, request.language_code)
            overlay = route_overlay(planned.route, request.language_code, planned.start)
        pins = await by_turns(self._pins(shop, request, lettered=bool(overlay.pins)))
        overlay = dataclasses.replace(overlay, pins=(*overlay.pins, *pins))
        levels = levels_of(overlay)
        response = pb.RenderFloorPlanResponse(
            floor_plan=shop.plan_name,
            level=request.level or next(iter(levels), "") or first_drawn(shop.plan),
            levels=levels,
            attribution=shop.plan.attribution,
        )
        if stale := timestamp(self._feeds.stale_as_of):
            response.as_of.CopyFrom(stale)
        drawing = Drawing(
            store=shop.plan.store,
            plan=shop.encoded,
            blocked=shop.plan.blocked,
            overlay=overlay,
            request=request.SerializeToString(),
            level=response.level,
            title=self._title(shop, response.level),
        )
        # Parts of a message, one after the other, are the message.
        return response.SerializeToString() + await self._pool.run(drawn, drawing)

    def _pins(
        self, shop: Shop, request: pb.RenderFloorPlanRequest, *, lettered: bool
    ) -> Steps[list[Pin]]:
        language = request.language_code
        pins: list[Pin] = []
        for sku in dict.fromkeys(map(product_sku, request.products)):
            yield None
            sources = self._shops.sources(shop.id, sku, shop.planogram)
            spots = (shop.shelves.find(each.placement) for each in sources.shelved)
            spot = next((spot for spot in spots if spot is not None), None)
            if spot is None:
                continue
            label = LETTERS[len(pins) % len(LETTERS)] if lettered else str(len(pins) + 1)
            pin = spot_pin(label, spot, self._products.item(sku, language).label, language)
            if pin is not None:
                pins.append(pin)
        return pins

    def _title(self, shop: Shop, level: str) -> str:
        encoded = self._feeds.directory.stores.replica.public(shop.id)
        name = parse_store(encoded).display_name if encoded is not None else ""
        storey = next((each.name for each in shop.plan.levels if each.id == level), "")
        several = len(shop.plan.levels) > 1
        return ", ".join(part for part in (name, storey if several else "") if part)


def levels_of(overlay: Overlay) -> Sequence[str]:
    """The levels of an overlay, in the order of the walk, then of the pins."""
    walked = (point.level for point in overlay.walk)
    return list(dict.fromkeys([*walked, *(pin.at.level for pin in overlay.pins)]))


def first_drawn(plan: FloorPlan) -> str:
    """The lowest level with geometry from the ground floor up, else any level with geometry."""
    levels = sorted(plan.levels, key=lambda level: (level.ordinal < 0, level.ordinal))
    drawn = [each for each in levels if each.outline is not None or each.walkable is not None]
    return next((level.id for level in (*drawn, *levels)), "")
