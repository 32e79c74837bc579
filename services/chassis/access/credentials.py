"""Who a request says it is: by key, token or certificate, and from which address."""

import ipaddress
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import unquote, urlsplit

from services.chassis.access.key_ring import KeyRing
from services.chassis.access.policy import Role
from services.chassis.access.settings import AccessSettings
from services.chassis.access.tls import bearer
from services.chassis.access.tokens import Tokens
from services.chassis.caller import ANONYMOUS, Caller
from services.chassis.errors import PermissionDenied, Unauthenticated

KEY_HEADER = "x-api-key"
LOCAL = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Asked:
    """What the transport knows of who calls."""

    headers: Iterable[tuple[str, str | bytes]]
    """As they came, names in small letters."""
    peer: str
    """As gRPC writes it: `ipv4:192.0.2.1:4711`."""
    common_name: str = ""
    """Of the client's certificate."""


NOBODY = Asked((), "")
"""Nothing is known."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who calls, what that is good for, and under whose name it is counted."""

    caller: Caller
    role: Role
    counted: str
    scopes: Sequence[str] = ()


class Credentials:
    """Recognises callers."""

    def __init__(self, settings: AccessSettings, keys: KeyRing, tokens: Tokens | None) -> None:
        self._settings = settings
        self._keys = keys
        self._tokens = tokens
        networks = tuple(settings.trusted_proxies)

        @lru_cache(maxsize=10_000)
        def is_trusted(address: str) -> bool:
            found = ipaddress.ip_address(address)
            return any(found in network for network in networks)

        self._is_trusted = is_trusted

    async def identify(self, asked: Asked) -> Identity:
        """Who calls.

        Raises:
            Unauthenticated: what the caller shows does not hold.
            PermissionDenied: a publishable key is used from elsewhere than its origins.
            Unavailable: keys cannot be checked now; try again.
        """
        headers = joined(asked.headers)
        if key := headers.get(KEY_HEADER):
            return await self._by_key(key, headers, asked)
        if authorization := headers.get("authorization"):
            return self._by_token(authorization)
        if known := bearer(self._settings, asked.common_name):
            caller, role = known
            return Identity(caller, role, caller.id)
        return Identity(ANONYMOUS, Role.PUBLIC, self._address(headers, asked))

    async def _by_key(self, token: str, headers: dict[str, str], asked: Asked) -> Identity:
        key = await self._keys.find(token)
        if key is None:
            raise Unauthenticated(f"{KEY_HEADER}: this key is not valid, or no longer")
        caller = Caller(f"keys/{key.name}", admin=key.role is Role.ADMIN)
        if key.role is not Role.PAGE:
            return Identity(caller, key.role, caller.id, key.scopes)
        if origin_of(headers) not in key.origins:
            raise PermissionDenied("this key is good for web pages of its origins alone")
        counted = f"{caller.id} {self._address(headers, asked)}"
        return Identity(caller, key.role, counted, key.scopes)

    def _by_token(self, authorization: str) -> Identity:
        scheme, _, token = authorization.partition(" ")
        found = self._tokens.read(token) if self._tokens and scheme.lower() == "bearer" else None
        if found is None:
            raise Unauthenticated("authorization: this token is not valid, or no longer")
        caller, role, scopes = found
        return Identity(caller, role, caller.id, scopes)

    def _address(self, headers: dict[str, str], asked: Asked) -> str:
        """The client's network: beyond trusted proxies what they tell, nearest first."""
        address = address_of(asked.peer)
        trusted = asked.common_name in self._settings.tls_proxies or self._is_trusted(address)
        if trusted and (told := headers.get("x-forwarded-for")):
            for part in reversed(told.split(",")[-10:]):
                if not is_address(part.strip()):
                    break
                address = part.strip()
                if not self._is_trusted(address):
                    break
        return network_of(address)


def joined(headers: Iterable[tuple[str, str | bytes]]) -> dict[str, str]:
    """Text headers by name; what came twice is joined by a comma, as HTTP has it."""
    found: dict[str, str] = {}
    for name, value in headers:
        if isinstance(value, str):
            found[name] = f"{found[name]},{value}" if name in found else value
    return found


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


@lru_cache(maxsize=10_000)
def is_address(text: str) -> bool:
    """Whether a text is an IP address."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


@lru_cache(maxsize=10_000)
def network_of(address: str) -> str:
    """What counts as one client: an IPv4 address, or an IPv6 network of 64 bits."""
    found: Any = ipaddress.ip_address(address)
    if found.version == 4:
        return address
    if found.ipv4_mapped:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((found, 64), strict=False))
