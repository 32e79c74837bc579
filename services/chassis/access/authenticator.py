"""Finds out who a caller is: by key, token or certificate, or else by its address."""

import hmac
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from services.chassis.access.credentials import (
    EDGE_HEADER,
    KEY_HEADER,
    SESSION_HEADER,
    Credentials,
    address_of,
    is_address,
    joined,
    network_of,
    origin_of,
    session_token_of,
)
from services.chassis.access.key_ring import KeyRing
from services.chassis.access.policy import Role
from services.chassis.access.sessions import session_name
from services.chassis.access.settings import AccessSettings
from services.chassis.access.tls import bearer
from services.chassis.access.tokens import Tokens
from services.chassis.caller import ANONYMOUS, Caller
from services.chassis.errors import PermissionDenied, Unauthenticated

SESSION_SCOPES = ("access.GetSession", "access.DeleteSession")
"""The methods that every session may call about itself, whatever the scopes of its key."""


@dataclass(frozen=True, slots=True)
class Identity:
    """A caller that was recognised."""

    caller: Caller
    role: Role
    counted: str
    """The name that its calls are counted under."""
    scopes: Sequence[str] | None = None
    """Services and methods that it may call; None: all that its role may."""


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
        if SESSION_HEADER in headers:
            return await self._by_session(session_token_of(headers))
        if known := bearer(self._settings, credentials.common_name, credentials.uris):
            caller, role = known
            return Identity(caller, role, caller.id)
        address = self._address(headers, credentials)
        return Identity(Caller(ANONYMOUS.id, address=address), Role.PUBLIC, address)

    async def _by_key(
        self, token: str, headers: dict[str, str], credentials: Credentials
    ) -> Identity:
        key = await self._keys.find(token)
        if key is None:
            raise Unauthenticated(f"{KEY_HEADER}: this key is not valid, or not any more")
        caller = key.caller
        if key.role is not Role.PAGE:
            return Identity(caller, key.role, caller.id, key.scopes or None)
        if origin_of(headers) not in key.origins:
            raise PermissionDenied("this key is valid on web pages of its origins only")
        caller = replace(caller, address=self._address(headers, credentials))
        counted = f"{caller.id} {caller.address}"
        return Identity(caller, key.role, counted, key.scopes or None)

    async def _by_session(self, token: str) -> Identity:
        found = await self._keys.session(token)
        if found is None:
            raise Unauthenticated("there is no session, or not any more: sign in by a new link")
        key, session = found
        caller = replace(
            key.caller,
            session=session_name(key, session),
            own_session_only=bool(key.scopes) and "access" not in key.scopes,
        )
        scopes = (*key.scopes, *SESSION_SCOPES) if key.scopes else None
        return Identity(caller, key.role, caller.id, scopes)

    def _by_token(self, authorization: str) -> Identity:
        scheme, _, token = authorization.partition(" ")
        found = self._tokens.read(token) if self._tokens and scheme.lower() == "bearer" else None
        if found is None:
            raise Unauthenticated("authorization: this token is not valid, or not any more")
        caller, role, scopes = found
        return Identity(caller, role, caller.id, scopes)

    def _address(self, headers: dict[str, str], credentials: Credentials) -> str:
        """The client's network: of the address that the edge tells, or else of the connection."""
        address = address_of(credentials.peer)
        hops = self._settings.forwarded_hops
        if self._is_edge(headers, credentials, address):
            told = headers.get("x-forwarded-for", "").split(",")[-hops:]
            if len(told) == hops and is_address(told[0].strip()):
                address = told[0].strip()
        return network_of(address)

    def _is_edge(self, headers: dict[str, str], credentials: Credentials, address: str) -> bool:
        if credentials.common_name in self._settings.tls_proxies:
            return True
        if secret := self._settings.edge_secret:
            return hmac.compare_digest(headers.get(EDGE_HEADER, "").encode(), secret.encode())
        return self._is_trusted(address)
