"""Draws floor plans as SVG, PNG or GeoJSON, with products and routes on them."""

import dataclasses
from collections.abc import Iterable, Sequence

from google.protobuf import json_format

from enrayon.aisle.v1 import aisle_pb2 as pb
from geodata.floorplans.drawing.overlay import Overlay, Pin
from geodata.floorplans.drawing.png import draw_png
from geodata.floorplans.drawing.svg import draw_svg
from geodata.floorplans.drawing.theme import DARK, LIGHT
from geodata.floorplans.geojson import overlay_to_geojson, plan_to_geojson
from geodata.floorplans.plan import FloorPlan
from geodata.wayfinding.overlay import key_words, route_overlay, spot_pin
from services.aisle.errors import LevelNotFound
from services.aisle.replica.feeds import Feeds
from services.aisle.replica.shops import Shop, Shops
from services.aisle.resources.located_products import LocatedProducts
from services.aisle.resources.routes import Routes
from services.chassis.errors import InvalidArgument
from services.directory.keys import parse_store
from services.directory.products import product_sku

WIDTH_PX = 960
"""The width of a PNG if the request gives none."""
MAX_PIXELS = 4_000_000
"""Pixels of a PNG, at most: other calls wait while it is drawn, a few tenths of a second."""
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
"""Labels of products beside a route, whose stops have numbers."""
Format = pb.RenderFloorPlanRequest


class Pictures:
    """Draws floor plans."""

    def __init__(
        self, feeds: Feeds, shops: Shops, products: LocatedProducts, routes: Routes
    ) -> None:
        self._feeds = feeds
        self._shops = shops
        self._products = products
        self._routes = routes

    async def render(self, request: pb.RenderFloorPlanRequest) -> pb.RenderFloorPlanResponse:
        """Draw a level of the plan in force.

        Raises:
            StoreNotFound, FloorPlanNotFound, LevelNotFound: there is nothing to draw.
            InvalidArgument: the picture is too large, or the plan has no place on the earth.
            And the errors of `Routes.plan`.
        """
        shop = self._shops.open(self._shops.check_store(request.store))
        overlay = Overlay()
        if request.HasField("walk"):
            planned = await self._routes.plan(request.store, request.walk, request.language_code)
            overlay = route_overlay(planned.route, request.language_code, planned.start)
        pins = self._pins(shop, request, lettered=bool(overlay.pins))
        overlay = dataclasses.replace(overlay, pins=(*overlay.pins, *pins))
        levels = levels_of(overlay)
        response = pb.RenderFloorPlanResponse(
            floor_plan=shop.plan_name,
            level=request.level or next(iter(levels), "") or first_drawn(shop.plan),
            levels=levels,
            attribution=shop.plan.attribution,
        )
        title = self._title(shop, response.level)
        await self._shops.compute(draw, shop.plan, overlay, request, response, title)
        return response

    def _pins(
        self, shop: Shop, request: pb.RenderFloorPlanRequest, *, lettered: bool
    ) -> Iterable[Pin]:
        language = request.language_code
        number = 0
        for sku in dict.fromkeys(map(product_sku, request.products)):
            sources = self._shops.sources(shop.id, sku, shop.planogram)
            spots = (shop.shelves.find(each.placement) for each in sources.shelved)
            spot = next((spot for spot in spots if spot is not None), None)
            if spot is None:
                continue
            label = LETTERS[number % len(LETTERS)] if lettered else str(number + 1)
            pin = spot_pin(label, spot, self._products.item(sku, language).label, language)
            if pin is not None:
                number += 1
                yield pin

    def _title(self, shop: Shop, level: str) -> str:
        encoded = self._feeds.directory.stores.replica.public(shop.id)
        name = parse_store(encoded).display_name if encoded is not None else ""
        storey = next((each.name for each in shop.plan.levels if each.id == level), "")
        several = len(shop.plan.levels) > 1
        return ", ".join(part for part in (name, storey if several else "") if part)


def draw(
    plan: FloorPlan,
    overlay: Overlay,
    request: pb.RenderFloorPlanRequest,
    response: pb.RenderFloorPlanResponse,
    title: str,
) -> None:
    """Put the picture into the response.

    Raises:
        LevelNotFound: the plan has no such level, or the level has no geometry.
        InvalidArgument: the picture is too large, or the plan has no place on the earth.
    """
    if request.format == Format.FORMAT_GEO_JSON:
        if plan.frame is None:
            why = "the floor plan has no place on the earth; ask for SVG"
            raise InvalidArgument.field("format", why)
        features = plan_to_geojson(plan)
        features["features"] += overlay_to_geojson(overlay, plan.frame)
        json_format.ParseDict(features, response.geo_json)
        return
    try:
        svg = draw_svg(
            plan,
            response.level,
            overlay,
            theme=DARK if request.dark else LIGHT,
            words=key_words(request.language_code),
            title=title,
            wide=request.wide,
        )
    except ValueError as fault:
        raise LevelNotFound(str(fault)) from None
    if request.format != Format.FORMAT_PNG:
        response.svg = svg
        return
    try:
        response.png = draw_png(svg, request.width_px or WIDTH_PX, max_pixels=MAX_PIXELS)
    except ValueError as fault:
        raise InvalidArgument.field("width_px", str(fault)) from None


def levels_of(overlay: Overlay) -> Sequence[str]:
    """The levels of an overlay, in the order of the walk, then of the pins."""
    walked = (point.level for point in overlay.walk)
    return list(dict.fromkeys([*walked, *(pin.at.level for pin in overlay.pins)]))


def first_drawn(plan: FloorPlan) -> str:
    """The lowest level with geometry from the ground floor up, else any level with geometry."""
    levels = sorted(plan.levels, key=lambda level: (level.ordinal < 0, level.ordinal))
    drawn = [each for each in levels if each.outline is not None or each.walkable is not None]
    return next((level.id for level in (*drawn, *levels)), "")
