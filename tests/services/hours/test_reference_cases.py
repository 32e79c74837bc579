"""The reference cases of opening-hours-rs, asked of the service."""

import datetime as dt
from collections.abc import Callable, Iterable
from typing import Any

import grpc
import pytest
from google.rpc import error_details_pb2

from enrayon.hours.v1 import hours_pb2
from tests.services.hours.shops import NAME, date, give, instant, put, shop, timestamp
from tests.support.error_details import detail
from tests.support.reference_hours import (
    DAVIS_SUN,
    OTHER_HOLIDAYS,
    PARIS_SUN,
    in_year_9999_or_before,
    is_same,
)

SharedJson = Callable[[str], Any]
STATES = {
    "open": hours_pb2.STATE_OPEN,
    "closed": hours_pb2.STATE_CLOSED,
    "unknown": hours_pb2.STATE_UNKNOWN,
}
ZONES = {
    (PARIS_SUN.latitude, PARIS_SUN.longitude): "Europe/Paris",
    (DAVIS_SUN.latitude, DAVIS_SUN.longitude): "Antarctica/Davis",
}
Span = tuple[str, str, int, str]


@pytest.fixture(scope="module")
def cases(shared_json: SharedJson) -> dict[str, list[dict[str, Any]]]:
    document: dict[str, dict[str, list[dict[str, Any]]]] = shared_json("hours_cases_dev.json")
    return document["cases"]


async def stand(stores, hours, number: int, case: dict[str, Any], zone: str) -> str:
    """A shop with the hours of a case, edited: importers would mend what the cases mean."""
    fields: dict[str, Any] = {"address": {"region_code": case.get("country", "").upper()}}
    if "lat" in case:
        fields["location"] = {"latitude": case["lat"], "longitude": case["lon"]}
        zone = ZONES[case["lat"], case["lon"]]
    case_shop = shop(str(number), "", zone, **fields)
    await put(stores, case_shop)
    await give(hours, case_shop.name, expression=case["value"])
    return case_shop.name


async def test_every_day_has_the_hours_of_its_case(stores, hours, cases):
    days = [
        case
        for case in cases["schedule_at"]
        if (case["date"], case["value"], case.get("country")) not in OTHER_HOLIDAYS
        and is_same(case)
    ]
    assert 97 == len(days)
    for number, case in enumerate(days):
        name = await stand(stores, hours, number, case, "Europe/Paris")
        answer = await hours.ListOpenIntervals(
            hours_pb2.ListOpenIntervalsRequest(
                name=f"{name}/hours", start_date=date(case["date"]), end_date=date(case["date"])
            )
        )
        expected = [
            (hours["from"], hours["to"], STATES[hours["state"]], ", ".join(hours["comments"]))
            for hours in case["intervals"]
            if hours["state"] != "closed"
        ]
        assert expected == joined(answer.days[0].spans), case


def joined(spans: Iterable[hours_pb2.LocalSpan]) -> list[Span]:
    """The spans, those that only their rule tells apart made one."""
    found: list[Span] = []
    for span in spans:
        comment = "" if span.comment == "the hours say unknown" else span.comment
        start = span.start
        if found and found[-1][1:] == (start, span.state, comment):
            start = found.pop()[0]
        found.append((start, span.end, span.state, comment))
    return found


async def test_every_state_is_that_of_its_case(stores, hours, cases):
    states = [c for c in cases["state"] if in_year_9999_or_before(c) and is_same(c)]
    assert 38 == len(states)
    for number, case in enumerate(states):
        answer = await ask(stores, hours, number, case)
        assert STATES[case["state"]] == answer.state, case


async def test_every_next_change_is_that_of_its_case(stores, hours, cases):
    changes = [c for c in cases["next_change"] if in_year_9999_or_before(c) and is_same(c)]
    assert 35 == len(changes)
    for number, case in enumerate(changes):
        answer = await ask(stores, hours, number, case)
        has_change = answer.HasField("next_change_time")
        change = f"{instant(answer.next_change_time):%Y-%m-%d %H:%M}" if has_change else None
        assert case["next"] == change, case


async def ask(stores, hours, number: int, case: dict[str, Any]) -> Any:
    name = await stand(stores, hours, number, case, "UTC")
    at = dt.datetime.fromisoformat(case["at"]).replace(tzinfo=dt.UTC)
    request = hours_pb2.CheckOpenStateRequest(name=f"{name}/hours", at_time=timestamp(at))
    return (await hours.CheckOpenState(request)).open_state


async def test_what_is_valid_is_taken_and_what_is_not_is_refused_with_a_position(
    stores, hours, cases
):
    await put(stores, shop("grocery"))
    for text in cases["parse_valid"]:
        if "/" not in text or text == "24/7":  # `10:00-18:00/30` are points in time
            await give(hours, NAME, expression=text)
    kept = await hours.GetStoreHours(hours_pb2.GetStoreHoursRequest(name=f"{NAME}/hours"))
    for case in cases["parse_invalid"]:
        if case["value"] in ("", '"comment" open'):
            continue  # no hours are those of the store's text; parts may stand in any order
        with pytest.raises(grpc.aio.AioRpcError) as failure:
            await give(hours, NAME, expression=case["value"])
        assert grpc.StatusCode.INVALID_ARGUMENT == failure.value.code(), case
        info = detail(failure.value, error_details_pb2.ErrorInfo())
        assert ("INVALID_SCHEDULE", "store_hours.expression") == (
            info.reason,
            info.metadata["field"],
        ), case
        assert 0 <= int(info.metadata["position"]) <= len(case["value"]), case
    assert kept == await hours.GetStoreHours(hours_pb2.GetStoreHoursRequest(name=f"{NAME}/hours"))
