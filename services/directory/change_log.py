"""Records of one kind and the stream of their changes, as followers read them in the database."""

import secrets
from collections.abc import AsyncIterator, Mapping
from typing import NamedTuple

from services.chassis.database.client import Client
from services.directory.keys import Keys, decode_record

BLOCK_MS = 1000
"""Longest wait for a change; then the position is read, which proves that nothing was missed."""
BATCH = 1000
SCAN = 5000


class Position(NamedTuple):
    """How far the changes have come."""

    epoch: str
    """Identifies the data set: another epoch means other data."""
    sequence: int
    """The number of the last change."""


class ChangeLog:
    """Reads records and changes of one kind. Numbers of changes have no gaps."""

    def __init__(self, client: Client, kind: str) -> None:
        self._client = client
        self._keys = Keys.of(kind)

    async def position(self) -> Position:
        """The position now; a data set without an epoch gets one."""
        epoch, sequence = await self._client.mget(self._keys.epoch, self._keys.sequence)
        if epoch is None:
            await self._client.set(self._keys.epoch, secrets.token_hex(8), nx=True)
            epoch = await self._client.get(self._keys.epoch)
        return Position(epoch.decode(), int(sequence or 0))

    async def records(self) -> dict[str, bytes]:
        """All records, encoded, by id. Changes meanwhile may be in it or not."""
        found: dict[str, bytes] = {}
        cursor = 0
        while True:
            cursor, page = await self._client.hscan(self._keys.records, cursor, count=SCAN)
            found.update((id.decode(), decode_record(record)) for id, record in page.items())
            if cursor == 0:
                return found

    async def latest(self, ids: list[str]) -> Mapping[str, bytes | None]:
        """The encoded records of ids as they are now."""
        values = await self._client.hmget(self._keys.records, ids)
        return {
            id: None if record is None else decode_record(record)
            for id, record in zip(ids, values, strict=True)
        }

    async def next_changes(self, sequence: int) -> list[tuple[int, str]]:
        """Number and id of the changes past a number; waits for the first up to `BLOCK_MS`."""
        answer = await self._client.xread(
            {self._keys.changes: f"{sequence}-0"}, count=BATCH, block=BLOCK_MS
        )
        if not answer:
            return []
        entries = answer[0][1] if isinstance(answer, list) else next(iter(answer.values()))
        return [(number_of(entry_id), fields[b"id"].decode()) for entry_id, fields in entries]

    async def since(self, sequence: int, last: int) -> AsyncIterator[tuple[int, str, str]]:
        """Number, operation (`c`, `u`, `d`) and id of the kept changes past a number.

        Args:
            sequence: The number that the reader has reached.
            last: The last number that must be found.

        Raises:
            LookupError: a change past the number is no longer kept.
        """
        expected = sequence + 1
        while True:
            entries = await self._client.xrange(
                self._keys.changes, min=f"{expected}-0", count=BATCH
            )
            if not entries:
                if expected <= last:
                    raise LookupError(f"change {expected} is no longer kept")
                return
            for entry_id, fields in entries:
                number = number_of(entry_id)
                if number != expected:
                    raise LookupError(f"change {expected} is no longer kept")
                yield number, fields[b"op"].decode(), fields[b"id"].decode()
                expected += 1


def number_of(entry_id: bytes) -> int:
    """The number of a change from the id of its stream entry, `<number>-0`."""
    return int(entry_id.partition(b"-")[0])
