"""Turns a route into walking directions in words."""

import enum
import math
from collections.abc import Iterator
from dataclasses import dataclass

from geodata.floorplans.placements import Placement
from geodata.floorplans.plan import FloorPlan, LinkKind, Place, PlaceKind, Position, Side
from geodata.floorplans.shelves import Shelves, Spot
from geodata.wayfinding.phrases import Phrases, phrases
from geodata.wayfinding.shopping import Route, Stop
from geodata.wayfinding.walks import Path

SHORT_M = 2.0
"""A shorter stretch is a part of a turn, not a direction of its own."""
STRAIGHT_DEG = 35.0
AROUND_DEG = 140.0
ALONG = 0.5
"""Least cosine between the heading and an aisle for a walk along the aisle."""
OPPOSITE = {Side.LEFT: Side.RIGHT, Side.RIGHT: Side.LEFT}


class StepKind(enum.Enum):
    """The kind of a step."""

    NOTICE = "notice"
    """An item that is not on the route; notices come first."""
    WALK = "walk"
    LEVEL = "level"
    TAKE = "take"
    END = "end"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of the directions."""

    kind: StepKind
    text: str
    distance_m: float | None = None
    stop: int | None = None
    """Index of the stop of a TAKE step, from 0."""
    position: Position | None = None
    """The position where the step starts."""


def route_steps(route: Route, plan: FloorPlan, language: str, shelves: Shelves) -> tuple[Step, ...]:
    """The directions of a route in `en`, `fr`, `fi` or `de`: first the notices, then the walk.

    Turns need a heading: it is known from the start if given, else from the second stretch on.
    Sides and bays are those of the shelf's address. If the shopper walks an aisle against the
    order of its bays, the bay is counted "from the far end" and the side is mirrored.
    """
    words = phrases(language)
    return (*_notices(route, plan, words), *_walk(route, plan, words, shelves))


def address(placement: Placement, language: str) -> str:
    """The address of a placement in words: "Aisle 7, left, third bay"."""
    return _address(placement, phrases(language), None)


def _notices(route: Route, plan: FloorPlan, words: Phrases) -> Iterator[Step]:
    names = {department.id: department.name for department in plan.departments}
    for item in route.out_of_stock:
        yield _notice(words.out_of_stock.format(item.label))
    for item in route.unlocated:
        department = names.get(item.department) or item.department
        phrase = words.unlocated_in if department else words.unlocated
        yield _notice(phrase.format(item.label, department))
    for item in route.unreachable:
        yield _notice(words.unreachable.format(item.label))


def _walk(route: Route, plan: FloorPlan, words: Phrases, shelves: Shelves) -> Iterator[Step]:
    if not route.stops and not route.legs:
        return
    first, between, last = _legs(route)
    heading = route.heading_deg
    before = [first, *between] if route.stops else []
    for number, (stop, leg) in enumerate(zip(route.stops, before, strict=True)):
        if leg is not None:
            walked, heading = _leg_steps(leg, heading, plan, words)
            yield from walked
        text = _take(stop, heading if leg else None, words, shelves)
        yield Step(kind=StepKind.TAKE, text=text, stop=number, position=stop.position)
    if last is not None:
        yield from _leg_steps(last, heading, plan, words)[0]
    if route.end is not None:
        text = _end(route.end, words)
        yield Step(kind=StepKind.END, text=text, position=route.end.position)
    else:
        yield Step(kind=StepKind.END, text=words.finished)


def _legs(route: Route) -> tuple[Path | None, list[Path | None], Path | None]:
    """The legs to the first stop, between stops, and to the end."""
    legs: list[Path | None] = list(route.legs)
    if not legs:
        return None, [None] * (len(route.stops) - 1), None
    last = legs.pop() if route.end is not None else None
    first = legs.pop(0) if legs and len(legs) == len(route.stops) else None
    return first, legs, last


def _leg_steps(
    leg: Path, heading: float | None, plan: FloorPlan, words: Phrases
) -> tuple[list[Step], float | None]:
    """The turns and level changes of one walk, and the heading at its end."""
    names = {level.id: level.name or level.id for level in plan.levels}
    steps: list[Step] = []
    for stretch in _stretches(leg):
        if stretch.kind is not None:
            there = names.get(stretch.end.level, stretch.end.level)
            text = words.change_level[stretch.kind].format(there)
            steps.append(Step(kind=StepKind.LEVEL, text=text, position=stretch.start))
            heading = None  # The heading after a lift or a stair is unknown.
            continue
        new = stretch.heading_deg
        steps.append(
            Step(
                kind=StepKind.WALK,
                text=_turn(heading, new, stretch.length_m, words),
                distance_m=stretch.length_m,
                position=stretch.start,
            )
        )
        heading = new
    return steps, heading


@dataclass(slots=True)
class _Stretch:
    """A part of a walk in one direction, or a change of level."""

    start: Position
    end: Position
    length_m: float
    kind: LinkKind | None = None

    @property
    def heading_deg(self) -> float:
        return _heading(self.start, self.end)


def _stretches(leg: Path) -> list[_Stretch]:
    """The walk as stretches: small turns and flights of one stair are merged."""
    found: list[_Stretch] = []
    for start, end, kind in zip(leg.points[:-1], leg.points[1:], leg.kinds, strict=True):
        if start.level != end.level:
            previous = found[-1] if found else None
            if previous and previous.kind is kind:
                previous.end = end  # Another flight of the same stairs.
            else:
                found.append(_Stretch(start, end, 0.0, kind))
            continue
        length_m = math.dist((start.x_m, start.y_m), (end.x_m, end.y_m))
        previous = found[-1] if found and found[-1].kind is None else None
        same_way = previous and (
            length_m < SHORT_M
            or previous.length_m < SHORT_M
            or abs(_angle(previous.heading_deg, _heading(start, end))) < STRAIGHT_DEG
        )
        if previous and same_way:
            previous.end, previous.length_m = end, previous.length_m + length_m
        else:
            found.append(_Stretch(start, end, length_m))
    return [stretch for stretch in found if stretch.kind or stretch.length_m >= SHORT_M]


def _turn(heading: float | None, new: float, length_m: float, words: Phrases) -> str:
    metres = f"{max(length_m, 1):.0f}"
    if heading is None:
        return words.walk.format(metres)
    angle = _angle(heading, new)
    if abs(angle) < STRAIGHT_DEG:
        turn = words.straight
    elif abs(angle) > AROUND_DEG:
        turn = words.around
    else:
        turn = words.right if angle > 0 else words.left
    return words.turn_and_walk.format(turn, metres)


def _take(stop: Stop, heading: float | None, words: Phrases, shelves: Shelves) -> str:
    spot = stop.spots[0]
    last = shelves.last_bay(spot.face) if spot.face and _against(spot, heading) else None
    names = ", ".join(item.label for item in stop.items)
    return f"{_address(spot.placement, words, last)}: {names}"


def _against(spot: Spot, heading: float | None) -> bool:
    """True if the shopper walks along the aisle against the order of its bays."""
    if heading is None or spot.face is None or spot.face.side not in OPPOSITE:
        return False
    (x0, y0), (x1, y1) = spot.face.start, spot.face.end
    length = math.hypot(x1 - x0, y1 - y0) or 1.0
    facing = math.sin(math.radians(heading)), math.cos(math.radians(heading))
    return (facing[0] * (x1 - x0) + facing[1] * (y1 - y0)) / length < -ALONG


def _address(placement: Placement, words: Phrases, last_bay: int | None) -> str:
    side, bay = placement.side, placement.bay
    parts = [words.aisle.format(placement.aisle)] if placement.aisle else []
    if last_bay is not None:
        parts.append(words.from_far_end)
        side = OPPOSITE.get(side, side) if side else None
        bay = last_bay + 1 - bay if bay else None
    if side is not None:
        parts.append(words.sides[side])
    if bay is not None:
        parts.append(_bay(bay, words))
    if placement.shelf is not None:
        parts.append(words.shelf.format(placement.shelf))
    if placement.description:
        parts.append(placement.description)
    return ", ".join(parts)


def _bay(number: int, words: Phrases) -> str:
    ordinals = words.ordinals.split()
    if number <= len(ordinals):
        return words.bay.format(ordinals[number - 1])
    return words.bay_number.format(number)


def _end(place: Place, words: Phrases) -> str:
    ends = {
        PlaceKind.TILL: words.to_till,
        PlaceKind.ENTRANCE: words.to_exit,
        PlaceKind.COUNTER: words.to_counter,
    }
    return ends.get(place.kind, words.to_place).format(place.name).strip()


def _notice(text: str) -> Step:
    return Step(kind=StepKind.NOTICE, text=text)


def _heading(start: Position, end: Position) -> float:
    """Degrees clockwise from the plan's y axis."""
    return math.degrees(math.atan2(end.x_m - start.x_m, end.y_m - start.y_m))


def _angle(before: float, after: float) -> float:
    """The turn from one heading to another, in [-180, 180); positive to the right."""
    return (after - before + 180) % 360 - 180
