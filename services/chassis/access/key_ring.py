"""All API keys in the memory of a process, refreshed every few seconds.

So no call waits for the database, and a flood of made-up keys costs the database next to nothing.
A revoked key is valid until the next refresh. An unknown key has the keys refreshed at once, one
refresh for all that wait, ten times a second at most. While the database cannot be reached the
last known keys stay valid.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

import structlog

from services.chassis.access.key_store import KeyStore
from services.chassis.access.keys import OWNED, ApiKey, Secret, parse_token
from services.chassis.access.sessions import session_of
from services.chassis.access.settings import AccessSettings
from services.chassis.clock import Clock, steady_s
from services.chassis.database.client import Client
from services.chassis.database.failures import FAILURES
from services.chassis.errors import DatabaseUnavailable
from services.chassis.tasks import end

LOOK_AGAIN_S = 0.1

FoundT = TypeVar("FoundT")

log = structlog.get_logger()


class KeyRing:
    """The keys of a process; they follow the database while it is entered."""

    def __init__(self, store: KeyStore, refresh_s: float, clock: Clock) -> None:
        self._store = store
        self._refresh_s = refresh_s
        self._clock = clock
        self._keys: dict[str, ApiKey] | None = None
        self._version = -1
        self._looked_s = -float("inf")
        self._looking: asyncio.Task[None] | None = None
        self._following: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "KeyRing":
        with suppress(*FAILURES):
            await self.refresh()
        self._following = asyncio.create_task(self._follow())
        return self

    async def __aexit__(self, *_: object) -> None:
        await end(task for task in (self._following, self._looking) if task)

    async def find(self, token: str) -> ApiKey | None:
        """The key of a token; None for a token that is not valid.

        Raises:
            DatabaseUnavailable: no key could be read since this process began.
        """
        return await self._find(token, self._match)

    async def session(self, token: str) -> tuple[ApiKey, Secret] | None:
        """The session of a token with its key; None for a token that is not valid.

        Raises:
            DatabaseUnavailable: no key could be read since this process began.
        """
        return await self._find(token, self._match_session)

    async def owner(self, id: str) -> ApiKey | None:
        """The key of a caller on whose behalf a loop acts; None if it is revoked or has expired.

        It may be as old as between two refreshes, older while the database cannot be reached.

        Args:
            id: Of a caller with a key (`OWNED`).

        Raises:
            DatabaseUnavailable: no key could be read since this process began.
        """
        if steady_s() - self._looked_s > self._refresh_s:
            with suppress(*FAILURES):
                await self.refresh()
        if self._keys is None:
            raise DatabaseUnavailable("keys cannot be checked now; try again")
        key = self._keys.get(id.removeprefix(OWNED))
        return key if key and key.is_usable(self._clock()) else None

    async def refresh(self) -> None:
        """Read the keys if they have changed."""
        self._looked_s = steady_s()
        version = await self._store.version()
        if version != self._version:
            self._keys = await self._store.all()
            self._version = version

    async def _find(self, token: str, match: Callable[[str, str], FoundT | None]) -> FoundT | None:
        parsed = parse_token(token)
        if parsed is None:
            return None
        if found := match(*parsed):
            return found
        await self._look()
        found = match(*parsed)
        if found is None and self._keys is None:
            raise DatabaseUnavailable("keys cannot be checked now; try again")
        return found

    def _match(self, name: str, secret: str) -> ApiKey | None:
        key = (self._keys or {}).get(name)
        return key if key and key.matches(secret, self._clock()) else None

    def _match_session(self, name: str, secret: str) -> tuple[ApiKey, Secret] | None:
        key = (self._keys or {}).get(name)
        session = session_of(key, secret, self._clock()) if key else None
        return (key, session) if key and session else None

    async def _look(self) -> None:
        """Wait for a refresh that begins from now on; one refresh serves all that wait."""
        arrived_s = steady_s()
        while self._looked_s < arrived_s:
            if self._looking is None or self._looking.done():
                self._looking = asyncio.create_task(self._refresh_soon())
            await asyncio.wait([self._looking])  # a cancelled waiter leaves the task to others

    async def _refresh_soon(self) -> None:
        await asyncio.sleep(self._looked_s + LOOK_AGAIN_S - steady_s())
        with suppress(*FAILURES):
            await self.refresh()

    async def _follow(self) -> None:
        is_well = True
        while True:
            await asyncio.sleep(self._refresh_s)
            try:
                await self.refresh()
                is_well = True
            except FAILURES as error:
                if is_well:
                    log.warning("keys are not refreshed", error=type(error).__name__)
                is_well = False


def key_ring(client: Client, clock: Clock) -> KeyRing:
    """The keys for a loop that acts on behalf of callers; it need not be entered."""
    return KeyRing(KeyStore(client), AccessSettings().access_refresh_s, clock)
