"""Converts fences of the contract to the shapes and rules of geodata."""

from collections.abc import Iterable

import h3
import orjson
from google.protobuf.message import Message

from enrayon.geofence.v1 import geofence_pb2 as pb
from geodata.fences import (
    CellSet,
    Circle,
    Corridor,
    FenceError,
    MultiPolygon,
    Shape,
    shape_from_geojson,
)
from geodata.fences.shape import MAX_VERTICES
from geodata.fences.state import Rules
from geodata.points import Point
from services.geofence.errors import InvalidFence


def shape(fence: pb.Fence) -> Shape:
    """The shape of a fence that is not around stores.

    Raises:
        InvalidFence: it cannot be used; raised before any work in proportion to its size.
    """
    kind = fence.WhichOneof("area") or ""
    try:
        return _shape(fence, kind)
    except FenceError as fault:
        raise InvalidFence.of(fault, f"fence.{kind}") from None


def rules(fence: pb.Fence) -> Rules:
    """The settings of a fence that act on detection.

    Raises:
        InvalidFence: one is out of range.
    """
    try:
        return Rules(
            dwell_ms=fence.dwell_time.ToMilliseconds() if fence.HasField("dwell_time") else None,
            exit_buffer_m=fence.exit_buffer_m if fence.HasField("exit_buffer_m") else None,
            exit_delay_ms=fence.exit_delay.ToMilliseconds(),
            max_speed_mps=fence.max_speed_mps if fence.HasField("max_speed_mps") else None,
            every_fix=fence.report_every_fix,
        )
    except FenceError as fault:
        raise InvalidFence.of(fault, "fence") from None


def _shape(fence: pb.Fence, kind: str) -> Shape:
    match kind:
        case "circle":
            circle = fence.circle
            return Circle(_point(circle.center), circle.radius_m)
        case "multi_polygon":
            polygons = fence.multi_polygon.polygons
            corners = sum(len(ring.points) for polygon in polygons for ring in polygon.rings)
            if corners > MAX_VERTICES:
                raise FenceError("polygons", f"must have at most {MAX_VERTICES} corners")
            return MultiPolygon(
                tuple(tuple(_ring(ring.points) for ring in polygon.rings) for polygon in polygons)
            )
        case "corridor":
            line = tuple(map(_point, fence.corridor.path.points))
            return Corridor(line, fence.corridor.width_m)
        case "cell_set":
            return CellSet(frozenset(map(h3.str_to_int, fence.cell_set.h3_cells)))
        case _:
            return _from_geo_json(fence.geo_json)


def _from_geo_json(message: pb.GeoJson) -> Shape:
    try:
        geometry = orjson.loads(message.geometry)
    except orjson.JSONDecodeError:
        raise FenceError("geometry", "is not JSON, or is nested too deep") from None
    if not isinstance(geometry, dict):
        raise FenceError("geometry", "must be an object")
    return shape_from_geojson(
        geometry,
        radius_m=message.radius_m if message.HasField("radius_m") else None,
        width_m=message.width_m if message.HasField("width_m") else None,
    )


def _ring(points: Iterable[Message]) -> tuple[Point, ...]:
    ring = tuple(map(_point, points))
    return ring[:-1] if len(ring) > 3 and ring[0] == ring[-1] else ring


def _point(position: Message) -> Point:
    latitude, longitude = position.latitude, position.longitude  # type: ignore[attr-defined]
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise FenceError("", "latitude must be in [-90, 90] and longitude in [-180, 180]")
    return Point(latitude, longitude)
