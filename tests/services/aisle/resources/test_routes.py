"""The route of a list is the shortest, in words, and names missing products first."""

from typing import Any

import grpc
import pytest

from enrayon.aisle.v1 import aisle_pb2 as pb
from tests.geodata.floorplans.shops import in_aisle
from tests.support.aisle import (
    BARE,
    CORNER,
    FLOORS,
    VILLAGE,
    names,
    placed,
    route,
    skus_of,
    stream,
)
from tests.support.refusals import refusal

CODE = grpc.StatusCode
KIND = pb.RouteStep


def texts(answer: pb.PlanRouteResponse, *kinds: int) -> list[str]:
    return [step.text for step in answer.steps if not kinds or step.kind in kinds]


async def test_a_route_is_the_shortest_with_frozen_goods_last(aisle):
    answer = await aisle.PlanRoute(route(CORNER, "peas", "rice", "oil"))

    assert [["oil"], ["rice"], ["peas"]] == skus_of(answer)
    assert [False, False, True] == [stop.frozen for stop in answer.stops]
    assert answer.length_m == pytest.approx(sum(leg.length_m for leg in answer.legs))
    assert answer.length_m == answer.lower_bound_m
    assert answer.end.place_kind == pb.PLACE_KIND_TILL
    assert f"{CORNER}/floorPlans/v1" == answer.floor_plan


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Aisle 2, left, third bay: Basmati rice"),
        ("fr", "Allée 2, à gauche, troisième travée : Riz basmati"),
        ("fi-FI", "Käytävä 2, vasemmalla, kolmas hyllyväli: Basmatiriisi"),
        ("de", "Gang 2, links, drittes Regal: Basmati rice"),
        ("ja", "Aisle 2, left, third bay: Basmati rice"),
    ],
)
async def test_the_steps_are_in_the_shoppers_language(aisle, language: str, text: str):
    answer = await aisle.PlanRoute(route(CORNER, "rice", language=language))
    [step] = texts(answer, KIND.KIND_TAKE)
    assert text.replace(" : ", ": ") == step.replace(" : ", ": ")


async def test_a_position_has_metres_and_a_place_on_the_earth(aisle):
    answer = await aisle.PlanRoute(route(CORNER, "rice"))
    at = answer.stops[0].position
    # The shelf is at x = 4, bays of a metre begin at y = 4; one stands 0.6 m before it.
    assert ("0", pytest.approx(4.6), pytest.approx(6.5)) == (at.level, at.x_m, at.y_m)
    assert at.location.latitude == pytest.approx(60.1795, abs=1e-3)


async def test_missing_products_are_named_before_the_walk(aisle):
    request = route(CORNER, "rice", "caviar", "oil")
    request.walk.items[0].availability = pb.AVAILABILITY_OUT_OF_STOCK
    request.walk.items[2].availability = pb.AVAILABILITY_LIMITED

    answer = await aisle.PlanRoute(request)

    assert [["oil"]] == skus_of(answer)
    assert (["rice"], ["caviar"], []) == (
        names(answer.out_of_stock),
        names(answer.unlocated),
        names(answer.unreachable),
    )
    assert "Dry goods" == answer.unlocated[0].department
    kinds = [step.kind for step in answer.steps]
    assert [KIND.KIND_NOTICE, KIND.KIND_NOTICE] == kinds[:2]
    assert KIND.KIND_NOTICE not in kinds[2:]
    assert [
        "Out of stock here: Basmati rice",
        "Place not known, ask in Dry goods: Caviar",
    ] == texts(answer, KIND.KIND_NOTICE)


async def test_a_repeated_product_is_fetched_once_by_its_first_line(aisle):
    request = route(CORNER, "rice", "rice")
    request.walk.items[1].availability = pb.AVAILABILITY_OUT_OF_STOCK
    answer = await aisle.PlanRoute(request)
    assert ([["rice"]], []) == (skus_of(answer), names(answer.out_of_stock))


async def test_a_walk_may_start_anywhere_and_end_at_the_last_stop(aisle):
    start = {"level": "0", "x_m": 5.0, "y_m": 6.5}
    answer = await aisle.PlanRoute(
        route(CORNER, "rice", position=start, heading_degrees=-90, end=pb.ROUTE_END_LAST_STOP)
    )
    assert answer.length_m == pytest.approx(0.4)
    assert not answer.HasField("end")


async def test_a_start_on_the_earth_is_converted_to_the_plan(aisle):
    door = (await aisle.PlanRoute(route(CORNER, "rice"))).legs[0].positions[0]
    there = {"level": "0", "location": door.location}
    answer = await aisle.PlanRoute(route(CORNER, "rice", position=there))
    from_door = await aisle.PlanRoute(route(CORNER, "rice", place="door"))
    assert answer.length_m == pytest.approx(from_door.length_m, abs=0.01)


@pytest.mark.parametrize(
    ("profile", "kind", "length_m"),
    [
        (pb.ROUTE_PROFILE_WALKING, pb.LINK_KIND_STEPS, 12.0),
        (pb.ROUTE_PROFILE_TROLLEY, pb.LINK_KIND_LIFT, 2 * (18**2 + 15**2) ** 0.5 + 15),
        (pb.ROUTE_PROFILE_STEP_FREE, pb.LINK_KIND_LIFT, 2 * (18**2 + 15**2) ** 0.5 + 15),
    ],
)
async def test_from_the_door_to_a_shop_upstairs_by_profile(
    aisle, profile: int, kind: int, length_m: float
):
    request = route(FLOORS, end_place="shop", profile=profile)
    answer = await aisle.PlanRoute(request)
    assert answer.length_m == pytest.approx(length_m)
    [leg] = answer.legs
    assert {kind} == set(leg.link_kinds) - {pb.LINK_KIND_WALK}
    assert len(leg.positions) == len(leg.link_kinds) + 1
    assert "You are there: Shop" == answer.steps[-1].text


async def test_without_a_map_the_stops_are_in_the_stores_own_order(aisle):
    shelves = [in_aisle("rice", "1"), in_aisle("oil", "Bread"), in_aisle("peas", "F")]
    await aisle.UpsertPlacements(stream(VILLAGE, placed(shelves)))

    answer = await aisle.PlanRoute(route(VILLAGE, "rice", "peas", "oil", "caviar"))

    assert [["oil"], ["rice"], ["peas"]] == skus_of(answer)
    assert ([], False) == (list(answer.legs), answer.HasField("length_m"))
    assert ["caviar"] == names(answer.unlocated)
    assert ["Aisle Bread: Olive oil", "Aisle 1: Basmati rice", "Aisle F: Garden peas"] == texts(
        answer, KIND.KIND_TAKE
    )


OFF_THE_MAP = {"level": "0", "x_m": 40.0, "y_m": 40.0}


@pytest.mark.parametrize(
    ("request_", "code", "reason", "fields"),
    [
        (route("stores/nowhere", "rice"), CODE.NOT_FOUND, "STORE_NOT_FOUND", []),
        (route("stores/a-dark", "rice"), CODE.NOT_FOUND, "STORE_NOT_FOUND", []),
        (route(BARE, "rice"), CODE.NOT_FOUND, "FLOOR_PLAN_NOT_FOUND", []),
        (
            route(CORNER, *(f"sku-{n}" for n in range(500))),
            CODE.INVALID_ARGUMENT,
            "INVALID_ARGUMENT",
            ["walk.items"],
        ),
        (route(CORNER), CODE.INVALID_ARGUMENT, "INVALID_ARGUMENT", ["walk"]),
        (
            route(CORNER, "x" * 10_240),
            CODE.INVALID_ARGUMENT,
            "INVALID_ARGUMENT",
            ["walk.items[0].product"],
        ),
        (
            route(CORNER, "rice", position=OFF_THE_MAP),
            CODE.FAILED_PRECONDITION,
            "START_NOT_ON_MAP",
            [],
        ),
        (
            route(CORNER, "rice", position={"level": "7"}),
            CODE.INVALID_ARGUMENT,
            "INVALID_ARGUMENT",
            ["walk.position.level"],
        ),
        (
            route(CORNER, "rice", position={"level": "0", "x_m": float("nan")}),
            CODE.INVALID_ARGUMENT,
            "INVALID_ARGUMENT",
            ["walk.position.x_m"],
        ),
        (
            route(CORNER, "rice", position={"level": "0", "location": {"latitude": 48.0}}),
            CODE.INVALID_ARGUMENT,
            "INVALID_ARGUMENT",
            ["walk.position.location"],
        ),
        (route(CORNER, "rice", place="moon"), CODE.NOT_FOUND, "PLACE_NOT_ON_PLAN", ["walk.place"]),
        (
            route(CORNER, "rice", end=pb.ROUTE_END_COUNTER),
            CODE.NOT_FOUND,
            "PLACE_NOT_ON_PLAN",
            ["walk.end"],
        ),
        (
            route(CORNER, "rice", end_place="moon"),
            CODE.NOT_FOUND,
            "PLACE_NOT_ON_PLAN",
            ["walk.end_place"],
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_a_walk_that_is_not_possible_is_refused_with_its_reason(
    aisle, request_: Any, code: CODE, reason: str, fields: list[str]
):
    assert (code, reason, fields) == await refusal(aisle.PlanRoute(request_))
