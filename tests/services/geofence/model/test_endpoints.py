"""Addresses of webhooks: public ones pass, private ones are refused."""

import pytest

from services.chassis.errors import InvalidArgument
from services.geofence.model.endpoints import check_uri, is_public


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("2001:4860:4860::8888", True),
        ("10.0.0.1", False),
        ("100.64.0.1", False),
        ("169.254.169.254", False),
        ("::ffff:10.0.0.1", False),
        ("64:ff9b::a00:1", False),
        ("2002:a00:1::", False),
        ("fe80::1%eth0", False),
        ("224.0.0.1", False),
    ],
)
def test_which_addresses_are_public(address, public):
    assert public is is_public(address)


@pytest.mark.parametrize(
    "uri",
    [
        "http://shop.example/",
        "https://10.0.0.1/",
        "https://a:b@shop.example/",
        "https://shop.example/#part",
        "x",
        "https://h:22/",
    ],
)
def test_a_uri_that_shows_that_it_is_not_public_is_refused(uri):
    with pytest.raises(InvalidArgument, match=r"^subscription\.webhook\.uri: "):
        check_uri(uri, private=False)


def test_a_public_uri_passes_and_a_private_one_where_the_settings_allow_it():
    check_uri("https://shop.example/hook?x=1", private=False)
    check_uri("http://10.0.0.1:22/hook", private=True)


@pytest.mark.parametrize(
    "uri", ["javascript://h/%0aalert(1)", "ftp://shop.example/", "file://h/etc/passwd"]
)
def test_an_address_of_another_scheme_is_refused_whatever_the_settings_allow(uri):
    with pytest.raises(InvalidArgument):
        check_uri(uri, private=True)
