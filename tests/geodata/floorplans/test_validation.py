import dataclasses
import datetime as dt
import math
from typing import Any

import pytest
import shapely

from geodata.floorplans.placement_validation import placement_problems
from geodata.floorplans.placements import Placement
from geodata.floorplans.plan import (
    Aisle,
    BlockedArea,
    Face,
    Fixture,
    FloorPlan,
    Level,
    Link,
    Node,
    Place,
    PlaceKind,
    Position,
    Side,
)
from geodata.floorplans.problems import REPEATED_MAX, Severity, has_errors
from geodata.floorplans.validation import MAX_OVERLAPS, MAX_PARTS, plan_problems
from tests.geodata.floorplans.shops import (
    NOON,
    corner_shop,
    in_aisle,
    supermarket,
    two_floors,
    village_shop,
)

BOW_TIE = shapely.Polygon([(5, 1), (7, 3), (7, 1), (5, 3)])


def box(identity: str, x0: float, y0: float, x1: float, y1: float) -> Fixture:
    corners = [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]
    return Fixture(id=identity, level="0", outline=shapely.Polygon(corners))


def codes(plan: FloorPlan) -> set[tuple[str, str]]:
    return {(problem.code, problem.path) for problem in plan_problems(plan)}


@pytest.mark.parametrize("plan", [corner_shop(), two_floors(), village_shop(), supermarket()[0]])
def test_a_sound_plan_has_no_problems(plan: FloorPlan) -> None:
    assert plan_problems(plan) == ()


def with_fixture(fixture: Fixture) -> FloorPlan:
    shop = corner_shop()
    return dataclasses.replace(shop, fixtures=(*shop.fixtures, fixture))


def with_(**changes: Any) -> FloorPlan:
    return dataclasses.replace(corner_shop(), **changes)


FACE = Face(aisle="77", side=Side.LEFT, start=(5, 1), end=(7, 1))
TILL = Place(id="till", kind=PlaceKind.TILL, position=Position("9", 1, 1))


@pytest.mark.parametrize(
    ("plan", "code", "path"),
    [
        (with_fixture(box("b", 20, 1, 22, 3)), "fixture_off_floor", "fixtures[2].outline"),
        (with_fixture(box("b", 3.5, 5, 5, 6)), "overlapping_fixtures", "fixtures[0].outline"),
        (with_fixture(box("west", 5, 1, 6, 2)), "repeated_id", "fixtures"),
        (with_fixture(box("", 5, 1, 6, 2)), "missing_id", "fixtures"),
        (
            with_fixture(Fixture(id="b", level="0", outline=BOW_TIE)),
            "invalid_polygon",
            "fixtures[2].outline",
        ),
        (
            with_fixture(Fixture(id="b", level="0", outline=shapely.Polygon())),
            "empty_polygon",
            "fixtures[2].outline",
        ),
        (
            with_(places=(dataclasses.replace(TILL, position=Position("0", 1, float("nan"))),)),
            "out_of_range",
            "places[0].position",
        ),
        (with_fixture(box("b", 1e7, 1, 2e7, 2)), "out_of_range", "fixtures[2].outline"),
        (
            with_fixture(dataclasses.replace(box("b", 5, 1, 7, 2), faces=(FACE,))),
            "unknown_aisle",
            "fixtures[2].faces[0].aisle",
        ),
        (
            with_fixture(
                dataclasses.replace(
                    box("b", 5, 1, 7, 2), faces=(dataclasses.replace(FACE, aisle="1", bays=0),)
                )
            ),
            "bad_bays",
            "fixtures[2].faces[0].bays",
        ),
        (
            with_fixture(
                dataclasses.replace(
                    box("b", 5, 1, 7, 2), faces=(Face(aisle="1", start=(5, 1), end=(5, 1)),)
                )
            ),
            "empty_face",
            "fixtures[2].faces[0]",
        ),
        (
            with_fixture(
                dataclasses.replace(
                    box("b", 5, 1, 7, 2), faces=(Face(aisle="1", start=(5, math.nan), end=(5, 1)),)
                )
            ),
            "out_of_range",
            "fixtures[2].faces[0]",
        ),
        (with_(places=(TILL,) * 201), "too_many", "places"),
        (with_(places=(TILL,)), "unknown_level", "places[0].level"),
        (
            with_(nodes=(Node(id="nowhere", position=Position("", 1.0, 1.0)),)),
            "unknown_level",
            "nodes[0].level",
        ),
        (
            with_(links=(Link(id="l", start="a", end="b", length_m=1),)),
            "unknown_node",
            "links[0].start",
        ),
        (
            dataclasses.replace(
                two_floors(), links=(Link(id="l", start="lift-0", end="lift-1", length_m=-1),)
            ),
            "bad_length",
            "links[0].length_m",
        ),
        (
            with_(blocked=(BlockedArea(id="b", level="0", aisle="77"),)),
            "unknown_aisle",
            "blocked[0].aisle",
        ),
        (
            with_(blocked=(BlockedArea(id="b", level="0", blocked_from=NOON, blocked_until=NOON),)),
            "empty_period",
            "blocked[0].blocked_until",
        ),
        (with_(effective_from=NOON, effective_until=NOON), "empty_period", "effective_until"),
        (with_(effective_from=dt.datetime(2026, 1, 1)), "no_offset", "effective_from"),
        (with_(attribution="x" * 10_240), "text_too_long", "attribution"),
        (
            with_(aisles=(*corner_shop().aisles, Aisle(id="9", level="0", name="x" * 10_240))),
            "text_too_long",
            "aisles[3].name",
        ),
    ],
)
def test_what_is_wrong_is_said_with_its_place(plan: FloorPlan, code: str, path: str) -> None:
    assert (code, path) in codes(plan)
    assert has_errors(plan_problems(plan))


def test_a_fixture_that_sticks_out_a_little_is_only_a_warning() -> None:
    [problem] = plan_problems(with_fixture(box("b", 11, 1.5, 12.5, 3)))
    assert (Severity.WARNING, "fixture_off_floor") == (problem.severity, problem.code)
    assert "0.75 m²" in problem.message


def test_a_face_drawn_off_its_fixture_is_a_warning() -> None:
    shelf = dataclasses.replace(
        box("b", 5, 1, 7, 2), faces=(Face(aisle="1", start=(5, 2), end=(7, 3)),)
    )
    [problem] = plan_problems(with_fixture(shelf))
    assert (Severity.WARNING, "face_off_fixture") == (problem.severity, problem.code)


def test_fixtures_may_touch() -> None:
    assert plan_problems(with_fixture(box("b", 4, 4, 5, 5))) == ()


def test_a_self_crossing_floor_is_said_and_nothing_is_computed_on_it() -> None:
    plan = with_(levels=(Level(id="0", walkable=BOW_TIE),))
    assert {("invalid_polygon", "levels[0].walkable")} == codes(plan)


def test_too_many_parts_are_refused_before_they_are_looked_at() -> None:
    many = tuple(box("same", 1, 1, 2, 2) for _ in range(MAX_PARTS + 1))
    found = codes(with_(fixtures=many))
    assert ("too_many", "fixtures") in found
    assert {"too_many"} == {code for code, _ in found}


def test_a_pile_of_fixtures_is_told_without_looking_at_every_pair() -> None:
    pile = tuple(box(f"f{number}", 1, 1, 2, 2) for number in range(400))
    problems = plan_problems(with_(fixtures=pile))
    overlaps = [problem for problem in problems if problem.code == "overlapping_fixtures"]
    assert len(overlaps) == REPEATED_MAX + 1
    assert f"and {MAX_OVERLAPS - REPEATED_MAX} more problems of this kind" == overlaps[-1].message
    # 400 fixtures on one spot are 79,800 pairs: the report says that most were not checked.
    [limit] = [problem for problem in problems if problem.code == "too_many"]
    assert ("fixtures", Severity.ERROR) == (limit.path, limit.severity)
    assert f"over {MAX_OVERLAPS} pairs" in limit.message


def test_placements_on_their_shelves_have_no_problems() -> None:
    plan, placements, _ = supermarket()
    assert placement_problems(plan, placements) == ()


@pytest.mark.parametrize(
    ("placements", "code", "severity"),
    [
        ([in_aisle("rice", "77")], "unknown_aisle", Severity.ERROR),
        ([in_aisle("rice", "2", Side.LEFT, 99)], "unknown_bay", Severity.WARNING),
        ([in_aisle("rice", "1"), in_aisle("rice", "2")], "several_placements", Severity.WARNING),
        ([in_aisle("rice", "1"), in_aisle("rice", "1")], "repeated_placement", Severity.ERROR),
    ],
)
def test_a_doubtful_placement_is_said(
    placements: list[Placement], code: str, severity: Severity
) -> None:
    problems = placement_problems(corner_shop(), placements)
    assert [(code, severity)] == [(problem.code, problem.severity) for problem in problems]
