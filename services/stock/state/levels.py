"""Levels in the database: read for many stores in one round trip, and written by feeds."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from services.chassis.database.client import Client, Value, script
from services.chassis.database.failures import FAILURES
from services.stock.model.levels import Level, decoded
from services.stock.model.partitions import StoreKeys, tag
from services.stock.model.policies import Policy, policy_of
from services.stock.state import FEEDS, PACKAGE
from services.stock.state.level_reads import LevelRead, LevelReads


class LevelsUnreachable(Exception):
    """The database does not answer: every level reads UNKNOWN."""


class StoreLevels(NamedTuple):
    """The policy and the levels of one store."""

    policy: Policy
    levels: tuple[Level | None, ...]
    """One for each SKU of the request, in its order; None where no feed has stated one."""


class Levels:
    """Reads and feeds levels. `now_ms` is for tests; servers leave it to the database."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._reads = LevelReads(client)
        self._set = script(client, PACKAGE, "set", FEEDS)
        self._adjust = script(client, PACKAGE, "adjust", FEEDS)

    async def read(
        self, stores: Iterable[str], skus: Sequence[str], now_ms: int | None = None
    ) -> dict[str, StoreLevels]:
        """The levels of some products at some stores, in one round trip.

        Raises:
            LevelsUnreachable: the database does not answer.
        """
        read = LevelRead(list(dict.fromkeys(stores)), skus, now_ms)
        try:
            answers = await self._reads.run(read) if read.stores else {}
        except FAILURES as error:
            raise LevelsUnreachable from error
        return {
            store: StoreLevels(policy_of(policy), levels_of(skus, raws, expired))
            for store, (policy, raws, expired) in answers.items()
        }

    async def set(self, store: str, source: str, sequence: int, as_of_s: int, rows: bytes) -> bytes:
        """Apply rows of a snapshot, from `packed_row`; the outcome of each is a letter.

        lua/feeds.lua explains the letters.
        """
        of = StoreKeys.of(store)
        letters: bytes = await self._set(
            [of.levels, of.ledger, of.sources], [store, source, sequence, as_of_s, rows]
        )
        return letters

    async def adjust(
        self, store: str, source: str, sequence: int, as_of_s: int, deltas: Mapping[str, int]
    ) -> tuple[bytes, list[Level]]:
        """Apply one event; a letter for each product (lua/feeds.lua), and the levels after it."""
        of = StoreKeys.of(store)
        args: list[Value] = [store, source, sequence, as_of_s]
        for sku, delta in deltas.items():
            args += [sku, delta]
        letters, *raws = await self._adjust([of.levels, of.ledger, of.sources], args)
        return letters, [decoded(raw) for raw in raws]

    async def sources(self, partitions: Iterable[int]) -> dict[int, dict[int, str]]:
        """The names of the sources of partitions, by their numbers in levels; in one round trip."""
        wanted = list(partitions)
        pipeline = self._client.pipeline(transaction=False)
        for partition in wanted:
            pipeline.hgetall(f"{tag(partition)}:sources")
        answers = await pipeline.execute() if wanted else []
        return {
            partition: {int(number): name.decode() for name, number in names.items()}
            for partition, names in zip(wanted, answers, strict=True)
        }

    async def partitions(self, count: int) -> int:
        """The number of partitions of this data set; a new data set gets `count`."""
        await self._client.set("{stock}:partitions", count, nx=True)
        return int(await self._client.get("{stock}:partitions"))


def levels_of(
    skus: Sequence[str], raws: Sequence[bytes | None], expired: Sequence[bytes | int]
) -> tuple[Level | None, ...]:
    """The levels of an answer of lua/read.lua, the units of expired holds added back."""
    if not expired:
        return tuple([decoded(raw) if raw else None for raw in raws])
    units: dict[str, int] = defaultdict(int)
    for sku, quantity in zip(expired[::2], expired[1::2], strict=True):
        assert isinstance(sku, bytes)
        units[sku.decode()] += int(quantity)
    return tuple(
        decoded(raw, units[sku]) if raw else None for sku, raw in zip(skus, raws, strict=True)
    )
