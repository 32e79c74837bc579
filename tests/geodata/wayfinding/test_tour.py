from itertools import pairwise, permutations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.wayfinding.bound import lower_bound
from geodata.wayfinding.local_search import improved_order
from geodata.wayfinding.tour import EXACT_STOPS, best_tour, tour_length

Lengths = npt.NDArray[np.float64]
Walk = tuple[Lengths, Lengths, Lengths]
seeds = st.integers(0, 2**32 - 1)


def walk(seed: int, stops: int, one_way: bool = False) -> Walk:
    """Points in a square of 50 m; with `one_way`, each direction is longer by its own factor."""
    rng = np.random.default_rng(seed)
    points = rng.random((stops + 2, 2)) * 50
    lengths = np.hypot(*(points[:, None] - points[None]).transpose(2, 0, 1))
    if one_way:
        lengths *= 1 + rng.random(lengths.shape)
    return lengths[stops, :stops], lengths[:stops, :stops], lengths[:stops, stops + 1]


def in_turn(order: tuple[int, ...], groups: npt.NDArray[np.int_]) -> bool:
    return all(groups[a] <= groups[b] for a, b in pairwise(order))


def groups_of(seed: int, stops: int, count: int) -> npt.NDArray[np.int_]:
    return np.random.default_rng(seed + 1).integers(0, count, stops)


@settings(deadline=None)
@given(seeds, st.integers(1, 7), st.booleans(), st.integers(1, 3))
def test_the_order_is_the_best_of_all(seed: int, stops: int, one_way: bool, count: int) -> None:
    legs, groups = walk(seed, stops, one_way), groups_of(seed, stops, count)
    shortest = min(
        tour_length(order, *legs) for order in permutations(range(stops)) if in_turn(order, groups)
    )
    tour = best_tour(*legs, groups.tolist())
    assert shortest == pytest.approx(tour.length_m, abs=1e-9)
    assert tour.length_m == tour.lower_bound_m
    assert in_turn(tour.order, groups)


def test_the_best_of_eight_stops_is_the_best_of_40320_orders() -> None:
    legs = walk(8, 8)
    shortest = min(tour_length(order, *legs) for order in permutations(range(8)))
    assert shortest == pytest.approx(best_tour(*legs).length_m)


@settings(deadline=None)
@given(seeds, st.integers(13, 30), st.booleans(), st.integers(1, 3))
def test_many_stops_never_take_longer_than_in_the_lists_own_order(
    seed: int, stops: int, one_way: bool, count: int
) -> None:
    legs, groups = walk(seed, stops, one_way), groups_of(seed, stops, count)
    tour = best_tour(*legs, groups.tolist())
    own = np.argsort(groups, kind="stable")
    assert tour.length_m <= tour_length(own.tolist(), *legs) + 1e-9
    assert sorted(tour.order) == list(range(stops))
    assert in_turn(tour.order, groups)
    assert tour_length(tour.order, *legs) == pytest.approx(tour.length_m)


@settings(deadline=None)
@given(seeds, st.integers(2, 10), st.booleans(), st.integers(1, 3))
def test_the_bound_is_never_above_the_best_order(
    seed: int, stops: int, one_way: bool, count: int
) -> None:
    legs, groups = walk(seed, stops, one_way), groups_of(seed, stops, count)
    best = best_tour(*legs, groups.tolist()).length_m
    assert lower_bound(*legs, groups, best) <= best + 1e-9


@settings(deadline=None)
@given(seeds, st.integers(2, 10), st.booleans())
def test_local_search_alone_is_never_better_than_the_best(
    seed: int, stops: int, one_way: bool
) -> None:
    legs = walk(seed, stops, one_way)
    order = improved_order(*legs, np.zeros(stops, dtype=np.int_))
    assert sorted(order) == list(range(stops))
    assert tour_length(order, *legs) >= best_tour(*legs).length_m - 1e-9


def test_forty_stops_are_within_a_tenth_of_the_bound() -> None:
    tours = [best_tour(*walk(seed, 40)) for seed in range(10)]
    gaps = [tour.length_m / tour.lower_bound_m - 1 for tour in tours]
    assert max(gaps) < 0.1
    assert min(gaps) >= 0


def test_stops_that_cannot_all_be_walked_have_no_length() -> None:
    for stops in (3, EXACT_STOPS + 2):
        from_start, between, to_end = walk(1, stops)
        between[:, 0] = np.inf
        from_start[0] = np.inf
        assert np.isinf(best_tour(from_start, between, to_end).length_m)


@settings(deadline=None)
@given(seeds, st.integers(1, 6), st.floats(0, 0.9), st.integers(1, 3))
def test_with_ways_missing_the_order_is_the_best_of_all_or_there_is_none(
    seed: int, stops: int, missing: float, count: int
) -> None:
    legs, groups = walk(seed, stops, one_way=True), groups_of(seed, stops, count)
    rng = np.random.default_rng(seed + 2)
    for lengths in legs:
        lengths[rng.random(lengths.shape) < missing] = np.inf
    np.fill_diagonal(legs[1], 0.0)
    shortest = min(
        tour_length(order, *legs) for order in permutations(range(stops)) if in_turn(order, groups)
    )
    tour = best_tour(*legs, groups.tolist())
    assert shortest == pytest.approx(tour.length_m, abs=1e-9)
    assert sorted(tour.order) == list(range(stops))


def test_two_stops_without_a_way_between_them_are_no_walk() -> None:
    # Each alone can be walked from the start to the end.
    apart = np.array([[0.0, np.inf], [np.inf, 0.0]])
    assert np.isinf(best_tour(np.ones(2), apart, np.ones(2)).length_m)


def test_one_way_legs_are_taken_the_way_they_go() -> None:
    between = np.array([[0.0, 1.0], [np.inf, 0.0]])
    tour = best_tour(np.array([1.0, 1.0]), between, np.array([1.0, 1.0]))
    assert ((0, 1), 3.0) == (tour.order, tour.length_m)


def test_no_stops_are_no_walk() -> None:
    nothing = np.empty(0)
    assert best_tour(nothing, np.empty((0, 0)), nothing).order == ()


@settings(deadline=None, max_examples=30)
@given(seeds, st.integers(13, 50))
def test_among_many_equally_long_walks_the_search_still_ends(seed: int, stops: int) -> None:
    # Shelves in rows have equal distances: rounding must not look like a gain.
    points = np.random.default_rng(seed).integers(0, 6, (stops + 2, 2)) * 2.3
    lengths = np.abs(points[:, None] - points[None]).sum(axis=2)
    legs = lengths[stops, :stops], lengths[:stops, :stops], lengths[:stops, stops + 1]
    tour = best_tour(*legs)
    assert tour_length(range(stops), *legs) >= tour.length_m - 1e-9
