"""Tests that a batch of queries gives the same hits as single queries and brute force."""

import random
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodata.nearest import NearestIndex
from geodata.points import Point
from tests.geodata.nearest.oracle import TOWNS, Answer, BruteForce, index_of, moved, scattered

PLACES = scattered(4_000, seed=11)
BRUTE = BruteForce(PLACES)
HELSINKI = TOWNS[0]


@pytest.fixture
def index() -> NearestIndex:
    return index_of(PLACES)


def crowd(count: int, spread: float, towns: int) -> list[Point]:
    rng = random.Random(count)
    return [
        moved(rng.choice(TOWNS[:towns]), spread * rng.gauss(0, 1), spread * rng.gauss(0, 1))
        for _ in range(count)
    ]


def ask(index: NearestIndex, questions: list[Point], limit: int, **filters: object) -> list[Answer]:
    rows, distances = index.nearest_batch(
        [question.latitude for question in questions],
        [question.longitude for question in questions],
        limit,
        **filters,
    )
    assert rows.shape == distances.shape == (len(questions), limit)
    assert (rows == -1).tolist() == np.isinf(distances).tolist()
    return [
        [(index.id(row), distance) for row, distance in zip(*answer, strict=True) if row >= 0]
        for answer in zip(rows.tolist(), distances.tolist(), strict=True)
    ]


@pytest.mark.parametrize(
    ("questions", "limit"),
    [
        (crowd(120, 0.01, towns=1), 10),
        (crowd(60, 0.3, towns=7), 3),
        (crowd(40, 40, towns=7), 10),
        (crowd(30, 0.1, towns=7), 50),
        ([HELSINKI] * 20, 10),
        ([HELSINKI], 10),
    ],
    ids=["one town", "all towns", "anywhere", "long answers", "one point", "alone"],
)
def test_it_equals_brute_force_cold_and_warm(
    index: NearestIndex, questions: list[Point], limit: int
) -> None:
    expected = [BRUTE.nearest(question, limit) for question in questions]
    for _ in range(3):
        assert expected == ask(index, questions, limit)
    for question in questions:
        index.nearest(question, limit)
    assert expected == ask(index, questions, limit)


@pytest.mark.parametrize("radius_m", [0.0, 900.0, 250_000.0])
def test_a_radius_holds_for_each(index: NearestIndex, radius_m: float) -> None:
    questions = [*crowd(50, 0.05, towns=3), *PLACES.values()][:70]
    expected = [BRUTE.nearest(question, 10, radius_m) for question in questions]
    assert expected == ask(index, questions, 10, max_distance_m=radius_m)


@pytest.mark.parametrize("share", [0.5, 0.01, 0.0])
def test_a_filter_holds_for_each(index: NearestIndex, share: float) -> None:
    rng = random.Random(12)
    passing = {id for id in PLACES if rng.random() < share}
    mask = np.array([index.id(row) in passing for row in range(index.row_count)])
    questions = crowd(60, 0.05, towns=2)
    expected = [BRUTE.nearest(point, 10, accept=passing.__contains__) for point in questions]
    assert expected == ask(index, questions, 10, accept=mask)
    assert expected == ask(index, questions, 10, accept=lambda rows: mask[rows])


@given(
    share=st.sampled_from([0.9, 0.6, 0.3]),
    spread=st.sampled_from([0.03, 0.1, 0.3]),
    limit=st.integers(1, 6),
    seed=st.integers(0, 1_000),
)
def test_any_filter_holds_for_each(share: float, spread: float, limit: int, seed: int) -> None:
    rng = random.Random(seed)
    places = {
        f"p-{number}": moved(HELSINKI, rng.uniform(-1, 1), rng.uniform(-2, 2))
        for number in range(300)
    }
    index = index_of(places)
    passing = {id for id in places if rng.random() < share}
    mask = np.array([index.id(row) in passing for row in range(index.row_count)])
    questions = [
        moved(HELSINKI, rng.uniform(-spread, spread), rng.uniform(-spread, spread))
        for _ in range(10)
    ]
    brute = BruteForce({id: places[id] for id in passing})
    expected = [brute.nearest(question, limit) for question in questions]
    assert expected == ask(index, questions, limit, accept=mask)


def test_places_at_one_point_rank_by_id_for_each() -> None:
    mall = {f"shop-{number:02}": TOWNS[number % 2] for number in reversed(range(60))}
    answers = ask(index_of(mall), crowd(40, 0.1, towns=1), 10)
    even = [f"shop-{number:02}" for number in range(0, 20, 2)]
    assert [even] * 40 == [[id for id, _ in answer] for answer in answers]


def test_fewer_places_than_asked_for() -> None:
    few = {"a": HELSINKI, "b": TOWNS[1]}
    questions = crowd(20, 1, towns=3)
    expected = [BruteForce(few).nearest(question, 5) for question in questions]
    assert expected == ask(index_of(few), questions, 5)
    assert [[]] * 20 == ask(NearestIndex(), questions, 5)


def test_no_questions_have_no_answers(index: NearestIndex) -> None:
    assert ask(index, [], 10) == []


def test_it_sees_changes(index: NearestIndex) -> None:
    questions = crowd(50, 0.001, towns=1)
    for _ in range(3):
        for question in questions:
            index.nearest(question, 10)
    index.upsert("new", HELSINKI)
    brute = BruteForce({**PLACES, "new": HELSINKI})
    expected = [brute.nearest(question, 10) for question in questions]
    assert expected == ask(index, questions, 10)


@given(
    questions=st.lists(
        st.builds(
            lambda town, scale, north, east: moved(town, scale * north, scale * east),
            st.sampled_from(TOWNS),
            st.sampled_from([0.0, 1e-5, 0.01, 3.0, 60.0]),
            st.floats(-1, 1),
            st.floats(-1, 1),
        ),
        max_size=40,
    ),
    limit=st.integers(1, 12),
)
def test_any_questions_equal_single_ones(questions: list[Point], limit: int) -> None:
    index = index_of(dict(list(PLACES.items())[:700]))
    answers = ask(index, questions, limit)
    singles = [
        [(index.id(row), distance) for row, distance in index.nearest(question, limit)]
        for question in questions
    ]
    assert singles == answers


def test_real_stores_equal_single_questions(
    shared_rows: Callable[[str], list[dict[str, str]]],
) -> None:
    stores = {
        row["id"]: Point(float(row["lat"]), float(row["lon"])) for row in shared_rows("stores_us")
    }
    index = index_of(stores)
    questions = [moved(store, 0.01, 0.01) for store in list(stores.values())[::10]]
    answers = ask(index, questions, 10)
    for question, answer in zip(questions, answers, strict=True):
        single = index.nearest(question, 10)
        assert [(index.id(row), distance) for row, distance in single] == answer


@pytest.mark.parametrize(
    ("latitudes", "longitudes", "named"),
    [([1.0, 91.0], [0.0, 0.0], "latitudes .* at 1"), ([1.0], [float("nan")], "longitudes"),
     ([1.0, 2.0], [0.0], "longitudes .* shape")],
)  # fmt: skip
def test_wrong_positions_are_refused_by_name(
    index: NearestIndex, latitudes: list[float], longitudes: list[float], named: str
) -> None:
    with pytest.raises(ValueError, match=named):
        index.nearest_batch(latitudes, longitudes, 10)
