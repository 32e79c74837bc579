"""The protocol of replicas: all records of one kind in memory, and their changes."""

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


ReplicaT = TypeVar("ReplicaT", bound=Replica)
