"""Replicated records as the database keeps them: written in one act that also tells followers."""

import base64
import enum
import hashlib
from collections.abc import Sequence
from typing import NamedTuple

from google.protobuf.message import Message

from services.chassis.database.client import Client, Value, script
from services.directory.keys import ETAG_LENGTH, Keys, encode_record

CHANGES_KEPT = 200_000
"""Changes kept for followers, of each kind. A follower that lags further loads all records."""
MUST_EXIST = "+"
MUST_NOT_EXIST = "-"


class Outcome(enum.Enum):
    """What became of one record; the values are those of `lua/write.lua`."""

    CREATED = b"c"
    CHANGED = b"u"
    DELETED = b"d"
    UNCHANGED = b"="
    NOT_FOUND = b"n"
    ETAG_MISMATCH = b"m"


REFUSED = (Outcome.NOT_FOUND, Outcome.ETAG_MISMATCH)
"""Outcomes of records whose condition does not hold."""


class Mode(enum.Enum):
    """How much of several writes is done; the values are those of `lua/write.lua`."""

    EACH = "each"
    """Each record whose condition holds is written."""
    ALL = "all"
    """All are written, or none when the condition of one does not hold."""
    LOOK = "look"
    """None is written; the outcomes are those of EACH."""


class Write(NamedTuple):
    """One record to be written."""

    id: str
    record: bytes
    """Etag and encoded message, from `record_of`; empty deletes."""
    condition: str = ""
    """Nothing, `MUST_EXIST`, `MUST_NOT_EXIST`, or the etag that the stored record must have.

    A record that must not exist and does, with the same etag, is UNCHANGED: a retry.
    """


class Records:
    """The records of one kind. Only the service that owns them writes them."""

    def __init__(self, client: Client, kind: str) -> None:
        self._client = client
        self._keys = Keys.of(kind)
        self._write = script(client, "services.directory", "write")

    async def read(self, id: str) -> bytes | None:
        """The record of an id, from the database; None when there is none."""
        record: bytes | None = await self._client.hget(self._keys.records, id)
        return record

    async def write(
        self, writes: Sequence[Write], mode: Mode = Mode.EACH
    ) -> tuple[int, list[Outcome]]:
        """Write records in one act; answers the sequence of the last change and each outcome."""
        args: list[Value] = [CHANGES_KEPT, mode.value]
        for write in writes:
            args += [write.id, write.condition, write.record]
        keys = [self._keys.records, self._keys.changes, self._keys.sequence]
        sequence, *outcomes = await self._write(keys, args)
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
