"""An SVG sheet, and the transformation from the plan to the sheet."""

import re
from xml.etree import ElementTree

import shapely
from shapely.geometry.base import BaseGeometry

from geodata.floorplans.plan import XY

FONT = "'Source Sans Pro', 'Source Sans 3', system-ui, sans-serif"
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Canvas:
    """A sheet to draw on in pixels; `to_px` converts from metres of the plan (y up).

    The bounds (west, south, east, north, in metres) fill `width_px` from the left and top of the
    map. If `turned`, the map is rotated by 90 degrees: the plan's y axis points to the right.
    """

    def __init__(
        self,
        bounds: tuple[float, float, float, float],
        left_px: float,
        top_px: float,
        width_px: float,
        *,
        turned: bool = False,
    ) -> None:
        self._west, self._south, east, self._north = bounds
        across, down = east - self._west, self._north - self._south
        if turned:
            across, down = down, across
        self.map_left_px, self.map_top_px, self.map_width_px = left_px, top_px, width_px
        self.px_per_m = width_px / max(across, 1.0)
        self.map_bottom_px = top_px + down * self.px_per_m
        self.turn_deg = 90.0 if turned else 0.0
        """Rotation of the plan on the sheet, clockwise."""
        self.root = ElementTree.Element("svg", xmlns="http://www.w3.org/2000/svg", role="img")

    def to_px(self, point: XY) -> XY:
        """The position on the sheet of a point of the plan."""
        across, down = point[0] - self._west, self._north - point[1]
        if self.turn_deg:
            across, down = point[1] - self._south, across
        return (
            self.map_left_px + across * self.px_per_m,
            self.map_top_px + down * self.px_per_m,
        )

    def add(
        self, tag: str, parent: ElementTree.Element | None = None, **attributes: object
    ) -> ElementTree.Element:
        """Append an element; `stroke_width=2` becomes `stroke-width="2"`."""
        named = {
            name.rstrip("_").replace("_", "-"): _number(value) for name, value in attributes.items()
        }
        return ElementTree.SubElement(self.root if parent is None else parent, tag, named)

    def group(self, **attributes: object) -> ElementTree.Element:
        """Append a group; its children inherit its attributes."""
        return self.add("g", None, **attributes)

    def text(
        self,
        parent: ElementTree.Element | None,
        at: XY,
        words: str,
        size_px: float,
        **attributes: object,
    ) -> None:
        """Append a line of text, without the characters that XML does not allow."""
        element = self.add("text", parent, x=at[0], y=at[1], font_size=size_px, **attributes)
        element.text = _NOT_XML.sub("", words)

    def shape(
        self, parent: ElementTree.Element | None, shape: BaseGeometry, **attributes: object
    ) -> None:
        """Append a polygon or line of the plan."""
        rings = (
            [ring for p in shapely.get_parts(shape) for ring in (p.exterior, *p.interiors)]
            if shape.geom_type in ("Polygon", "MultiPolygon")
            else list(shapely.get_parts(shape))
        )
        drawn = []
        for ring in rings:
            points = [self.to_px(xy) for xy in ring.coords]
            closed = "Z" if ring.geom_type == "LinearRing" else ""
            drawn.append("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points) + closed)
        self.add("path", parent, d="".join(drawn), fill_rule="evenodd", **attributes)

    def finish(self, width_px: float, height_px: float, title: str) -> str:
        """The SVG text of the sheet."""
        self.root.set("viewBox", f"0 0 {_number(width_px)} {_number(height_px)}")
        self.root.set("width", _number(width_px))
        self.root.set("height", _number(height_px))
        self.root.set("font-family", FONT)
        named = ElementTree.Element("title")
        named.text = _NOT_XML.sub("", title)
        self.root.insert(0, named)
        return ElementTree.tostring(self.root, encoding="unicode")


def shortened(words: str, characters: int) -> str:
    """The text, cut with an ellipsis if it is longer than `characters`."""
    return words if len(words) <= characters else words[: characters - 1].rstrip() + "…"


def _number(value: object) -> str:
    return f"{value:.1f}".removesuffix(".0") if isinstance(value, float) else str(value)
