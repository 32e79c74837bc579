"""Draws the sample's water, parks, streets and buildings, as the ground of a picture."""

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any, NamedTuple

from geodata.points import Point
from geodata.samples import base_map

ATTRIBUTION = "© OpenStreetMap contributors"
LAND, WATER, GREEN, BUILDING, STREET, PATH = (
    "#f4f2ed",
    "#c3dae4",
    "#dae7cf",
    "#e3ddd1",
    "#ffffff",
    "#e3d9c8",
)
WIDTHS_M = {"primary": 17.0, "secondary": 15.0, "tertiary": 12.5, "pedestrian": 9.5}
OTHER_WIDTH_M, PATH_WIDTH_M = 8.5, 2.6
PATHS = frozenset({"footway", "cycleway", "path", "steps"})
LAYERS = ("green", "water", "street", "rail", "building")
"""From the lowest to the highest."""


class Box(NamedTuple):
    """A part of the map, in degrees."""

    south: float
    west: float
    north: float
    east: float


class _Shape(NamedTuple):
    layer: str
    kind: str
    lines: Sequence[Sequence[Sequence[float]]]
    is_area: bool
    box: Box


def draw_streets(
    box: Box, at: Callable[[Point], tuple[float, float]], pixels_per_metre: float
) -> Iterator[str]:
    """SVG of the sample's map within a box; nothing where the sample does not reach.

    Args:
        box: the drawn part; shapes that touch it are drawn whole.
        at: the place of a point on the picture.
        pixels_per_metre: for the widths of streets.
    """
    for shape in _shapes():
        if (
            shape.box.east < box.west
            or shape.box.west > box.east
            or shape.box.north < box.south
            or shape.box.south > box.north
        ):
            continue
        lines = (
            "L".join("{:.1f} {:.1f}".format(*at(Point(y, x))) for x, y in line)
            for line in shape.lines
        )
        path = "".join(f"M{line}{'z' if shape.is_area else ''}" for line in lines)
        yield f'<path d="{path}" {_look(shape, pixels_per_metre)}/>'


def _look(shape: _Shape, pixels_per_metre: float) -> str:
    if shape.is_area:
        colours = {"water": WATER, "green": GREEN, "building": BUILDING}
        return f'fill="{colours.get(shape.layer, STREET)}" fill-rule="evenodd"'
    if shape.kind in PATHS or shape.layer == "rail":
        width = PATH_WIDTH_M * pixels_per_metre
        return f'fill="none" stroke="{PATH}" stroke-width="{width:.2f}"'
    width_m = WIDTHS_M.get(shape.kind.removesuffix("_link"), OTHER_WIDTH_M)
    return (
        f'fill="none" stroke="{STREET}" stroke-width="{width_m * pixels_per_metre:.2f}"'
        ' stroke-linecap="round"'
    )


@cache
def _shapes() -> list[_Shape]:
    shapes = (_shape(each["geometry"], each["properties"]) for each in base_map()["features"])
    return sorted(filter(None, shapes), key=lambda shape: LAYERS.index(shape.layer))


def _shape(geometry: dict[str, Any], properties: dict[str, Any]) -> _Shape | None:
    kind, lines = geometry["type"], geometry["coordinates"]
    if kind == "Point" or properties["layer"] not in LAYERS or properties.get("tunnel"):
        return None
    if kind == "MultiPolygon":
        lines = [ring for polygon in lines for ring in polygon]
    elif kind == "LineString":
        lines = [lines]
    longitudes, latitudes = zip(*(point for line in lines for point in line), strict=True)
    box = Box(min(latitudes), min(longitudes), max(latitudes), max(longitudes))
    is_area = kind.endswith("Polygon")
    return _Shape(properties["layer"], properties.get("kind", ""), lines, is_area, box)
