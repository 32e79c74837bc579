"""What a floor plan is. Nothing here is checked: `validation.plan_problems` says what is wrong."""

import datetime as dt
import enum
from collections.abc import Iterable
from dataclasses import dataclass

from shapely import MultiPolygon, Polygon

from geodata.floorplans.frame import LocalFrame

XY = tuple[float, float]
"""Metres in the plan's frame."""


class Side(enum.Enum):
    """Where a shelf stands for who walks the aisle in its own direction (bays counting up)."""

    LEFT = "left"
    RIGHT = "right"
    END = "end"
    """The short end of a gondola."""


class FixtureKind(enum.Enum):
    """What holds the goods, or only stands in the way."""

    SHELF = "shelf"
    TABLE = "table"
    FRIDGE = "fridge"
    FREEZER = "freezer"
    COUNTER = "counter"
    OBSTACLE = "obstacle"
    """A column, a wall, a kiosk: nothing is sold from it."""


class PlaceKind(enum.Enum):
    """A spot that people ask for by name."""

    ENTRANCE = "entrance"
    TILL = "till"
    COUNTER = "counter"
    SHOP = "shop"
    FACILITY = "facility"


class LinkKind(enum.Enum):
    """How one gets along a link."""

    WALK = "walk"
    RAMP = "ramp"
    STEPS = "steps"
    LIFT = "lift"
    ESCALATOR = "escalator"
    MOVING_WALKWAY = "moving_walkway"


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A point of one level, in metres of the plan's frame."""

    level: str
    x_m: float
    y_m: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """One storey."""

    id: str
    ordinal: float = 0.0
    """0 is the ground floor; landings between storeys may have fractions."""
    name: str = ""
    outline: Polygon | MultiPolygon | None = None
    """What is drawn as the building; it takes no part in routing."""
    walkable: Polygon | MultiPolygon | None = None
    """The floor that people may walk, fixtures not yet taken out; None where links say it all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Aisle:
    """An aisle as its sign names it."""

    id: str
    """What the sign says, for example `7`."""
    level: str = ""
    order: int = 0
    """Its turn in the store's own walking order; all that a plan without a map knows."""
    name: str = ""
    department: str = ""
    area: Polygon | None = None
    """The floor between its shelves: what is shut when the aisle is blocked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """A straight row of bays along the edge of a fixture, all of one department.

    Bays are equally wide and count up from `start` to `end`, the direction of the aisle. A side
    of a gondola that two departments share is two faces.
    """

    aisle: str
    start: XY
    end: XY
    side: Side | None = None
    bays: int = 1
    first_bay: int = 1
    shelves: int = 0
    """How many shelves stand above each other; 0 is not known."""
    department: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixture:
    """Something that stands on the floor."""

    id: str
    level: str
    outline: Polygon
    kind: FixtureKind = FixtureKind.SHELF
    faces: tuple[Face, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Department:
    """A part of the range, and where it is when `area` is drawn."""

    id: str
    name: str = ""
    level: str = ""
    area: Polygon | None = None
    frozen: bool = False
    """Its goods are fetched last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """An entrance, a till, a service counter, a shop of a mall."""

    id: str
    kind: PlaceKind
    position: Position
    """Where one stands to use it: a door rather than the middle of a room."""
    name: str = ""
    outline: Polygon | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A point where links meet."""

    id: str
    position: Position


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A way between two nodes; its nodes on different levels make it a change of level."""

    id: str
    start: str
    end: str
    length_m: float
    """Metres to walk; for a lift, the metres its wait is worth."""
    kind: LinkKind = LinkKind.WALK
    width_m: float | None = None
    """The narrowest place; None is not known."""
    one_way: bool = False
    """Only from `start` to `end`."""
    wheelchair: bool | None = None
    """False where the source says no, whatever the kind; None is not told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockedArea:
    """A part of the store that is shut for a while: an outline, an aisle, or the whole level."""

    id: str
    level: str
    outline: Polygon | None = None
    aisle: str = ""
    blocked_from: dt.datetime | None = None
    blocked_until: dt.datetime | None = None
    reason: str = ""

    def active(self, at: dt.datetime) -> bool:
        """Whether it is shut at that instant; from is inclusive, until is not."""
        return _within(at, self.blocked_from, self.blocked_until)


@dataclass(frozen=True, slots=True, kw_only=True)
class FloorPlan:
    """One version of a store's plan."""

    store: str
    version: str = ""
    effective_from: dt.datetime | None = None
    effective_until: dt.datetime | None = None
    frame: LocalFrame | None = None
    """None where nothing is drawn, or where the plan is not placed on the earth."""
    levels: tuple[Level, ...] = ()
    aisles: tuple[Aisle, ...] = ()
    fixtures: tuple[Fixture, ...] = ()
    departments: tuple[Department, ...] = ()
    places: tuple[Place, ...] = ()
    nodes: tuple[Node, ...] = ()
    links: tuple[Link, ...] = ()
    blocked: tuple[BlockedArea, ...] = ()
    attribution: str = ""
    """Whose data it is, and whether it is synthetic; every drawing shows it."""

    @property
    def has_map(self) -> bool:
        """Whether paths can be found; else only the order of the aisles is known."""
        return bool(self.links) or any(level.walkable is not None for level in self.levels)

    def in_force(self, at: dt.datetime) -> bool:
        """Whether this version holds at that instant; from is inclusive, until is not."""
        return _within(at, self.effective_from, self.effective_until)

    def places_of(self, *kinds: PlaceKind) -> tuple[Place, ...]:
        """The places of these kinds, in the plan's order."""
        return tuple(place for place in self.places if place.kind in kinds)


def plan_in_force(versions: Iterable[FloorPlan], at: dt.datetime) -> FloorPlan | None:
    """The version that holds at an instant: of several, the one that took effect last."""
    held = [plan for plan in versions if plan.in_force(at)]
    never = dt.datetime.min.replace(tzinfo=dt.UTC)
    return max(held, key=lambda plan: plan.effective_from or never, default=None)


def _within(at: dt.datetime, start: dt.datetime | None, end: dt.datetime | None) -> bool:
    return (start is None or start <= at) and (end is None or at < end)
