"""What is wrong with placements on a plan."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import chain

from geodata.floorplans.placements import Placement
from geodata.floorplans.plan import FloorPlan
from geodata.floorplans.problems import Problem, error, summed_up, warning
from geodata.floorplans.shelves import Precision, Shelves


def placement_problems(plan: FloorPlan, placements: Sequence[Placement]) -> tuple[Problem, ...]:
    """Check placements against a plan: unknown aisles, bays too many, a product said twice."""
    return summed_up(chain(_unlocated(plan, placements), _said_twice(placements)))


def _unlocated(plan: FloorPlan, placements: Sequence[Placement]) -> Iterator[Problem]:
    shelves = Shelves(plan)
    for index, placement in enumerate(placements):
        spot = shelves.find(placement)
        if spot is None:
            message = f"{placement.sku}: the plan has no aisle {placement.aisle!r}"
            yield error("unknown_aisle", f"placements[{index}].aisle", message)
        elif placement.bay is not None and spot.face and spot.precision is not Precision.BAY:
            message = f"{placement.sku}: no bay {placement.bay} there"
            hint = "The side or the aisle as a whole is used instead."
            yield warning("unknown_bay", f"placements[{index}].bay", message, hint)


def _said_twice(placements: Sequence[Placement]) -> Iterator[Problem]:
    spoken: dict[tuple[str, str], list[int]] = defaultdict(list)
    for index, placement in enumerate(placements):
        spoken[placement.store, placement.sku].append(index)
    for (_, sku), indexes in spoken.items():
        said = [placements[index] for index in indexes]
        bays = Counter((p.floor, p.aisle, p.side, p.bay, p.shelf, p.position) for p in said)
        again = sum(bays.values()) - len(bays)
        path = f"placements[{indexes[-1]}]"
        if again:
            message = f"{sku} is put at the same place {again + 1} times"
            yield error("repeated_placement", path, message, "Keep one of them.")
        elif len(said) > 1:
            message = f"{sku} is in {len(said)} places"
            hint = "Fine if it is sold in each; else keep the right one."
            yield warning("several_placements", path, message, hint)
