"""The life cycle of a resource, for all services: get, create, change, replace and delete.

`kind` lists the resources. How it works: each write carries a condition on the stored etag, so a
change that reads, computes and writes is repeated when another one came between. A batch is one
script, all or none.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic

from google.protobuf.field_mask_pb2 import FieldMask

from services.chassis.clock import Clock
from services.chassis.errors import AlreadyExists, EtagMismatch, FieldViolation, InvalidArgument
from services.chassis.messages.masks import merged
from services.chassis.serving.requests import violations_of
from services.directory.keys import ETAG_LENGTH, decode_record
from services.directory.kind import Kind, MessageT, no_note
from services.directory.records import (
    MUST_EXIST,
    MUST_NOT_EXIST,
    REFUSED,
    Mode,
    Outcome,
    Write,
    etag_of,
    record_of,
)
from services.directory.writer import Writer

CHANGE_TRIES = 5
"""Attempts of a change while other changes come between its read and its write."""


@dataclass(frozen=True)
class Row(Generic[MessageT]):
    """A resource that is ready to be written."""

    message: MessageT
    """In its stored form, with its output fields."""
    etag: str
    write: Write


class Resources(Generic[MessageT]):
    """The resources of one kind. A change returns once the replica of this process has it."""

    def __init__(self, kind: Kind[MessageT], writer: Writer, clock: Clock) -> None:
        self.kind = kind
        self._writer = writer
        self._clock = clock

    async def read(self, name: str) -> MessageT | None:
        """A resource in the database; None if there is none."""
        return (await self._stored(name))[1]

    def prepared(
        self,
        message: MessageT,
        condition: str | None = None,
        stored: MessageT | None = None,
    ) -> Row[MessageT]:
        """A copy in its stored form, unchecked, with its etag and the time.

        Args:
            message: The content.
            condition: The condition of the write; by default the etag of the message, if any.
            stored: The resource that it replaces, as far as it is known.
        """
        copy: MessageT = self.kind.message()
        copy.CopyFrom(message)
        for field in self.kind.output:
            copy.ClearField(field)
        self.kind.normalize(copy)
        etag = etag_of(copy)
        if "etag" in self.kind.output:
            copy.etag = etag
        if stored is not None and self.kind.stamp == "create_time":
            copy.create_time.CopyFrom(stored.create_time)
        elif self.kind.stamp:
            getattr(copy, self.kind.stamp).FromDatetime(self._clock())
        if condition is None:
            condition = message.etag if "etag" in self.kind.output else ""
        note = self.kind.note(stored, copy)
        write = Write(self.kind.record_id(copy.name), record_of(etag, copy), condition, note)
        return Row(copy, etag, write)

    async def create(
        self,
        messages: Sequence[MessageT],
        *,
        validate_only: bool = False,
        first: Sequence[Write] = (),
    ) -> list[MessageT]:
        """Create resources, all or none. One that is stored with equal content is a retry.

        Args:
            messages: The resources, with their names.
            validate_only: Check all, write nothing.
            first: Further writes of the same kind, done before them in the same act.

        Raises:
            InvalidArgument: a resource breaks its contract.
            AlreadyExists: a name has another content, in the database or in this call.
        """
        for message in messages:
            self.check(message)
        rows = [self.prepared(message, MUST_NOT_EXIST) for message in messages]
        writes = [*first, *(row.write for row in rows)]
        results = await self._writer.write(writes, Mode.LOOK if validate_only else Mode.ALL)
        outcomes = results[len(first) :]
        for row, outcome in zip(rows, outcomes, strict=True):
            if outcome in REFUSED:
                raise AlreadyExists(row.message.name)
        return [
            row.message
            if outcome is Outcome.CREATED
            else await self.read(row.message.name) or row.message
            for row, outcome in zip(rows, outcomes, strict=True)
        ]

    async def update(
        self,
        change: MessageT,
        mask: FieldMask,
        *,
        allow_missing: bool = False,
        validate_only: bool = False,
    ) -> MessageT:
        """Change the fields of a mask, or create the resource if `allow_missing` (AIP-134).

        Raises:
            InvalidArgument: the changed resource breaks its contract.
            NotFound: there is none, and `allow_missing` is false.
            EtagMismatch: another change came before.
        """

        async def merge(stored: MessageT | None) -> MessageT:
            if stored is None and not allow_missing:
                self.check_name(change)
                raise self.kind.not_found(change.name)
            if change.etag and (stored is None or change.etag != stored.etag):
                raise EtagMismatch(change.name)
            fixed = ("name", *self.kind.output, *self.kind.fixed)
            before: MessageT = stored or self.kind.message(name=change.name)
            after: MessageT = merged(before, change, mask, fixed)
            self.check(after)
            return after

        return await self.change(change.name, merge, validate_only=validate_only)

    async def change(
        self,
        name: str,
        act: Callable[[MessageT | None], Awaitable[MessageT | None]],
        *,
        validate_only: bool = False,
    ) -> MessageT:
        """Read a resource, act on it and write the result; repeat if another change came between.

        Args:
            name: The name of the resource.
            act: Makes the new, checked content from a copy of the stored one, or from None if
                there is none. If it returns None, the stored one stays.
            validate_only: Write nothing.

        Raises:
            EtagMismatch: another change came between at every attempt.
        """
        for _ in range(CHANGE_TRIES):
            etag, stored = await self._stored(name)
            before = None
            if stored is not None:
                before = self.kind.message()
                before.CopyFrom(stored)
            after = await act(before)
            if after is None and stored is not None:
                return stored
            assert after is not None
            condition = etag if stored is not None else MUST_NOT_EXIST
            row = self.prepared(after, condition, stored)
            if stored is not None and row.etag == etag:
                return stored
            mode = Mode.LOOK if validate_only else Mode.EACH
            [outcome] = await self._writer.write([row.write], mode)
            if outcome in (Outcome.CREATED, Outcome.CHANGED):
                return row.message
        raise EtagMismatch(name)

    async def put(self, message: MessageT, *, validate_only: bool = False) -> MessageT:
        """Create or replace a resource; its etag, if it has one, must be that of the stored one.

        Raises:
            EtagMismatch: the stored one has another etag, or there is none.
        """
        row = self.prepared(message)
        mode = Mode.LOOK if validate_only else Mode.EACH
        [outcome] = await self._writer.write([row.write], mode)
        if outcome in REFUSED:
            raise EtagMismatch(message.name)
        return row.message

    async def delete(self, name: str, *, etag: str = "", allow_missing: bool = False) -> bool:
        """Delete a resource; True if there was one.

        Raises:
            NotFound: there is none, and `allow_missing` is false.
            EtagMismatch: the stored one has another etag.
        """
        note = ""
        if self.kind.note is not no_note:
            note = self.kind.note(await self.read(name), None)
        write = Write(self.kind.record_id(name), b"", etag or MUST_EXIST, note)
        [outcome] = await self._writer.write([write])
        if outcome is Outcome.NOT_FOUND and not allow_missing:
            raise self.kind.not_found(name)
        if outcome is Outcome.ETAG_MISMATCH:
            raise EtagMismatch(name)
        return outcome is Outcome.DELETED

    def check(self, message: MessageT) -> None:
        """Check a resource before it is stored.

        Raises:
            InvalidArgument: it breaks its contract; the error names the fields.
        """
        self._refuse(self.kind.violations(message))

    def check_name(self, message: MessageT) -> None:
        """Check only the name of a resource.

        Raises:
            InvalidArgument: it is not a name of this kind.
        """
        self._refuse([one for one in violations_of(message) if one.field == "name"])

    def _refuse(self, violations: Iterable[FieldViolation]) -> None:
        named = [
            FieldViolation(f"{self.kind.field}.{path}" if path else self.kind.field, problem)
            for path, problem in violations
        ]
        if named:
            text = "; ".join(f"{one.field}: {one.description}" for one in named)
            raise InvalidArgument(text, violations=named)

    async def _stored(self, name: str) -> tuple[str, MessageT | None]:
        record = await self._writer.read(self.kind.record_id(name))
        if record is None:
            return "", None
        parse = self.kind.parse or self.kind.message.FromString
        message: MessageT = parse(decode_record(record))
        return record[:ETAG_LENGTH].decode(), message
