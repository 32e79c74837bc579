"""Addresses of webhooks: public ones pass, private ones are refused."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.chassis.errors import InvalidArgument
from services.events.model.endpoints import TRANSLATED, check_uri, is_public

SPECIAL = [
    "0.0.0.0/8",
    "0.0.0.0/32",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.0.0/29",
    "192.0.0.8/32",
    "192.0.0.9/32",
    "192.0.0.10/32",
    "192.0.0.170/32",
    "192.0.0.171/32",
    "192.0.2.0/24",
    "192.31.196.0/24",
    "192.52.193.0/24",
    "192.88.99.0/24",
    "192.88.99.2/32",
    "192.168.0.0/16",
    "192.175.48.0/24",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "240.0.0.0/4",
    "255.255.255.255/32",
    "::1/128",
    "::/128",
    "64:ff9b:1::/48",
    "100::/64",
    "100:0:0:1::/64",
    "2001::/23",
    "2001::/32",
    "2001:1::1/128",
    "2001:1::2/128",
    "2001:1::3/128",
    "2001:2::/48",
    "2001:3::/32",
    "2001:4:112::/48",
    "2001:10::/28",
    "2001:20::/28",
    "2001:30::/28",
    "2001:db8::/32",
    "2002::/16",
    "2620:4f:8000::/48",
    "3fff::/20",
    "5f00::/16",
    "fc00::/7",
    "fe80::/10",
]
"""Every entry of IANA's two special-purpose registries (October 2025), but those translated."""
NEVER_PUBLIC = ["224.0.0.0/4", "ff00::/8", "fec0::/10", "::/96", "4000::/2", "::/8", "8000::/1"]
"""Multicast, site-local and IPv4-compatible addresses, and what IANA has not assigned."""


def edges(block: str) -> list[str]:
    """The first, the middle and the last address of a block."""
    network = ipaddress.ip_network(block)
    return [str(network[at]) for at in (0, network.num_addresses // 2, -1)]


@pytest.mark.parametrize("block", SPECIAL)
def test_no_address_of_a_special_block_is_public(block):
    assert [False] * 3 == list(map(is_public, edges(block)))


@pytest.mark.parametrize("block", NEVER_PUBLIC)
def test_no_address_outside_unicast_is_public(block):
    translated = ("::ffff:", "64:ff9b::")
    assert not any(is_public(each) for each in edges(block) if not each.startswith(translated))


@pytest.mark.parametrize("block", [each for each in SPECIAL if "." in each])
@pytest.mark.parametrize("prefix", ["::ffff:", "64:ff9b::", "::", "2002:", "64:ff9b:1::"])
def test_no_special_address_is_public_within_ipv6(block, prefix):
    for address in edges(block):
        inner = f"{int(ipaddress.IPv4Address(address)):08x}"
        tail = f"{inner[:4]}:{inner[4:]}"
        assert not is_public(f"{prefix}{tail}::" if prefix == "2002:" else f"{prefix}{tail}")


@pytest.mark.parametrize(
    "address",
    [
        "8.8.8.8",
        "1.0.0.0",
        "9.255.255.255",
        "11.0.0.0",
        "191.255.255.255",
        "192.0.1.0",
        "223.255.255.255",
        "2001:4860:4860::8888",
        "2001:200::",
        "2003::",
        "2606:4700:4700::1111",
        "::ffff:8.8.8.8",
        "64:ff9b::8.8.8.8",
    ],
)
def test_an_address_beside_the_special_blocks_is_public(address):
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "2002:808:808::",  # 6to4 of a public address
        "2001:0:808:808::1",  # Teredo by a public server
        "::8.8.8.8",
        "64:ff9b:1::808:808",
        "fe80::1%eth0",
    ],
)
def test_tunnels_and_local_scopes_are_refused(address):
    assert not is_public(address)


@given(st.ip_addresses())
def test_what_is_public_here_is_global_for_python_too(address):
    """The other way round does not hold: by version Python takes more for global."""
    translated = any(address.version == 6 and address in each for each in TRANSLATED)
    assert translated or address.is_global or not is_public(str(address))


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
