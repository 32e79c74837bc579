"""The stores in Redis: every change is one atomic act that also tells those who follow."""

import enum
from collections.abc import Sequence
from typing import NamedTuple

from services.chassis.redis import Client, Value, script
from services.directory.keys import CHANGES, RECORDS, SEQUENCE
from services.stores.settings import StoresSettings


class Outcome(enum.Enum):
    """What became of one store; the values are those of `lua/write.lua`."""

    CREATED = b"c"
    CHANGED = b"u"
    DELETED = b"d"
    UNCHANGED = b"="
    NOT_FOUND = b"n"
    ETAG_MISMATCH = b"m"


class Write(NamedTuple):
    """One store to be written."""

    id: str
    record: bytes
    """Etag and encoded store; empty deletes."""
    condition: str = ""
    """Nothing, `MUST_EXIST`, or the etag that the stored one must have."""


MUST_EXIST = "+"


class StoresState:
    """Reads and writes the records."""

    def __init__(self, client: Client, settings: StoresSettings) -> None:
        self._client = client
        self._write = script(client, "services.stores", "write")
        self._kept = settings.stores_changes_kept

    async def read(self, id: str) -> bytes | None:
        """The record of a store, as fresh as can be."""
        record: bytes | None = await self._client.hget(RECORDS, id)
        return record

    async def write(
        self, writes: Sequence[Write], *, only_look: bool = False
    ) -> tuple[int, list[Outcome]]:
        """Write stores in one act; answers the last change's sequence and each outcome."""
        args: list[Value] = [self._kept, int(only_look)]
        for write in writes:
            args += [write.id, write.condition, write.record]
        sequence, *outcomes = await self._write([RECORDS, CHANGES, SEQUENCE], args)
        return sequence, [Outcome(outcome) for outcome in outcomes]
