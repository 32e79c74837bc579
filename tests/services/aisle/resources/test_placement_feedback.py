"""Reports of shoppers change the confidence of placements by little, and within bounds."""

import asyncio
import datetime as dt
from typing import Any

import grpc
import pytest

from enrayon.aisle.v1 import aisle_pb2 as pb
from geodata.floorplans.placements import Placement
from geodata.floorplans.plan import Side
from services.aisle.bootstrap import build
from services.aisle.errors import FeedbackLimit
from services.app import followed
from services.chassis.caller import Caller, set_caller
from services.chassis.database.client import Client
from services.directory.keys import Keys
from tests.geodata.floorplans.shops import corner_shop, in_aisle
from tests.support.aisle import BARE, CORNER, placed, published, stream
from tests.support.refusals import refusal

CODE = grpc.StatusCode
FOUND = pb.SubmitPlacementFeedbackRequest.KIND_FOUND
NOT_FOUND = pb.SubmitPlacementFeedbackRequest.KIND_NOT_FOUND
RICE_SHELF = {"level": "0", "aisle": "2", "side": pb.SIDE_LEFT, "bay": 3}
ELSEWHERE = {"aisle": "1", "side": pb.SIDE_RIGHT, "bay": 2}


@pytest.fixture(autouse=True)
def per_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENRAYON_FEEDBACK_PER_DAY", "4")


def report(kind: int, placement: dict[str, Any], **options: Any) -> Any:
    options = {"store": CORNER, "product": "products/rice"} | options
    return pb.SubmitPlacementFeedbackRequest(kind=kind, placement=placement, **options)


def surest(answer: pb.SubmitPlacementFeedbackResponse) -> list[tuple[str, Any, bool]]:
    return [
        (shelf.placement.aisle, pytest.approx(shelf.placement.confidence), shelf.reported)
        for shelf in answer.shelves
    ]


async def test_not_found_lowers_and_found_raises_by_a_fifth_at_most(aisle):
    once = await aisle.SubmitPlacementFeedback(report(NOT_FOUND, RICE_SHELF))
    assert [("2", 0.8, False)] == surest(once)  # (4 * 1 + 0) / (4 + 1)
    again = await aisle.SubmitPlacementFeedback(report(FOUND, RICE_SHELF))
    assert [("2", 5 / 6, False)] == surest(again)


async def test_a_field_that_a_report_leaves_open_fits_the_known_place(aisle):
    answer = await aisle.SubmitPlacementFeedback(report(NOT_FOUND, {"aisle": "2"}))
    assert [("2", 0.8, False)] == surest(answer)


async def test_a_report_from_elsewhere_adds_a_place_and_more_reports_confirm_it(aisle):
    answer = await aisle.SubmitPlacementFeedback(report(FOUND, ELSEWHERE))
    assert [("2", 1.0, False), ("1", 0.6, True)] == surest(answer)
    for _ in range(2):
        await aisle.SubmitPlacementFeedback(report(NOT_FOUND, RICE_SHELF))
    answer = await aisle.SubmitPlacementFeedback(report(FOUND, ELSEWHERE))
    assert [("2", 4 / 6, False), ("1", 4 / 6, True)] == surest(answer)


async def test_the_same_report_sent_again_counts_once(aisle):
    request = report(NOT_FOUND, RICE_SHELF, request_id="r-1")
    answers = [await aisle.SubmitPlacementFeedback(request) for _ in range(3)]
    assert [[("2", 0.8, False)]] * 3 == [surest(answer) for answer in answers]


async def test_concurrent_reports_all_count(aisle):
    calls = [aisle.SubmitPlacementFeedback(report(NOT_FOUND, RICE_SHELF)) for _ in range(4)]
    answers = await asyncio.gather(*calls)
    assert min(answer.shelves[0].placement.confidence for answer in answers) == pytest.approx(0.5)


async def test_a_caller_over_its_daily_limit_is_refused(aisle, clock):
    for _ in range(4):
        await aisle.SubmitPlacementFeedback(report(NOT_FOUND, RICE_SHELF))
    assert (CODE.RESOURCE_EXHAUSTED, "FEEDBACK_LIMIT", []) == await refusal(
        aisle.SubmitPlacementFeedback(report(NOT_FOUND, RICE_SHELF))
    )
    other = report(NOT_FOUND, {"aisle": "1"}, product="products/oil")
    await aisle.SubmitPlacementFeedback(other)
    clock.forward(days=1)
    await aisle.SubmitPlacementFeedback(report(FOUND, RICE_SHELF))


async def test_each_caller_has_a_limit_of_its_own(aisle, parts):
    service = build(parts)
    servicer: Any = service.servicer

    async def reported_by(caller: str) -> str:
        set_caller(Caller(caller))
        try:
            await servicer.submit_placement_feedback(report(NOT_FOUND, RICE_SHELF))
        except FeedbackLimit:
            return "limit"
        return "counted"

    # Each call has a task of its own, whose context holds the caller.
    async with followed([service]):
        kiosk = [await asyncio.create_task(reported_by("kiosk")) for _ in range(5)]
        assert ["counted"] * 4 + ["limit"] == kiosk
        assert "counted" == await asyncio.create_task(reported_by("app"))


async def test_reports_on_earlier_placements_no_longer_count(aisle):
    await aisle.SubmitPlacementFeedback(report(NOT_FOUND, RICE_SHELF))
    await aisle.SubmitPlacementFeedback(report(FOUND, ELSEWHERE))
    moved = [in_aisle("rice", "2", Side.LEFT, 4)]
    await aisle.UpsertPlacements(stream(CORNER, placed(moved)))
    request = pb.LocateProductsRequest(store=CORNER, products=["products/rice"])
    [rice] = (await aisle.LocateProducts(request)).located
    assert [(4, 1.0)] == [(s.placement.bay, s.placement.confidence) for s in rice.shelves]


async def test_reports_count_on_the_planogram_after_the_stores_own_placement_has_ended(
    aisle, clock
):
    chain = placed([in_aisle("rice", "3", Side.LEFT, 1)])
    await aisle.UpsertPlacements(stream("planograms/chain", chain))
    plan = published(CORNER, corner_shop(), planogram="planograms/chain")
    await aisle.PublishFloorPlan(plan)
    week = Placement(sku="rice", aisle="2", bay=3, valid_until=clock.now + dt.timedelta(days=7))
    await aisle.UpsertPlacements(stream(CORNER, placed([week])))
    assert [("2", 0.8, False)] == surest(
        await aisle.SubmitPlacementFeedback(report(NOT_FOUND, {"aisle": "2"}))
    )
    clock.forward(days=7)
    answer = await aisle.SubmitPlacementFeedback(report(NOT_FOUND, {"aisle": "3"}))
    assert [("3", 0.8, False)] == surest(answer)


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        (report(NOT_FOUND, {"aisle": "9"}), "placement"),
        (report(FOUND, {"aisle": "9"}), "placement.aisle"),
        (report(FOUND, {}), ""),
        (report(FOUND, {"aisle": "x" * 10_240}), "placement.aisle"),
        (report(0, RICE_SHELF), "kind"),
        (report(FOUND, RICE_SHELF, product="products/unheard-of"), "product"),
    ],
    ids=["unknown place", "unknown aisle", "no aisle", "10 kB", "no kind", "unknown product"],
)
async def test_a_report_on_an_unknown_product_or_place_is_refused(aisle, request_: Any, field: str):
    code, _, fields = await refusal(aisle.SubmitPlacementFeedback(request_))
    assert (CODE.INVALID_ARGUMENT, [field]) == (code, fields)


async def test_a_caller_is_stored_as_a_hash_only(aisle, database: Client):
    await aisle.SubmitPlacementFeedback(report(FOUND, ELSEWHERE, request_id="from-anna"))
    record = await database.hget(Keys.of("placements").records, "reports/a-corner/rice")
    assert record is not None
    kept = record[16:].decode()
    assert "anonymous" not in kept
    assert "anna" not in kept


async def test_without_a_plan_shoppers_can_report_places(aisle):
    answer = await aisle.SubmitPlacementFeedback(
        report(FOUND, {"aisle": "7"}, store=BARE, product="products/caviar")
    )
    assert [("7", 0.6, True)] == surest(answer)
