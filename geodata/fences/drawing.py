"""Draws a track among fences and streets as a small SVG map, to scale."""

from collections.abc import Callable, Iterable, Sequence
from html import escape
from math import cos, radians
from typing import NamedTuple

from geodata.fences.shape import Cap
from geodata.points import Point

SIZE_PX = 640.0
MARGIN_PX = 24.0
TITLE_PX = 34.0
METRES_PER_DEGREE = 111_195.0
"""On a sphere of the earth's mean radius; the error of 0.6 % is invisible on a small map."""
COLOURS = {"ENTER": "#1a7f37", "DWELL": "#9a6700", "EXIT": "#cf222e", "CROSS": "#8250df"}
OTHER, INK = "#57606a", "#24292f"


Ground = Callable[[Point, Point, Callable[[Point], tuple[float, float]], float], Iterable[str]]
"""Draws streets from the south-west to the north-east, with a projection and pixels per metre."""


class DrawnFence(NamedTuple):
    """A fence on the map."""

    cap: Cap
    """The circle that encloses it."""
    name: str


class Mark(NamedTuple):
    """An event on the track."""

    point: Point
    kind: str
    """`ENTER`, `EXIT` ..."""
    label: str


class _Plane:
    """A projection from degrees to pixels: north is up, and both axes have one scale."""

    def __init__(self, points: Sequence[Point], reach_m: float) -> None:
        latitudes = [point.latitude for point in points]
        longitudes = [point.longitude for point in points]
        self._south = min(latitudes)
        self._west = min(longitudes)
        self._across = cos(radians((min(latitudes) + max(latitudes)) / 2))
        height_m = (max(latitudes) - self._south) * METRES_PER_DEGREE
        width_m = (max(longitudes) - self._west) * METRES_PER_DEGREE * self._across
        self._reach_m = reach_m
        self._side_m = max(height_m, width_m) + 2 * reach_m
        self.scale = (SIZE_PX - 2 * MARGIN_PX) / self._side_m
        """Pixels per metre."""

    def at(self, point: Point) -> tuple[float, float]:
        """Pixels from the left and from the top."""
        east_m = (point.longitude - self._west) * METRES_PER_DEGREE * self._across
        north_m = (point.latitude - self._south) * METRES_PER_DEGREE
        x = MARGIN_PX + (east_m + self._reach_m) * self.scale
        y = SIZE_PX - MARGIN_PX - (north_m + self._reach_m) * self.scale
        return round(x, 1), round(y, 1)

    def corners(self) -> tuple[Point, Point]:
        """The south-west and the north-east corner of the picture."""
        margin_m = MARGIN_PX / self.scale
        south_m, north_m = -self._reach_m - margin_m, self._side_m - self._reach_m + margin_m
        across = METRES_PER_DEGREE * self._across
        return (
            Point(self._south + south_m / METRES_PER_DEGREE, self._west + south_m / across),
            Point(self._south + north_m / METRES_PER_DEGREE, self._west + north_m / across),
        )


def track_map(
    track: Sequence[Point],
    fences: Sequence[DrawnFence],
    marks: Sequence[Mark],
    *,
    title: str = "",
    ground: Ground | None = None,
    attribution: str = "",
) -> str:
    """The map of a track of at least one point, with the enclosing circles of fences, and marks.

    The edge of the picture cuts off fences far from the track. The attribution is that of the
    ground, and stands on the map if there is any ground.
    """
    plane = _Plane(track, 200.0)
    streets = [*ground(*plane.corners(), plane.at, plane.scale)] if ground else []
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIZE_PX:g} {SIZE_PX + TITLE_PX:g}" '
        f'width="{SIZE_PX:g}" height="{SIZE_PX + TITLE_PX:g}" font-family="sans-serif" '
        'font-size="12">',
        f'<rect width="{SIZE_PX:g}" height="{SIZE_PX + TITLE_PX:g}" fill="#fff"/>',
        f'<text x="{MARGIN_PX}" y="22" font-size="16" font-weight="600" fill="{INK}">'
        f"{escape(title)}</text>",
        f'<svg y="{TITLE_PX:g}" width="{SIZE_PX:g}" height="{SIZE_PX:g}">',
        '<rect width="100%" height="100%" fill="#f4f2ed"/>',
        *streets,
    ]
    for fence, name in fences:
        x, y = plane.at(fence.center)
        radius = fence.radius_m * plane.scale
        parts.append(
            f'<circle cx="{x}" cy="{y}" r="{radius:.1f}" fill="#0969da" fill-opacity="0.12" '
            'stroke="#0969da" stroke-width="1.5"/>'
        )
        if 0 <= x <= SIZE_PX and 16 <= y - radius <= SIZE_PX:
            parts.append(_label(x, y - radius - 5, "middle", name, "#0550ae"))
    line = " ".join(f"{x},{y}" for x, y in map(plane.at, track))
    parts.append(
        f'<polyline points="{line}" fill="none" stroke="{INK}" stroke-width="2" '
        'stroke-linejoin="round"/>'
    )
    labelled: list[tuple[float, float]] = []
    for mark in marks:
        x, y = plane.at(mark.point)
        parts.append(_dot(x, y, COLOURS.get(mark.kind, OTHER)))
        # Labels of marks close together are placed one below the other.
        lower = sum(abs(x - other) < 120 and abs(y - above) < 12 for other, above in labelled)
        labelled.append((x, y))
        anchor, side = ("end", -8) if x > SIZE_PX / 2 else ("start", 8)
        parts.append(_label(x + side, y + 4 + 14 * lower, anchor, mark.label, INK))
    parts.append(_scale(plane.scale))
    if streets:
        parts.append(_label(SIZE_PX - 8, SIZE_PX - 8, "end", attribution, OTHER))
    return "\n".join([*parts, "</svg>", "</svg>"])


def _label(x: float, y: float, anchor: str, text: str, colour: str) -> str:
    # White around the letters keeps them readable over streets and lines.
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}" stroke="#fff" '
        f'stroke-width="3" stroke-linejoin="round" paint-order="stroke">{escape(text)}</text>'
    )


def _dot(x: float, y: float, colour: str) -> str:
    return f'<circle cx="{x}" cy="{y}" r="5" fill="{colour}" stroke="#fff"/>'


def _scale(pixels_per_metre: float) -> str:
    """A scale bar: the longest round length within a quarter of the map."""
    rounds = [step * 10**power for power in range(7) for step in (1, 2, 5)]
    metres = max([m for m in rounds if m * pixels_per_metre <= SIZE_PX / 4], default=1)
    right = MARGIN_PX + metres * pixels_per_metre
    y = SIZE_PX - 10
    label = f"{metres / 1000:g} km" if metres >= 1000 else f"{metres} m"
    return (
        f'<path d="M{MARGIN_PX} {y}H{right:.1f}" stroke="{INK}" stroke-width="3"/>'
        f"{_label(right + 6, y + 4, 'start', label, INK)}"
    )
