"""What headers and addresses of callers are read as."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.chassis.access.credentials import (
    LOCAL,
    address_of,
    joined,
    network_of,
    origin_of,
)

ENVOY = "ipv4:127.0.0.1:51000"


@pytest.mark.parametrize(
    ("origin", "headers"),
    [
        ("https://shop.example", {"origin": "https://shop.example"}),
        ("https://shop.example", {"referer": "https://shop.example/stores/1?a=b"}),
        ("null", {"origin": "null", "referer": "https://shop.example/"}),
        ("://", {}),
        ("", {"referer": "https://[shop.example/"}),
    ],
)
def test_the_origin_is_said_by_itself_or_by_the_page(origin, headers):
    assert origin == origin_of(headers)


def test_what_comes_twice_is_one_value_with_a_comma():
    assert {"x-api-key": "a,b"} == joined([("x-api-key", "a"), ("x-api-key", "b"), ("x-bin", b"")])


@given(st.text(max_size=60))
def test_no_address_of_a_peer_breaks_anything(text: str):
    assert address_of(f"unix:{text}") == LOCAL


@given(st.ip_addresses())
def test_every_address_counts_as_some_network(address):
    peer = f"ipv4:{address}:1" if address.version == 4 else f"ipv6:%5B{address}%5D:1"
    assert str(address) == address_of(peer)
    assert network_of(str(address)) == network_of(network_of(str(address)).partition("/")[0])
