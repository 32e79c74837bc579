"""Tests the search for places in shapes and viewports."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import shapely
import shapely.geometry

from geodata.fences.circle import Circle
from geodata.fences.multipolygon import MultiPolygon
from geodata.fences.shape import Shape
from geodata.nearest import NearestIndex
from geodata.points import Point
from geodata.regions import in_shape, in_viewport
from geodata.steps import at_once
from tests.geodata.nearest.oracle import TOWNS, index_of, moved, scattered

PLACES = scattered(3_000, seed=31)


@pytest.fixture(scope="module")
def index() -> NearestIndex:
    index = index_of(PLACES)
    index.delete("p-00000")
    return index


def ids(index: NearestIndex, rows: np.ndarray) -> list[str]:
    return [index.id(row) for row in rows.tolist()]


def polygon(*corners: tuple[float, float]) -> MultiPolygon:
    return MultiPolygon(((tuple(Point(*corner) for corner in corners),),))


SHAPES: list[Shape] = [
    polygon((59, 24), (59, 26), (61, 26), (61, 24)),
    polygon((-18, 177), (-18, -179), (-16, -179), (-16, 177)),
    polygon((-80, -150), (-80, -30), (-80, 90)),
    polygon((-60, -30), (-60, 150), (60, 150), (60, -30)),
    Circle(TOWNS[1], 90_000),
    Circle(TOWNS[5], 50_000),
]


@pytest.mark.parametrize("shape", SHAPES, ids=repr)
def test_a_shape_holds_what_it_holds_one_by_one(index: NearestIndex, shape: Shape) -> None:
    expected = [id for id, place in PLACES.items() if id in index and shape.contains(place)]
    assert expected
    assert expected == ids(index, at_once(in_shape(index, shape)))


def test_communes_hold_the_stations_that_shapely_says(
    shared_rows: Callable[[str], list[dict[str, str]]], shared_json: Callable[[str], Any]
) -> None:
    stations = {
        row["id"]: Point(float(row["lat"]), float(row["lon"]))
        for row in shared_rows("fr_charging_stations")
    }
    index = index_of(stations)
    columns = np.array([(place.longitude, place.latitude) for place in stations.values()])
    found = 0
    for commune in shared_json("fr_communes_isere.geojson")["features"][::7]:
        outline = shapely.geometry.shape(commune["geometry"])
        expected = np.array(list(stations))[shapely.intersects_xy(outline, *columns.T)]
        rows = at_once(in_shape(index, multipolygon(outline)))
        assert sorted(expected.tolist()) == sorted(ids(index, rows))
        found += len(rows)
    assert found > 30


def multipolygon(outline: Any) -> MultiPolygon:
    parts = outline.geoms if hasattr(outline, "geoms") else [outline]
    return MultiPolygon(
        tuple(
            tuple(
                tuple(Point(latitude, longitude) for longitude, latitude in ring.coords[:-1])
                for ring in (part.exterior, *part.interiors)
            )
            for part in parts
        )
    )


@pytest.mark.parametrize(
    ("low", "high"),
    [
        (Point(60, 24), Point(60.3, 25.5)),
        (Point(48.86, 2.35), Point(48.86, 2.35)),
        (Point(-90, -180), Point(90, 180)),
        (Point(-30, -20), Point(70, 100)),
        (Point(59, 5), Point(82, 40)),
    ],
)
def test_a_viewport_holds_what_lies_between_its_corners(
    index: NearestIndex, low: Point, high: Point
) -> None:
    expected = [
        id
        for id, place in PLACES.items()
        if id in index
        and low.latitude <= place.latitude <= high.latitude
        and low.longitude <= place.longitude <= high.longitude
    ]
    assert expected
    assert expected == ids(index, in_viewport(index, low, high))


def test_a_viewport_may_cross_the_antimeridian(index: NearestIndex) -> None:
    expected = [
        id
        for id, place in PLACES.items()
        if id in index
        and -18 <= place.latitude <= -16
        and (place.longitude >= 177 or place.longitude <= -179)
    ]
    assert expected == ids(index, in_viewport(index, Point(-18, 177), Point(-16, -179)))


def test_the_border_belongs_to_a_viewport_also_where_it_is_the_antimeridian() -> None:
    index = index_of({"west": Point(-17, 180), "east": Point(-17, -180), "suva": Point(-18, 178)})
    for low, high in [
        (Point(-18, 178), Point(-17, 180)),
        (Point(-18, 178), Point(-17, -180)),
        (Point(-18, 178), Point(-17, -170)),
    ]:
        assert ids(index, in_viewport(index, low, high)) == ["west", "east", "suva"]
    past = in_viewport(index, Point(-18, -180), Point(-17, -170))
    assert ids(index, past) == ["west", "east"]


def test_a_pole_is_in_every_viewport_that_reaches_it() -> None:
    index = index_of({"pole": Point(90, 120), "near": moved(Point(90, 0), -0.1, 120)})
    assert ids(index, in_viewport(index, Point(80, -10), Point(90, 10))) == ["pole"]


def test_a_viewport_upside_down_is_refused_by_name(index: NearestIndex) -> None:
    with pytest.raises(ValueError, match=r"low\.latitude"):
        in_viewport(index, Point(2, 0), Point(1, 0))


def test_a_place_that_is_moved_or_deleted_between_the_steps_is_left_out():
    index = NearestIndex.build(["gone", "moved", "stays"], [60.0, 60.1, 60.2], [25.0, 25.0, 25.0])
    corners = ((59, 24), (59, 26), (61, 26), (61, 24))
    steps = in_shape(index, MultiPolygon(((tuple(Point(*corner) for corner in corners),),)))
    bounds = next(steps)
    assert bounds
    job = steps.send(bounds())
    assert job
    inside = job()
    assert inside.all()
    index.delete("gone")
    index.upsert("new", Point(10, 10))  # in the row that is free now
    index.upsert("moved", Point(60.15, 25))
    with pytest.raises(StopIteration) as end:
        steps.send(inside)

    assert ["stays"] == [index.id(row) for row in end.value.value.tolist()]
