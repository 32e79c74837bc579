"""Draws a track among fences as a small SVG map, to scale."""

from collections.abc import Sequence
from html import escape
from math import cos, radians
from typing import NamedTuple

from geodata.fences.shape import Cap
from geodata.points import Point

SIZE_PX = 640.0
MARGIN_PX = 24.0
METRES_PER_DEGREE = 111_195.0
"""On a sphere of the earth's mean radius; the error of 0.6 % is invisible on a small map."""
COLOURS = {"ENTER": "#1a7f37", "DWELL": "#9a6700", "EXIT": "#cf222e", "CROSS": "#8250df"}
OTHER = "#57606a"


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


def track_map(track: Sequence[Point], fences: Sequence[Cap], marks: Sequence[Mark]) -> str:
    """The map of a track of at least one point, with the bounding circles of fences, and marks.

    The edge of the picture cuts off fences far from the track.
    """
    plane = _Plane(track, 200.0)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIZE_PX:g} {SIZE_PX:g}" '
        f'width="{SIZE_PX:g}" height="{SIZE_PX:g}" font-family="sans-serif" font-size="11">',
        '<rect width="100%" height="100%" fill="#f6f8fa"/>',
    ]
    for fence in fences:
        x, y = plane.at(fence.center)
        radius = fence.radius_m * plane.scale
        parts.append(
            f'<circle cx="{x}" cy="{y}" r="{radius:.1f}" fill="#0969da" fill-opacity="0.12" '
            'stroke="#0969da"/>'
        )
    line = " ".join(f"{x},{y}" for x, y in map(plane.at, track))
    parts.append(f'<polyline points="{line}" fill="none" stroke="#24292f" stroke-width="1.5"/>')
    labelled: list[tuple[float, float]] = []
    for mark in marks:
        x, y = plane.at(mark.point)
        parts.append(_dot(x, y, COLOURS.get(mark.kind, OTHER)))
        # Labels of marks close together are placed one below the other.
        lower = sum(abs(x - other) < 120 and abs(y - above) < 12 for other, above in labelled)
        labelled.append((x, y))
        anchor, side = ("end", -8) if x > SIZE_PX / 2 else ("start", 8)
        parts.append(
            f'<text x="{x + side}" y="{y + 4 + 13 * lower:.1f}" text-anchor="{anchor}" '
            f'fill="#24292f">{escape(mark.label)}</text>'
        )
    parts += [_scale(plane.scale), "</svg>"]
    return "\n".join(parts)


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
        f'<path d="M{MARGIN_PX} {y}H{right:.1f}" stroke="#24292f" stroke-width="3"/>'
        f'<text x="{right + 6:.1f}" y="{y + 4}">{label}</text>'
    )
