"""Checks each call before it is answered: the caller, its role and scopes, its limits.

While access is open there is no gate.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from operator import attrgetter
from typing import Self

from google.protobuf.message import Message

from services.chassis import chance
from services.chassis.access.authenticator import Authenticator, Identity
from services.chassis.access.credentials import Credentials
from services.chassis.access.key_ring import KeyRing
from services.chassis.access.key_store import KeyStore
from services.chassis.access.limits import LocalLimits, SharedLimits, Streams
from services.chassis.access.policy import (
    STANDARD,
    At,
    Counted,
    Policy,
    Role,
    Rule,
    Where,
    is_in_scope,
)
from services.chassis.access.settings import AccessSettings
from services.chassis.access.tokens import Tokens
from services.chassis.caller import set_caller
from services.chassis.clock import Clock
from services.chassis.database.client import Client
from services.chassis.errors import PermissionDenied, Unauthenticated
from services.chassis.loops.forever import forever
from services.chassis.tasks import end

HOUR_S = 3600.0
MINUTE_S = 60.0
SETTLE_EVERY_S = 1.0
SETTLED_S = 1.0
"""A second's worth of its limit: a caller that took less is not settled yet."""
SETTLED_AT_ONCE = 100
TRANSPORT_MS = 0.4
"""Processor time of gRPC for a call; what the call itself takes is measured."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A caller that was let in, and what it paid."""

    identity: Identity
    paid_ms: float


class Gate:
    """Guards the methods of a server. Enter it: it follows the API keys."""

    def __init__(
        self, settings: AccessSettings, policy: Policy, client: Client, clock: Clock
    ) -> None:
        """Prepare a gate.

        Raises:
            OSError: the file of token keys cannot be read.
            AccessError: the file has no usable keys.
        """
        self.settings = settings
        self._policy = policy
        self._keys = KeyRing(KeyStore(client), settings.access_refresh_s, clock)
        tokens = Tokens(settings) if settings.jwt_keys else None
        self.authenticator = Authenticator(settings, self._keys, tokens)
        self.here = LocalLimits()
        self.together = SharedLimits(client)
        self.streams = Streams()

    async def __aenter__(self) -> Self:
        await self._keys.__aenter__()
        self._settling = asyncio.create_task(forever("limits", SETTLE_EVERY_S, self.settle))
        return self

    async def __aexit__(self, *exception: object) -> None:
        await end([self._settling])
        await self._keys.__aexit__(*exception)

    async def settle(self) -> None:
        """Add what callers took here to what all processes counted, and learn the sum."""
        due = self.here.unsettled(SETTLED_S, SETTLED_AT_ONCE)
        sums = await asyncio.gather(*(self.together.settle(*each) for each in due.items()))
        for counted, whole_in_s in zip(due, sums, strict=True):
            self.here.settle(counted, whole_in_s)

    def guard(self, path: str) -> "Guard":
        """The guard of one method."""
        return Guard(self, path, self._policy.get(path) or STANDARD.get(path))


class Guard:
    """Guards one method; without a rule nobody may call it."""

    def __init__(self, gate: Gate, path: str, rule: Rule | None) -> None:
        self._gate = gate
        self._path = path
        self._rule = rule
        self._staff = rule.staff if rule and rule.role is not Role.PUBLIC else Where.ANYWHERE
        self._is_free = rule is not None and rule.counted is Counted.NOT
        settings = gate.settings
        self._burst_s = settings.limit_burst_s
        self._ms_per_s = {
            Role.PUBLIC: settings.limit_public_ms_per_s,
            Role.PAGE: settings.limit_page_ms_per_s,
            Role.STAFF: settings.limit_staff_ms_per_s,
            Role.CHANNEL: settings.limit_channel_ms_per_s,
            Role.ADMIN: settings.limit_admin_ms_per_s,
        }

    async def enter(self, credentials: Credentials, request_bytes: int = 0) -> Entry:
        """Identify the caller and let it in; from then on it is the current caller.

        It pays the price of the method for a request of this size.

        Raises:
            Unauthenticated: the method needs credentials, or those shown are not valid.
            PermissionDenied: the caller may not call this method.
            RateLimited: the caller made too many calls.
            DatabaseUnavailable: keys or limits cannot be checked now.
        """
        identity = await self._gate.authenticator.identify(credentials)
        rule = self._checked(identity)
        set_caller(identity.caller)
        price_ms = TRANSPORT_MS + rule.price_ms + rule.kb_ms * request_bytes / 1000
        await self._count(identity, rule, price_ms / self._ms_per_s[identity.role])
        return Entry(identity, price_ms)

    def settle(self, entry: Entry, took_s: float) -> None:
        """Correct the price by the processor time that the call took."""
        if self._is_free:
            return
        more_ms = TRANSPORT_MS + took_s * 1000 - entry.paid_ms
        identity = entry.identity
        self._gate.here.correct(identity.counted, more_ms / self._ms_per_s[identity.role])

    def check(self, identity: Identity, request: Message) -> None:
        """Hold shop staff to their own stores; from then on they see all that is there.

        Raises:
            PermissionDenied: the request is about another store.
        """
        if identity.role is not Role.STAFF or not isinstance(at := self._staff, At):
            return
        if not at.field:
            return
        caller = identity.caller.at(attrgetter(at.field)(request))
        set_caller(caller)
        if not caller.in_store:
            if at.hides:
                return
            raise PermissionDenied(f"{at.field}: is not a store of this caller")
        if at.other and not identity.caller.at(attrgetter(at.other)(request)).in_store:
            raise PermissionDenied(f"{at.other}: is not a store of this caller")
        if at.only and not at.only[1].fullmatch(attrgetter(at.only[0])(request)):
            raise PermissionDenied(f"{at.only[0]}: shop staff sends {at.only[1].pattern}")

    @contextmanager
    def stream(self, entry: Entry) -> Iterator[Callable[[Message], None]]:
        """Count a stream while it is open; yields the check of its requests.

        Raises:
            TooManyStreams: the caller has as many as it may.
        """
        settings, identity = self._gate.settings, entry.identity
        is_address = identity.role <= Role.PAGE
        most = settings.limit_address_streams if is_address else settings.limit_caller_streams
        with self._gate.streams.one(identity.counted, most):
            yield partial(self.check, identity)

    def life_s(self) -> float | None:
        """Time that a stream may last, in seconds; then its caller must be identified again.

        None: without end, since anybody may have it.
        """
        if self._rule is not None and self._rule.role is Role.PUBLIC:
            return None
        return self._gate.settings.access_stream_s * chance.uniform(0.9, 1.0)

    def _checked(self, identity: Identity) -> Rule:
        rule = self._rule
        if rule is None:
            raise PermissionDenied("nobody may call this method: the policy has no rule for it")
        if rule.role is Role.PUBLIC:
            return rule
        if identity.role is Role.PUBLIC:
            raise Unauthenticated("this method needs a key: send it as x-api-key")
        if identity.role is Role.STAFF:
            if self._staff is Where.NOWHERE:
                raise PermissionDenied("this method is not for shop staff")
            if not identity.caller.stores:
                raise PermissionDenied("this caller is staff of no store")
        elif identity.role < rule.role:
            raise PermissionDenied(f"this method is for the role {rule.role.name.lower()}")
        if not is_in_scope(self._path, identity.scopes):
            raise PermissionDenied("the scopes of the key do not have this method")
        return rule

    async def _count(self, identity: Identity, rule: Rule, cost_s: float) -> None:
        if self._is_free:
            return
        is_together = rule.counted is Counted.TOGETHER
        here = self._gate.here
        here.take(identity.counted, cost_s, self._burst_s, is_settled=is_together)
        if is_together:
            await self._gate.together.take(identity.counted, cost_s, self._burst_s)
        if rule.is_hold and identity.role is Role.PAGE:
            hold_s = HOUR_S / self._gate.settings.limit_page_holds_per_hour
            await self._gate.together.take(f"hold {identity.counted}", hold_s, HOUR_S)
        if rule.is_sign_in:
            try_s = MINUTE_S / self._gate.settings.limit_sign_ins_per_minute
            await self._gate.together.take(f"sign-in {identity.counted}", try_s, MINUTE_S)
