"""A request is taken only whole, within its size, and by the rules of its contract."""

import math
from typing import Any

import pytest
from google.protobuf.message import Message
from hypothesis import given
from hypothesis import strategies as st

from enrayon.stores.v1 import stores_pb2 as pb
from enrayon.type.v1.geometry_pb2 import Origin
from services.chassis.errors import MAX_VIOLATIONS, InvalidArgument
from services.chassis.serving.requests import check, parsed, violations_of

KAMPPI = {"latitude": 60.1687, "longitude": 24.9319}


def test_a_request_within_its_size_and_rules_is_taken_as_sent() -> None:
    request = pb.FindNearestStoresRequest(origin={"point": KAMPPI}, radius_m=1000.0)
    data = request.SerializeToString()
    assert parsed(pb.FindNearestStoresRequest, data, len(data)) == request


def test_a_byte_more_than_the_limit_is_too_much() -> None:
    data = Origin(place="Kamppi").SerializeToString()
    with pytest.raises(InvalidArgument, match=r"has 8 bytes; this method takes at most 7"):
        parsed(Origin, data, 7)


@given(data=st.binary(max_size=200))
def test_no_bytes_do_more_than_be_refused(data: bytes) -> None:
    try:
        request = parsed(pb.FindNearestStoresRequest, data, 200)
    except InvalidArgument:
        return
    assert request.HasField("origin")


@pytest.mark.parametrize(
    ("request_", "path"),
    [
        (pb.FindNearestStoresRequest(), "origin"),
        (pb.FindNearestStoresRequest(origin={}), "origin.kind"),
        (pb.FindNearestStoresRequest(origin={"place": ""}), "origin.place"),
        (pb.FindNearestStoresRequest(origin={"h3_cell": "891f1d4"}), "origin.h3_cell"),
        (pb.BatchGetStoresRequest(names=["stores/a", "shops/b"]), "names[1]"),
        (pb.SuggestPlacesRequest(query="Kam", near={"latitude": -91}), "near"),
        (
            pb.SearchStoresRequest(polygon={"rings": [{"points": [KAMPPI] * 3}, {}]}),
            "polygon.rings[1].points",
        ),
        (
            pb.Store(name="stores/a", display_name="A", external_ids={"gln": "1" * 301}),
            'external_ids["gln"]',
        ),
        (pb.Store(name="stores/a", display_name="A", phones=["1"] * 21), "phones"),
        (pb.SearchStoresRequest(), ""),
    ],
)
def test_a_broken_rule_is_told_by_a_readable_path(request_: Message, path: str) -> None:
    [violation] = violations_of(request_)
    assert violation.field == path
    assert violation.description
    with pytest.raises(InvalidArgument) as refused:
        check(request_)
    prefix = f"{path}: " if path else ""
    assert refused.value.message == prefix + violation.description


def test_every_broken_rule_of_a_request_is_told() -> None:
    request = pb.FindNearestStoresRequest(
        origin={"point": {"latitude": 91, "longitude": 181}}, radius_m=-1.0, page_size=-1
    )
    assert [violation.field for violation in violations_of(request)] == [
        "origin.point",
        "origin.point",
        "page_size",
        "radius_m",
    ]


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize(
    ("kind", "field", "build"),
    [
        (Origin, "point", lambda x: Origin(point={"latitude": x})),
        (Origin, "point", lambda x: Origin(point={"longitude": x})),
        (
            pb.FindNearestStoresRequest,
            "radius_m",
            lambda x: pb.FindNearestStoresRequest(origin={"point": KAMPPI}, radius_m=x),
        ),
        (
            pb.BatchFindNearestStoresRequest,
            "points[1]",
            lambda x: pb.BatchFindNearestStoresRequest(points=[KAMPPI, {"latitude": x}]),
        ),
        (
            pb.CountStoresRequest,
            "viewport.high",
            lambda x: pb.CountStoresRequest(
                viewport={"low": {"latitude": -90}, "high": {"longitude": x}}
            ),
        ),
        (
            pb.SearchStoresRequest,
            "route.max_distance_m",
            lambda x: pb.SearchStoresRequest(
                route={"path": {"points": [KAMPPI] * 2}, "max_distance_m": x}
            ),
        ),
        (
            pb.Store,
            "location",
            lambda x: pb.Store(name="stores/a", display_name="A", location={"latitude": x}),
        ),
        (
            pb.ListStoresRequest,
            "store_filter.serves.point",
            lambda x: pb.ListStoresRequest(
                store_filter={"serves": {"point": {"latitude": x, "longitude": 0}}}
            ),
        ),
    ],
)
def test_what_is_no_number_is_refused_wherever_it_stands(
    kind: type[Message], field: str, build: Any, value: float
) -> None:
    with pytest.raises(InvalidArgument) as refused:
        parsed(kind, build(value).SerializeToString(), 1000)
    assert refused.value.violations[0].field == field


@pytest.mark.parametrize(
    ("request_", "path"),
    [
        (pb.BatchGetStoresRequest(names=[""] * 32_000), "names"),
        (pb.CountStoresRequest(store_filter={"statuses": [0] * 60_000}), "store_filter.statuses"),
        (pb.SearchStoresRequest(polygon={"rings": [{}] * 30_000}), "polygon.rings"),
        (pb.BatchGetStoresRequest(names=["x"] * 1000), "names[0]"),
    ],
)
def test_of_a_large_request_only_the_first_broken_rule_is_looked_for(
    request_: Message, path: str
) -> None:
    assert [violation.field for violation in violations_of(request_)] == [path]


def test_no_more_broken_rules_are_told_than_an_error_holds() -> None:
    request = pb.BatchGetStoresRequest(names=["x"] * 300)
    assert len(violations_of(request)) == MAX_VIOLATIONS
