"""The life cycle of a resource: one place that creates, changes and deletes, for all services.

| resource | record | create | batch | update | upsert | delete |
|---|---|---|---|---|---|---|
| Store | stores | by update | | yes | rows of a stream | yes |
| StoreHours | hours | by update | | yes | | |
| StoreEvent | hours | yes | | | | yes |
| Fence | fences | yes | all or none | yes | | yes |
| Subscription | subscriptions | yes | | yes | | yes |
| FloorPlan | plans | by publishing | | | one | yes |
| BlockedArea | plans | yes | | | | yes |
| Anchor | plans | yes | | revoking | | |
| ProductPlacements | placements | | | | rows of a stream | by an empty row |
| Product | products | | | | rows of a stream | yes |
| StockGroup | groups | | | | one | by an empty group |

Not of this kind: a *closure* is a part of its store's hours, changed with them; a *stock policy*
lies in the partition of its store's stock, since each hold reads it; *holds*, *alerts* and *trips*
change state by scripts of their own, together with stock, quotas and events; a placement *report*
is a counter without a name.
"""

import secrets
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Generic, TypeVar

from google.protobuf.field_mask_pb2 import FieldMask

from services.chassis.clock import Clock
from services.chassis.errors import (
    AlreadyExists,
    EtagMismatch,
    FieldViolation,
    InvalidArgument,
    NotFound,
)
from services.chassis.messages.masks import merged
from services.chassis.serving.requests import violations_of
from services.directory.keys import ETAG_LENGTH, decode_record
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
"""Attempts of a change that others keep overtaking."""

MessageT = TypeVar("MessageT", bound=Any)


def _as_it_is(_message: Any) -> None:
    """Leave a message as it is."""


@dataclass(frozen=True)
class Kind(Generic[MessageT]):
    """What the resources of one kind have in common."""

    message: type[MessageT]
    field: str
    """Name of the request field that carries the resource: error paths begin with it."""
    record_id: Callable[[str], str]
    """The id of the record of a resource's name."""
    not_found: Callable[[str], NotFound]
    """The error with the reason of this kind."""
    output: tuple[str, ...] = ("etag", "update_time")
    """Fields that the server sets. They are no part of the content, so of no etag."""
    stamp: str = "update_time"
    """The output field that says when the resource was written or created; empty: none does."""
    normalize: Callable[[MessageT], None] = _as_it_is
    """Brings a message, in place, into the form that is kept."""
    violations: Callable[[MessageT], Sequence[FieldViolation]] = violations_of
    """What is wrong with a message. May raise a `ServiceError` with a reason of its own."""


@dataclass(frozen=True)
class Row(Generic[MessageT]):
    """A resource ready to be written."""

    message: MessageT
    """In the form that is kept, with its output fields."""
    etag: str
    write: Write


class Resources(Generic[MessageT]):
    """The resources of one kind. A change returns once this process's own replica has it."""

    def __init__(self, kind: Kind[MessageT], writer: Writer, clock: Clock) -> None:
        self.kind = kind
        self._writer = writer
        self._clock = clock

    async def read(self, name: str) -> MessageT | None:
        """The resource of a name, from the database; None when there is none."""
        return (await self._stored(name))[1]

    def prepared(
        self,
        message: MessageT,
        condition: str | None = None,
        stored: MessageT | None = None,
    ) -> Row[MessageT]:
        """A copy in the form that is kept, unchecked, with its etag and the time.

        Args:
            message: The content.
            condition: Of the write; by default the message's own etag, if it has one.
            stored: What it replaces: the time of creation stays.
        """
        kept: MessageT = self.kind.message()
        kept.CopyFrom(message)
        for field in self.kind.output:
            kept.ClearField(field)
        self.kind.normalize(kept)
        etag = etag_of(kept)
        if "etag" in self.kind.output:
            kept.etag = etag
        if stored is not None and self.kind.stamp == "create_time":
            kept.create_time.CopyFrom(stored.create_time)
        elif self.kind.stamp:
            getattr(kept, self.kind.stamp).FromDatetime(self._clock())
        if condition is None:
            condition = message.etag if "etag" in self.kind.output else ""
        write = Write(self.kind.record_id(kept.name), record_of(etag, kept), condition)
        return Row(kept, etag, write)

    async def create(
        self,
        messages: Sequence[MessageT],
        *,
        validate_only: bool = False,
        first: Sequence[Write] = (),
    ) -> list[MessageT]:
        """Create resources, all or none. Those that are there with equal content are a retry.

        Args:
            messages: The resources, with their names.
            validate_only: Check all, write nothing.
            first: Further records of the kind that are written in the same act, before them.

        Raises:
            InvalidArgument: one breaks its contract.
            AlreadyExists: one name is taken by another content, in the database or in this call.
        """
        for message in messages:
            self.check(message)
        rows = [self.prepared(message, MUST_NOT_EXIST) for message in messages]
        writes = [*first, *(row.write for row in rows)]
        found = await self._writer.write(writes, Mode.LOOK if validate_only else Mode.ALL)
        outcomes = found[len(first) :]
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
        """Change the fields of a mask, or create the resource when that is allowed (AIP-134).

        Raises:
            InvalidArgument: the changed resource breaks its contract.
            NotFound: there is none, and none may be created.
            EtagMismatch: it was changed by another.
        """

        async def merge(stored: MessageT | None) -> MessageT:
            if stored is None and not allow_missing:
                self.check_name(change)
                raise self.kind.not_found(change.name)
            if change.etag and (stored is None or change.etag != stored.etag):
                raise EtagMismatch(change.name)
            fixed = ("name", *self.kind.output)
            before: MessageT = stored or self.kind.message(name=change.name)
            wanted: MessageT = merged(before, change, mask, fixed)
            self.check(wanted)
            return wanted

        return await self.change(change.name, merge, validate_only=validate_only)

    async def change(
        self,
        name: str,
        act: Callable[[MessageT | None], Awaitable[MessageT | None]],
        *,
        validate_only: bool = False,
    ) -> MessageT:
        """Read a resource, act on it and write the result, again when another was faster.

        Args:
            name: Of the resource.
            act: Makes the new content, checked, of a copy of what is stored; of None where
                nothing is. None means: leave it as it is.
            validate_only: Write nothing.

        Raises:
            EtagMismatch: others were faster each time.
        """
        for _ in range(CHANGE_TRIES):
            etag, stored = await self._stored(name)
            before = None
            if stored is not None:
                before = self.kind.message()
                before.CopyFrom(stored)
            wanted = await act(before)
            if wanted is None and stored is not None:
                return stored
            assert wanted is not None
            condition = etag if stored is not None else MUST_NOT_EXIST
            row = self.prepared(wanted, condition, stored)
            if stored is not None and row.etag == etag:
                return stored
            mode = Mode.LOOK if validate_only else Mode.EACH
            [outcome] = await self._writer.write([row.write], mode)
            if outcome in (Outcome.CREATED, Outcome.CHANGED):
                return row.message
        raise EtagMismatch(name)

    async def put(self, message: MessageT, *, validate_only: bool = False) -> MessageT:
        """Create or replace a resource; its etag, where it has one, must be the stored one's.

        Raises:
            EtagMismatch: it was changed by another, or is not there.
        """
        row = self.prepared(message)
        mode = Mode.LOOK if validate_only else Mode.EACH
        [outcome] = await self._writer.write([row.write], mode)
        if outcome in REFUSED:
            raise EtagMismatch(message.name)
        return row.message

    async def delete(self, name: str, *, etag: str = "", allow_missing: bool = False) -> bool:
        """Delete a resource; answers whether there was one.

        Raises:
            NotFound: there is none, and that is not allowed.
            EtagMismatch: it was changed by another.
        """
        write = Write(self.kind.record_id(name), b"", etag or MUST_EXIST)
        [outcome] = await self._writer.write([write])
        if outcome is Outcome.NOT_FOUND and not allow_missing:
            raise self.kind.not_found(name)
        if outcome is Outcome.ETAG_MISMATCH:
            raise EtagMismatch(name)
        return outcome is Outcome.DELETED

    def check(self, message: MessageT) -> None:
        """Check a resource that is to be kept.

        Raises:
            InvalidArgument: it breaks its contract; names the fields.
        """
        self._refuse(self.kind.violations(message))

    def check_name(self, message: MessageT) -> None:
        """Check the name of a resource alone.

        Raises:
            InvalidArgument: it is no name of this kind.
        """
        self._refuse([each for each in violations_of(message) if each.field == "name"])

    def _refuse(self, violations: Iterable[FieldViolation]) -> None:
        found = [
            FieldViolation(f"{self.kind.field}.{path}" if path else self.kind.field, problem)
            for path, problem in violations
        ]
        if found:
            text = "; ".join(f"{each.field}: {each.description}" for each in found)
            raise InvalidArgument(text, violations=found)

    async def _stored(self, name: str) -> tuple[str, MessageT | None]:
        record = await self._writer.read(self.kind.record_id(name))
        if record is None:
            return "", None
        message: MessageT = self.kind.message.FromString(decode_record(record))
        return record[:ETAG_LENGTH].decode(), message


def new_id(given: str, request_id: str, scope: Sequence[str], digest_size: int = 10) -> str:
    """The id of a resource to be created.

    Args:
        given: The id that the request asks for, if any.
        request_id: Of the request, if any: in one scope, the same gives the same id (AIP-155).
        scope: The caller and the collection.
        digest_size: Bytes of an id that is not given: half of its characters.
    """
    if given:
        return given
    if request_id:
        return blake2b(
            "\0".join((*scope, request_id)).encode(), digest_size=digest_size
        ).hexdigest()
    return secrets.token_hex(digest_size)
