"""Plans the walk for a shopping list: from the entrance to every item, then to the till."""

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
NOT_ON_MAP = "start: must be on a walkable floor of this plan, outside blocked areas"


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
    """Find the shortest walk through all items of a list.

    An item may have several placements. Those within `stops.SURE_WITHIN` of the highest
    confidence are candidates; the one with the shortest walk start - placement - end is taken.
    Frozen goods come after all others. The order is exact for up to `tour.EXACT_STOPS` stops;
    beyond that, `lower_bound_m` gives the optimality gap. A plan without a map gives the stops
    in the store's own order of aisles, without legs.

    Args:
        network: the walkable graph for a profile at an instant.
        items: at most `MAX_ITEMS`; of lines with the same SKU the first counts.
        placements: by SKU, as `placements_in_force` gives them.
        start: the shopper's position; None takes the best entrance.
        heading_deg: the shopper's heading at the start, clockwise from the plan's y axis.
        ends: the candidate ends; None means the tills, an empty list lets the walk end at the
            last stop.
        shelves: the plan's shelves, if the caller has them already.

    Raises:
        ValueError: `items` has too many lines, or `start` is not on the map; the message names it.
    """
    if len(items) > MAX_ITEMS:
        raise ValueError(f"items: must have at most {MAX_ITEMS} items, got {len(items)}")
    plan = network.plan
    found = sort_items(plan, shelves or Shelves(plan), items, placements, network.at)
    if not plan.has_map:
        stops = in_aisle_order(stops_of(plan, [(item, spots[0]) for item, spots in found.located]))
        return Route(
            stops=tuple(stops),
            unlocated=tuple(found.unlocated),
            unreachable=tuple(found.shut),
            out_of_stock=tuple(found.out_of_stock),
        )
    starts = [start] if start else [p.position for p in plan.places_of(PlaceKind.ENTRANCE)]
    goals = list(plan.places_of(PlaceKind.TILL) if ends is None else ends)
    walks = _ListWalks(network, starts, goals, found.located)
    if start and not walks.is_on_map(start):
        raise ValueError(NOT_ON_MAP)
    chosen, cut_off = _nearest_spots(walks, found.located)
    stops = stops_of(plan, chosen)
    at = walks.indexes([stop.position for stop in stops if stop.position])
    tour = best_tour(
        walks.from_start[at],
        walks.walks.lengths_m[np.ix_(at, at)],
        walks.to_end[at],
        [int(stop.frozen) for stop in stops],
    )
    walkable = math.isfinite(tour.length_m)
    order = [at[i] for i in tour.order] if walkable else []
    return Route(
        stops=tuple(stops[i] for i in tour.order) if walkable else (),
        unlocated=tuple(found.unlocated),
        unreachable=(
            *found.shut,
            *cut_off,
            *([] if walkable else [item for item, _ in chosen]),
        ),
        out_of_stock=tuple(found.out_of_stock),
        legs=walks.legs(order),
        length_m=tour.length_m if walkable else 0.0,
        lower_bound_m=tour.lower_bound_m if walkable else 0.0,
        heading_deg=heading_deg,
        end=walks.end_after(order),
    )


def plan_way(
    network: Network,
    end: Place,
    *,
    start: Position | None = None,
    heading_deg: float | None = None,
) -> Route | None:
    """Find the shortest walk to one place, without stops.

    Args:
        network: the walkable graph for a profile at an instant.
        end: the destination.
        start: the shopper's position; None takes the nearest entrance.
        heading_deg: the shopper's heading at the start, clockwise from the plan's y axis.

    Returns:
        The route; None if there is no walk.

    Raises:
        ValueError: `start` is not on the map; the message names it.
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


def _nearest_spots(
    walks: "_ListWalks", located: Located
) -> tuple[list[tuple[Item, Spot]], list[Item]]:
    """The spot of each item with the shortest detour, and the items that cannot be reached."""
    chosen, cut_off = [], []
    for item, spots in located:
        standing = [(spot, spot.stand) for spot in spots if spot.stand]
        lengths = [walks.detour_m(stand) for _, stand in standing]
        if math.isfinite(min(lengths)):
            chosen.append((item, standing[int(np.argmin(lengths))][0]))
        else:
            cut_off.append(item)
    return chosen, cut_off


class _ListWalks:
    """The walks between all points that the route of a list may touch."""

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
        # Without a start or an end, the walk starts or ends at any stop, at no cost.
        free = np.zeros(len(points))
        self.from_start = lengths[self._starts].min(axis=0) if starts else free
        self.to_end = lengths[:, self._ends].min(axis=1) if goals else free

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
