"""Tests the import of OSM indoor tags: a hand-drawn arcade, and Grand'Place in Grenoble."""

import math
from collections.abc import Callable
from typing import Any

import networkx as nx
import pytest

from geodata.floorplans.plan import LinkKind, Place, PlaceKind
from geodata.floorplans.problems import has_errors
from geodata.floorplans.validation import plan_problems
from geodata.importers.indoor.osm import plan_from_osm
from geodata.importers.indoor.osm_tags import levels_of
from geodata.importers.indoor.result import ImportedPlan
from geodata.importers.report import ImporterError
from geodata.wayfinding.network import Network
from geodata.wayfinding.profiles import STEP_FREE, WALKING, Profile
from geodata.wayfinding.walks import Path
from tests.geodata.floorplans.shops import NOON
from tests.support.osm_arcade import AT, XY, arcade, feature


def shop(imported: ImportedPlan, name: str) -> Place:
    [found] = [place for place in imported.plan.places if place.name == name]
    return found


def walk(imported: ImportedPlan, profile: Profile, one: Place, other: Place) -> Path | None:
    network = Network(imported.plan, profile, NOON)
    return network.walks([one.position, other.position]).path(0, 1)


@pytest.mark.parametrize(
    ("tag", "levels"),
    [
        ("0", ("0",)),
        (0, ("0",)),
        ("-1", ("-1",)),
        ("0;1", ("0", "1")),
        ("0-2", ("0", "1", "2")),
        ("-2--1", ("-2", "-1")),
        ("0.5", ("0.5",)),
        ("1; 2", ("1", "2")),
        ("", ()),
        (None, ()),
        ("ground", ()),
        ("0-9999999", ()),
    ],
)
def test_levels_are_read_as_mappers_write_them(tag: object, levels: tuple[str, ...]) -> None:
    assert levels == levels_of(tag)


def test_an_arcade_has_its_levels_shops_and_entrance() -> None:
    imported = plan_from_osm(arcade(), "stores/arcade")
    assert imported.problems == ()
    assert not has_errors(plan_problems(imported.plan))
    assert ["0", "1"] == [level.id for level in imported.plan.levels]
    assert ["Kirja", "Lelu"] == [p.name for p in imported.plan.places_of(PlaceKind.SHOP)]
    assert ["node/8"] == [p.id for p in imported.plan.places_of(PlaceKind.ENTRANCE)]
    assert ["way/9"] == [fixture.id for fixture in imported.plan.fixtures]
    assert "OpenStreetMap" in imported.plan.attribution


def test_a_shop_is_entered_where_its_wall_meets_the_corridor() -> None:
    imported = plan_from_osm(arcade(), "stores/arcade")
    at, frame = shop(imported, "Kirja").position, imported.plan.frame
    assert frame is not None
    x, y = AT.to_local(frame.to_wgs84(at.x_m, at.y_m))
    assert y == pytest.approx(4, abs=0.01)
    assert 5 <= x + 0.01
    assert x <= 15.01


def test_a_door_drawn_on_the_wall_is_the_way_in() -> None:
    door = feature("node/20", "Point", [(12, 4)], door="yes", level="0")
    imported = plan_from_osm(arcade(door), "stores/arcade")
    at, frame = shop(imported, "Kirja").position, imported.plan.frame
    assert frame is not None
    assert (12, 4) == pytest.approx(AT.to_local(frame.to_wgs84(at.x_m, at.y_m)), abs=0.01)


@pytest.mark.parametrize(
    ("profile", "expected"), [(WALKING, LinkKind.STEPS), (STEP_FREE, LinkKind.LIFT)]
)
def test_upstairs_is_by_the_steps_or_step_free_by_the_lift(
    profile: Profile, expected: LinkKind
) -> None:
    imported = plan_from_osm(arcade(), "stores/arcade")
    path = walk(imported, profile, shop(imported, "Kirja"), shop(imported, "Lelu"))
    assert path is not None
    assert {expected} == set(path.kinds) - {LinkKind.WALK}


def test_without_the_lift_there_are_the_steps_and_no_step_free_way() -> None:
    document = arcade()
    document["features"] = [f for f in document["features"] if f["id"] != "node/6"]
    # Without the lift, the two ways that meet at its point would be joined directly.
    document["features"] = [f for f in document["features"] if f["id"] != "way/7"]
    imported = plan_from_osm(document, "stores/arcade")
    one, other = shop(imported, "Kirja"), shop(imported, "Lelu")
    path = walk(imported, WALKING, one, other)
    assert path is not None
    assert LinkKind.STEPS in path.kinds
    assert walk(imported, STEP_FREE, one, other) is None


def test_ways_of_two_levels_that_meet_without_a_lift_are_joined_and_said() -> None:
    document = arcade()
    document["features"] = [f for f in document["features"] if f["id"] != "node/6"]
    imported = plan_from_osm(document, "stores/arcade")
    assert ["levels_meet"] == [problem.code for problem in imported.problems]


def test_a_way_without_a_level_takes_that_of_what_it_joins() -> None:
    spur = feature("way/30", "LineString", [(36, 9), (45, 9)], highway="footway")
    lost = feature("way/31", "LineString", [(80, 80), (90, 80)], highway="footway")
    imported = plan_from_osm(arcade(spur, lost), "stores/arcade")
    at = {node.id: node.position.level for node in imported.plan.nodes}
    levels = {link.id: at[link.end] for link in imported.plan.links}
    assert levels["way/30/0"] == "1"
    assert levels["way/31/0"] == "0"
    assert ["level_guessed"] == [problem.code for problem in imported.problems]


def test_an_escalator_runs_one_way() -> None:
    up = feature("way/40", "LineString", [(30, 2), (36, 9)],
                 highway="steps", conveying="forward", level="0;1")  # fmt: skip
    imported = plan_from_osm(arcade(up), "stores/arcade")
    [link] = [link for link in imported.plan.links if link.id == "way/40/0"]
    assert (LinkKind.ESCALATOR, True) == (link.kind, link.one_way)
    down = feature("way/40", "LineString", [(30, 2), (36, 9)],
                   highway="steps", conveying="backward", level="0;1")  # fmt: skip
    imported = plan_from_osm(arcade(down), "stores/arcade")
    at = {node.id: node.position.level for node in imported.plan.nodes}
    [link] = [link for link in imported.plan.links if link.id == "way/40/0"]
    assert ("1", "0", True) == (at[link.start], at[link.end], link.one_way)


def test_a_caller_can_put_a_level_right() -> None:
    imported = plan_from_osm(arcade(), "stores/arcade", levels={"way/2": "1"})
    assert shop(imported, "Kirja").position.level == "1"


@pytest.mark.parametrize(
    "document",
    [None, {}, {"type": "FeatureCollection", "features": []}, {"features": [None, 7, {}]}],
)
def test_what_is_no_indoor_map_is_refused(document: object) -> None:
    with pytest.raises(ImporterError):
        plan_from_osm(document, "stores/x")


def test_a_crossed_corridor_is_left_out_and_said() -> None:
    bow_tie: list[XY] = [(50, 0), (60, 9), (60, 0), (50, 9)]
    crossed = [
        feature("way/50", "Polygon", bow_tie, indoor="corridor", level="0"),
        feature("way/51", "Polygon", bow_tie, indoor="room", shop="toys", level="0"),
        feature("way/52", "Polygon", bow_tie, indoor="column", level="0"),
    ]
    imported = plan_from_osm(arcade(*crossed), "stores/arcade")
    assert has_errors(plan_problems(imported.plan))  # the shop's own outline
    assert ("invalid_polygon", "way/50") in [(p.code, p.path) for p in imported.problems]


MISSING_LEVEL = {"way/244423991": "2"}
"""A corridor without a level: La Grande Récré, on level 2, is 1.5 m from it."""


@pytest.fixture(scope="module")
def grand_place(shared_json: Callable[[str], Any]) -> ImportedPlan:
    document = shared_json("indoor_mall_grandplace.geojson")
    return plan_from_osm(document, "stores/grand-place", levels=MISSING_LEVEL)


@pytest.mark.parametrize(
    ("profile", "one", "other"),
    [
        (WALKING, "Sephora", "La Grande Récré"),
        (STEP_FREE, "Sephora", "La Grande Récré"),
        (WALKING, "Fnac", "H&M"),
    ],
)
def test_between_two_shops_of_grand_place_the_walk_is_networkx_shortest(
    grand_place: ImportedPlan, profile: Profile, one: str, other: str
) -> None:
    a, b = shop(grand_place, one), shop(grand_place, other)
    network = Network(grand_place.plan, profile, NOON)
    walks = network.walks([a.position, b.position])
    path = walks.path(0, 1)
    assert path is not None
    graph: nx.DiGraph[int] = nx.DiGraph()
    for start, end, metres in walks.graph.weighted_edge_list():
        graph.add_edge(start, end, metres=metres)
    first = len(network.vertices)
    expected = nx.dijkstra_path_length(graph, first, first + 1, weight="metres")
    assert expected == pytest.approx(path.length_m)
    changes = [kind for kind in path.kinds if kind not in (LinkKind.WALK, LinkKind.RAMP)]
    assert changes == ([LinkKind.LIFT] if a.position.level != b.position.level else [])
    steps = list(zip(path.points[:-1], path.points[1:], path.kinds, strict=True))
    walked = sum(math.dist((p.x_m, p.y_m), (q.x_m, q.y_m)) for p, q, _ in steps)
    lift_m = 15.0 * len(changes)
    assert walked + lift_m == pytest.approx(path.length_m)


def test_what_grand_place_got_wrong_is_said(grand_place: ImportedPlan) -> None:
    codes = {problem.code for problem in grand_place.problems}
    assert {"invalid_polygon", "level_guessed", "level_mismatch", "levels_meet", "no_door"} == codes
    assert not has_errors(plan_problems(grand_place.plan))
    assert len(grand_place.plan.places_of(PlaceKind.SHOP)) > 90


WITHOUT = ("way/4", "way/5", "node/6", "way/7")
UPSTAIRS = feature(
    "way/30", "Polygon", [(0, 0), (40, 0), (40, 10), (0, 10)], indoor="corridor", level="1"
)


def shut_arcade(*more: dict[str, Any]) -> ImportedPlan:
    """The arcade without steps and lift; upstairs is a floor, and no way leads there."""
    document = arcade(UPSTAIRS, *more)
    document["features"] = [f for f in document["features"] if f["id"] not in WITHOUT]
    return plan_from_osm(document, "stores/arcade")


CORE: list[XY] = [(30, 4), (34, 4), (34, 8), (30, 8)]


@pytest.mark.parametrize(
    ("shape", "points", "tags", "kind"),
    [
        ("Polygon", CORE, {"indoor": "room", "stairs": "yes", "level": "0;1"}, LinkKind.STEPS),
        ("Polygon", CORE, {"indoor": "room", "room": "stairs", "level": "0-1"}, LinkKind.STEPS),
        ("Polygon", CORE, {"indoor": "room", "room": "elevator", "level": "0;1"}, LinkKind.LIFT),
        ("Polygon", CORE, {"highway": "elevator", "level": "0", "repeat_on": "1"}, LinkKind.LIFT),
        ("Point", [(32, 3)], {"highway": "elevator", "level": "0;1"}, LinkKind.LIFT),
    ],
)
def test_lifts_and_stairs_that_no_way_touches_join_levels(
    shape: str, points: list[XY], tags: dict[str, str], kind: LinkKind
) -> None:
    apart = shut_arcade()
    assert walk(apart, WALKING, shop(apart, "Kirja"), shop(apart, "Lelu")) is None
    imported = shut_arcade(feature("way/31", shape, points, **tags))
    path = walk(imported, WALKING, shop(imported, "Kirja"), shop(imported, "Lelu"))
    assert path is not None
    assert {kind} == set(path.kinds) - {LinkKind.WALK}
    step_free = walk(imported, STEP_FREE, shop(imported, "Kirja"), shop(imported, "Lelu"))
    assert (kind is LinkKind.LIFT) == (step_free is not None)
    assert not has_errors(plan_problems(imported.plan))
