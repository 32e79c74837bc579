"""Writes the rows of a stream as records, counts them, and reports the refused rows."""

from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Sequence
from itertools import islice
from typing import Any, Generic, TypeVar

from services.chassis.errors import FieldViolation
from services.directory.records import REFUSED, Mode, Outcome, Write

REJECTED_SHOWN = 1000
"""Refused rows that an answer describes; further ones are only counted."""
WRITTEN_AT_ONCE = 1000
"""Records of one write: a longer script would hold up the database's other callers."""

RowT = TypeVar("RowT")
WriteRecords = Callable[[Sequence[Write], Mode], Awaitable[list[Outcome]]]


def deletion_of(id: str) -> Write:
    """The write that deletes a record, whatever it has become."""
    return Write(id, b"")


class Upsert(Generic[RowT]):
    """One stream of rows. The stored record of a refused row stays, also with `replace`."""

    def __init__(
        self,
        prepare: Callable[[RowT], Write],
        write: WriteRecords,
        response: Any,
        label: str,
        noun: str,
    ) -> None:
        """Begin a stream.

        Args:
            prepare: Makes the write of a valid row.
            write: Writes records in one act.
            response: The answer, with counts and `rejected`.
            label: The field of `rejected` for the row's resource: `name` or `product`.
            noun: The word for the resource in error texts.
        """
        self._prepare = prepare
        self._write = write
        self._response = response
        self._label = label
        self._noun = noun
        self._counts: Counter[Outcome] = Counter()
        self._rows: list[tuple[int, str, Write]] = []
        self.index = 0
        """Rows taken so far."""
        self.seen: set[str] = set()
        """The names of all rows, including refused ones."""

    def take(self, name: str, row: RowT, violations: Iterable[FieldViolation]) -> bool:
        """Take the next row; True if it is valid."""
        violation = next(iter(violations), None)
        if violation is None and name in self.seen:
            violation = FieldViolation(self._label, f"this {self._noun} is twice in the stream")
        if violation is None:
            self._rows.append((self.index, name, self._prepare(row)))
        else:
            self._reject(self.index, name, violation)
        self.seen.add(name)
        self.index += 1
        return violation is None

    async def write(self, *, validate_only: bool) -> None:
        """Write the rows taken since the last call."""
        rows, self._rows = iter(self._rows), []
        while batch := list(islice(rows, WRITTEN_AT_ONCE)):
            outcomes = await self._write([write for _, _, write in batch], mode_of(validate_only))
            for (index, name, _), outcome in zip(batch, outcomes, strict=True):
                if outcome in REFUSED:
                    mismatch = FieldViolation("etag", f"the stored {self._noun} has another etag")
                    self._reject(index, name, mismatch)
                else:
                    self._counts[outcome] += 1

    async def remove(
        self,
        ids: Iterable[str],
        deletion: Callable[[str], Write] = deletion_of,
        *,
        validate_only: bool,
    ) -> None:
        """Delete records that the stream does not contain.

        Args:
            ids: Of the records.
            deletion: The write that deletes one; it may name the etag of the record that is meant.
            validate_only: Only count.
        """
        remaining = iter(ids)
        while batch := list(islice(remaining, WRITTEN_AT_ONCE)):
            outcomes = await self._write(list(map(deletion, batch)), mode_of(validate_only))
            # Others are not counted: another call removed or changed the record in the meantime.
            self._counts[Outcome.DELETED] += outcomes.count(Outcome.DELETED)

    def count(self) -> None:
        """Put the counts into the response."""
        self._response.created_count = self._counts[Outcome.CREATED]
        self._response.changed_count = self._counts[Outcome.CHANGED]
        self._response.unchanged_count = self._counts[Outcome.UNCHANGED]
        if removed := self._counts[Outcome.DELETED]:
            self._response.removed_count = removed

    def _reject(self, index: int, name: str, violation: FieldViolation) -> None:
        self._response.rejected_count += 1
        if len(self._response.rejected) < REJECTED_SHOWN:
            self._response.rejected.add(
                index=index,
                field=violation.field,
                description=violation.description,
                **{self._label: name[:200]},
            )


def mode_of(validate_only: bool) -> Mode:
    """The mode of the writes of a stream."""
    return Mode.LOOK if validate_only else Mode.EACH
