"""Follows changes of the database, and lets a writer wait until they have followed its write."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import structlog

from services.chassis.database.failures import FAILURES

LOST_S = 2.0
"""Wait for a follower that cannot reach the database; later reads may be older."""
SLOW_S = 30.0
"""Wait for a follower that is slow, as on a busy machine."""
FIRST_PAUSE_S = 0.05
LONGEST_PAUSE_S = 1.0
"""Pauses of a follower that cannot reach the database; each is twice the one before."""

log = structlog.get_logger()


class Progress:
    """The progress of one follower."""

    def __init__(self) -> None:
        self._advanced = asyncio.Condition()
        self.is_following = False
        """True if the database answers the follower."""

    async def keep_up(
        self,
        kind: str,
        load: Callable[[], Awaitable[object]],
        follow: Callable[[], Awaitable[object]],
    ) -> None:
        """Load, then follow, until cancelled; again if changes are missing or the database fails.

        Args:
            kind: The kind of data, in logs.
            load: Brings the data up to date.
            follow: Applies the changes as they come; returns if some are missing.
        """
        pause_s, self.is_following = FIRST_PAUSE_S, True
        while True:
            try:
                await load()
                if not self.is_following:
                    log.info("following changes again", kind=kind)
                pause_s, self.is_following = FIRST_PAUSE_S, True
                await follow()
            except FAILURES as error:
                if self.is_following:
                    log.warning("cannot follow changes", kind=kind, error=type(error).__name__)
                self.is_following = False
                await asyncio.sleep(pause_s)
                pause_s = min(LONGEST_PAUSE_S, pause_s * 2)

    async def advance(self) -> None:
        """Wake those who wait."""
        async with self._advanced:
            self._advanced.notify_all()

    async def wait(self, is_reached: Callable[[], bool], timeout_s: float = SLOW_S) -> bool:
        """Wait until the follower has reached a point; returns whether it has."""
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                while not is_reached():
                    with suppress(TimeoutError):
                        async with asyncio.timeout(LOST_S), self._advanced:
                            await self._advanced.wait_for(is_reached)
                    if not self.is_following:
                        break
        return is_reached()
