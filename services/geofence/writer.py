"""Creates, changes and deletes fences and subscriptions: checked, then written in one act."""

import hashlib
import secrets
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from google.protobuf.field_mask_pb2 import FieldMask

from services.chassis.caller import current_caller
from services.chassis.clock import Clock
from services.chassis.errors import (
    AlreadyExists,
    EtagMismatch,
    FieldViolation,
    InvalidArgument,
    NotFound,
)
from services.chassis.messages.masks import selects_all
from services.chassis.serving.commits import commit
from services.chassis.serving.requests import violations_of
from services.directory.feed import Feed
from services.directory.keys import decode_record
from services.directory.records import (
    MUST_EXIST,
    MUST_NOT_EXIST,
    Mode,
    Outcome,
    Records,
    Write,
    etag_of,
    record_of,
)

UPDATE_TRIES = 5
OUTPUT_FIELDS = ("etag", "update_time")

MessageT = TypeVar("MessageT", bound=Any)
Check = Callable[[str, MessageT], None]
"""Refuses a resource of an id that could not be used."""


class ResourceWriter(Generic[MessageT]):
    """Writes the records of one kind, then waits until this process's own replica has them."""

    def __init__(
        self,
        records: Records,
        feed: Feed[Any],
        clock: Clock,
        kind: type[MessageT],
        field: str,
        missing: type[NotFound],
        check: Check[MessageT],
    ) -> None:
        self._records = records
        self._feed = feed
        self._clock = clock
        self._kind = kind
        self._field = field
        self._collection = f"{field}s"
        self._missing = missing
        self._check = check

    def id_for(self, given: str, request_id: str) -> str:
        """The id of what is to be created: as given, the same for the same request, else new."""
        if given:
            return given
        if request_id:
            text = "\0".join((current_caller().id, self._collection, request_id)).encode()
            return hashlib.blake2b(text, digest_size=10).hexdigest()
        return secrets.token_hex(10)

    async def create(
        self, wanted: Sequence[tuple[str, MessageT]], *, validate_only: bool
    ) -> list[MessageT]:
        """Create resources, all or none; a retry creates none twice.

        Raises:
            InvalidArgument: one breaks its contract.
            AlreadyExists: another has one of the ids.
        """
        prepared = [self._prepared(id, message) for id, message in wanted]
        writes = [
            Write(id, record_of(message.etag, message), MUST_NOT_EXIST)
            for (id, _), message in zip(wanted, prepared, strict=True)
        ]
        _, looked = await self._records.write(writes, Mode.LOOK)
        answers, missing = [], []
        for write, message, outcome in zip(writes, prepared, looked, strict=True):
            stored = None if outcome is Outcome.CREATED else await self._read(write.id)
            if stored is not None and stored.etag != message.etag:
                raise AlreadyExists(message.name)
            if stored is None:
                missing.append(write)
            answers.append(stored or message)
        if missing and not validate_only:
            outcomes = await self._write(missing)
            if any(outcome is not Outcome.CREATED for outcome in outcomes):
                return await self.create(wanted, validate_only=False)
        return answers

    async def update(
        self,
        change: MessageT,
        mask: FieldMask,
        *,
        allow_missing: bool = False,
        validate_only: bool = False,
    ) -> MessageT:
        """Change a resource, or create it when that is allowed.

        Raises:
            InvalidArgument: the changed one would break its contract.
            NotFound: there is none, and none may be created.
            EtagMismatch: it was changed by another.
        """
        id = change.name.partition("/")[2]
        for _ in range(UPDATE_TRIES):
            stored = await self._read(id)
            if stored is None and not allow_missing:
                refuse(self._field, [v for v in violations_of(change) if v.field == "name"])
                raise self._missing(change.name)
            if change.etag and (stored is None or change.etag != stored.etag):
                raise EtagMismatch(change.name)
            merged = self._merged(stored or self._kind(), change, mask)
            message = self._prepared(id, merged)
            condition = stored.etag if stored else MUST_NOT_EXIST
            write = Write(id, record_of(message.etag, message), condition)
            if validate_only:
                return message
            [outcome] = await self._write([write])
            if outcome is Outcome.UNCHANGED and stored:
                return stored
            if outcome in (Outcome.CREATED, Outcome.CHANGED):
                return message
        raise EtagMismatch(change.name)

    async def delete(self, name: str, etag: str, *, allow_missing: bool) -> bool:
        """Delete a resource; whether there was one.

        Raises:
            NotFound: there is none, and that is not allowed.
            EtagMismatch: it was changed by another.
        """
        id = name.partition("/")[2]
        [outcome] = await self._write([Write(id, b"", etag or MUST_EXIST)])
        if outcome is Outcome.NOT_FOUND and not allow_missing:
            raise self._missing(name)
        if outcome is Outcome.ETAG_MISMATCH:
            raise EtagMismatch(name)
        return outcome is Outcome.DELETED

    async def _read(self, id: str) -> MessageT | None:
        record = await self._records.read(id)
        return self._kind.FromString(decode_record(record)) if record else None

    async def _write(self, writes: Sequence[Write]) -> list[Outcome]:
        sequence, outcomes = await commit(self._records.write(writes))
        await self._feed.caught_up(sequence)
        return outcomes

    def _prepared(self, id: str, message: MessageT) -> MessageT:
        kept: MessageT = self._kind()
        kept.CopyFrom(message)
        kept.name = f"{self._collection}/{id}"
        for field in OUTPUT_FIELDS:
            kept.ClearField(field)
        refuse(self._field, violations_of(kept))
        self._check(id, kept)
        etag = etag_of(kept)
        kept.etag = etag
        kept.update_time.FromDatetime(self._clock())
        return kept

    def _merged(self, stored: MessageT, change: MessageT, mask: FieldMask) -> MessageT:
        if selects_all(mask) and mask.paths:
            return change
        paths = list(mask.paths) or [field.name for field, _ in change.ListFields()]
        result: MessageT = self._kind()
        result.CopyFrom(stored)
        wanted = [path for path in paths if path not in ("name", *OUTPUT_FIELDS)]
        FieldMask(paths=wanted).MergeMessage(change, result, True, True)
        return result


def refuse(field: str, violations: Sequence[FieldViolation]) -> None:
    """Raise when there is something wrong with the resource of a request."""
    found = [
        FieldViolation(f"{field}.{path}" if path else field, what) for path, what in violations
    ]
    if found:
        text = "; ".join(f"{each.field}: {each.description}" for each in found)
        raise InvalidArgument(text, violations=found)
