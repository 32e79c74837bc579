"""Rows of a stream that create, change and remove records: counted, and refused rows named."""

from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Sequence
from itertools import islice
from typing import Any, Generic, TypeVar

from services.chassis.errors import FieldViolation
from services.directory.records import REFUSED, Mode, Outcome, Write

REJECTED_SHOWN = 1000
"""Refused rows that an answer names; beyond that they are counted alone."""
WRITTEN_AT_ONCE = 1000
"""Records of one act: a longer one would hold up the database's other callers."""

RowT = TypeVar("RowT")
WriteRecords = Callable[[Sequence[Write], Mode], Awaitable[list[Outcome]]]


class Upsert(Generic[RowT]):
    """One stream of rows. A row that is refused keeps its record: `replace` spares it."""

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
            prepare: Makes the record of a row that breaks no rule.
            write: Writes records in one act.
            response: The answer, with counts and `rejected`.
            label: The field of `rejected` that names the row's resource: `name`, `product`.
            noun: The resource in words.
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
        """The names of all rows, refused ones too."""

    def take(self, name: str, row: RowT, violations: Iterable[FieldViolation]) -> bool:
        """Take the next row; answers whether it can be written."""
        found = next(iter(violations), None)
        if found is None and name in self.seen:
            found = FieldViolation(self._label, f"this {self._noun} is twice in the stream")
        if found is None:
            self._rows.append((self.index, name, self._prepare(row)))
        else:
            self._reject(self.index, name, found)
        self.seen.add(name)
        self.index += 1
        return found is None

    async def write(self, *, validate_only: bool) -> None:
        """Write the rows taken since the last time."""
        rows, self._rows = iter(self._rows), []
        while some := list(islice(rows, WRITTEN_AT_ONCE)):
            outcomes = await self._write([write for _, _, write in some], mode_of(validate_only))
            for (index, name, _), outcome in zip(some, outcomes, strict=True):
                if outcome in REFUSED:
                    clash = FieldViolation("etag", f"is not that of the stored {self._noun}")
                    self._reject(index, name, clash)
                else:
                    self._counts[outcome] += 1

    async def remove(self, ids: Iterable[str], *, validate_only: bool) -> None:
        """Delete the records of ids that the stream did not have."""
        left = iter(ids)
        while some := list(islice(left, WRITTEN_AT_ONCE)):
            outcomes = await self._write([Write(id, b"") for id in some], mode_of(validate_only))
            # UNCHANGED: another call has removed it meanwhile.
            self._counts[Outcome.DELETED] += outcomes.count(Outcome.DELETED)

    def count(self) -> None:
        """Put the counts into the response."""
        self._response.created_count = self._counts[Outcome.CREATED]
        self._response.changed_count = self._counts[Outcome.CHANGED]
        self._response.unchanged_count = self._counts[Outcome.UNCHANGED]
        if removed := self._counts[Outcome.DELETED]:
            self._response.removed_count = removed

    def _reject(self, index: int, name: str, why: FieldViolation) -> None:
        self._response.rejected_count += 1
        if len(self._response.rejected) < REJECTED_SHOWN:
            self._response.rejected.add(
                index=index,
                field=why.field,
                description=why.description,
                **{self._label: name[:200]},
            )


def mode_of(validate_only: bool) -> Mode:
    """How writes of a stream are done."""
    return Mode.LOOK if validate_only else Mode.EACH
