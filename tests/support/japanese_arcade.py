"""An invented arcade in the Japanese indoor format."""

from typing import Any

Document = dict[str, Any]


def layer(*features: tuple[dict[str, Any], str, Any]) -> Document:
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": properties,
                "geometry": {"type": shape, "coordinates": coordinates},
            }
            for properties, shape, coordinates in features
        ],
    }


LON, LAT, STEP = 136.884, 35.171, 1e-4


def ring(west: float, south: float, east: float, north: float) -> list[list[list[float]]]:
    corners = [(west, south), (east, south), (east, north), (west, north), (west, south)]
    return [[[LON + x * STEP, LAT + y * STEP] for x, y in corners]]


def at(x: float, y: float) -> list[float]:
    return [LON + x * STEP, LAT + y * STEP]


SHOP = {"id": "shop", "category": "B001", "floor_id": "f", "name": None}

PASSAGE = {"id": "passage", "category": "B029", "floor_id": "f"}


def link(identity: str, start: str, end: str, **more: object) -> tuple[Document, str, Any]:
    codes = {"route_type": "1", "direction": "1", "width": "4", "lev_diff": "1", "elevator": "1"}
    properties = {"link_id": identity, "start_id": start, "end_id": end, "distance": 10.0}
    return properties | codes | more, "LineString", [at(0, 1), at(1, 1)]


ARCADE: Document = {
    "Floor": layer(({"id": "f", "name": "B1", "ordinal": -1.0}, "Polygon", ring(0, 0, 10, 4))),
    "Space": layer((SHOP, "Polygon", ring(4, 2, 6, 4)), (PASSAGE, "Polygon", ring(0, 0, 10, 2))),
    "Opening": layer(({"id": "door", "floor_id": "f"}, "LineString", [at(4.5, 2), at(5.5, 2)])),
    "Fixture": layer(({"id": "pillar", "floor_id": "f"}, "Polygon", ring(8, 3, 8.2, 3.2))),
    "Node": layer(
        ({"node_id": "w", "ordinal": -1.0, "in_out": 3}, "Point", at(0, 1)),
        ({"node_id": "e", "ordinal": -1.0, "in_out": 3}, "Point", at(10, 1)),
        ({"node_id": "up", "ordinal": 0.0, "in_out": 2}, "Point", at(10, 1)),
    ),
    "Link": layer(
        link("hall", "w", "e", distance=91.2),
        link("stairs", "e", "up", route_type="6", lev_diff="2", width="2"),
        link("lift", "w", "up", route_type="4", elevator="5", width="1", distance=30.0),
    ),
}
