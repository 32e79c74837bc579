"""Checks placements against a plan."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import chain

from geodata.floorplans.placements import Placement
from geodata.floorplans.plan import FloorPlan
from geodata.floorplans.problems import Problem, error, summed_up, warning
from geodata.floorplans.shelves import Precision, Shelves


def placement_problems(plan: FloorPlan, placements: Sequence[Placement]) -> tuple[Problem, ...]:
    """Find unknown aisles, unknown bays, and products with several placements."""
    return summed_up(chain(_unlocated(plan, placements), _repeated(placements)))


def _unlocated(plan: FloorPlan, placements: Sequence[Placement]) -> Iterator[Problem]:
    shelves = Shelves(plan)
    for index, placement in enumerate(placements):
        spot = shelves.find(placement)
        if spot is None:
            message = f"{placement.sku}: the plan has no aisle {placement.aisle!r}"
            yield error("unknown_aisle", f"placements[{index}].aisle", message)
        elif placement.bay is not None and spot.face and spot.precision is not Precision.BAY:
            message = f"{placement.sku}: the aisle has no bay {placement.bay} on that side"
            hint = "The whole side or aisle is used instead."
            yield warning("unknown_bay", f"placements[{index}].bay", message, hint)


def _repeated(placements: Sequence[Placement]) -> Iterator[Problem]:
    by_product: dict[tuple[str, str], list[int]] = defaultdict(list)
    for index, placement in enumerate(placements):
        by_product[placement.store, placement.sku].append(index)
    for (_, sku), indexes in by_product.items():
        group = [placements[index] for index in indexes]
        bays = Counter((p.floor, p.aisle, p.side, p.bay, p.shelf, p.position) for p in group)
        repeats = sum(bays.values()) - len(bays)
        path = f"placements[{indexes[-1]}]"
        if repeats:
            message = f"{sku} has the same placement {repeats + 1} times"
            yield error("repeated_placement", path, message, "Keep one of them.")
        elif len(group) > 1:
            message = f"{sku} has {len(group)} placements"
            hint = "Correct if it is sold at each of them; otherwise keep the right one."
            yield warning("several_placements", path, message, hint)
