"""Writes records, then waits until this process's own replica has them."""

import hashlib
import secrets
from collections.abc import Sequence
from typing import Any, TypeVar

from services.aisle.errors import AlreadyExists
from services.chassis.caller import current_caller
from services.chassis.serving.commits import commit
from services.directory.feed import Feed
from services.directory.keys import decode_record
from services.directory.records import MUST_NOT_EXIST, Mode, Outcome, Records, Write, record_of

MessageT = TypeVar("MessageT", bound=Any)


class Writer:
    """The records of one kind."""

    def __init__(self, records: Records, feed: Feed[Any]) -> None:
        self._records = records
        self._feed = feed

    async def read(self, id: str) -> bytes | None:
        """A record with its etag, as fresh as can be; None when there is none."""
        return await self._records.read(id)

    async def write(self, writes: Sequence[Write], *, only_look: bool = False) -> list[Outcome]:
        """Write records in one act, even if the caller's deadline passes meanwhile."""
        if not writes:
            return []
        sequence, outcomes = await commit(
            self._records.write(writes, Mode.LOOK if only_look else Mode.EACH)
        )
        if not only_look:
            await self._feed.caught_up(sequence)
        return outcomes

    async def create(
        self,
        message: MessageT,
        etag: str,
        *,
        validate_only: bool,
        replace: bool = False,
        also: Sequence[Write] = (),
    ) -> MessageT:
        """Create a resource; a retry with the same content creates none twice.

        Args:
            message: The resource, with its name.
            etag: What tells its content from others.
            validate_only: Change nothing.
            replace: Whether one of its name gives way to it.
            also: What is written with it.

        Raises:
            AlreadyExists: another has its name.
        """
        condition = "" if replace else MUST_NOT_EXIST
        write = Write(message.name, record_of(etag, message), condition)
        [outcome, *_] = await self.write([write, *also], only_look=validate_only)
        if outcome in (Outcome.CREATED, Outcome.CHANGED):
            return message
        stored = await self.read(message.name)
        if stored is None or stored[: len(etag)] != etag.encode():
            raise AlreadyExists(message.name)
        kept: MessageT = type(message).FromString(decode_record(stored))
        return kept


def id_for(given: str, collection: str, request_id: str) -> str:
    """The id of what is to be created: as given, the same for the same request, else new."""
    if given:
        return given
    if request_id:
        text = "\0".join((current_caller().id, collection, request_id)).encode()
        return hashlib.blake2b(text, digest_size=8).hexdigest()
    return secrets.token_hex(8)
