"""Addresses that webhooks may post to: public ones, unless the settings allow private ones."""

import ipaddress
from urllib.parse import urlsplit

from services.chassis.errors import InvalidArgument

ALLOWED_BY = "for trials ENRAYON_WEBHOOK_PRIVATE=true allows it"
PORTS = (443, 80)
"""The system ports (below 1024) that an endpoint may have."""
SPECIAL_IPV4 = tuple(
    map(
        ipaddress.IPv4Network,
        [
            "0.0.0.0/8",
            "10.0.0.0/8",
            "100.64.0.0/10",
            "127.0.0.0/8",
            "169.254.0.0/16",
            "172.16.0.0/12",
            "192.0.0.0/24",
            "192.0.2.0/24",
            "192.31.196.0/24",
            "192.52.193.0/24",
            "192.88.99.0/24",
            "192.168.0.0/16",
            "192.175.48.0/24",
            "198.18.0.0/15",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/4",
            "240.0.0.0/4",
        ],
    )
)
"""IANA's IPv4 Special-Purpose Address Registry (of October 2025), and multicast."""
GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
"""By IANA's Internet Protocol Version 6 Address Space; all else is local, multicast or reserved."""
SPECIAL_IPV6 = tuple(
    map(
        ipaddress.IPv6Network,
        ["2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20"],
    )
)
"""IANA's IPv6 Special-Purpose Address Registry (of October 2025) within global unicast."""
TRANSLATED = (ipaddress.IPv6Network("::ffff:0:0/96"), ipaddress.IPv6Network("64:ff9b::/96"))
"""IPv4-mapped addresses and NAT64 (RFC 6052): the last 32 bits are an IPv4 address."""


def check_uri(uri: str, *, private: bool) -> None:
    """Refuse an endpoint that is not public, as far as its URI alone says.

    Args:
        uri: Of the endpoint.
        private: Allow http and private addresses.

    Raises:
        InvalidArgument: the scheme, the host or the port.
    """
    field = "subscription.webhook.uri"
    try:
        parts = urlsplit(uri)
        port = parts.port
    except ValueError:
        raise InvalidArgument.field(field, "not a URI") from None
    if not parts.hostname or parts.username is not None or parts.fragment:
        raise InvalidArgument.field(field, "must have a host, and neither user nor fragment")
    if parts.scheme not in ("http", "https"):
        raise InvalidArgument.field(field, "must begin with https:// or http://")
    if private:
        return
    if parts.scheme != "https":
        raise InvalidArgument.field(field, f"must begin with https://; {ALLOWED_BY}")
    if port is not None and port not in PORTS and port < 1024:
        raise InvalidArgument.field(field, "must not name a system port")
    if parts.hostname == "localhost" or parts.hostname.endswith(".localhost"):
        raise InvalidArgument.field(field, f"must not be this machine; {ALLOWED_BY}")
    try:
        address = ipaddress.ip_address(parts.hostname)
    except ValueError:
        return
    if not is_public(str(address)):
        raise InvalidArgument.field(field, f"must not be a private address; {ALLOWED_BY}")


def is_public(address: str) -> bool:
    """True if an IP address is one of the public internet, on every version of Python the same.

    Blocks with a special purpose are not, whatever it is; of IPv6 only global unicast is. An IPv4
    address within IPv6 is judged by itself where the system translates it (mapped, NAT64); tunnels
    (6to4, Teredo) are refused.
    """
    parsed = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(parsed, ipaddress.IPv6Address):
        if not any(parsed in network for network in TRANSLATED):
            return parsed in GLOBAL_UNICAST and not any(parsed in each for each in SPECIAL_IPV6)
        parsed = ipaddress.IPv4Address(int(parsed) & 0xFFFFFFFF)
    return not any(parsed in network for network in SPECIAL_IPV4)
