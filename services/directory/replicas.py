"""Replicas: all records of one kind in memory, and their changes."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from services.directory.snapshot import Arrays
from services.directory.text import TextIndex


@dataclass(frozen=True, slots=True)
class Change:
    """An encoded record before and after a change; None if there was or is none."""

    id: str
    before: bytes | None
    after: bytes | None


class Replica(Protocol):
    """All records of one kind in memory."""

    turns_at: float = math.inf
    """The next instant at which `turn` changes records, in seconds since the epoch."""

    def __len__(self) -> int: ...

    def turn(self, now_s: float) -> Sequence[Change]:
        """Change the records that time alone changes; some of them, if they are many."""

    def apply(self, id: str, after: bytes | None) -> Change:
        """Add, change or (None) delete one record."""

    def apply_all(self, writes: Sequence[tuple[str, bytes | None]]) -> list[Change]:
        """Add, change or (None) delete many records, each once."""

    def record(self, id: str) -> bytes | None:
        """An encoded record; None if there is none."""

    def records(self) -> Iterable[tuple[str, bytes]]:
        """All ids with their encoded records."""

    def copied(self) -> dict[str, bytes]:
        """A copy of all ids with their encoded records."""

    def columns(self) -> Callable[[Iterable[str]], Arrays]:
        """A copy of what indexes hold; the function makes arrays of it, for the ids in order.

        A replica that is built with these arrays need not look at each record.
        """

    def texts(self) -> TextIndex[Any] | None:
        """The index of the words of the records, if there is one."""


class Records:
    """A replica in one dictionary. A subclass keeps its indexes current in `_index`."""

    turns_at = math.inf

    def __init__(self, records: Iterable[tuple[str, bytes]] = ()) -> None:
        self._records = dict(records)

    def turn(self, now_s: float) -> Sequence[Change]:
        """Change the records that time alone changes; none by default."""
        del now_s
        return ()

    def __len__(self) -> int:
        return len(self._records)

    def record(self, id: str) -> bytes | None:
        """An encoded record; None if there is none."""
        return self._records.get(id)

    def records(self) -> Iterable[tuple[str, bytes]]:
        """All ids with their encoded records."""
        return self._records.items()

    def copied(self) -> dict[str, bytes]:
        """A copy of all ids with their encoded records."""
        return self._records.copy()

    def columns(self) -> Callable[[Iterable[str]], Arrays]:
        """A copy of what indexes hold; the function makes arrays of it, for the ids in order."""
        return lambda _: {}

    def texts(self) -> TextIndex[Any] | None:
        """The index of the words of the records, if there is one."""
        return None

    def apply(self, id: str, after: bytes | None) -> Change:
        """Add, change or (None) delete one record."""
        [change] = self.apply_all([(id, after)])
        return change

    def apply_all(self, writes: Sequence[tuple[str, bytes | None]]) -> list[Change]:
        """Add, change or (None) delete many records, each once."""
        changes = [Change(id, self._records.get(id), after) for id, after in writes]
        for id, after in writes:
            if after is None:
                self._records.pop(id, None)
            else:
                self._records[id] = after
        self._index_all(changes)
        return changes

    def _index_all(self, changes: Sequence[Change]) -> None:
        """Bring the indexes up to date; the dictionary already is."""
        for change in changes:
            self._index(change)

    def _index(self, change: Change) -> None:
        """Bring the indexes up to date with one change."""


ReplicaT = TypeVar("ReplicaT", bound=Replica)
