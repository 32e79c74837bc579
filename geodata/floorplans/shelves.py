"""Finds the shelf of a placement on a plan, and the position to stand at in front of it."""

import enum
import math
from collections import defaultdict
from dataclasses import dataclass

from geodata.floorplans.placements import Placement
from geodata.floorplans.plan import XY, Aisle, Face, Fixture, FloorPlan, Position

STANDING_M = 0.6
"""Distance between the shelf and a shopper in front of it."""


class Precision(enum.Enum):
    """The precision of the spot of a placement."""

    BAY = "bay"
    SIDE = "side"
    AISLE = "aisle"
    ORDER = "order"
    """Only the aisle's position in the walking order is known: there is no map."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """The location of a placement on a plan."""

    placement: Placement
    precision: Precision
    aisle: Aisle | None = None
    fixture: Fixture | None = None
    face: Face | None = None
    shelf: XY | None = None
    """The middle of the bay, at the edge of the shelf."""
    stand: Position | None = None
    """The position to stand at; None without a map."""


class Shelves:
    """The shelves of one plan, by aisle."""

    def __init__(self, plan: FloorPlan) -> None:
        self._aisles: dict[str, list[Aisle]] = defaultdict(list)
        self._rows: dict[str, list[tuple[Fixture, Face]]] = defaultdict(list)
        for aisle in plan.aisles:
            self._aisles[aisle.id].append(aisle)
        for fixture in plan.fixtures:
            for face in fixture.faces:
                self._rows[face.aisle].append((fixture, face))

    def find(self, placement: Placement) -> Spot | None:
        """Find the bay of a placement, else its side of the aisle, else its aisle.

        Returns:
            None if the plan does not have the aisle.
        """
        floors = ("", placement.floor) if placement.floor else None
        aisle = next(
            (a for a in self._aisles[placement.aisle] if floors is None or a.level in floors), None
        )
        rows = [
            (fixture, face)
            for fixture, face in self._rows[placement.aisle]
            if floors is None or fixture.level in floors
        ]
        sided = [row for row in rows if placement.side in (None, row[1].side)]
        for fixture, face in sided:
            if placement.bay is not None and 0 <= placement.bay - face.first_bay < face.bays:
                along = placement.bay - face.first_bay + 0.5
                return _at_bay(placement, aisle, fixture, face, along, Precision.BAY)
        if sided and placement.side is not None:
            return _amid(placement, aisle, sided, Precision.SIDE)
        if aisle is not None and aisle.area is not None:
            middle = aisle.area.representative_point()
            stand = Position(aisle.level, middle.x, middle.y)
            return Spot(placement=placement, precision=Precision.AISLE, aisle=aisle, stand=stand)
        if rows:
            return _amid(placement, aisle, rows, Precision.AISLE)
        if aisle is not None:
            return Spot(placement=placement, precision=Precision.ORDER, aisle=aisle)
        return None

    def nearest_aisle(self, at: Position) -> str | None:
        """The aisle of the shelf whose edge is nearest; None if the level has no shelf."""
        edges = (
            (_distance_m((at.x_m, at.y_m), face.start, face.end), face.aisle)
            for rows in self._rows.values()
            for fixture, face in rows
            if fixture.level == at.level
        )
        return min(edges, default=(0.0, None))[1]

    def last_bay(self, face: Face) -> int:
        """The highest bay number on the side of the aisle of a face."""
        return max(
            other.first_bay + other.bays - 1
            for _, other in self._rows[face.aisle]
            if other.side is face.side
        )


def _amid(
    placement: Placement,
    aisle: Aisle | None,
    rows: list[tuple[Fixture, Face]],
    precision: Precision,
) -> Spot:
    fixture, face = rows[len(rows) // 2]
    return _at_bay(placement, aisle, fixture, face, face.bays / 2, precision)


def _at_bay(
    placement: Placement,
    aisle: Aisle | None,
    fixture: Fixture,
    face: Face,
    bays_along: float,
    precision: Precision,
) -> Spot:
    share = bays_along / face.bays
    shelf = (
        face.start[0] + share * (face.end[0] - face.start[0]),
        face.start[1] + share * (face.end[1] - face.start[1]),
    )
    out = outward(fixture, face)
    return Spot(
        placement=placement,
        precision=precision,
        aisle=aisle,
        fixture=fixture,
        face=face,
        shelf=shelf,
        stand=Position(
            fixture.level, shelf[0] + STANDING_M * out[0], shelf[1] + STANDING_M * out[1]
        ),
    )


def _distance_m(point: XY, start: XY, end: XY) -> float:
    """The distance of a point to a straight edge."""
    along = (end[0] - start[0], end[1] - start[1])
    length_2 = along[0] ** 2 + along[1] ** 2
    dot = (point[0] - start[0]) * along[0] + (point[1] - start[1]) * along[1]
    share = min(1.0, max(0.0, dot / length_2)) if length_2 else 0.0
    return math.dist(point, (start[0] + share * along[0], start[1] + share * along[1]))


def outward(fixture: Fixture, face: Face) -> XY:
    """The unit vector perpendicular to a face, away from its fixture."""
    along = (face.end[0] - face.start[0], face.end[1] - face.start[1])
    length = math.hypot(*along) or 1.0
    normal = (-along[1] / length, along[0] / length)
    centre = fixture.outline.centroid
    middle = ((face.start[0] + face.end[0]) / 2, (face.start[1] + face.end[1]) / 2)
    towards = normal[0] * (centre.x - middle[0]) + normal[1] * (centre.y - middle[1])
    return normal if towards <= 0 else (-normal[0], -normal[1])
