"""Writes replicated records and their changes to the database, in one act."""

import base64
import enum
import hashlib
from collections.abc import Sequence
from typing import NamedTuple

from google.protobuf.message import Message

from services.chassis.database.client import Client, Value, script
from services.chassis.errors import QuotaExceeded
from services.directory.keys import ETAG_LENGTH, Keys, encode_record

CHANGES_KEPT = 200_000
"""Changes kept per kind of record. A follower that lags further loads all records."""
MOST = {
    "subscriptions": 1_000,
    "rules": 1_000,
    "groups": 100_000,
    "plans": 100_000,
    "placements": 10_000_000,
}
"""The most records of a kind."""
MOST_OF_OTHERS = 10_000_000
MUST_EXIST = "+"
MUST_NOT_EXIST = "-"


class Outcome(enum.Enum):
    """The outcome of one write; the values are those of `lua/write.lua`."""

    CREATED = b"c"
    CHANGED = b"u"
    DELETED = b"d"
    UNCHANGED = b"="
    NOT_FOUND = b"n"
    ETAG_MISMATCH = b"m"


REFUSED = (Outcome.NOT_FOUND, Outcome.ETAG_MISMATCH)
"""The outcomes of writes whose condition does not hold."""


class Mode(enum.Enum):
    """The mode of several writes in one act; the values are those of `lua/write.lua`."""

    EACH = "each"
    """Write each record whose condition holds."""
    ALL = "all"
    """Write all records, or none if the condition of one does not hold."""
    LOOK = "look"
    """Write nothing; the outcomes are those of EACH."""


class Write(NamedTuple):
    """One record to write or delete."""

    id: str
    record: bytes
    """The etag and the encoded message, from `record_of`; empty deletes the record."""
    condition: str = ""
    """Empty (none), `MUST_EXIST`, `MUST_NOT_EXIST`, or the etag of the stored record.

    With `MUST_NOT_EXIST`, a stored record with the same etag is UNCHANGED: the write is a retry.
    """
    note: str = ""
    """The type of the event of the change (`services.directory.events`), where it is not the one
    that belongs to a creation, a change or a deletion; after a line break, the brand of the
    store."""


class Records:
    """The records of one kind. Only the service that owns the kind writes them."""

    def __init__(self, client: Client, kind: str) -> None:
        self._client = client
        self._kind = kind
        self._keys = Keys.of(kind)
        self._write = script(client, "services.directory", "write")

    async def read(self, id: str) -> bytes | None:
        """The record of an id in the database; None if there is none."""
        record: bytes | None = await self._client.hget(self._keys.records, id)
        return record

    async def write(
        self, writes: Sequence[Write], mode: Mode = Mode.EACH
    ) -> tuple[int, list[Outcome]]:
        """Write records in one act; returns the number of the last change, and the outcomes.

        Raises:
            QuotaExceeded: there would be too many records of the kind; nothing was written.
        """
        most = MOST.get(self._kind, MOST_OF_OTHERS)
        args: list[Value] = [CHANGES_KEPT, most, mode.value]
        for write in writes:
            args += [write.id, write.condition, write.record, write.note]
        keys = [self._keys.records, self._keys.changes, self._keys.sequence]
        sequence, *outcomes = await self._write(keys, args)
        if sequence < 0:
            raise QuotaExceeded(self._kind, most)
        return sequence, [Outcome(outcome) for outcome in outcomes]


def etag_of(message: Message) -> str:
    """The etag of a message without output fields: equal content has an equal etag."""
    return digest_of(message.SerializeToString(deterministic=True))


def digest_of(content: bytes) -> str:
    """The etag of encoded content: 16 characters of base64url, 96 bits of BLAKE2b."""
    digest = hashlib.blake2b(content, digest_size=ETAG_LENGTH * 3 // 4).digest()
    return base64.urlsafe_b64encode(digest).decode()


def record_of(etag: str, message: Message) -> bytes:
    """The record of a message."""
    return encode_record(etag, message.SerializeToString(deterministic=True))
