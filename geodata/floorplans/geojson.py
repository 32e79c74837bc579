"""Writes a floor plan as GeoJSON that contains the whole plan and that any map can show.

The foreign member `floor_plan` of the FeatureCollection has `store`, `version`, `effective_from`,
`effective_until`, `attribution` and `frame` (`latitude`, `longitude`, `rotation_deg`). Every part
of the plan is one feature. Its property `feature` gives the kind; the other properties are the
fields of the class of that kind in `plan`, enums by value, instants as ISO 8601:

| `feature`    | geometry                          | more in the properties                      |
|--------------|-----------------------------------|---------------------------------------------|
| `level`      | the walkable floor, or null       | `outline`: a GeoJSON geometry, or null      |
| `aisle`      | the floor between shelves, or null|                                             |
| `department` | its area, or null                 |                                             |
| `fixture`    | its outline                       | `faces`: `start` and `end` as [lon, lat]    |
| `place`      | the point to stand at             | `level`; `outline` as above                 |
| `node`       | its point                         | `level`                                     |
| `link`       | the line between its nodes        |                                             |
| `blocked`    | its outline, or null              |                                             |

Longitude comes first, as RFC 7946 requires, with 9 decimals (0.1 mm).
"""

import dataclasses
import datetime as dt
import enum
from collections.abc import Iterator
from typing import Any

import shapely
from shapely.geometry import mapping
from shapely.geometry.base import BaseGeometry

from geodata.floorplans.drawing.overlay import Overlay, on_level
from geodata.floorplans.frame import LocalFrame
from geodata.floorplans.plan import Face, FloorPlan, Link, Position

DECIMALS = 9
KINDS = {
    "level": "levels",
    "aisle": "aisles",
    "department": "departments",
    "fixture": "fixtures",
    "place": "places",
    "node": "nodes",
    "link": "links",
    "blocked": "blocked",
}
"""The field of the plan for each kind of feature."""
GEOMETRY_OF = {
    "level": "walkable",
    "aisle": "area",
    "department": "area",
    "fixture": "outline",
    "place": "position",
    "node": "position",
    "blocked": "outline",
}
"""The field of each kind that becomes the geometry of the feature."""


def plan_to_geojson(plan: FloorPlan) -> dict[str, Any]:
    """A plan as GeoJSON; `importers.indoor.geojson` reads it.

    Raises:
        ValueError: the plan has geometry but no frame.
    """
    frame = plan.frame
    return {
        "type": "FeatureCollection",
        "floor_plan": {
            "store": plan.store,
            "version": plan.version,
            "effective_from": _plain(plan.effective_from, frame),
            "effective_until": _plain(plan.effective_until, frame),
            "attribution": plan.attribution,
            "frame": frame
            and {
                "latitude": frame.origin.latitude,
                "longitude": frame.origin.longitude,
                "rotation_deg": frame.rotation_deg,
            },
        },
        "features": list(_features(plan)),
    }


def overlay_to_geojson(overlay: Overlay, frame: LocalFrame | None) -> list[dict[str, Any]]:
    """An overlay as features for a map.

    The property `feature` is `route` for a part of the walk on one level (a line), `pin` for a pin
    (a point, with `label` and `lines`), and `here` for the shopper's position (a point). All
    features have `level`.
    """
    levels = dict.fromkeys(position.level for position in overlay.walk)
    features = [
        _feature(_geometry(shapely.LineString(part), frame), {"feature": "route", "level": level})
        for level in levels
        for part in on_level(overlay.walk, level)
    ]
    for pin in overlay.pins:
        properties = {"feature": "pin", "label": pin.label, "lines": list(pin.lines)}
        features.append(_point(pin.at, properties, frame))
    if overlay.here is not None:
        features.append(_point(overlay.here, {"feature": "here"}, frame))
    return features


def _point(at: Position, properties: dict[str, Any], frame: LocalFrame | None) -> dict[str, Any]:
    geometry = _geometry(shapely.Point(at.x_m, at.y_m), frame)
    return _feature(geometry, {**properties, "level": at.level})


def _features(plan: FloorPlan) -> Iterator[dict[str, Any]]:
    nodes = {node.id: node.position for node in plan.nodes}
    for kind, field in KINDS.items():
        for part in getattr(plan, field):
            drawn = GEOMETRY_OF.get(kind, "")
            properties = {
                f.name: _plain(getattr(part, f.name), plan.frame)
                for f in dataclasses.fields(part)
                if f.name != drawn
            }
            at = getattr(part, drawn, None) if drawn else _line(part, nodes)
            if isinstance(at, Position):
                properties["level"] = at.level
                at = shapely.Point(at.x_m, at.y_m)
            geometry = None if at is None else _geometry(at, plan.frame)
            yield _feature(geometry, {"feature": kind, **properties})


def _line(link: Link, nodes: dict[str, Position]) -> BaseGeometry | None:
    ends = [nodes[end] for end in (link.start, link.end) if end in nodes]
    return shapely.LineString([(end.x_m, end.y_m) for end in ends]) if len(ends) == 2 else None


def _feature(geometry: object, properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def _geometry(shape: BaseGeometry, frame: LocalFrame | None) -> dict[str, Any]:
    if frame is None:
        raise ValueError("frame: required to place the plan on the earth")
    return dict(
        mapping(shapely.transform(frame.geometry_to_wgs84(shape), lambda c: c.round(DECIMALS)))
    )


def _plain(value: object, frame: LocalFrame | None) -> Any:
    """The value of a field as a JSON value."""
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, dt.datetime):
        return value.isoformat()
    if isinstance(value, BaseGeometry):
        return _geometry(value, frame)
    if isinstance(value, Face):
        ends = {
            name: _geometry(shapely.Point(getattr(value, name)), frame)["coordinates"]
            for name in ("start", "end")
        }
        plain = {f.name: _plain(getattr(value, f.name), None) for f in dataclasses.fields(value)}
        return plain | ends
    if isinstance(value, tuple):
        return [_plain(one, frame) for one in value]
    return value
