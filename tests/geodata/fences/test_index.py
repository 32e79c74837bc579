"""Tests the index of fences against testing each fence."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from h3.api import basic_int as h3
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from geodata.fences import (
    CellSet,
    Circle,
    FenceError,
    FenceIndex,
    Matches,
    Shape,
    shape_from_geojson,
)
from geodata.points import Point
from tests.geodata.fences.oracles import (
    Case,
    away,
    azimuths,
    cases,
    places,
    points_near,
    sizes_m,
    untimed,
)

FAR = Point(0.0, -30.0)


def index_of(shapes: dict[str, Shape]) -> FenceIndex:
    index = FenceIndex()
    for fence_id, shape in shapes.items():
        index.put(fence_id, shape)
    return index


def match_many(index: FenceIndex, latitudes: list[float], longitudes: list[float]) -> Matches:
    """The fences that contain each position, by segments without length."""
    return index.track_many(latitudes, longitudes, latitudes, longitudes)[0]


def by_row(matches: Matches, count: int) -> list[set[str]]:
    """The fences of each row."""
    rows: list[set[str]] = [set() for _ in range(count)]
    for row, fence_id in zip(matches.rows.tolist(), matches.fence_ids.tolist(), strict=True):
        assert fence_id not in rows[row]
        rows[row].add(fence_id)
    return rows


def columns(points: list[Point]) -> tuple[list[float], list[float]]:
    return [point.latitude for point in points], [point.longitude for point in points]


class IndexMachine(RuleBasedStateMachine):
    """Fences are added, changed and removed; every answer equals that of testing each fence."""

    fences = Bundle("fences")

    def __init__(self) -> None:
        super().__init__()
        self.index = FenceIndex()
        self.cases: dict[str, Case] = {}

    @rule(target=fences, number=st.integers(0, 30), case=cases)
    def put(self, number: int, case: Case) -> str:
        fence_id = f"f{number}"
        self.index.put(fence_id, case.shape)
        self.cases[fence_id] = case
        return fence_id

    @rule(fence_id=consumes(fences))
    def remove(self, fence_id: str) -> None:
        if self.cases.pop(fence_id, None):
            self.index.remove(fence_id)
        else:
            with pytest.raises(KeyError):
                self.index.remove(fence_id)

    @rule(data=st.data(), near=fences)
    def ask_where(self, data: st.DataObject, near: str) -> None:
        points = self._points(data, near)
        holding = [
            {fence_id for fence_id, case in self.cases.items() if case.shape.contains(point)}
            for point in points
        ]
        assert [sorted(ids) for ids in holding] == [self.index.match(point) for point in points]
        starts, ends = points[:-1], points[1:]
        assert holding == by_row(match_many(self.index, *columns(points)), len(points))
        inside, passed = self.index.track_many(*columns(starts), *columns(ends))
        assert holding[1:] == by_row(inside, len(ends))
        assert [
            {
                fence_id
                for fence_id, case in self.cases.items()
                if case.shape.crosses(start, end) and not case.shape.contains(end)
            }
            for start, end in zip(starts, ends, strict=True)
        ] == by_row(passed, len(ends))

    @rule(data=st.data(), near=fences, limit=st.integers(1, 4))
    def ask_nearest(self, data: st.DataObject, near: str, limit: int) -> None:
        point = self._points(data, near)[0]
        ranked = sorted(
            (abs(case.shape.distance_to_edge_m(point)), fence_id)
            for fence_id, case in self.cases.items()
        )
        answer = self.index.nearest(point, limit)
        assert [fence_id for _, fence_id in ranked[:limit]] == [
            fence_id for fence_id, _ in answer.fences
        ]
        expected = ranked[limit][0] if len(ranked) > limit else float("inf")
        assert expected == answer.ask_again_m

    @invariant()
    def holds_what_was_put(self) -> None:
        assert len(self.cases) == len(self.index)
        assert all(self.index[fence_id] is case.shape for fence_id, case in self.cases.items())

    def _points(self, data: st.DataObject, near: str) -> list[Point]:
        strategy = points_near(self.cases[near]) if near in self.cases else st.just(FAR)
        points: list[Point] = data.draw(st.lists(strategy, min_size=2, max_size=6))
        return points


TestIndexMachine = IndexMachine.TestCase
TestIndexMachine.settings = settings(max_examples=12, stateful_step_count=20, deadline=None)


@untimed
@given(places, sizes_m, azimuths, st.floats(0.1, 60))
def test_a_way_finds_the_fence_in_its_middle_however_long_it_is(
    place: Point, radius_m: float, azimuth: float, ways: float
) -> None:
    index = index_of({"there": Circle(place, radius_m)})
    start, end = (away(place, azimuth + turn, ways * radius_m) for turn in (0, 180))
    assert ["there"] == index.match_line([start, end])


def test_a_flight_over_two_thousand_kilometres_finds_a_kiosk_below() -> None:
    kiosk = Circle(Point(48.8738, 2.2950), 10.0)
    index = index_of({"kiosk": kiosk, "helsinki": Circle(Point(60.1711, 24.9414), 300.0)})
    start, end = away(kiosk.center, 30.0, 1e6), away(kiosk.center, -150.0, 1e6)
    assert ["kiosk"] == index.match_line([start, end])
    assert [] == index.match_line([start])


def test_a_line_matches_what_any_of_its_legs_touches() -> None:
    index = index_of(
        {
            "kamppi": Circle(Point(60.1689, 24.9318), 100.0),
            "pasila": Circle(Point(60.1989, 24.9336), 100.0),
            "suomenlinna": Circle(Point(60.1454, 24.9881), 100.0),
        }
    )
    walk = [Point(60.1689, 24.9318), Point(60.1850, 24.9300), Point(60.2100, 24.9345)]
    assert ["kamppi", "pasila"] == index.match_line(walk)


@untimed
@given(places, azimuths, st.floats(0, 0.999))
def test_within_the_radius_to_ask_again_no_other_fence_changes(
    place: Point, azimuth: float, share: float
) -> None:
    rng = np.random.default_rng(5)
    shapes: dict[str, Shape] = {
        f"f{n:02}": Circle(
            away(place, float(rng.uniform(-180, 180)), float(10 ** rng.uniform(1, 4))),
            float(10 ** rng.uniform(1, 3.5)),
        )
        for n in range(40)
    }
    answer = index_of(shapes).nearest(place, 20)
    watched = {fence_id for fence_id, _ in answer.fences}
    later = away(place, azimuth, share * answer.ask_again_m)
    others = [shape for fence_id, shape in shapes.items() if fence_id not in watched]
    assert 20 == len(others)
    assert [shape.contains(place) for shape in others] == [
        shape.contains(later) for shape in others
    ]
    assert not any(shape.crosses(place, later) != shape.contains(place) for shape in others)


def test_no_fences_match_nothing() -> None:
    index = FenceIndex()
    assert [] == index.match(FAR)
    assert [] == index.match_line([FAR, FAR])
    assert [set()] == by_row(match_many(index, [0.0], [0.0]), 1)
    assert ((), float("inf")) == (index.nearest(FAR, 3).fences, index.nearest(FAR, 3).ask_again_m)


def test_removing_all_fences_leaves_nothing_behind() -> None:
    index = index_of({"a": Circle(FAR, 100.0), "b": Circle(FAR, 5_000.0)})
    index.put("a", Circle(FAR, 50_000.0))
    index.remove("a")
    index.remove("b")
    assert [0, 0, 0, 0, 0] == [
        len(held)
        for held in (
            index,
            index._codes,
            index._covers,
            index._resolutions,
            index._border_resolutions,
        )
    ]


@pytest.mark.parametrize(
    ("latitudes", "longitudes", "problem"),
    [
        ([1.0, float("nan")], [2.0, 2.0], r"latitudes\[1\]: must be in \[-90, 90\]"),
        ([1.0, 91.0], [2.0, 2.0], r"latitudes\[1\]: must be in \[-90, 90\]"),
        ([1.0], [float("-inf")], r"longitudes\[0\]: must be in \[-180, 180\]"),
        ([1.0], [2.0, 3.0], r"longitudes: must have as many values as latitudes \(1\), got 2"),
    ],
)
def test_a_bad_position_is_named(
    latitudes: list[float], longitudes: list[float], problem: str
) -> None:
    with pytest.raises(FenceError, match=problem):
        match_many(FenceIndex(), latitudes, longitudes)


def test_the_nearest_none_cannot_be_asked_for() -> None:
    with pytest.raises(FenceError, match="limit: must be at least 1, got 0"):
        FenceIndex().nearest(FAR, 0)


def test_every_commune_holds_the_point_that_is_known_to_be_in_it(
    shared_json: Callable[[str], Any], shared_rows: Callable[[str], list[dict[str, str]]]
) -> None:
    index = FenceIndex()
    for feature in shared_json("fr_communes_isere.geojson")["features"]:
        index.put(feature["properties"]["code"], shape_from_geojson(feature["geometry"]))
    rows = [
        row for row in shared_rows("fr_communes") if row["insee"] in index and row["inside_lat"]
    ]
    assert len(rows) > 500
    matches = match_many(
        index,
        [float(row["inside_lat"]) for row in rows],
        [float(row["inside_lon"]) for row in rows],
    )
    assert [{row["insee"]} for row in rows] == by_row(matches, len(rows))


def test_the_cells_of_h3_are_found_by_their_published_centres(
    shared_rows: Callable[[str], list[dict[str, str]]],
) -> None:
    rows = shared_rows("h3_cell_centers")[::20]
    index = index_of({row["cell"]: CellSet(frozenset({int(row["cell"], 16)})) for row in rows})
    matches = match_many(
        index, [float(row["lat"]) for row in rows], [float(row["lon"]) for row in rows]
    )
    for row, found in zip(rows, by_row(matches, len(rows)), strict=True):
        assert row["cell"] in found
    assert h3.get_resolution(int(rows[0]["cell"], 16)) == int(rows[0]["resolution"])
