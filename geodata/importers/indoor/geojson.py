"""Reads a floor plan from the project's GeoJSON (see `geodata.floorplans.geojson`)."""

from collections.abc import Mapping
from typing import Any

import shapely
from shapely import MultiPolygon, Point, Polygon

from geodata import points
from geodata.floorplans.frame import LocalFrame
from geodata.floorplans.geojson import GEOMETRY_OF, KINDS
from geodata.floorplans.plan import (
    Aisle,
    BlockedArea,
    Department,
    Face,
    Fixture,
    FloorPlan,
    Level,
    Link,
    Node,
    Place,
)
from geodata.floorplans.problems import Problem, error, warning
from geodata.importers.indoor.fields import checked, message_of
from geodata.importers.indoor.result import (
    ImportedPlan,
    features_of,
    properties_of,
    shape_of,
)
from geodata.importers.report import ImporterError

CLASSES = {
    "level": Level,
    "aisle": Aisle,
    "department": Department,
    "fixture": Fixture,
    "place": Place,
    "node": Node,
    "link": Link,
    "blocked": BlockedArea,
}
HEAD = ("store", "version", "effective_from", "effective_until", "attribution")


def plan_from_geojson(document: object) -> ImportedPlan:
    """Read a plan from its GeoJSON.

    An invalid feature is left out and reported as an error; a feature of an unknown kind is
    ignored with a warning.

    Raises:
        ImporterError: the document is not such a file.
    """
    head = document.get("floor_plan") if isinstance(document, Mapping) else None
    if not isinstance(head, Mapping):
        raise ImporterError("document: has no member 'floor_plan'")
    frame = _frame(head.get("frame"))
    problems: list[Problem] = []
    parts: dict[str, list[Any]] = {field: [] for field in KINDS.values()}
    for index, feature in features_of(document):
        kind = properties_of(feature).get("feature")
        if not isinstance(kind, str) or kind not in CLASSES:
            message = f"unknown kind of feature {kind!r}: ignored"
            problems.append(warning("ignored_feature", f"features[{index}]", message))
            continue
        try:
            parts[KINDS[kind]].append(_part(kind, feature, frame))
        except ValueError as fault:
            problems.append(error("bad_feature", f"features[{index}]", message_of(fault)))
    try:
        values = checked(FloorPlan, {name: head[name] for name in HEAD if name in head})
    except ValueError as fault:
        raise ImporterError(f"floor_plan: {message_of(fault)}") from fault
    fields: dict[str, Any] = {name: values[name] for name in HEAD}
    fields |= {field: tuple(found) for field, found in parts.items()}
    return ImportedPlan(FloorPlan(**fields, frame=frame), tuple(problems))


def _frame(value: object) -> LocalFrame | None:
    if value is None:
        return None
    try:
        origin = points.Point(float(value["latitude"]), float(value["longitude"]))  # type: ignore[index]
        return LocalFrame(origin, float(value.get("rotation_deg", 0)))  # type: ignore[attr-defined]
    except (TypeError, KeyError, ValueError, AttributeError) as fault:
        raise ImporterError(f"floor_plan.frame: {fault}") from fault


def _part(kind: str, feature: Mapping[str, Any], frame: LocalFrame | None) -> object:
    properties = properties_of(feature)
    drawn = GEOMETRY_OF.get(kind)
    if drawn == "position":
        point = _local(feature.get("geometry"), frame)
        if not isinstance(point, Point):
            raise ValueError("geometry: must be a point")
        at = {"level": properties.get("level"), "x_m": point.x, "y_m": point.y}
        properties["position"] = at
    elif drawn is not None:
        properties[drawn] = _local(feature.get("geometry"), frame)
    if kind in ("level", "place"):
        properties["outline"] = _local(properties.get("outline"), frame)
    if kind == "fixture":
        faces = properties.get("faces") or ()
        if not isinstance(faces, list | tuple):
            raise ValueError("faces: must be a list")
        properties["faces"] = [_face(face, frame) for face in faces]
    return CLASSES[kind](**checked(CLASSES[kind], properties))


def _face(value: object, frame: LocalFrame | None) -> dict[str, Any]:
    face = dict(value) if isinstance(value, Mapping) else {}
    for end in ("start", "end"):
        point = shape_of({"type": "Point", "coordinates": face.get(end)})
        if not isinstance(point, Point) or frame is None:
            raise ValueError(f"faces.{end}: must be [longitude, latitude]")
        at = frame.geometry_to_local(point)
        face[end] = tuple(shapely.get_coordinates(at)[0].tolist())
    return checked(Face, face)


def _local(geometry: object, frame: LocalFrame | None) -> Polygon | MultiPolygon | Point | None:
    if geometry is None:
        return None
    shape = shape_of(geometry)
    if not isinstance(shape, Polygon | MultiPolygon | Point):
        raise ValueError("geometry: must be a polygon, a multipolygon or a point")
    if frame is None:
        raise ValueError("geometry: needs a frame, and the plan has none")
    return frame.geometry_to_local(shape)  # type: ignore[return-value]  # keeps the type
