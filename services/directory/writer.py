"""Writes records of one kind, then waits until this process's own replica has them."""

from collections.abc import Sequence
from typing import Any

from services.chassis.serving.commits import commit
from services.directory.feed import Feed
from services.directory.records import Mode, Outcome, Records, Write


class Writer:
    """The records of one kind, as a service writes them."""

    def __init__(self, records: Records, feed: Feed[Any]) -> None:
        self._records = records
        self._feed = feed

    async def read(self, id: str) -> bytes | None:
        """A record with its etag, from the database; None when there is none."""
        return await self._records.read(id)

    async def write(self, writes: Sequence[Write], mode: Mode = Mode.EACH) -> list[Outcome]:
        """Write records in one act, even if the caller's deadline passes meanwhile."""
        if not writes:
            return []
        sequence, outcomes = await commit(self._records.write(writes, mode))
        if mode is not Mode.LOOK:
            await self._feed.caught_up(sequence)
        return outcomes
