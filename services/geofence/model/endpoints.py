"""Addresses that webhooks may post to: public ones, unless the settings allow private ones."""

import ipaddress
from urllib.parse import urlsplit

from services.chassis.errors import InvalidArgument

PORTS = (443, 80)
"""The system ports (below 1024) that an endpoint may have."""


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
        raise InvalidArgument.field(field, "must begin with https://")
    if port is not None and port not in PORTS and port < 1024:
        raise InvalidArgument.field(field, "must not name a system port")
    try:
        address = ipaddress.ip_address(parts.hostname)
    except ValueError:
        return
    if not is_public(str(address)):
        raise InvalidArgument.field(field, "must not be a private address")


def is_public(address: str) -> bool:
    """Whether an IP address is public, also when it is an IPv4 address within IPv6."""
    parsed = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(parsed, ipaddress.IPv6Address):
        inner = parsed.ipv4_mapped or parsed.sixtofour
        if parsed in ipaddress.ip_network("64:ff9b::/96"):  # NAT64
            inner = ipaddress.IPv4Address(int(parsed) & 0xFFFFFFFF)
        if inner is not None:
            return inner.is_global and not inner.is_multicast
    return parsed.is_global and not parsed.is_multicast
