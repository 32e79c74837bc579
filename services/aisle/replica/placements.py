"""The replica of placements: all of them in memory, by store or planogram, and SKU."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

from enrayon.aisle.v1 import aisle_pb2 as pb
from services.chassis.processor import in_thread
from services.directory.replicas import Change, Replica
from services.directory.snapshot import Arrays


class PlacementsReplica(Replica):
    """All placements and reports of a process, encoded, by scope and SKU.

    A scope is `stores/<id>`, `planograms/<id>` or `reports/<id>`.
    """

    def __init__(self, records: Iterable[tuple[str, bytes]] = ()) -> None:
        self._scopes: defaultdict[str, dict[str, bytes]] = defaultdict(dict)
        self._aisles: dict[str, asyncio.Task[Mapping[str, Sequence[str]]]] = {}
        for id, encoded in records:
            self.apply(id, encoded)

    def __len__(self) -> int:
        return sum(map(len, self._scopes.values()))

    def of(self, scope: str, sku: str) -> bytes | None:
        """The record of a SKU in a scope; None if there is none."""
        return self._scopes[scope].get(sku) if scope in self._scopes else None

    def skus(self, scope: str) -> list[str]:
        """The SKUs of a scope."""
        return list(self._scopes.get(scope, ()))

    async def skus_in_aisle(self, scope: str, aisle: str) -> Sequence[str]:
        """The SKUs of a scope with a placement in an aisle.

        The aisles of a scope are indexed by the first such question after a change of the scope.
        """
        if scope not in self._scopes:
            return ()
        if scope not in self._aisles:
            records = dict(self._scopes[scope])
            self._aisles[scope] = asyncio.create_task(in_thread(_by_aisle, records))
        index = await asyncio.shield(self._aisles[scope])
        return index.get(aisle, ())

    def record(self, id: str) -> bytes | None:
        """An encoded record; None if there is none."""
        scope, _, sku = id.rpartition("/")
        return self.of(scope, sku)

    def records(self) -> Iterable[tuple[str, bytes]]:
        """All ids with their encoded records."""
        for scope, records in self._scopes.items():
            for sku, encoded in records.items():
                yield f"{scope}/{sku}", encoded

    def copied(self) -> dict[str, bytes]:
        """A copy of all ids with their encoded records."""
        return dict(self.records())

    def columns(self) -> Callable[[Iterable[str]], Arrays]:
        """Placements have no columns."""
        return lambda _: {}

    def texts(self) -> None:
        """Placements have no index of words."""

    def apply_all(self, writes: Sequence[tuple[str, bytes | None]]) -> list[Change]:
        """Add, change or (None) delete many records, each once."""
        return [self.apply(id, after) for id, after in writes]

    def apply(self, id: str, after: bytes | None) -> Change:
        """Add, change or (None) delete one record."""
        scope, _, sku = id.rpartition("/")
        self._aisles.pop(scope, None)
        before = self._scopes[scope].pop(sku, None)
        if after is not None:
            self._scopes[scope][sku] = after
        elif not self._scopes[scope]:
            del self._scopes[scope]
        return Change(id, before, after)


def _by_aisle(records: Mapping[str, bytes]) -> Mapping[str, Sequence[str]]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    for sku, encoded in records.items():
        product = pb.ProductPlacements.FromString(encoded)
        for aisle in {placement.aisle for placement in product.placements}:
            found[aisle].append(sku)
    return found
