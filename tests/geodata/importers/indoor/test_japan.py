"""Tests the import of the Japanese indoor format: an invented arcade, and Unimall in Nagoya."""

import copy
import math
from collections.abc import Callable
from typing import Any

import networkx as nx
import pytest
import shapely

from geodata.floorplans.plan import LinkKind, PlaceKind
from geodata.floorplans.problems import has_errors
from geodata.floorplans.validation import plan_problems
from geodata.importers.indoor.japan import plan_from_japanese
from geodata.importers.report import ImporterError
from geodata.wayfinding.network import Network
from geodata.wayfinding.profiles import STEP_FREE, WALKING, Profile
from tests.geodata.floorplans.shops import NOON
from tests.support.japanese_arcade import ARCADE, Document, at


def changed(layer_name: str, index: int, **properties: object) -> Document:
    document = copy.deepcopy(ARCADE)
    document[layer_name]["features"][index]["properties"] |= properties
    return document


def test_an_arcade_is_read_with_its_codes() -> None:
    imported = plan_from_japanese(ARCADE, "stores/arcade")
    plan = imported.plan
    assert imported.problems == ()
    assert plan_problems(plan) == ()
    assert [("-1", "B1"), ("0", "0")] == [(level.id, level.name) for level in plan.levels]
    kinds = {found.id: (found.kind, found.width_m, found.wheelchair) for found in plan.links}
    assert {
        "hall": (LinkKind.WALK, 3.0, None),
        "stairs": (LinkKind.STEPS, 1.0, False),
        "lift": (LinkKind.LIFT, None, True),
    } == kinds
    assert ["up"] == [place.id for place in plan.places_of(PlaceKind.ENTRANCE)]
    assert ["pillar"] == [fixture.id for fixture in plan.fixtures]


def test_a_shop_is_entered_by_its_opening() -> None:
    plan = plan_from_japanese(ARCADE, "stores/arcade").plan
    [shop] = plan.places_of(PlaceKind.SHOP)
    assert plan.frame is not None
    door = plan.frame.to_wgs84(shop.position.x_m, shop.position.y_m)
    longitude, latitude = at(5, 2)
    assert (latitude, longitude) == pytest.approx((door.latitude, door.longitude), abs=1e-7)


@pytest.mark.parametrize(
    ("profile", "expected"), [(WALKING, 91.2 / 2 + 10), (STEP_FREE, 91.2 / 2 + 30)]
)
def test_the_way_out_is_by_the_stairs_or_step_free_by_the_lift(
    profile: Profile, expected: float
) -> None:
    plan = plan_from_japanese(ARCADE, "stores/arcade").plan
    [shop], [out] = plan.places_of(PlaceKind.SHOP), plan.places_of(PlaceKind.ENTRANCE)
    path = Network(plan, profile, NOON).walks([shop.position, out.position]).path(0, 1)
    assert path is not None
    aside = math.dist(
        (shop.position.x_m, shop.position.y_m), (path.points[1].x_m, path.points[1].y_m)
    )
    assert expected + aside == pytest.approx(path.length_m, abs=0.1)


def test_a_one_way_link_keeps_its_direction() -> None:
    forward, backward = (
        plan_from_japanese(changed("Link", 0, direction=code), "stores/a").plan.links[0]
        for code in ("2", "3")
    )
    assert ("w", "e", True) == (forward.start, forward.end, forward.one_way)
    assert ("e", "w", True) == (backward.start, backward.end, backward.one_way)


@pytest.mark.parametrize(
    ("document", "code"),
    [
        (changed("Link", 0, direction="99"), "unknown_direction"),
        (changed("Link", 0, start_id="nowhere"), "bad_link"),
        (changed("Link", 0, distance=None), "bad_link"),
    ],
)
def test_a_doubtful_link_is_said(document: Document, code: str) -> None:
    assert [code] == [p.code for p in plan_from_japanese(document, "stores/a").problems]


@pytest.mark.parametrize("document", [None, [], {}, {"Floor": {}}, {"layers": []}])
def test_what_has_no_floor_is_refused(document: object) -> None:
    with pytest.raises(ImporterError):
        plan_from_japanese(document, "stores/a")


@pytest.mark.parametrize("profile", [WALKING, STEP_FREE])
def test_walks_through_unimall_are_as_long_as_networkx_says_of_the_published_graph(
    shared_json: Callable[[str], Any], profile: Profile
) -> None:
    document = shared_json("indoor_unimall.json")
    plan = plan_from_japanese(document, "stores/unimall").plan
    assert not has_errors(plan_problems(plan))
    published: nx.MultiGraph[str] = nx.MultiGraph()
    for found in document["layers"]["Link"]["features"]:
        codes = found["properties"]
        # Step-free: no stairs (route_type 6), and no level difference of more than 2 cm.
        if profile is WALKING or (codes["route_type"] != "6" and codes["lev_diff"] == "1"):
            published.add_edge(codes["start_id"], codes["end_id"], metres=codes["distance"])
    nodes = {node.id: node for node in plan.nodes}
    some = sorted(set(nodes) & set(published.nodes))[::8]
    walks = Network(plan, profile, NOON).walks([nodes[identity].position for identity in some])
    lengths = dict(nx.all_pairs_dijkstra_path_length(published, weight="metres"))
    for i, one in enumerate(some):
        for j, other in enumerate(some):
            expected = lengths[one].get(other, math.inf)
            assert expected == pytest.approx(walks.lengths_m[i, j], abs=1e-6)


def test_from_a_shop_of_unimall_a_lift_leads_to_another_level(
    shared_json: Callable[[str], Any],
) -> None:
    plan = plan_from_japanese(shared_json("indoor_unimall.json"), "stores/unimall").plan
    shop = plan.places_of(PlaceKind.SHOP)[0]
    landings = [node.position for node in plan.nodes if node.position.level != "-1"]
    taken = {}
    for profile in (WALKING, STEP_FREE):
        walks = Network(plan, profile, NOON).walks([shop.position, *landings])
        paths = [walks.path(0, number) for number in range(1, len(landings) + 1)]
        taken[profile] = {kind for path in paths if path for kind in path.kinds}
    assert LinkKind.STEPS in taken[WALKING]
    assert LinkKind.LIFT in taken[STEP_FREE]
    assert LinkKind.STEPS not in taken[STEP_FREE]


@pytest.mark.parametrize(
    ("layer_name", "properties"),
    [
        ("Floor", {"name": 7}),
        ("Floor", {"id": ["f"]}),
        ("Space", {"floor_id": {}}),
        ("Space", {"name": ["x"]}),
        ("Fixture", {"floor_id": []}),
        ("Fixture", {"id": None}),
    ],
)
def test_values_of_another_kind_are_text_or_nothing(
    layer_name: str, properties: dict[str, object]
) -> None:
    document = changed(layer_name, 0, **properties)
    if layer_name == "Floor" and "id" in properties:
        with pytest.raises(ImporterError, match="Floor"):
            plan_from_japanese(document, "stores/arcade")
    else:
        plan = plan_from_japanese(document, "stores/arcade").plan
        names = [each.name for each in plan.levels] + [each.name for each in plan.places]
        assert all(isinstance(name, str) for name in names)


@pytest.mark.parametrize("ordinal", ["ground", [1], 1e400])
def test_a_floor_whose_height_is_no_number_is_refused(ordinal: object) -> None:
    with pytest.raises(ImporterError, match="ordinal"):
        plan_from_japanese(changed("Floor", 0, ordinal=ordinal), "stores/arcade")


def test_a_shop_without_any_passage_is_where_it_is_drawn() -> None:
    document = copy.deepcopy(ARCADE)
    del document["Space"]["features"][1], document["Opening"]
    [shop] = plan_from_japanese(document, "stores/arcade").plan.places_of(PlaceKind.SHOP)
    assert shop.outline is not None
    assert shop.outline.contains(shapely.Point(shop.position.x_m, shop.position.y_m))
