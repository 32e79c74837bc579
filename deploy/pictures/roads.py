"""Draws the minutes on foot around a place of the sample: `roads.svg`."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from geodata import importers
from geodata.roads import Mode, RoadNetwork
from geodata.roads.drawing import draw
from geodata.roads.snapping import metres_per_degree
from geodata.samples import HELSINKI_ROADS, HELSINKI_STORES, base_map

HERE = Path(__file__).parent
PLACE = (60.1705, 24.9440)
"""In the middle of the network: five minutes from here do not touch its border."""
MINUTES = (5, 4, 3, 2, 1)
COLOURS = ("#e7d9f3", "#cdb4e6", "#ad8ad4", "#8a60bd", "#673d9e")
WIDTH, HEIGHT = 960, 860
METRES_ACROSS = 1_040.0
SMOOTH_M = 9.0
FONT = "font-family=\"'Source Sans Pro', 'Source Sans 3', 'Segoe UI', sans-serif\""


def main() -> None:
    """Write the picture."""
    network = RoadNetwork.load(HELSINKI_ROADS)
    origin = network.snap(Mode.WALK, *PLACE)
    assert origin
    parts = [f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#f6f4ef"/>']
    layers = by_layer()
    parts += filled(layers["water"], "#bcd9ea")
    parts += filled(layers["green"], "#dbe8cf")
    for minutes, colour in zip(MINUTES, COLOURS, strict=True):
        isochrone = network.isochrone(origin, 60 * minutes)
        if isochrone.may_be_clipped:
            raise SystemExit(f"{minutes} minutes touch the border of the network")
        shape = (
            flat(draw(isochrone).polygons).buffer(SMOOTH_M).buffer(-2 * SMOOTH_M).buffer(SMOOTH_M)
        )
        parts += filled([shape], colour, "0.82")
    parts += filled(layers["building"], "#3b3350", "0.16")
    parts += drawn(layers["street"], "#ffffff", 1.6, "0.9")
    parts += shops(network)
    x, y = place(*PLACE)
    parts.append(
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="7" fill="#fff" stroke="#2d1b4e" stroke-width="4"/>'
    )
    parts += legend(network.attribution)
    size = f'viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}"'
    text = f'<svg xmlns="http://www.w3.org/2000/svg" {size}>' + "".join(parts) + "</svg>\n"
    (HERE / "roads.svg").write_text(text, encoding="utf-8")


def place(latitude: float, longitude: float) -> tuple[float, float]:
    """The pixel of a position."""
    (up,), (right,) = metres_per_degree(np.array([PLACE[0]]))
    scale = WIDTH / METRES_ACROSS
    x = WIDTH / 2 + (longitude - PLACE[1]) * right * scale
    return float(x), float(HEIGHT / 2 - (latitude - PLACE[0]) * up * scale)


def flat(shape: BaseGeometry) -> BaseGeometry:
    """A shape in pixels."""
    return shapely.transform(
        shape, lambda spots: np.array([place(latitude, longitude) for longitude, latitude in spots])
    )


def by_layer() -> dict[str, list[BaseGeometry]]:
    """The shapes of the base map within the frame, in pixels."""
    frame = shapely.box(-4, -4, WIDTH + 4, HEIGHT + 4)
    layers: dict[str, list[BaseGeometry]] = {}
    for feature in base_map()["features"]:
        if feature["properties"].get("tunnel"):
            continue
        shape = flat(shapely.geometry.shape(feature["geometry"])).intersection(frame)
        if not shape.is_empty:
            layers.setdefault(feature["properties"]["layer"], []).append(shape.simplify(0.4))
    return layers


def filled(shapes: Iterable[BaseGeometry], colour: str, opacity: str = "1") -> list[str]:
    """Areas as one path."""
    rings = [
        path(ring.coords, "Z")
        for shape in shapes
        for part in shapely.get_parts(shape)
        if part.geom_type == "Polygon"
        for ring in (part.exterior, *part.interiors)
    ]
    style = f'fill="{colour}" fill-opacity="{opacity}" fill-rule="evenodd"'
    return [f'<path {style} d="{"".join(rings)}"/>']


def drawn(shapes: Iterable[BaseGeometry], colour: str, width: float, opacity: str) -> list[str]:
    """Lines as one path."""
    lines = [
        path(part.coords, "")
        for shape in shapes
        for part in shapely.get_parts(shape)
        if part.geom_type == "LineString"
    ]
    style = f'fill="none" stroke="{colour}" stroke-width="{width}" stroke-opacity="{opacity}"'
    return [f'<path {style} stroke-linejoin="round" d="{"".join(lines)}"/>']


def path(spots: Iterable[tuple[float, ...]], end: str) -> str:
    """Corners as a path."""
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y, *_ in spots) + end


def shops(network: RoadNetwork) -> list[str]:
    """A dot for each shop of the frame, dark within five minutes."""
    origin = network.snap(Mode.WALK, *PLACE)
    assert origin
    isochrone = network.isochrone(origin, 60 * max(MINUTES))
    dots = []
    for store in importers.read(HELSINKI_STORES, source="osm").stores:
        at = store.location
        if at is None:
            continue
        is_near = isochrone.contains(at.latitude, at.longitude)
        x, y = place(at.latitude, at.longitude)
        colour = "#2d1b4e" if is_near else "#9a94a3"
        dots.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.2" fill="{colour}"/>')
    return dots


def legend(attribution: str) -> list[str]:
    """A card with the minutes, and the attribution of the data."""
    parts = [
        '<rect x="20" y="20" width="232" height="92" rx="10" fill="#fff" fill-opacity="0.94"/>',
        f'<text x="36" y="48" {FONT} font-size="18" font-weight="600" fill="#2d1b4e">'
        "Minutes on foot</text>",
    ]
    for index, colour in enumerate(reversed(COLOURS)):
        x = 36 + index * 40
        parts.append(f'<rect x="{x}" y="60" width="40" height="16" fill="{colour}"/>')
        parts.append(
            f'<text x="{x + 20}" y="96" {FONT} font-size="14" fill="#2d1b4e" '
            f'text-anchor="middle">{index + 1}</text>'
        )
    parts.append(
        f'<text x="{WIDTH - 12}" y="{HEIGHT - 12}" {FONT} font-size="13" fill="#55505e" '
        f'text-anchor="end">{attribution}</text>'
    )
    return parts


if __name__ == "__main__":
    main()
