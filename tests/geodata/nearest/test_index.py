"""Tests that nearest-place search equals brute force from any point of the earth."""

import random
from collections.abc import Callable

import h3
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodata.nearest import NearestIndex
from geodata.points import Point
from tests.geodata.nearest.oracle import (
    TOWNS,
    WGS84,
    BruteForce,
    index_of,
    moved,
    named,
    scattered,
)

PLACES = scattered(4_000, seed=1)
BRUTE = BruteForce(PLACES)
HELSINKI = TOWNS[0]


@pytest.fixture(scope="module")
def index() -> NearestIndex:
    return index_of(PLACES)


def questions(seed: int, count: int) -> list[Point]:
    """Points near the places, and anywhere: oceans, poles, both sides of the antimeridian."""
    rng = random.Random(seed)
    towns = list(PLACES.values())
    near = [moved(rng.choice(towns), rng.gauss(0, 0.02), rng.gauss(0, 0.02)) for _ in range(count)]
    anywhere = [Point(rng.uniform(-90, 90), rng.uniform(-180, 180)) for _ in range(count)]
    corners = [Point(90, 0), Point(-90, -77), Point(-17, 180), Point(-17, -180), Point(0, 0)]
    opposite = [moved(Point(-town.latitude, town.longitude), 0, 180) for town in TOWNS]
    return near + anywhere + corners + opposite


@pytest.mark.parametrize("limit", [1, 10, 100])
def test_cold_and_warm_it_equals_brute_force(index: NearestIndex, limit: int) -> None:
    for question in questions(seed=limit, count=40):
        expected = BRUTE.nearest(question, limit)
        # The index caches the candidates of a cell from the second query on.
        for _ in range(3):
            assert expected == named(index, index.nearest(question, limit))


@pytest.mark.parametrize("count", [100, pytest.param(1_000, marks=pytest.mark.soak)])
@pytest.mark.parametrize(
    "name",
    ["stores_us", "stores_world_starbucks", "fr_fuel_stations", "fr_charging_stations"],
)
def test_real_places_equal_brute_force(
    name: str, count: int, shared_rows: Callable[[str], list[dict[str, str]]]
) -> None:
    places = {
        row["id"]: Point(float(row["lat"]), float(row["lon"]))
        for row in shared_rows(name)
        if row["lat"]
    }
    index = index_of(places)
    ids, rng = list(places), random.Random(5)
    columns = np.array([(p.longitude, p.latitude) for p in places.values()]).T
    for number in range(count):
        anywhere = Point(rng.uniform(-90, 90), rng.uniform(-180, 180))
        beside = moved(places[rng.choice(ids)], rng.gauss(0, 0.1), rng.gauss(0, 0.1))
        question = (beside, beside, places[rng.choice(ids)], anywhere)[number % 4]
        expected = brute_10(question, ids, columns)
        assert expected == named(index, index.nearest(question, 10))
        assert expected == named(index, index.nearest(question, 10))


def brute_10(point: Point, ids: list[str], columns: np.ndarray) -> list[tuple[str, float]]:
    distances = WGS84.inv(
        np.full(len(ids), point.longitude), np.full(len(ids), point.latitude), *columns
    )[2]
    tenth = np.partition(distances, 9)[9]
    nearest = sorted((distances[row], ids[row]) for row in np.flatnonzero(distances <= tenth))
    return [(id, distance) for distance, id in nearest[:10]]


def test_many_places_at_one_point_rank_by_id() -> None:
    mall = {f"shop-{number:02}": HELSINKI for number in reversed(range(26))}
    hits = named(index_of(mall), index_of(mall).nearest(moved(HELSINKI, 0.1, 0), 10))
    assert [f"shop-{number:02}" for number in range(10)] == [id for id, _ in hits]


def test_more_places_at_one_point_than_a_node_holds() -> None:
    mall = {f"shop-{number:04}": HELSINKI for number in range(1_000)}
    index = index_of(mall)
    assert sorted(mall) == [id for id, _ in named(index, index.within(HELSINKI, 0))]


def test_minus_180_and_180_tie() -> None:
    index = index_of({"west": Point(-17, 180), "east": Point(-17, -180)})
    for question in (Point(-17, 179.5), Point(-17, -179.5), Point(-17, 180), Point(-17, -180)):
        assert [id for id, _ in named(index, index.nearest(question, 2))] == ["east", "west"]


def test_nothing_is_nearest_among_nothing() -> None:
    assert NearestIndex().nearest(HELSINKI, 10) == []
    assert NearestIndex.build([], [], []).within(HELSINKI, 1_000) == []


positions = st.builds(
    Point,
    st.one_of(st.floats(-90, 90), st.sampled_from([-90.0, -0.0, 0.0, 90.0])),
    st.one_of(st.floats(-180, 180), st.sampled_from([-180.0, 0.0, 180.0])),
)
pentagons = st.sampled_from(
    [Point(*h3.cell_to_latlng(cell)) for res in (0, 5, 9) for cell in h3.get_pentagons(res)]
)
anywhere = st.one_of(positions, pentagons)
offsets = st.floats(-1, 1)
clusters = st.lists(
    st.builds(
        lambda centre, scale, north, east: moved(centre, scale * north, scale * east),
        st.shared(anywhere, key="centre"),
        st.sampled_from([0.0, 1e-9, 1e-4, 0.1, 5.0]),
        offsets,
        offsets,
    ),
    max_size=60,
)


@given(
    places=st.tuples(st.lists(anywhere, max_size=60), clusters).map(lambda t: t[0] + t[1]),
    question=st.one_of(anywhere, st.shared(anywhere, key="centre")),
    limit=st.integers(1, 40),
)
def test_any_places_anywhere_equal_brute_force(
    places: list[Point], question: Point, limit: int
) -> None:
    named_places = {f"p-{number}": place for number, place in enumerate(places)}
    index = index_of(named_places)
    expected = BruteForce(named_places).nearest(question, limit)
    for _ in range(3):
        assert expected == named(index, index.nearest(question, limit))


def test_a_radius_is_inclusive_at_exactly_the_distance(index: NearestIndex) -> None:
    for question in questions(seed=4, count=10):
        ranked = BRUTE.nearest(question, 20)
        for position, (_, distance) in enumerate(ranked[:-1]):
            at = named(index, index.nearest(question, 20, max_distance_m=distance))
            assert ranked[: position + 1] == at[: position + 1]
            assert all(found <= distance for _, found in at)
            short = np.nextafter(distance, 0) if distance else None
            if short is not None:
                below = named(index, index.nearest(question, 20, max_distance_m=float(short)))
                assert [hit for hit in ranked if hit[1] < distance] == below


@pytest.mark.parametrize("radius_m", [0, 1, 500, 30_000, 2_000_000, 19_990_000, 1e9])
def test_within_is_everything_in_the_radius(index: NearestIndex, radius_m: float) -> None:
    for question in questions(seed=6, count=4):
        expected = BRUTE.nearest(question, len(PLACES), max_distance_m=radius_m)
        assert expected == named(index, index.within(question, radius_m))


@pytest.mark.parametrize("share", [0.5, 0.03, 0.002, 0.0])
def test_a_filter_leaves_the_nearest_that_pass(index: NearestIndex, share: float) -> None:
    rng = random.Random(8)
    passing = {id for id in PLACES if rng.random() < share}
    mask = np.array([index.id(row) in passing for row in range(index.row_count)])
    for question in questions(seed=9, count=15):
        for radius_m in (None, 100_000.0):
            expected = BRUTE.nearest(
                question, 10, radius_m if radius_m else float("inf"), passing.__contains__
            )
            by_mask = index.nearest(question, 10, max_distance_m=radius_m, accept=mask)
            by_function = index.nearest(
                question, 10, max_distance_m=radius_m, accept=lambda rows: mask[rows]
            )
            assert expected == named(index, by_mask)
            assert expected == named(index, by_function)


def test_a_filter_that_passes_only_far_places_finds_them(index: NearestIndex) -> None:
    southern = {id for id, place in PLACES.items() if place.latitude < -60}
    mask = np.array([index.id(row) in southern for row in range(index.row_count)])
    expected = BRUTE.nearest(HELSINKI, 10, accept=southern.__contains__)
    assert expected == named(index, index.nearest(HELSINKI, 10, accept=mask))


@pytest.mark.parametrize("size", [1, 7, 50])
@pytest.mark.parametrize("question", [HELSINKI, Point(10, -140), TOWNS[2]])
def test_pages_one_after_the_other_are_the_whole_order(
    index: NearestIndex, question: Point, size: int
) -> None:
    pages: list[tuple[str, float]] = []
    after = None
    while len(pages) < 600:
        page = named(index, index.nearest(question, size, after=after))
        pages += page
        id, distance = page[-1]
        after = (distance, id)
    assert BRUTE.nearest(question, len(pages)) == pages


def test_the_last_page_ends(index: NearestIndex) -> None:
    id, distance = BRUTE.ranked(HELSINKI)[-3]
    page = index.nearest(HELSINKI, 10, after=(distance, id))
    assert BRUTE.ranked(HELSINKI)[-2:] == named(index, page)


@pytest.mark.parametrize(
    ("arguments", "named_argument"),
    [
        ({"limit": 0}, "limit"),
        ({"max_distance_m": -1.0}, "max_distance_m"),
        ({"max_distance_m": float("nan")}, "max_distance_m"),
        ({"after": (float("nan"), "p-1")}, "after"),
        ({"accept": np.ones(3, dtype=np.bool_)}, "accept"),
        ({"accept": np.zeros(4_000, dtype=np.intp)}, "accept"),
    ],
)
def test_a_wrong_argument_is_refused_by_name(
    index: NearestIndex, arguments: dict[str, object], named_argument: str
) -> None:
    with pytest.raises(ValueError, match=named_argument):
        index.nearest(HELSINKI, **{"limit": 10, **arguments})


@pytest.mark.parametrize(
    ("columns", "named_column"),
    [
        ((["a", "a"], [1, 2], [1, 2]), "ids .* 'a'"),
        ((["a", "b"], [1, 90.1], [1, 2]), "latitudes .* at 1"),
        ((["a", "b"], [1, 2], [float("nan"), 2]), "longitudes .* at 0"),
        ((["a", "b"], [1, 2], [1]), "longitudes .* shape"),
    ],
)
def test_wrong_columns_are_refused_by_name(
    columns: tuple[list[str], list[float], list[float]], named_column: str
) -> None:
    with pytest.raises(ValueError, match=named_column):
        NearestIndex.build(*columns)
