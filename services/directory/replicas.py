"""Replicas: all records of one kind in memory, and their changes."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol, TypeVar


@dataclass(frozen=True, slots=True)
class Change:
    """An encoded record before and after a change; None if there was or is none."""

    id: str
    before: bytes | None
    after: bytes | None


class Replica(Protocol):
    """All records of one kind in memory."""

    def __len__(self) -> int: ...

    def apply(self, id: str, after: bytes | None) -> Change:
        """Add, change or (None) delete one record."""

    def record(self, id: str) -> bytes | None:
        """An encoded record; None if there is none."""

    def records(self) -> Iterable[tuple[str, bytes]]:
        """All ids with their encoded records."""


class Records:
    """A replica in one dictionary. A subclass keeps its indexes current in `_index`."""

    def __init__(self, records: Iterable[tuple[str, bytes]] = ()) -> None:
        self._records = dict(records)

    def __len__(self) -> int:
        return len(self._records)

    def record(self, id: str) -> bytes | None:
        """An encoded record; None if there is none."""
        return self._records.get(id)

    def records(self) -> Iterable[tuple[str, bytes]]:
        """All ids with their encoded records."""
        return self._records.items()

    def apply(self, id: str, after: bytes | None) -> Change:
        """Add, change or (None) delete one record."""
        change = Change(id, self._records.get(id), after)
        if after is None:
            self._records.pop(id, None)
        else:
            self._records[id] = after
        self._index(change)
        return change

    def _index(self, change: Change) -> None:
        """Bring the indexes up to date; the dictionary already is."""


ReplicaT = TypeVar("ReplicaT", bound=Replica)
