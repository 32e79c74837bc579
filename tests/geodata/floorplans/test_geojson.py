import dataclasses
import datetime as dt

import orjson
import pytest
import shapely

from geodata.floorplans.drawing.overlay import Overlay, Pin
from geodata.floorplans.geojson import overlay_to_geojson, plan_to_geojson
from geodata.floorplans.plan import BlockedArea, FloorPlan, Position
from geodata.importers.indoor.geojson import plan_from_geojson
from geodata.importers.report import ImporterError
from tests.geodata.floorplans.shops import (
    HAKANIEMI,
    NOON,
    corner_shop,
    supermarket,
    two_floors,
    village_shop,
)

BLOCKED = dataclasses.replace(
    corner_shop(),
    effective_from=NOON,
    blocked=(
        BlockedArea(id="spill", level="0", outline=shapely.box(5, 1, 6, 2), blocked_until=NOON),
        BlockedArea(id="aisle", level="0", aisle="2"),
    ),
)


def rounded(plan: FloorPlan) -> str:
    """The text of a plan with numbers rounded to a millimetre."""
    local = dataclasses.replace(plan, frame=None)
    return repr(_to_mm(dataclasses.asdict(local)))


def _to_mm(value: object) -> object:
    if isinstance(value, dict):
        return {key: _to_mm(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_to_mm(one) for one in value]
    if isinstance(value, shapely.Geometry):
        return shapely.to_wkt(shapely.transform(value, lambda points: points.round(3) + 0.0))
    if isinstance(value, dt.datetime):
        return value.isoformat()
    return round(value, 3) + 0.0 if isinstance(value, float) else value


HUGE = {"aisle": "1", "start": [24.951, 60.1795], "end": [24.9511, 60.1795], "bays": 2**31}
"""A face with too many bays for 32 bits."""


@pytest.mark.parametrize("plan", [corner_shop(), two_floors(), BLOCKED, supermarket()[0]])
def test_a_plan_comes_back_from_its_file(plan: FloorPlan) -> None:
    document = orjson.loads(orjson.dumps(plan_to_geojson(plan)))
    imported = plan_from_geojson(document)
    assert imported.problems == ()
    assert imported.plan.frame == plan.frame
    for mine, back in zip(plan.fixtures, imported.plan.fixtures, strict=True):
        assert back.outline.equals_exact(mine.outline, 5e-4)
        assert dataclasses.replace(back, outline=mine.outline, faces=()) == dataclasses.replace(
            mine, faces=()
        )
    for field in dataclasses.fields(plan):
        if field.name in ("levels", "places", "nodes", "links", "aisles", "departments"):
            assert len(getattr(plan, field.name)) == len(getattr(imported.plan, field.name))
    assert plan_to_geojson(imported.plan).keys() == document.keys()
    assert (plan.effective_from, [b.aisle for b in plan.blocked]) == (
        imported.plan.effective_from,
        [b.aisle for b in imported.plan.blocked],
    )


def test_every_part_of_a_small_plan_comes_back_to_the_millimetre() -> None:
    back = plan_from_geojson(orjson.loads(orjson.dumps(plan_to_geojson(BLOCKED)))).plan
    assert rounded(BLOCKED) == rounded(back)


def test_a_plan_without_a_map_needs_no_frame() -> None:
    plan = village_shop()
    assert plan_from_geojson(plan_to_geojson(plan)).plan == plan


def test_positions_are_longitude_first() -> None:
    features = plan_to_geojson(corner_shop())["features"]
    [door] = [f for f in features if f["properties"].get("id") == "door"]
    there = HAKANIEMI.to_wgs84(6.0, 0.5)
    assert door["geometry"]["coordinates"] == pytest.approx(
        [there.longitude, there.latitude], abs=1e-9
    )


WALK = (Position("0", 0, 0), Position("0", 9, 0), Position("1", 9, 0), Position("1", 0, 0))


def test_what_is_drawn_over_a_plan_is_lines_and_points_with_their_level() -> None:
    milk = Pin(label="1", at=Position("1", 3.0, 4.0), lines=("Milk", "Aisle 2"))
    overlay = Overlay(walk=WALK, pins=(milk,), here=Position("0", 0.0, 0.0))
    features = overlay_to_geojson(overlay, HAKANIEMI)
    assert [
        ("route", "0", "LineString"),
        ("route", "1", "LineString"),
        ("pin", "1", "Point"),
        ("here", "0", "Point"),
    ] == [
        (f["properties"]["feature"], f["properties"]["level"], f["geometry"]["type"])
        for f in features
    ]
    there = HAKANIEMI.to_wgs84(3.0, 4.0)
    assert [there.longitude, there.latitude] == pytest.approx(
        list(features[2]["geometry"]["coordinates"]), abs=1e-9
    )
    assert ("1", ["Milk", "Aisle 2"]) == (
        features[2]["properties"]["label"],
        features[2]["properties"]["lines"],
    )


def test_a_drawn_plan_without_a_frame_cannot_be_put_on_a_map() -> None:
    with pytest.raises(ValueError, match="frame"):
        plan_to_geojson(dataclasses.replace(corner_shop(), frame=None))


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        {},
        {"type": "FeatureCollection", "features": []},
        {"floor_plan": {"store": "s"}},
        {"floor_plan": {"store": "s", "frame": {"latitude": 95, "longitude": 0}}, "features": []},
        {"floor_plan": {"store": "s", "frame": []}, "features": []},
        {"floor_plan": {"store": 7}, "features": []},
        {"floor_plan": {"store": "s", "effective_from": "2026-01-01T00:00:00"}, "features": []},
    ],
)
def test_what_is_no_floor_plan_file_is_refused(document: object) -> None:
    with pytest.raises(ImporterError):
        plan_from_geojson(document)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"properties": {"feature": "fixture", "id": "a"}}, "level"),
        ({"properties": {"feature": "fixture", "id": "a", "level": "0", "kind": "sofa"}}, "kind"),
        (
            {"properties": {"feature": "fixture", "id": "a", "level": "0", "faces": [7]}},
            "faces.start",
        ),
        ({"properties": {"feature": "fixture", "id": "a", "level": "0", "faces": 7}}, "faces"),
        ({"properties": {"feature": "fixture", "id": "a", "level": "0", "faces": [HUGE]}}, "bays"),
        ({"geometry": {"type": "Polygon", "coordinates": [[1]]}}, "geometry"),
        ({"geometry": {"type": "Point", "coordinates": ["x"]}}, "geometry"),
        ({"geometry": 3}, "geometry"),
    ],
)
def test_a_feature_that_does_not_fit_is_left_out_and_named(
    change: dict[str, object], named: str
) -> None:
    document = plan_to_geojson(corner_shop())
    place = next(
        i for i, f in enumerate(document["features"]) if f["properties"]["feature"] == "fixture"
    )
    document["features"][place] |= change
    imported = plan_from_geojson(document)
    [problem] = imported.problems
    assert problem.path == f"features[{place}]"
    assert named in problem.message
    assert len(imported.plan.fixtures) == 1


@pytest.mark.parametrize("kind", [["fixture"], {}, None])
def test_a_feature_whose_kind_is_no_text_is_passed_over(kind: object) -> None:
    document = plan_to_geojson(corner_shop())
    document["features"].append({"type": "Feature", "properties": {"feature": kind}})
    assert ["ignored_feature"] == [each.code for each in plan_from_geojson(document).problems]


def test_features_of_other_kinds_are_passed_over() -> None:
    document = plan_to_geojson(corner_shop())
    document["features"] += overlay_to_geojson(Overlay(walk=WALK[:2]), HAKANIEMI)
    imported = plan_from_geojson(document)
    assert [problem.code for problem in imported.problems] == ["ignored_feature"]
    assert len(imported.plan.fixtures) == 2
