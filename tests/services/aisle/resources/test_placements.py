"""Placements are replaced in bulk, and checked against the plan without holding up others."""

import dataclasses

import grpc

from enrayon.aisle.v1 import aisle_pb2 as pb
from geodata.floorplans.plan import Side
from tests.geodata.floorplans.shops import NOON, corner_shop, in_aisle
from tests.support.aisle import (
    CORNER,
    SHELVES,
    VILLAGE,
    addresses,
    located,
    names,
    placed,
    published,
    stream,
)
from tests.support.refusals import refusal

CODE = grpc.StatusCode
CHAIN = "planograms/chain"
RICE, OIL = "products/rice", "products/oil"


async def test_a_product_in_two_places_is_stored_with_a_warning_and_located_in_both(aisle):
    two = [in_aisle("rice", "2", Side.LEFT, 3), in_aisle("rice", "1", Side.RIGHT, 4)]
    answer = await aisle.UpsertPlacements(stream(CORNER, placed(two)))
    assert (1, 0) == (answer.changed_count, answer.rejected_count)
    assert ["several_placements"] == [problem.code for problem in answer.problems]
    found = await aisle.LocateProducts(located(CORNER, "rice"))
    assert 2 == len(found.located[0].shelves)


async def test_a_placement_that_is_not_on_the_plan_is_stored_with_a_warning(aisle):
    odd = [in_aisle("caviar", "99"), in_aisle("oil", "1", Side.RIGHT, 12)]
    answer = await aisle.UpsertPlacements(stream(CORNER, placed(odd)))
    assert [
        ("unknown_aisle", "products[0].placements[0].aisle"),
        ("unknown_bay", "products[1].placements[0].bay"),
    ] == [(problem.code, problem.path) for problem in answer.problems]
    warning = pb.PlanProblem.SEVERITY_WARNING
    assert {warning} == {problem.severity for problem in answer.problems}
    found = await aisle.LocateProducts(located(CORNER, "caviar", "oil"))
    precisions = [each.shelves[0].precision for each in found.located]
    assert [pb.PRECISION_UNSPECIFIED, pb.PRECISION_SIDE] == precisions


async def test_bad_products_are_rejected_and_the_others_stored(aisle):
    [rice] = placed([in_aisle("rice", "2")])
    [oil] = placed([in_aisle("oil", "1")])
    twice = pb.ProductPlacements(product=OIL, placements=[oil.placements[0]] * 2)
    long = pb.ProductPlacements(product=OIL, placements=[pb.Placement(description="x" * 10_240)])
    backwards = pb.ProductPlacements(product="products/salt", placements=[pb.Placement(aisle="1")])
    backwards.placements[0].valid_start_time.FromDatetime(NOON)
    backwards.placements[0].valid_end_time.FromDatetime(NOON)
    never = pb.ProductPlacements(product="products/tea", placements=[pb.Placement(aisle="1")])
    never.placements[0].valid_start_time.seconds = 10**15
    unsure = pb.ProductPlacements(product=OIL, placements=[pb.Placement(confidence=1.5)])
    nameless = pb.ProductPlacements(product="oil")

    sent = [twice, long, backwards, unsure, nameless, rice, rice, never]
    answer = await aisle.UpsertPlacements(stream(CORNER, sent))

    assert [
        (0, "placements[1]"),
        (1, "placements[0].description"),
        (2, "placements[0]"),
        (3, "placements[0].confidence"),
        (4, "product"),
        (6, "product"),
        (7, "placements[0].valid_start_time"),
    ] == [(each.index, each.field) for each in answer.rejected]
    assert (1, 7) == (answer.changed_count, answer.rejected_count)


async def test_replacing_removes_products_that_are_not_sent_again(aisle):
    [rice] = placed(SHELVES[:1])
    looked = await aisle.UpsertPlacements(stream(CORNER, [rice], replace=True, validate_only=True))
    assert (1, 2) == (looked.unchanged_count, looked.removed_count)
    found = await aisle.LocateProducts(located(CORNER, "rice", "oil", "peas"))
    assert 3 == len(found.located)

    await aisle.UpsertPlacements(stream(CORNER, [rice], replace=True))
    found = await aisle.LocateProducts(located(CORNER, "rice", "oil", "peas"))
    assert ([RICE], ["oil", "peas"]) == (list(addresses(found)), names(found.unlocated))


async def test_a_stores_own_placement_replaces_that_of_its_planogram(aisle):
    chain = [in_aisle("rice", "3", Side.LEFT, 1), in_aisle("caviar", "1", Side.RIGHT, 2)]
    await aisle.UpsertPlacements(stream(CHAIN, placed(chain)))
    before = await aisle.LocateProducts(located(CORNER, "rice", "caviar"))
    assert ["caviar"] == names(before.unlocated)  # its plan follows no planogram yet

    await aisle.PublishFloorPlan(published(CORNER, corner_shop(), "v1", planogram=CHAIN))
    after = await aisle.LocateProducts(located(CORNER, "rice", "caviar"))
    assert {
        RICE: ["Aisle 2, left, third bay"],
        "products/caviar": ["Aisle 1, right, second bay"],
    } == addresses(after)

    # Confidence 0: this store does not keep it.
    none = dataclasses.replace(chain[1], confidence=0.0)
    await aisle.UpsertPlacements(stream(CORNER, placed([none])))
    assert ["caviar"] == names((await aisle.LocateProducts(located(CORNER, "caviar"))).unlocated)


async def test_a_stream_without_a_parent_or_of_an_unknown_store_is_refused(aisle):
    code, _, fields = await refusal(aisle.UpsertPlacements(stream("", placed(SHELVES))))
    assert (CODE.INVALID_ARGUMENT, ["parent"]) == (code, fields)
    code, reason, _ = await refusal(aisle.UpsertPlacements(stream("stores/nowhere", [])))
    assert (CODE.NOT_FOUND, "STORE_NOT_FOUND") == (code, reason)
    village = await aisle.LocateProducts(located(VILLAGE, "rice"))
    assert ["rice"] == names(village.unlocated)
