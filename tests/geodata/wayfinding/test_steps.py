import dataclasses
from typing import Any
from xml.etree import ElementTree

import pytest

from geodata.floorplans.drawing.svg import draw_svg
from geodata.floorplans.placements import Placement
from geodata.floorplans.plan import FloorPlan, LinkKind, PlaceKind, Position, Side
from geodata.floorplans.shelves import Shelves
from geodata.wayfinding.network import Network
from geodata.wayfinding.overlay import key_words, route_overlay
from geodata.wayfinding.phrases import LANGUAGES, phrases
from geodata.wayfinding.profiles import STEP_FREE, WALKING, Profile
from geodata.wayfinding.route import plan_route, plan_way
from geodata.wayfinding.shopping import Item, Route
from geodata.wayfinding.steps import Step, StepKind, address, route_steps
from tests.geodata.floorplans.shops import (
    NOON,
    corner_shop,
    in_aisle,
    two_floors,
    village_shop,
)

RICE = in_aisle("rice", "2", Side.LEFT, 3)


def told(
    *items: Item,
    placements: dict[str, list[Placement]] | None = None,
    plan: FloorPlan | None = None,
    language: str = "en",
    profile: Profile = WALKING,
    **options: Any,
) -> tuple[Step, ...]:
    plan = plan or corner_shop()
    route = plan_route(
        Network(plan, profile, NOON),
        items,
        placements or {"rice": [RICE]},
        **options,
    )
    return route_steps(route, plan, language, Shelves(plan))


def texts(steps: tuple[Step, ...]) -> list[str]:
    return [step.text for step in steps]


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", "Aisle 7, left, third bay"),
        ("fr", "Allée 7, à gauche, troisième travée"),
        ("fi", "Käytävä 7, vasemmalla, kolmas hyllyväli"),
        ("de", "Gang 7, links, drittes Regal"),
        ("fr-CA", "Allée 7, à gauche, troisième travée"),
        ("pl", "Aisle 7, left, third bay"),
        ("sv", "Gång 7, till vänster, tredje sektionen"),
    ],
)
def test_an_address_reads_like_the_shelf(language: str, expected: str) -> None:
    assert expected == address(in_aisle("milk", "7", Side.LEFT, 3), language)


def test_an_address_says_as_much_as_is_known() -> None:
    full = Placement(sku="milk", aisle="7", side=Side.RIGHT, bay=11, shelf=2, description="by eggs")
    assert address(full, "en") == "Aisle 7, right, bay 11, shelf 2, by eggs"
    assert address(in_aisle("milk", "7"), "en") == "Aisle 7"
    assert address(in_aisle("milk", "7", Side.END), "de") == "Gang 7, am Gangende"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_ten_ordinals_and_every_way_between_levels(language: str) -> None:
    words = phrases(language)
    assert len(words.ordinals.split()) == 10
    assert set(LinkKind) == set(words.change_level)
    assert set(Side) == set(words.sides)


def test_a_walk_is_told_from_the_door_to_the_till() -> None:
    assert [
        "Walk 6 m",
        "Aisle 2, left, third bay: Rice",
        "Turn around, 8 m",
        "Checkout 1",
    ] == texts(told(Item(sku="rice", name="Rice")))


def test_the_first_turn_is_told_when_the_heading_is_known() -> None:
    facing_left = told(Item(sku="rice"), heading_deg=-90.0)
    facing_right = told(Item(sku="rice"), heading_deg=90.0)
    ahead = told(Item(sku="rice"), heading_deg=0.0)
    assert ["Turn right, 6 m", "Turn left, 6 m", "Go straight on, 6 m"] == [
        texts(steps)[0] for steps in (facing_left, facing_right, ahead)
    ]


def test_who_comes_from_behind_counts_from_the_far_end_and_swaps_sides() -> None:
    behind = Position("0", 6.0, 9.5)
    steps = told(Item(sku="rice", name="Rice"), start=behind, ends=[])
    # Bay 3 of 4 on the left is the second bay on the right in the opposite direction.
    assert "Aisle 2, from the far end, right, second bay: Rice" in texts(steps)


def test_steps_say_where_and_for_which_stop() -> None:
    steps = told(Item(sku="rice"))
    [take] = [step for step in steps if step.kind is StepKind.TAKE]
    assert take.stop == 0
    assert take.position == Position("0", pytest.approx(4.6), pytest.approx(6.5))
    walked = [step.distance_m for step in steps if step.kind is StepKind.WALK]
    assert sum(metres for metres in walked if metres) == pytest.approx(14, abs=1)


@pytest.mark.parametrize(
    ("profile", "expected"),
    [(WALKING, "Take the stairs: First floor"), (STEP_FREE, "Take the lift: First floor")],
)
def test_a_change_of_level_is_told(profile: Profile, expected: str) -> None:
    shop = two_floors()
    upstairs = dataclasses.replace(corner_shop().fixtures[0], level="1")
    plan = dataclasses.replace(shop, fixtures=(upstairs,))
    steps = told(Item(sku="rice"), plan=plan, profile=profile, ends=[])
    assert [expected] == [step.text for step in steps if step.kind is StepKind.LEVEL]
    # The heading after a lift is unknown.
    after = texts(steps)[texts(steps).index(expected) + 1]
    assert after.startswith("Walk")


def test_what_cannot_be_had_is_said_before_the_walk() -> None:
    steps = told(
        Item(sku="rice", name="Rice"),
        Item(sku="milk", name="Milk", in_stock=False),
        Item(sku="caviar", name="Caviar"),
        Item(sku="pizza", name="Pizza", department="frozen"),
    )
    assert [
        "Out of stock here: Milk",
        "Place not known: Caviar",
        "Place not known, ask in Frozen: Pizza",
    ] == texts(steps)[:3]
    assert {StepKind.NOTICE} == {step.kind for step in steps[:3]}


def test_without_a_map_the_steps_are_the_addresses() -> None:
    steps = told(
        Item(sku="rye", name="Ruisleipä"),
        Item(sku="tea", name="Tee"),
        plan=village_shop(),
        placements={"rye": [in_aisle("rye", "Bread")], "tea": [in_aisle("tea", "3", Side.LEFT, 5)]},
        language="fi",
    )
    assert [
        "Käytävä Bread: Ruisleipä",
        "Käytävä 3, vasemmalla, viides hyllyväli: Tee",
        "Se oli viimeinen",
    ] == texts(steps)


def test_nothing_to_fetch_is_nothing_to_tell() -> None:
    assert route_steps(Route(), corner_shop(), "en", Shelves(corner_shop())) == ()


def test_a_route_is_drawn_with_its_stops_in_order() -> None:
    plan = corner_shop()
    placements = {"rice": [RICE], "oil": [in_aisle("oil", "1", Side.RIGHT, 1)]}
    items = [Item(sku="rice", name="Riisi"), Item(sku="oil", name="Öljy")]
    route = plan_route(Network(plan, WALKING, NOON), items, placements)
    overlay = route_overlay(route, "fi", here=Position("0", 6.0, 0.5))
    assert [("1", "Öljy"), ("2", "Riisi")] == [(pin.label, pin.lines[0]) for pin in overlay.pins]
    svg = ElementTree.fromstring(draw_svg(plan, "0", overlay, words=key_words("fi")))
    words = [element.text for element in svg.iter("{http://www.w3.org/2000/svg}text")]
    for word in ("Riisi", "Käytävä 1, oikealla, ensimmäinen hyllyväli", "Reittisi", "Kassa"):
        assert word in words


@pytest.mark.parametrize(
    ("language", "end"),
    [
        ("en", "You are there: Shop"),
        ("fr", "Vous y êtes : Shop"),
        ("fi", "Perillä: Shop"),
        ("de", "Am Ziel: Shop"),
    ],
)
def test_a_way_to_one_place_is_told_to_its_door(language: str, end: str) -> None:
    plan = two_floors()
    [shop] = plan.places_of(PlaceKind.SHOP)
    route = plan_way(Network(plan, STEP_FREE, NOON), shop)
    assert route is not None
    steps = route_steps(route, plan, language, Shelves(plan))
    kinds = [StepKind.WALK, StepKind.LEVEL, StepKind.WALK, StepKind.END]
    assert kinds == [step.kind for step in steps]
    assert end == steps[-1].text
