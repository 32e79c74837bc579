"""Finds out who a caller is: by key, token or certificate, or else by its address."""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from services.chassis.access.credentials import (
    KEY_HEADER,
    Credentials,
    address_of,
    is_address,
    joined,
    network_of,
    origin_of,
)
from services.chassis.access.key_ring import KeyRing
from services.chassis.access.policy import Role
from services.chassis.access.settings import AccessSettings
from services.chassis.access.tls import bearer
from services.chassis.access.tokens import Tokens
from services.chassis.caller import ANONYMOUS, Caller
from services.chassis.errors import PermissionDenied, Unauthenticated


@dataclass(frozen=True, slots=True)
class Identity:
    """A caller that was recognised."""

    caller: Caller
    role: Role
    counted: str
    """The name that its calls are counted under."""
    scopes: Sequence[str] = ()
    """Services and methods that it may call; all when there is none."""


class Authenticator:
    """Finds out who a caller is."""

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

    async def identify(self, credentials: Credentials) -> Identity:
        """The identity of a caller.

        Raises:
            Unauthenticated: the credentials are not valid.
            PermissionDenied: a publishable key is used on a web page of another origin.
            DatabaseUnavailable: keys cannot be checked now.
        """
        headers = joined(credentials.headers)
        if key := headers.get(KEY_HEADER):
            return await self._by_key(key, headers, credentials)
        if authorization := headers.get("authorization"):
            return self._by_token(authorization)
        if known := bearer(self._settings, credentials.common_name):
            caller, role = known
            return Identity(caller, role, caller.id)
        return Identity(ANONYMOUS, Role.PUBLIC, self._address(headers, credentials))

    async def _by_key(
        self, token: str, headers: dict[str, str], credentials: Credentials
    ) -> Identity:
        key = await self._keys.find(token)
        if key is None:
            raise Unauthenticated(f"{KEY_HEADER}: this key is not valid, or not any more")
        caller = Caller(f"keys/{key.name}", admin=key.role is Role.ADMIN)
        if key.role is not Role.PAGE:
            return Identity(caller, key.role, caller.id, key.scopes)
        if origin_of(headers) not in key.origins:
            raise PermissionDenied("this key is valid on web pages of its origins only")
        counted = f"{caller.id} {self._address(headers, credentials)}"
        return Identity(caller, key.role, counted, key.scopes)

    def _by_token(self, authorization: str) -> Identity:
        scheme, _, token = authorization.partition(" ")
        found = self._tokens.read(token) if self._tokens and scheme.lower() == "bearer" else None
        if found is None:
            raise Unauthenticated("authorization: this token is not valid, or not any more")
        caller, role, scopes = found
        return Identity(caller, role, caller.id, scopes)

    def _address(self, headers: dict[str, str], credentials: Credentials) -> str:
        """The client's network; behind trusted proxies the nearest address that is none of them."""
        address = address_of(credentials.peer)
        trusted = credentials.common_name in self._settings.tls_proxies or self._is_trusted(address)
        if trusted and (told := headers.get("x-forwarded-for")):
            for part in reversed(told.split(",")[-10:]):
                if not is_address(part.strip()):
                    break
                address = part.strip()
                if not self._is_trusted(address):
                    break
        return network_of(address)
