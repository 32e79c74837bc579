"""Plans the route of a walk on an encoded floor plan; runs in a child process."""

import dataclasses
import datetime as dt
from collections.abc import Mapping, Sequence
from functools import lru_cache

from geodata.floorplans.placements import Placement
from geodata.floorplans.plan import BlockedArea, FloorPlan, Place, Position
from geodata.floorplans.shelves import Shelves
from geodata.wayfinding.network import Network
from geodata.wayfinding.profiles import Profile
from geodata.wayfinding.route import plan_route, plan_way
from geodata.wayfinding.shopping import Item, Route
from services.aisle.convert.plans import decoded_plan
from services.chassis.errors import ResourceExhausted

NETWORKS_KEPT = 16
"""Walkable networks in the memory of a child: the most recent ones."""


@dataclasses.dataclass(frozen=True, slots=True)
class Walk:
    """What to plan. It can be pickled."""

    store: str
    plan: bytes
    """The encoded plan."""
    blocked: tuple[BlockedArea, ...]
    profile: Profile
    at: dt.datetime
    items: Sequence[Item]
    placed: Mapping[str, Sequence[Placement]]
    start: Position | None
    heading_deg: float | None
    ends: Sequence[Place]


def planned(walk: Walk) -> Route | None:
    """The shortest route of a walk; without items that to its one end, None if there is no way.

    Raises:
        ResourceExhausted: with the blocked areas, the floor has too many corners.
        ValueError: it cannot start where it should; the text begins with `start:`.
    """
    plan, shelves, network = _ground(
        walk.plan, walk.store, walk.blocked, walk.profile, _Now(walk.at)
    )
    if not walk.items:
        [end] = walk.ends
        return plan_way(network, end, start=walk.start, heading_deg=walk.heading_deg)
    return plan_route(
        network,
        walk.items,
        walk.placed,
        start=walk.start if plan.has_map else None,
        heading_deg=walk.heading_deg,
        ends=walk.ends,
        shelves=shelves,
    )


@dataclasses.dataclass(frozen=True, slots=True)
class _Now:
    """An instant that is no part of what is remembered: blocked areas are those of now."""

    at: dt.datetime = dataclasses.field(compare=False)


@lru_cache(maxsize=NETWORKS_KEPT)
def _ground(
    encoded: bytes, store: str, blocked: tuple[BlockedArea, ...], profile: Profile, now: _Now
) -> tuple[FloorPlan, Shelves, Network]:
    plan = decoded_plan(encoded, store)
    shelves = Shelves(plan)
    plan = dataclasses.replace(plan, blocked=blocked)
    try:
        return plan, shelves, Network(plan, profile, now.at)
    except ValueError as fault:
        raise ResourceExhausted(f"with the blocked areas of now, {fault}") from None
