"""What is drawn over a plan: things found on it, and a walk."""

from dataclasses import dataclass

from geodata.floorplans.plan import XY, Face, Position


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """Something pointed out."""

    label: str
    """A number or a letter."""
    at: Position
    lines: tuple[str, ...] = ()
    """What the list under the map says of it, for example its name and its shelf."""
    bays: tuple[tuple[Face, int], ...] = ()
    """The bays to light up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlay:
    """All that is drawn over a plan; what is on other levels is left out of a level's picture."""

    pins: tuple[Pin, ...] = ()
    walk: tuple[Position, ...] = ()
    """From point to point, over all levels."""
    here: Position | None = None
    """Where one stands."""
    heading_deg: float | None = None
    """Which way one faces, clockwise from the plan's y axis."""


def on_level(walk: tuple[Position, ...], level: str) -> tuple[tuple[XY, ...], ...]:
    """The parts of a walk that stay on one level, each of two points or more."""
    parts: list[list[XY]] = [[]]
    for position in walk:
        if position.level == level:
            parts[-1].append((position.x_m, position.y_m))
        elif parts[-1]:
            parts.append([])
    return tuple(tuple(part) for part in parts if len(part) > 1)
