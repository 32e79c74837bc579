"""Draws a floor plan with an overlay; runs in a child process."""

import dataclasses

from google.protobuf import json_format

from enrayon.aisle.v1 import aisle_pb2 as pb
from geodata.floorplans.drawing.overlay import Overlay
from geodata.floorplans.drawing.png import draw_png, widest_px
from geodata.floorplans.drawing.svg import draw_svg, most_px
from geodata.floorplans.drawing.theme import DARK, LIGHT
from geodata.floorplans.geojson import overlay_to_geojson, plan_to_geojson
from geodata.floorplans.plan import BlockedArea, FloorPlan
from geodata.wayfinding.overlay import key_words
from services.aisle.convert.plans import decoded_plan
from services.aisle.errors import LevelNotFound
from services.chassis.errors import InvalidArgument

WIDTH_PX = 960
"""The width of a PNG if the request gives none, and the drawing is not too tall for it."""
MAX_PIXELS = 4_000_000
"""Pixels of a PNG, at most."""
Format = pb.RenderFloorPlanRequest


@dataclasses.dataclass(frozen=True, slots=True)
class Drawing:
    """What to draw. It can be pickled."""

    store: str
    plan: bytes
    """The encoded plan."""
    blocked: tuple[BlockedArea, ...]
    overlay: Overlay
    request: bytes
    """The encoded request."""
    level: str
    title: str


def check_size(plan: FloorPlan, request: pb.RenderFloorPlanRequest) -> None:
    """Refuse a PNG that is too large whatever is on the map, before anything is drawn.

    Raises:
        InvalidArgument: it is too large.
    """
    if request.format != Format.FORMAT_PNG:
        return
    levels = [request.level] if request.level else [level.id for level in plan.levels]
    widest = max((most_px(plan, each, MAX_PIXELS, wide=request.wide) for each in levels), default=0)
    if widest and request.width_px > widest:
        raise InvalidArgument.field("width_px", f"must be at most {widest} for this floor plan")


def drawn(drawing: Drawing) -> bytes:
    """The picture, as an encoded response.

    Raises:
        LevelNotFound: the plan has no such level, or the level has no geometry.
        InvalidArgument: the picture is too large, or the plan has no place on the earth.
    """
    request = pb.RenderFloorPlanRequest.FromString(drawing.request)
    plan = dataclasses.replace(decoded_plan(drawing.plan, drawing.store), blocked=drawing.blocked)
    response = pb.RenderFloorPlanResponse()
    if request.format == Format.FORMAT_GEO_JSON:
        if plan.frame is None:
            why = "the floor plan has no place on the earth; ask for SVG"
            raise InvalidArgument.field("format", why)
        features = plan_to_geojson(plan)
        features["features"] += overlay_to_geojson(drawing.overlay, plan.frame)
        json_format.ParseDict(features, response.geo_json)
        return response.SerializeToString()
    try:
        svg = draw_svg(
            plan,
            drawing.level,
            drawing.overlay,
            theme=DARK if request.dark else LIGHT,
            words=key_words(request.language_code),
            title=drawing.title,
            wide=request.wide,
        )
    except ValueError as fault:
        raise LevelNotFound(str(fault)) from None
    if request.format != Format.FORMAT_PNG:
        response.svg = svg
        return response.SerializeToString()
    try:
        width_px = request.width_px or min(WIDTH_PX, widest_px(svg, MAX_PIXELS))
        response.png = draw_png(svg, width_px, max_pixels=MAX_PIXELS)
    except ValueError as fault:
        raise InvalidArgument.field("width_px", str(fault)) from None
    return response.SerializeToString()
