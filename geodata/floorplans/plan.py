"""The data types of a floor plan, unchecked (`validation.plan_problems` checks a plan)."""

import datetime as dt
import enum
from collections.abc import Iterable
from dataclasses import dataclass

from shapely import MultiPolygon, Polygon

from geodata.floorplans.frame import LocalFrame

XY = tuple[float, float]
"""Metres in the plan's frame."""


class Side(enum.Enum):
    """The side of a shelf, seen when walking the aisle in the direction of rising bay numbers."""

    LEFT = "left"
    RIGHT = "right"
    END = "end"
    """The short end of a gondola."""


class FixtureKind(enum.Enum):
    """The kind of a fixture."""

    SHELF = "shelf"
    TABLE = "table"
    FRIDGE = "fridge"
    FREEZER = "freezer"
    COUNTER = "counter"
    OBSTACLE = "obstacle"
    """A column, a wall or a kiosk, without goods."""


class PlaceKind(enum.Enum):
    """The kind of a place."""

    ENTRANCE = "entrance"
    TILL = "till"
    COUNTER = "counter"
    SHOP = "shop"
    FACILITY = "facility"


class LinkKind(enum.Enum):
    """The kind of movement along a link."""

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
    """The outline of the building, for drawing only, not for routing."""
    walkable: Polygon | MultiPolygon | None = None
    """The walkable floor, including the area under fixtures; None if only links are walkable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Aisle:
    """An aisle."""

    id: str
    """The text of its sign, for example `7`."""
    level: str = ""
    order: int = 0
    """Position in the store's own walking order; a plan without a map has only this."""
    name: str = ""
    department: str = ""
    area: Polygon | None = None
    """The floor between its shelves; not walkable while the aisle is blocked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """A straight row of bays of one department along the edge of a fixture.

    Bays are equally wide; their numbers rise from `start` to `end`, the direction of the aisle. A
    side of a gondola that two departments share is two faces.
    """

    aisle: str
    start: XY
    end: XY
    side: Side | None = None
    bays: int = 1
    first_bay: int = 1
    shelves: int = 0
    """Number of shelves, one above the other; 0 if unknown."""
    department: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixture:
    """A shelf, a table, or another object on the floor."""

    id: str
    level: str
    outline: Polygon
    kind: FixtureKind = FixtureKind.SHELF
    faces: tuple[Face, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Department:
    """A department, with its area if drawn."""

    id: str
    name: str = ""
    level: str = ""
    area: Polygon | None = None
    frozen: bool = False
    """True if its goods are frozen and fetched last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """An entrance, a till, a service counter, or a shop of a mall."""

    id: str
    kind: PlaceKind
    position: Position
    """The position to stand at: a door, not the middle of a room."""
    name: str = ""
    outline: Polygon | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A point where links meet."""

    id: str
    position: Position


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A connection between two nodes; with nodes on different levels it is a level change."""

    id: str
    start: str
    end: str
    length_m: float
    """Walking distance; for a lift, the distance equivalent to the wait."""
    kind: LinkKind = LinkKind.WALK
    width_m: float | None = None
    """Width at the narrowest point; None if unknown."""
    one_way: bool = False
    """True if only `start` to `end` is allowed."""
    wheelchair: bool | None = None
    """Suitability for wheelchairs as the source states it; None if not stated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockedArea:
    """A temporarily closed part of the store: an outline, an aisle, or a whole level."""

    id: str
    level: str
    outline: Polygon | None = None
    aisle: str = ""
    blocked_from: dt.datetime | None = None
    blocked_until: dt.datetime | None = None
    reason: str = ""

    def active(self, at: dt.datetime) -> bool:
        """True if the area is blocked at the instant; `blocked_until` is exclusive."""
        return _within(at, self.blocked_from, self.blocked_until)


@dataclass(frozen=True, slots=True, kw_only=True)
class FloorPlan:
    """One version of a store's plan."""

    store: str
    version: str = ""
    effective_from: dt.datetime | None = None
    effective_until: dt.datetime | None = None
    frame: LocalFrame | None = None
    """None if the plan has no drawing, or no position on the earth."""
    levels: tuple[Level, ...] = ()
    aisles: tuple[Aisle, ...] = ()
    fixtures: tuple[Fixture, ...] = ()
    departments: tuple[Department, ...] = ()
    places: tuple[Place, ...] = ()
    nodes: tuple[Node, ...] = ()
    links: tuple[Link, ...] = ()
    blocked: tuple[BlockedArea, ...] = ()
    attribution: str = ""
    """The source of the data, and a note if it is synthetic; every drawing shows it."""

    @property
    def has_map(self) -> bool:
        """True if the plan has walkable space or links; otherwise it has only an aisle order."""
        return bool(self.links) or any(level.walkable is not None for level in self.levels)

    def in_force(self, at: dt.datetime) -> bool:
        """True if this version is in force at the instant; `effective_until` is exclusive."""
        return _within(at, self.effective_from, self.effective_until)

    def places_of(self, *kinds: PlaceKind) -> tuple[Place, ...]:
        """The places of these kinds, in the plan's order."""
        return tuple(place for place in self.places if place.kind in kinds)


def plan_in_force(versions: Iterable[FloorPlan], at: dt.datetime) -> FloorPlan | None:
    """The version in force at an instant; of several, the one that took effect last."""
    held = [plan for plan in versions if plan.in_force(at)]
    never = dt.datetime.min.replace(tzinfo=dt.UTC)
    return max(held, key=lambda plan: plan.effective_from or never, default=None)


def _within(at: dt.datetime, start: dt.datetime | None, end: dt.datetime | None) -> bool:
    return (start is None or start <= at) and (end is None or at < end)
