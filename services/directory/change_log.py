"""Reads the records of one kind and the stream of their changes from the database."""

from collections.abc import AsyncIterator, Mapping
from typing import NamedTuple

from services.chassis import chance
from services.chassis.database import data_set
from services.chassis.database.client import Client
from services.chassis.database.shared_reads import COUNT, shared_reads
from services.directory.keys import Keys, decode_record

BATCH = COUNT
"""Changes that one call reads at most."""
SCAN = 5000
"""Records that one call reads, roughly."""


class Position(NamedTuple):
    """A place in the stream of changes."""

    epoch: str
    """The identity of the data set: another epoch means other data, for example after a restore."""
    sequence: int
    """The number of the last change up to here."""


class ChangeLog:
    """The records and changes of one kind. Changes are numbered without gaps."""

    def __init__(self, client: Client, kind: str) -> None:
        self._client = client
        self._reads = shared_reads(client)
        self._keys = Keys.of(kind)

    async def position(self) -> Position:
        """The position of the last change; gives the data set an epoch if it has none."""
        epoch, sequence = await self._reads.texts(self._keys.epoch, self._keys.sequence)
        if epoch is None:
            await self._client.set(self._keys.epoch, chance.token_hex(8), nx=True)
            epoch = await self._client.get(self._keys.epoch)
        return Position(epoch.decode(), int(sequence or 0))

    async def is_lost(self) -> bool:
        """Whether the database has no data set, or a part of one: lost, or not restored yet."""
        return await data_set.is_missing(self._client)

    async def records(self) -> dict[str, bytes]:
        """All encoded records by id. A change made during the scan may be included or not."""
        records: dict[str, bytes] = {}
        cursor = 0
        while True:
            cursor, page = await self._client.hscan(self._keys.records, cursor, count=SCAN)
            records.update((id.decode(), decode_record(record)) for id, record in page.items())
            if cursor == 0:
                return records

    async def latest(self, ids: list[str]) -> Mapping[str, bytes | None]:
        """The current encoded records of these ids; None where there is none."""
        values = await self._client.hmget(self._keys.records, ids)
        return {
            id: None if record is None else decode_record(record)
            for id, record in zip(ids, values, strict=True)
        }

    async def next_changes(self, sequence: int) -> list[tuple[int, str]]:
        """Number and id of the next changes after a number; none if there is none in a second.

        The position read after that proves that none was missed.
        """
        entries = await self._reads.entries(self._keys.changes, f"{sequence}-0")
        return [(number_of(entry_id), fields[b"id"].decode()) for entry_id, fields in entries]

    async def since(self, sequence: int, last: int) -> AsyncIterator[tuple[int, str, str]]:
        """Yields number, operation (`c`, `u`, `d`) and id of the kept changes after a number.

        Args:
            sequence: The number of the last change that the reader has.
            last: The number that the changes must reach.

        Raises:
            LookupError: a change after the number is no longer kept.
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
