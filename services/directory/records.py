"""The writing side of replicated records: every change is one atomic act that tells followers."""

import base64
import enum
import hashlib
from collections.abc import Sequence
from typing import NamedTuple

from google.protobuf.message import Message

from services.chassis.database.client import Client, Value, script
from services.directory.keys import ETAG_LENGTH, Keys, encode_record

CHANGES_KEPT = 200_000
"""Changes of each kind that are kept for those who follow; who lags further loads everything."""
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


class Write(NamedTuple):
    """One record to be written."""

    id: str
    record: bytes
    """Etag and encoded message, from `record_of`; empty deletes."""
    condition: str = ""
    """Nothing, `MUST_EXIST`, `MUST_NOT_EXIST`, or the etag that the stored one must have."""


class Records:
    """The records of one kind. Their owner alone writes them."""

    def __init__(self, client: Client, kind: str) -> None:
        self._client = client
        self._keys = Keys.of(kind)
        self._write = script(client, "services.directory", "write")

    async def read(self, id: str) -> bytes | None:
        """A record, as fresh as can be; None when there is none."""
        record: bytes | None = await self._client.hget(self._keys.records, id)
        return record

    async def write(
        self, writes: Sequence[Write], *, only_look: bool = False
    ) -> tuple[int, list[Outcome]]:
        """Write records in one act; answers the last change's sequence and each outcome."""
        args: list[Value] = [CHANGES_KEPT, int(only_look)]
        for write in writes:
            args += [write.id, write.condition, write.record]
        keys = [self._keys.records, self._keys.changes, self._keys.sequence]
        sequence, *outcomes = await self._write(keys, args)
        return sequence, [Outcome(outcome) for outcome in outcomes]


def etag_of(message: Message) -> str:
    """The etag of a message without output fields: the same content has the same."""
    content = message.SerializeToString(deterministic=True)
    digest = hashlib.blake2b(content, digest_size=ETAG_LENGTH * 3 // 4).digest()
    return base64.urlsafe_b64encode(digest).decode()


def record_of(etag: str, message: Message) -> bytes:
    """The record of a message."""
    return encode_record(etag, message.SerializeToString(deterministic=True))
