"""An invented venue of two levels in IMDF."""

from typing import Any

from geodata.floorplans.frame import LocalFrame
from geodata.points import Point

AT = LocalFrame(Point(48.8566, 2.3522))


def lon_lat(x: float, y: float) -> list[float]:
    point = AT.to_wgs84(x, y)
    return [point.longitude, point.latitude]


def box(west: float, south: float, east: float, north: float) -> dict[str, Any]:
    corners = [(west, south), (east, south), (east, north), (west, north), (west, south)]
    return {"type": "Polygon", "coordinates": [[lon_lat(*corner) for corner in corners]]}


def line(*points: tuple[float, float]) -> dict[str, Any]:
    return {"type": "LineString", "coordinates": [lon_lat(*point) for point in points]}


def feature(identity: str, geometry: object, **properties: object) -> dict[str, Any]:
    return {"type": "Feature", "id": identity, "geometry": geometry, "properties": properties}


def collection(*features: dict[str, Any]) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": list(features)}


def refers(identity: str) -> dict[str, str]:
    return {"id": identity, "feature_type": "unit"}


LIFT, STAIRS = box(20, 0, 22, 2), box(20, 4, 24, 6)

VENUE: dict[str, Any] = {
    "level": collection(
        feature("ground", box(0, 0, 30, 20), ordinal=0, name={"en": "Ground", "fr": "Rez"}),
        feature("first", box(0, 0, 30, 20), ordinal=1, name={"en": "First"}),
    ),
    "unit": collection(
        feature("hall0", box(0, 0, 20, 6), level_id="ground", category="walkway"),
        feature("hall1", box(0, 0, 20, 6), level_id="first", category="walkway"),
        feature("lift0", LIFT, level_id="ground", category="elevator"),
        feature("lift1", LIFT, level_id="first", category="elevator"),
        feature("stairs0", STAIRS, level_id="ground", category="stairs"),
        feature("stairs1", STAIRS, level_id="first", category="stairs"),
        feature("room", box(2, 6, 10, 12), level_id="first", category="room", name=None),
    ),
    "opening": collection(
        feature("gate", line((0, 2), (0, 4)), level_id="ground", category="pedestrian.principal"),
        feature("door", line((4, 6), (5, 6)), level_id="first", category="pedestrian"),
    ),
    "fixture": collection(
        feature("desk", box(8, 2, 9, 4), level_id="ground", category="furniture")
    ),
    "anchor": collection(feature("a", None, unit_id="room")),
    "occupant": collection(
        feature("books", None, anchor_id="a", category="shopping", name={"fr": "Livres"})
    ),
    "relationship": collection(
        feature("r1", None, category="elevator", direction="undirected",
                origin=refers("lift0"), destination=refers("lift1")),
        feature("r2", None, category="stairs", direction="directed",
                origin=refers("stairs1"), destination=refers("stairs0")),
    ),
}  # fmt: skip
