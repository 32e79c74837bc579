"""Follows the ledgers of all partitions: keeps this process's shelves, and tells its readers."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress

import structlog

from services.chassis.clock import steady_s
from services.chassis.database.failures import FAILURES
from services.chassis.errors import DatabaseUnavailable
from services.chassis.loops.progress import SLOW_S, Progress
from services.chassis.loops.queues import Queues
from services.chassis.tasks import task_group
from services.stock.model.ledger import Entry, EntryId, entry_id
from services.stock.model.levels import Level
from services.stock.model.partitions import PARTITIONS, partition_of
from services.stock.model.shelves import Shelves
from services.stock.state.ledger import FOLLOWED_AT_ONCE, Bounds, Ledger
from services.stock.state.levels import Levels
from services.stock.state.shelves import ShelfLists

LOAD_WAIT_S = 5.0
"""Time that a call waits for the first loading."""

log = structlog.get_logger()


class Follower:
    """The shelves of one process, and the names of sources. `run` it; then read without waiting."""

    def __init__(self, ledger: Ledger, levels: Levels, lists: ShelfLists) -> None:
        self._ledger = ledger
        self._levels = levels
        self._lists = lists
        self._reached: dict[int, str] = {}
        """Partition -> the last entry that the shelves have."""
        self._current_at: dict[int, float] = {}
        """Partition -> when all its entries were last known to be followed."""
        self._sources: dict[int, dict[int, str]] = {p: {} for p in range(PARTITIONS)}
        self._loaded = asyncio.Event()
        self._owed: dict[int, EntryId] = {}
        """Entries written through this process while it loads: the first reader must see them."""
        self._progress = Progress()
        self.shelves = Shelves()
        self.entries = Queues[Entry]()
        """Passes on the entries as they are followed."""

    @property
    def is_loaded(self) -> bool:
        """True if the shelves can be read."""
        return self._loaded.is_set()

    @property
    def store_count(self) -> int:
        """Stores that have shelves."""
        return len(self.shelves.stores)

    async def loaded(self) -> None:
        """Wait until the shelves are loaded.

        Raises:
            DatabaseUnavailable: that takes too long.
        """
        try:
            async with asyncio.timeout(LOAD_WAIT_S):
                await self._loaded.wait()
        except TimeoutError:
            raise DatabaseUnavailable("the shelves are not loaded yet; try again") from None

    async def caught_up(self, partition: int, timeout_s: float = SLOW_S) -> bool:
        """Wait until the ledger's present entries are followed, so that their writer reads them.

        While the shelves load nobody can read them, so nobody waits: the loading ends with them.
        """
        last = entry_id(await self._ledger.last_id(partition))
        if not self.is_loaded:
            self._owed[partition] = last
            return False
        return await self._progress.wait(lambda: self._reached_id(partition) >= last, timeout_s)

    @property
    def lag_s(self) -> float | None:
        """The age of the shelves at most; None while they are not loaded."""
        if not self.is_loaded:
            return None
        return steady_s() - min(self._current_at.values())

    def sources_of(self, store: str) -> Mapping[int, str]:
        """The names of the sources that feed a store, by the numbers in its levels."""
        return self._sources[partition_of(store)]

    async def learn_sources(self, levels: Mapping[str, Sequence[Level | None]]) -> None:
        """Read the names of sources of stores' levels that are not known yet.

        They are rare: a new source is in the ledger with its first movement, but it may state a
        level as it is. If the database does not answer, the names stay unknown.
        """
        unknown = set()
        for store, found in levels.items():
            names = self.sources_of(store)
            if any(level and level.source and level.source not in names for level in found):
                unknown.add(partition_of(store))
        with suppress(*FAILURES):
            await self._read_sources(unknown)

    async def run(self) -> None:
        """Load, then follow, for ever; load again when entries were missed."""
        await self._progress.keep_up("stock", self._load, self._follow_all)

    async def _load(self) -> None:
        """List all shelves, unless all entries since the last one followed are still kept."""
        self._owed.clear()
        began = steady_s()
        # Read before the shelves: entries that come while they are listed are followed after it.
        bounds = await self._ledger.bounds()
        if self.is_loaded and not self._has_missed(bounds):
            return
        reached = {partition: each.newest for partition, each in bounds.items()}
        shelves = await self._lists.read()
        await self._read_sources(range(PARTITIONS))
        self.shelves, self._reached = shelves, reached
        self._current_at = dict.fromkeys(range(PARTITIONS), began)
        self._open()
        self.entries.end_all()
        log.info("loaded all shelves", stores=len(shelves.stores))

    def _open(self) -> None:
        """Let the shelves be read, once they have the entries that this process owes."""
        if all(self._reached_id(partition) >= last for partition, last in self._owed.items()):
            self._loaded.set()

    def _has_missed(self, bounds: Mapping[int, Bounds]) -> bool:
        """True if entries past the last one followed are trimmed, or the data set is another."""
        return any(
            not entry_id(each.trimmed) <= self._reached_id(partition) <= entry_id(each.newest)
            for partition, each in bounds.items()
        )

    async def _follow_all(self) -> None:
        async with task_group() as group:
            for partitions in self._ledger.readable_together():
                group.create_task(self._follow(partitions))

    async def _follow(self, partitions: Sequence[int]) -> None:
        while True:
            asked_at = steady_s()
            found = await self._ledger.follow({p: self._reached[p] for p in partitions})
            new_sources = set()
            for partition, entries in found.items():
                for entry in entries:
                    if entry.is_fed and entry.about not in self._sources[partition].values():
                        new_sources.add(partition)
                    self._apply(partition, entry)
            await self._read_sources(new_sources)
            for partition in partitions:
                if len(found.get(partition, ())) < FOLLOWED_AT_ONCE:  # else there are more
                    self._current_at[partition] = asked_at
            if not self.is_loaded:
                self._open()
            await self._progress.advance()

    def _apply(self, partition: int, entry: Entry) -> None:
        self._reached[partition] = entry.id
        for line in entry.lines:
            self.shelves.put(entry.store, line.sku, on_shelf=line.on_hand > line.safety)
        self.entries.publish(entry)

    def _reached_id(self, partition: int) -> EntryId:
        return entry_id(self._reached[partition])

    async def _read_sources(self, partitions: Iterable[int]) -> None:
        self._sources.update(await self._levels.sources(partitions))
