"""The ledger of each partition: a stream of all movements, trimmed once they are summed up."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from typing import NamedTuple

import orjson

from services.chassis.database.client import Client, next_entries, script
from services.chassis.database.cluster import Cluster
from services.stock.model.holds import LIVE
from services.stock.model.ledger import Counted, Drift, Entry, drifts, entry_id, entry_of
from services.stock.model.levels import HEADER
from services.stock.model.partitions import PARTITIONS, StoreKeys, partition_of, tag
from services.stock.state import PACKAGE

BATCH = 1000
FOLLOWED_AT_ONCE = 500
"""Entries of a partition that one blocking read answers."""
BLOCK_S = 3.0
"""Longest wait for an entry."""
TRIES = 5
"""Attempts to reconcile a partition; a trim meanwhile makes one more necessary."""


class Bounds(NamedTuple):
    """The ends of a partition's ledger."""

    trimmed: str
    """The id up to which entries are trimmed, `0-0` when none is."""
    newest: str
    """The id of the newest entry, trimmed or not; `0-0` when there never was one."""


class Reconciliation(NamedTuple):
    """The numbers of compared levels, movements and live holds, and the differences."""

    levels: int
    movements: int
    holds: int
    drifts: list[Drift]


class Ledger:
    """Reads, trims and reconciles ledgers."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._checkpoint = script(client, PACKAGE, "checkpoint")
        self._counts = script(client, PACKAGE, "reconcile")

    async def bounds(self) -> dict[int, Bounds]:
        """The ends of all ledgers, in one round trip."""
        pipeline = self._client.pipeline(transaction=False)
        for partition in range(PARTITIONS):
            pipeline.xrevrange(ledger_key(partition), count=1)
            pipeline.get(mark_key(partition))
        answers = await pipeline.execute()
        bounds = {}
        for partition in range(PARTITIONS):
            newest, mark = answers[2 * partition], answers[2 * partition + 1]
            trimmed = mark.decode() if mark else "0-0"
            bounds[partition] = Bounds(trimmed, newest[0][0].decode() if newest else trimmed)
        return bounds

    async def last_id(self, partition: int) -> str:
        """The id of the newest entry, trimmed or not; `0-0` when there never was one."""
        newest = await self._client.xrevrange(ledger_key(partition), count=1)
        return newest[0][0].decode() if newest else await self._mark(partition) or "0-0"

    async def oldest_id(self, partition: int) -> str:
        """The id up to which entries are trimmed, `0-0` when none is."""
        return await self._mark(partition) or "0-0"

    async def after(self, partition: int, id: str, count: int = BATCH) -> list[Entry]:
        """The next entries past an id."""
        found = await self._client.xrange(ledger_key(partition), min=f"({id}", count=count)
        return [entry_of(*entry) for entry in found]

    async def all_after(self, partition: int, id: str) -> list[Entry]:
        """All entries past an id."""
        entries: list[Entry] = []
        while page := await self.after(partition, id):
            entries += page
            id = page[-1].id
        return entries

    def readable_together(self) -> list[Sequence[int]]:
        """All partitions, in groups that one blocking read can follow: on a cluster, one slot."""
        partitions = range(PARTITIONS)
        return [[p] for p in partitions] if isinstance(self._client, Cluster) else [partitions]

    async def follow(self, after: Mapping[int, str]) -> dict[int, list[Entry]]:
        """The next entries past an id of each partition; waits up to `BLOCK_S` for the first."""
        numbers = {ledger_key(partition): partition for partition in after}
        streams = await next_entries(
            self._client,
            {key: after[partition] for key, partition in numbers.items()},
            FOLLOWED_AT_ONCE,
            BLOCK_S,
        )
        return {
            numbers[key]: [entry_of(*entry) for entry in entries]
            for key, entries in streams.items()
        }

    async def pages(self, store: str = "", start_ms: int = 0) -> AsyncIterator[list[Entry]]:
        """Yields pages of the entries since a moment: of one store, or of all when it is empty."""
        for partition in [partition_of(store)] if store else range(PARTITIONS):
            id = f"{max(start_ms - 1, 0)}-{2**64 - 1}"
            while page := await self.after(partition, id):
                id = page[-1].id
                if wanted := [entry for entry in page if store in ("", entry.store)]:
                    yield wanted

    async def trim(self, partition: int, keep_after: str) -> int:
        """Add the next entries up to an id to the checkpoints and trim them; answers how many."""
        mark = await self._mark(partition)
        entries = [
            entry
            for entry in await self.after(partition, mark or "0-0")
            if entry_id(entry.id) <= entry_id(keep_after)
        ]
        if not entries:
            return 0
        sums: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0])
        for entry in entries:
            for line in entry.lines:
                sums[entry.store][0] += line.on_hand_change
                sums[entry.store][1] += line.reserved_change
        milliseconds, number = entry_id(entries[-1].id)
        keys = [ledger_key(partition), mark_key(partition)]
        keys += [StoreKeys.of(store).checkpoint for store in sums]
        changes = [change for pair in sums.values() for change in pair]
        done = await self._checkpoint(
            keys, [mark, entries[-1].id, f"{milliseconds}-{number + 1}", *changes]
        )
        return len(entries) if done else 0

    async def dropped_events(self) -> int:
        """Events of all partitions that made room for later ones; see lua/library.lua."""
        pipeline = self._client.pipeline(transaction=False)
        for partition in range(PARTITIONS):
            pipeline.get(f"{tag(partition)}:dropped")
        return sum(int(count or 0) for count in await pipeline.execute())

    async def reconcile(self) -> Reconciliation:
        """Compare all levels with the ledger and the holds."""
        total = Reconciliation(0, 0, 0, [])
        for partition in range(PARTITIONS):
            one = await self._reconciled(partition)
            total = Reconciliation(
                total.levels + one.levels,
                total.movements + one.movements,
                total.holds + one.holds,
                total.drifts + one.drifts,
            )
        return total

    async def _reconciled(self, partition: int) -> Reconciliation:
        for _ in range(TRIES):
            mark = await self._mark(partition)
            counted, holds = {}, 0
            for store in await self._stores(partition):
                counted[store], live = await self._counted(store)
                holds += live
            entries = await self.all_after(partition, mark or "0-0")
            if mark == await self._mark(partition):
                break
            await asyncio.sleep(0.05)
        found = list(drifts(counted, entries))
        return Reconciliation(
            sum(len(store.levels) for store in counted.values()), len(entries), holds, found
        )

    async def _counted(self, store: str) -> tuple[Counted, int]:
        of = StoreKeys.of(store)
        levels, holds, checkpoint = await self._counts([of.levels, of.holds, of.checkpoint], [])
        held: defaultdict[str, int] = defaultdict(int)
        live = 0
        for raw in holds:
            hold = orjson.loads(raw)
            if hold["st"] in LIVE:
                live += 1
                for sku, _, units, collected, *_ in hold["l"]:
                    held[sku] += units - collected
        figures = {}
        for sku, raw in pairs(levels):
            on_hand, reserved, _, _, version, *_ = HEADER.unpack_from(raw)
            figures[sku.decode()] = (on_hand, reserved, version)
        sums = dict(pairs(checkpoint))
        trimmed = (int(sums.get(b"on_hand", 0)), int(sums.get(b"reserved", 0)))
        return Counted(figures, held, trimmed), live

    async def _stores(self, partition: int) -> Sequence[str]:
        head = f"{tag(partition)}:levels:"
        keys = [key.decode() async for key in self._client.scan_iter(f"{head}*", count=1000)]
        return sorted({key.removeprefix(head) for key in keys})

    async def _mark(self, partition: int) -> str:
        mark = await self._client.get(mark_key(partition))
        return mark.decode() if mark else ""


def pairs(flat: Sequence[bytes]) -> Iterable[tuple[bytes, bytes]]:
    """Fields and values of a hash, which Lua answers as one list."""
    return zip(flat[::2], flat[1::2], strict=True)


def ledger_key(partition: int) -> str:
    """The key of a partition's ledger."""
    return f"{tag(partition)}:ledger"


def mark_key(partition: int) -> str:
    """The key of the last entry that was trimmed from a partition's ledger."""
    return f"{tag(partition)}:mark"
