"""Follows the ledgers of all partitions: fills the shelves of this process, tells its watchers."""

import asyncio
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import structlog

from services.chassis.database.client import Client, script
from services.chassis.database.cluster import Cluster
from services.chassis.database.failures import FAILURES
from services.chassis.errors import DatabaseUnavailable
from services.chassis.loops.progress import SLOW_S, Progress
from services.chassis.tasks import task_group
from services.stock.model.ledger import Entry, entry_of
from services.stock.model.partitions import PARTITIONS, StoreKeys, partition_of, tag
from services.stock.model.shelves import Shelves
from services.stock.state.ledger import Ledger, Position, ledger_key, position
from services.stock.state.levels import PACKAGE

BLOCK_MS = 1000
BATCH = 500
QUEUE = 10_000
LOAD_WAIT_S = 5.0

log = structlog.get_logger()


class Follower:
    """The shelves of one process. `run` it; then read `shelves` without waiting."""

    def __init__(self, client: Client, ledger: Ledger) -> None:
        self._client = client
        self._ledger = ledger
        self._list = script(client, PACKAGE, "shelves")
        self._positions: dict[int, str] = {}
        self._heard_at: dict[int, float] = {}
        self._subscribers: dict[asyncio.Queue[Entry | None], str] = {}
        self.shelves = Shelves()
        self._sources: dict[int, dict[int, str]] = {p: {} for p in range(PARTITIONS)}
        self._loaded = asyncio.Event()
        self._owed: dict[int, Position] = {}
        """What was written through this process while it loaded: to be followed before reading."""
        self._progress = Progress()

    @property
    def is_loaded(self) -> bool:
        """Whether the shelves say anything yet."""
        return self._loaded.is_set()

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
        """Wait until what lies in a ledger now is followed, so that its writer reads it.

        While the shelves load nobody reads them, so nobody waits; the loading ends with it.
        """
        last = position(await self._ledger.last_id(partition))
        if not self.is_loaded:
            self._owed[partition] = last
            return False
        return await self._progress.wait(lambda: self._reached(partition) >= last, timeout_s)

    def sources_of(self, store: str) -> Mapping[int, str]:
        """The names of those who feed a store, by the number that stands for each in its levels."""
        return self._sources[partition_of(store)]

    @property
    def lag_s(self) -> float | None:
        """How old the shelves may be; None while they are not loaded."""
        if not self.is_loaded:
            return None
        return time.monotonic() - min(self._heard_at.values())

    async def run(self) -> None:
        """Load, then follow, for ever; start anew when something was missed."""
        self._progress.is_following, pause_s = True, 0.05
        while True:
            try:
                await self._load()
                self._progress.is_following, pause_s = True, 0.05
                await self._follow()
            except (*FAILURES, LookupError) as error:
                if self._progress.is_following:
                    log.warning("cannot follow stock", error=type(error).__name__)
                self._progress.is_following = False
                await asyncio.sleep(pause_s)
                pause_s = min(1.0, pause_s * 2)

    @contextmanager
    def subscription(self, store: str) -> Iterator[asyncio.Queue[Entry | None]]:
        """The entries of a store as they are followed; None means that some were lost."""
        queue: asyncio.Queue[Entry | None] = asyncio.Queue(QUEUE)
        self._subscribers[queue] = store
        try:
            yield queue
        finally:
            self._subscribers.pop(queue, None)

    async def _load(self) -> None:
        """List all shelves, unless the entries since the last one followed are all still there."""
        if self.is_loaded and not await self._missed():
            return
        self._owed.clear()
        asked_at = time.monotonic()
        positions = {p: await self._ledger.last_id(p) for p in range(PARTITIONS)}
        shelves = Shelves()
        async for key in self._client.scan_iter("{s*}:levels:*", count=1000):
            store = key.decode().partition(":levels:")[2]
            packed = await self._list([StoreKeys.of(store).levels], [])
            at = 0
            while at < len(packed):
                end = at + 1 + packed[at]
                shelves.put(store, packed[at + 1 : end].decode(), on_shelf=True)
                at = end
        for partition in range(PARTITIONS):
            await self._learn_sources(partition)
        self.shelves, self._positions = shelves, positions
        self._heard_at = dict.fromkeys(range(PARTITIONS), asked_at)
        self._open()
        self._lose(list(self._subscribers))
        log.info("loaded all shelves", stores=len(shelves.stores))

    def _open(self) -> None:
        """Let the shelves be read, once they have what was written through this process."""
        if all(self._reached(partition) >= last for partition, last in self._owed.items()):
            self._loaded.set()

    async def _learn_sources(self, partition: int) -> None:
        names = await self._client.hgetall(f"{tag(partition)}:sources")
        self._sources[partition] = {int(number): name.decode() for name, number in names.items()}

    async def _missed(self) -> bool:
        for partition, id in self._positions.items():
            newest, oldest = (
                await self._ledger.last_id(partition),
                await self._ledger.oldest_id(partition),
            )
            if position(newest) < position(id) or position(oldest) > position(id):
                return True
        return False

    async def _follow(self) -> None:
        partitions = range(PARTITIONS)
        if isinstance(self._client, Cluster):  # one XREAD cannot follow two slots
            async with task_group() as group:
                for partition in partitions:
                    group.create_task(self._read_on([partition]))
        else:
            await self._read_on(partitions)

    async def _read_on(self, partitions: Sequence[int]) -> None:
        number_of = {ledger_key(partition): partition for partition in partitions}
        while True:
            asked_at = time.monotonic()
            answer = await self._client.xread(
                {key: self._positions[number] for key, number in number_of.items()},
                count=BATCH,
                block=BLOCK_MS,
            )
            streams = answer.items() if isinstance(answer, dict) else answer
            full, unheard = set(), set()
            for key, entries in streams or ():
                partition = number_of[key.decode()]
                entries = entries[0] if isinstance(answer, dict) else entries
                for id, fields in entries:
                    entry = entry_of(id, fields)
                    if entry.is_fed and entry.about not in self._sources[partition].values():
                        unheard.add(partition)
                    self._apply(partition, entry)
                if len(entries) >= BATCH:
                    full.add(partition)
            for partition in unheard:
                await self._learn_sources(partition)
            for partition in partitions:
                if partition not in full:
                    self._heard_at[partition] = asked_at
            if not self.is_loaded:
                self._open()
            await self._progress.advance()

    def _apply(self, partition: int, entry: Entry) -> None:
        self._positions[partition] = entry.id
        for line in entry.lines:
            self.shelves.put(entry.store, line.sku, on_shelf=line.on_hand > line.safety)
        for queue, store in list(self._subscribers.items()):
            if store == entry.store:
                if queue.qsize() < QUEUE - 1:
                    queue.put_nowait(entry)
                else:
                    self._lose([queue])

    def _reached(self, partition: int) -> Position:
        return position(self._positions[partition])

    def _lose(self, queues: Sequence[asyncio.Queue[Entry | None]]) -> None:
        for queue in queues:
            queue.put_nowait(None)
            self._subscribers.pop(queue, None)
