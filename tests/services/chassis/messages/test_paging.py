"""A page token continues the very list it was made for (AIP-158)."""

import base64
from typing import Any

import pytest
from google.protobuf.message import Message
from hypothesis import given
from hypothesis import strategies as st

from enrayon.stores.v1 import stores_pb2 as pb
from services.chassis.errors import InvalidArgument
from services.chassis.keyring import Key, Keyring
from services.chassis.messages.paging import PURPOSE, PageTokens, itself, page_size

RING = Keyring([Key(1, bytes(32))])
TOKENS = PageTokens(RING)
LIST = pb.ListStoresRequest(
    store_filter={"brands": ["K-Market"], "region_codes": ["FI"]}, page_size=10
)
CURSOR = [1234.5, "osm-1"]


def continued(request: Message, token: str, **changed: Any) -> Message:
    result = type(request)()
    result.CopyFrom(request)
    result.MergeFrom(type(request)(page_token=token, **changed))
    return result


def refusal(request: Message) -> str:
    with pytest.raises(InvalidArgument) as refused:
        TOKENS.decode(request)
    [violation] = refused.value.violations
    assert violation.field == "page_token"
    return violation.description


def test_without_a_token_the_list_begins() -> None:
    assert TOKENS.decode(LIST) is None


@given(
    cursor=st.lists(
        st.floats(allow_nan=False, allow_infinity=False) | st.text() | st.integers(-(2**53), 2**53)
    )
)
def test_a_token_brings_back_its_cursor(cursor: list[Any]) -> None:
    assert TOKENS.decode(continued(LIST, TOKENS.encode(LIST, cursor))) == cursor


def test_the_page_size_may_change_and_tokens_follow_each_other() -> None:
    first = TOKENS.encode(LIST, CURSOR)
    assert TOKENS.decode(continued(LIST, first, page_size=500)) == CURSOR
    second = TOKENS.encode(continued(LIST, first), [2345.6, "osm-2"])
    assert TOKENS.decode(continued(LIST, second)) == [2345.6, "osm-2"]


@pytest.mark.parametrize(
    "changed",
    [
        {"store_filter": {"brands": ["Alepa"]}},
        {"store_filter": {"names": ["stores/osm-1"]}},
        {"read_mask": {"paths": ["name"]}},
    ],
)
def test_other_arguments_are_refused(changed: dict[str, Any]) -> None:
    assert "other arguments" in refusal(continued(LIST, TOKENS.encode(LIST, CURSOR), **changed))


def test_a_token_of_another_method_is_refused() -> None:
    # The two requests have no argument set, and so the same bytes.
    token = TOKENS.encode(pb.ListStoresRequest(), CURSOR)
    assert "other arguments" in refusal(pb.FindNearestStoresRequest(page_token=token))


@given(token=st.text(min_size=1, max_size=200))
def test_garbage_is_refused(token: str) -> None:
    assert refusal(continued(LIST, token)) == "not a token of this service"


@given(data=st.data())
def test_a_token_altered_anywhere_is_refused(data: st.DataObject) -> None:
    token = TOKENS.encode(LIST, CURSOR)
    raw = bytearray(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(1, 255))
    altered = base64.urlsafe_b64encode(raw).decode().rstrip("=")
    assert refusal(continued(LIST, altered)) == "not a token of this service"


@pytest.mark.parametrize(
    "signed",
    [
        Keyring([Key(1, b"x" * 32)]).sign(PURPOSE, bytes(16) + b"[]"),
        RING.sign("receipt", bytes(16) + b"[]"),
    ],
)
def test_a_token_by_another_key_or_for_another_purpose_is_refused(signed: bytes) -> None:
    token = base64.urlsafe_b64encode(signed).decode().rstrip("=")
    assert refusal(continued(LIST, token)) == "not a token of this service"


def test_a_token_fits_where_it_is_asked_for_and_needs_no_escape_in_a_url() -> None:
    longest = TOKENS.encode(LIST, [12345678.123456789, "s" * 200])
    assert len(longest) < 2000
    assert longest.replace("-", "").replace("_", "").isalnum()


@given(data=st.data())
def test_what_comes_and_goes_between_two_pages_repeats_and_skips_nothing_else(
    data: st.DataObject,
) -> None:
    ids = st.sets(st.integers(0, 40).map(lambda number: f"osm-{number:02}"))
    kept = data.draw(ids, "kept")
    coming = st.integers(1, 10)
    told: list[str] = []
    token = ""
    while not told or token:
        now = sorted(kept | data.draw(ids, "others at this page"))
        request = continued(LIST, token, page_size=data.draw(coming))
        entries, token = TOKENS.page(request, now, lambda store: (0.0, store))
        told += entries
        if not entries:
            break
    assert sorted(set(told)) == told
    assert kept <= set(told)


def test_a_page_ends_where_it_should() -> None:
    stores = [f"osm-{number}" for number in range(5)]
    request = pb.ListStoresRequest(page_size=2)
    told: list[str] = []
    pages = 0
    while True:
        entries, token = TOKENS.page(request, stores, itself, default=3, most=4)
        told += entries
        pages += 1
        if not token:
            break
        request.page_token = token
    assert (stores, 3) == (told, pages)
    for asked, expected in ((0, 3), (4, 4), (5, 4)):
        entries, _ = TOKENS.page(
            pb.ListStoresRequest(page_size=asked), stores, itself, default=3, most=4
        )
        assert expected == len(entries)


@pytest.mark.parametrize("cursor", [[20], [0.0, "osm-1"], ["osm-1", 20], []])
def test_a_token_of_an_earlier_order_is_refused(cursor: list[Any]) -> None:
    request = continued(LIST, TOKENS.encode(LIST, cursor))
    with pytest.raises(InvalidArgument, match="start without it"):
        TOKENS.page(request, ["osm-1", "osm-2"], itself)


@pytest.mark.parametrize(("asked", "expected"), [(0, 50), (1, 1), (1000, 1000), (1001, 1000)])
def test_a_page_has_the_size_asked_for_within_reason(asked: int, expected: int) -> None:
    assert expected == page_size(asked, default=50, most=1000)
