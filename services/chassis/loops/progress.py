"""Lets a writer wait until the data in this process's memory have followed its write."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

LOST_S = 2.0
"""Wait for a follower that cannot reach the database; later reads may be older."""
SLOW_S = 30.0
"""Wait for a follower that is slow, as on a busy machine."""


class Progress:
    """The progress of one follower."""

    def __init__(self) -> None:
        self._advanced = asyncio.Condition()
        self.is_following = False
        """Whether the database answers the follower; the follower sets it."""

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
