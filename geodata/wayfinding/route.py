"""The walk for a shopping list: from the door to every item, then to the till."""

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from geodata.floorplans.placements import Placement
from geodata.floorplans.plan import Place, PlaceKind, Position
from geodata.floorplans.shelves import Shelves, Spot
from geodata.wayfinding.network import Network
from geodata.wayfinding.shopping import Item, Route
from geodata.wayfinding.stops import Located, in_aisle_order, sort_items, stops_of
from geodata.wayfinding.tour import best_tour
from geodata.wayfinding.walks import Path, Walks

MAX_ITEMS = 100
NOT_ON_MAP = "start: not on the walkable floor of this plan, or in a blocked area"


def plan_route(
    network: Network,
    items: Sequence[Item],
    placements: Mapping[str, Sequence[Placement]],
    *,
    start: Position | None = None,
    heading_deg: float | None = None,
    ends: Sequence[Place] | None = None,
    shelves: Shelves | None = None,
) -> Route:
    """Order a list's items into the shortest walk, and find it.

    Of an item's placements within `stops.SURE_WITHIN` of the surest, the one with the shortest way
    from the start over it to the end is taken. Frozen goods come after all others. The order is
    exact for up to `tour.EXACT_STOPS` stops; beyond, `lower_bound_m` states the gap. A plan
    without a map gives the stops in the store's own order of aisles, without legs.

    Args:
        network: What can be walked, by whom, when.
        items: At most `MAX_ITEMS`; of lines with the same SKU the first counts.
        placements: By SKU, as `placements_in_force` gives them.
        start: Where one stands; None takes the entrance that suits best.
        heading_deg: Which way one faces there, clockwise from the plan's y axis.
        ends: Where to go at last, whichever suits best; None takes the tills, an empty list lets
            the walk end at the last stop.
        shelves: The plan's shelves, if the caller keeps them.

    Raises:
        ValueError: naming `items` when there are too many, `start` when it is not on the map.
    """
    if len(items) > MAX_ITEMS:
        raise ValueError(f"items: at most {MAX_ITEMS} are taken, got {len(items)}")
    plan = network.plan
    known = sort_items(plan, shelves or Shelves(plan), items, placements, network.at)
    if not plan.has_map:
        stops = in_aisle_order(stops_of(plan, [(item, spots[0]) for item, spots in known.located]))
        return Route(
            stops=tuple(stops),
            unlocated=tuple(known.unlocated),
            unreachable=tuple(known.shut),
            out_of_stock=tuple(known.out_of_stock),
        )
    starts = [start] if start else [p.position for p in plan.places_of(PlaceKind.ENTRANCE)]
    goals = list(plan.places_of(PlaceKind.TILL) if ends is None else ends)
    ways = _Ways(network, starts, goals, known.located)
    if start and not ways.is_on_map(start):
        raise ValueError(NOT_ON_MAP)
    chosen, cut_off = _nearest_spots(ways, known.located)
    stops = stops_of(plan, chosen)
    at = ways.indexes([stop.position for stop in stops if stop.position])
    tour = best_tour(
        ways.from_start[at],
        ways.walks.lengths_m[np.ix_(at, at)],
        ways.to_end[at],
        [int(stop.frozen) for stop in stops],
    )
    walkable = math.isfinite(tour.length_m)
    order = [at[i] for i in tour.order] if walkable else []
    return Route(
        stops=tuple(stops[i] for i in tour.order) if walkable else (),
        unlocated=tuple(known.unlocated),
        unreachable=(
            *known.shut,
            *cut_off,
            *([] if walkable else [item for item, _ in chosen]),
        ),
        out_of_stock=tuple(known.out_of_stock),
        legs=ways.legs(order),
        length_m=tour.length_m if walkable else 0.0,
        lower_bound_m=tour.lower_bound_m if walkable else 0.0,
        heading_deg=heading_deg,
        end=ways.end_after(order),
    )


def plan_way(
    network: Network,
    end: Place,
    *,
    start: Position | None = None,
    heading_deg: float | None = None,
) -> Route | None:
    """Find the shortest walk to one place, with nothing to fetch on the way.

    Args:
        network: What can be walked, by whom, when.
        end: Where to go.
        start: Where one stands; None takes the nearest entrance.
        heading_deg: Which way one faces there, clockwise from the plan's y axis.

    Returns:
        None when there is no way.

    Raises:
        ValueError: naming `start` when it is not on the map.
    """
    starts = [start] if start else [p.position for p in network.plan.places_of(PlaceKind.ENTRANCE)]
    walks = network.walks([*starts, end.position])
    if start and not walks.joined[0]:
        raise ValueError(NOT_ON_MAP)
    lengths = walks.lengths_m[:-1, -1]
    leg = walks.path(int(lengths.argmin()), len(starts)) if starts else None
    if leg is None:
        return None
    return Route(
        legs=(leg,),
        length_m=leg.length_m,
        lower_bound_m=leg.length_m,
        heading_deg=heading_deg,
        end=end,
    )


def _nearest_spots(ways: "_Ways", located: Located) -> tuple[list[tuple[Item, Spot]], list[Item]]:
    chosen, cut_off = [], []
    for item, spots in located:
        standing = [(spot, spot.stand) for spot in spots if spot.stand]
        lengths = [ways.detour_m(stand) for _, stand in standing]
        if math.isfinite(min(lengths)):
            chosen.append((item, standing[int(np.argmin(lengths))][0]))
        else:
            cut_off.append(item)
    return chosen, cut_off


class _Ways:
    """The walks between every point that a list's route may touch."""

    def __init__(
        self,
        network: Network,
        starts: Sequence[Position],
        goals: Sequence[Place],
        located: Located,
    ) -> None:
        stands = [spot.stand for _, spots in located for spot in spots if spot.stand]
        points = list(dict.fromkeys([*starts, *(goal.position for goal in goals), *stands]))
        self._index = {point: number for number, point in enumerate(points)}
        self._goals = goals
        self._starts = self.indexes(starts)
        self._ends = self.indexes([goal.position for goal in goals])
        self.walks: Walks = network.walks(points)
        lengths = self.walks.lengths_m
        # With nowhere to start or to end at, the walk starts or ends wherever its stops do.
        nowhere = np.zeros(len(points))
        self.from_start = lengths[self._starts].min(axis=0) if starts else nowhere
        self.to_end = lengths[:, self._ends].min(axis=1) if goals else nowhere

    def indexes(self, positions: Sequence[Position]) -> list[int]:
        return [self._index[position] for position in positions]

    def is_on_map(self, position: Position) -> bool:
        return self.walks.joined[self._index[position]]

    def detour_m(self, stand: Position) -> float:
        point = self._index[stand]
        return float(self.from_start[point] + self.to_end[point])

    def legs(self, order: Sequence[int]) -> tuple[Path, ...]:
        if not order:
            return ()
        lengths = self.walks.lengths_m
        first = [self._nearest(self._starts, lengths[:, order[0]])] if self._starts else []
        last = [self._nearest(self._ends, lengths[order[-1]])] if self._ends else []
        passed = [*first, *order, *last]
        paths = [self.walks.path(a, b) for a, b in pairwise(passed)]
        return tuple(path for path in paths if path is not None)

    def end_after(self, order: Sequence[int]) -> Place | None:
        if not order or not self._goals:
            return None
        goal = self._nearest(self._ends, self.walks.lengths_m[order[-1]])
        return self._goals[self._ends.index(goal)]

    def _nearest(self, points: list[int], lengths: npt.NDArray[np.float64]) -> int:
        return points[int(lengths[points].argmin())]
