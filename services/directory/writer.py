"""Writes records of one kind and waits until the replica of this process has them."""

from collections.abc import Sequence
from typing import Any

from services.chassis.serving.commits import commit
from services.directory.feed import Feed
from services.directory.records import Mode, Outcome, Records, Write


class Writer:
    """Writes records and waits, so that a caller reads its own write."""

    def __init__(self, records: Records, feed: Feed[Any]) -> None:
        self._records = records
        self._feed = feed

    async def read(self, id: str) -> bytes | None:
        """A record with its etag from the database; None if there is none."""
        return await self._records.read(id)

    async def write(self, writes: Sequence[Write], mode: Mode = Mode.EACH) -> list[Outcome]:
        """Write records in one act, to its end even if the caller's deadline passes."""
        if not writes:
            return []
        sequence, outcomes = await commit(self._records.write(writes, mode))
        if mode is not Mode.LOOK:
            await self._feed.caught_up(sequence)
        return outcomes
