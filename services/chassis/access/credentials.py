"""The credentials of a caller: its headers, address and certificate."""

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import unquote, urlsplit

KEY_HEADER = "x-api-key"
SESSION_HEADER = "x-enrayon-session"
"""Header without which the cookie counts for nothing: pages of other origins cannot send it."""
SESSION_COOKIE = "__Host-enrayon-session"
"""Cookie of a session; by its prefix browsers take it from this host alone, and over TLS or from
this machine itself."""
EDGE_HEADER = "x-enrayon-edge"
"""Header by which the edge proves that it is the edge."""
LOCAL = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Credentials:
    """The facts that the transport knows about a caller."""

    headers: Iterable[tuple[str, str | bytes]]
    """In the order of arrival, names in small letters."""
    peer: str
    """As gRPC writes it: `ipv4:192.0.2.1:4711`."""
    common_name: str = ""
    """The common name in the client's certificate."""
    uris: tuple[str, ...] = ()
    """The URIs among the alternative names of the client's certificate."""


NO_CREDENTIALS = Credentials((), "")
"""The credentials of a caller that shows none."""


def joined(headers: Iterable[tuple[str, str | bytes]]) -> dict[str, str]:
    """Text headers by name; values of a repeated header are joined by commas, as in HTTP."""
    found: dict[str, str] = {}
    for name, value in headers:
        if isinstance(value, str):
            found[name] = f"{found[name]},{value}" if name in found else value
    return found


def session_token_of(headers: dict[str, str]) -> str:
    """The session token in the cookies of a request by a page of ours; else empty.

    Cookies also come with requests that pages of other sites make a browser send. Such a page can
    set no header of its own: the browser asks the edge first, which refuses (CORS). Newer browsers
    tell the site besides.
    """
    if SESSION_HEADER not in headers:
        return ""
    if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return ""
    for cookie in re.split(r"[;,]\s*", headers.get("cookie", "")):
        name, _, value = cookie.partition("=")
        if name.strip() == SESSION_COOKIE:
            return value.strip()
    return ""


def origin_of(headers: dict[str, str]) -> str:
    """The web origin of a request; browsers leave it out of some, but then say the page."""
    if origin := headers.get("origin"):
        return origin
    try:
        parts = urlsplit(headers.get("referer", ""))
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.netloc}"


def address_of(peer: str) -> str:
    """The address in what gRPC says of a peer; one on a unix socket is on this machine."""
    kind, _, rest = peer.partition(":")
    if kind not in ("ipv4", "ipv6"):
        return LOCAL
    return unquote(rest).rpartition(":")[0].strip("[]").partition("%")[0]


def client_of(credentials: Credentials, hops: int) -> str:
    """The address whose long calls go by turns with those of others, as the caller tells it.

    It is not proved: it orders calls and gives no right.
    """
    for name, value in credentials.headers:
        if name == "x-forwarded-for" and isinstance(value, str):
            return value.split(",")[-hops:][0].strip()
    return address_of(credentials.peer)


@lru_cache(maxsize=10_000)
def is_address(text: str) -> bool:
    """True if a text is an IP address."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


@lru_cache(maxsize=10_000)
def network_of(address: str) -> str:
    """The network that counts as one client: an IPv4 address, or an IPv6 network of 64 bits."""
    found: Any = ipaddress.ip_address(address)
    if found.version == 4:
        return address
    if found.ipv4_mapped:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((found, 64), strict=False))
