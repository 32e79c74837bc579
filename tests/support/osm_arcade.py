"""A hand-drawn arcade of two levels in OSM indoor tags."""

from typing import Any

from geodata.floorplans.frame import LocalFrame
from geodata.points import Point

AT = LocalFrame(Point(60.17, 24.94))

XY = tuple[float, float]


def lon_lat(xy: XY) -> list[float]:
    point = AT.to_wgs84(*xy)
    return [point.longitude, point.latitude]


def feature(identity: str, shape: str, points: list[XY], **tags: str) -> dict[str, Any]:
    coordinates: Any = [lon_lat(point) for point in points]
    if shape == "Point":
        [coordinates] = coordinates
    if shape == "Polygon":
        coordinates = [[*coordinates, coordinates[0]]]
    geometry = {"type": shape, "coordinates": coordinates}
    named = {key.replace("__", ":"): value for key, value in tags.items()}
    return {"type": "Feature", "id": identity, "geometry": geometry, "properties": named}


def arcade(*more: dict[str, Any]) -> dict[str, Any]:
    """A corridor of 40 m by 4 m on level 0; stairs and a lift lead up to a footway on level 1."""
    return {
        "type": "FeatureCollection",
        "features": [
            feature("way/1", "Polygon", [(0, 0), (40, 0), (40, 4), (0, 4)],
                    indoor="corridor", level="0"),
            feature("way/2", "Polygon", [(5, 4), (15, 4), (15, 12), (5, 12)],
                    indoor="room", room="shop", shop="books", name="Kirja", level="0"),
            feature("way/3", "Polygon", [(20, 10), (30, 10), (30, 18), (20, 18)],
                    indoor="room", shop="toys", name="Lelu", level="1"),
            feature("way/4", "LineString", [(30, 2), (36, 2), (36, 9)],
                    highway="steps", level="0;1"),
            feature("way/5", "LineString", [(36, 9), (10, 9), (2, 2)],
                    highway="footway", level="1"),
            feature("node/6", "Point", [(2, 2)], highway="elevator", level="0;1"),
            feature("way/7", "LineString", [(2, 2), (4, 2)], highway="footway", level="0"),
            feature("node/8", "Point", [(0, 2)], entrance="main", level="0"),
            feature("way/9", "Polygon", [(20, 1.5), (21, 1.5), (21, 2.5), (20, 2.5)],
                    indoor="column", level="0"),
            *more,
        ],
    }  # fmt: skip
