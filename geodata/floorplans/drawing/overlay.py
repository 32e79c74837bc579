"""The data types of an overlay on a plan: pins, a walk, and the shopper's position."""

from dataclasses import dataclass

from geodata.floorplans.plan import XY, Face, Position


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """A marked position."""

    label: str
    """A number or a letter."""
    at: Position
    lines: tuple[str, ...] = ()
    """Text in the list under the map, for example the name and the shelf."""
    bays: tuple[tuple[Face, int], ...] = ()
    """The bays to highlight."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlay:
    """The overlay of a whole plan; the drawing of a level shows only its part."""

    pins: tuple[Pin, ...] = ()
    walk: tuple[Position, ...] = ()
    """The points of the walk, over all levels."""
    here: Position | None = None
    """The shopper's position."""
    heading_deg: float | None = None
    """The shopper's heading, clockwise from the plan's y axis."""


def on_level(walk: tuple[Position, ...], level: str) -> tuple[tuple[XY, ...], ...]:
    """The parts of a walk on one level, each with at least two points."""
    parts: list[list[XY]] = [[]]
    for position in walk:
        if position.level == level:
            parts[-1].append((position.x_m, position.y_m))
        elif parts[-1]:
            parts.append([])
    return tuple(tuple(part) for part in parts if len(part) > 1)
