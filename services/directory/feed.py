"""Keeps the replica of one kind of record current, and tells its age."""

import asyncio
import datetime as dt
import math
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import Generic

import structlog

from services.chassis.clock import Clock, steady_s, utc_now
from services.chassis.database.client import Client
from services.chassis.database.failures import FAILURES
from services.chassis.errors import DatabaseUnavailable
from services.chassis.loops.progress import SLOW_S, Progress
from services.chassis.processor import in_thread
from services.chassis.tasks import end
from services.directory import metrics
from services.directory.change_log import BATCH, ChangeLog, Position
from services.directory.replicas import ReplicaT
from services.directory.snapshot import Arrays, Snapshot, read_snapshot, write_snapshot
from services.directory.subscribers import Event, Listener, Subscribers

CURRENT_S = 5.0
"""Without an answer from the database for longer than this, answers carry `as_of`."""
WRITE_EVERY_S = 30.0
"""Shortest interval between snapshots on disk while there are changes."""
READ_AT_ONCE = 200
"""Changes whose records are read at once."""
APPLIED_AT_ONCE = 20
"""Changes that are applied before other calls have their turn."""
SETTLED_AT_ONCE = 5000
"""Changes that wait for the index of words, as long as there are more to come."""

log = structlog.get_logger()


class Feed(Generic[ReplicaT]):
    """The replica of one process. `start` it once; then read `replica` without waiting.

    How it works: the replica and its position (epoch, number of the last change) move together.
    A change is applied only if its number is the next one. Any other number, another epoch or a
    smaller last number means that changes are missing: then all records are loaded anew. Every
    answer of the database, also an empty one, proves that the replica was current when the
    question was asked.

    A database that is suddenly empty, without the mark of a data set, has lost its data: the
    replica stays as it is and grows old, until there are data again or the process starts anew.
    """

    def __init__(
        self,
        client: Client,
        kind: str,
        build: Callable[..., ReplicaT],
        folder: Path,
        clock: Clock = utc_now,
    ) -> None:
        """Prepare a feed.

        Args:
            client: The client of the database.
            kind: The kind of record, for example `stores`.
            build: Makes a replica from ids and encoded records, and from the columns of a snapshot
                if it has any.
            folder: The folder of the snapshot.
            clock: The clock that dates the replica.
        """
        self.kind = kind
        self._changes = ChangeLog(client, kind)
        self._build = build
        self._path = folder / f"{kind}.snapshot"
        self._words_path = folder / f"{kind}.words"
        self._clock = clock
        self._replica: ReplicaT | None = None
        self._position = Position("", 0)
        self._written = self._position
        self._current_at = dt.datetime.fromtimestamp(0, dt.UTC)
        self._progress = Progress()
        self._has_told_loss = False
        self._unchanged = asyncio.Lock()
        """Held while the replica changes, or is copied."""
        self._subscribers = Subscribers()
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def replica(self) -> ReplicaT:
        """The records.

        Raises:
            DatabaseUnavailable: no records have been loaded yet, from the database or from disk.
        """
        if self._replica is None:
            raise DatabaseUnavailable(
                f"the {self.kind} are not loaded yet: the database cannot be reached"
            )
        if self._replica.turns_at < math.inf and not self._unchanged.locked():
            now_s = self._clock().timestamp()
            if self._replica.turns_at <= now_s:
                for change in self._replica.turn(now_s):
                    self._subscribers.publish(Event(self.sequence, change, by_time=True))
        return self._replica

    @property
    def is_loaded(self) -> bool:
        """True once `replica` can be read."""
        return self._replica is not None

    @property
    def size(self) -> int:
        """The number of records."""
        return len(self._replica) if self._replica is not None else 0

    @property
    def sequence(self) -> int:
        """The number of the last change in the replica."""
        return self._position.sequence

    @property
    def stale_as_of(self) -> dt.datetime | None:
        """The time at which the replica was last known to be current; None while it is."""
        return stale(self._current_at, self._clock())

    @property
    def current_at(self) -> dt.datetime:
        """The time at which the replica was last known to be current."""
        return self._current_at

    async def start(self) -> None:
        """Load the records from disk or the database, and follow their changes."""
        metrics.watch(self.kind, self)
        snapshot = await asyncio.to_thread(read_snapshot, self._path)
        if snapshot is not None:
            position = Position(snapshot.epoch, snapshot.sequence)
            replica = await asyncio.to_thread(self._of_snapshot, snapshot, position)
            self._replace(replica, position, snapshot.as_of)
            self._written = self._position
            del snapshot
        with suppress(*FAILURES):
            await self._synchronise()
        self._tasks = [
            asyncio.create_task(
                self._progress.keep_up(self.kind, self._synchronise, self._follow),
                name=f"follows {self.kind}",
            ),
            asyncio.create_task(self._keep_snapshot(), name=f"keeps the snapshot of {self.kind}"),
        ]

    async def stop(self) -> None:
        """Stop following, and write a snapshot to disk."""
        await end(self._tasks)
        await self._write_snapshot()

    async def caught_up(self, sequence: int, timeout_s: float = SLOW_S) -> bool:
        """Wait until the replica has this change; False if it has not after `timeout_s`."""
        return await self._progress.wait(lambda: self.sequence >= sequence, timeout_s)

    async def catch_up(self, timeout_s: float = SLOW_S) -> bool:
        """Wait until the replica has all changes made so far by any process; False if late."""
        return await self.caught_up((await self._changes.position()).sequence, timeout_s)

    def listen(self, listener: Listener) -> None:
        """Call a function of this process at each change, before the next one is applied."""
        self._subscribers.listen(listener)

    def subscription(self) -> AbstractContextManager["asyncio.Queue[Event | None]"]:
        """A queue of the changes as they are applied; None in it means that some were lost."""
        return self._subscribers.queue()

    async def changes_since(self, sequence: int) -> AsyncIterator[tuple[int, str, str]]:
        """Yields number, operation (`c`, `u`, `d`) and id of the kept changes after a number.

        Raises:
            LookupError: the first of them is no longer kept, or the number is not reached yet.
        """
        if sequence > self.sequence:
            raise LookupError("there is no such change yet")
        async for change in self._changes.since(sequence, self.sequence):
            yield change

    async def _follow(self) -> None:
        while await self._apply_changes(gives_way=True):
            pass

    async def _synchronise(self) -> None:
        """Apply the changes after the replica's last one; load all records if some are missing."""
        read_at = self._clock()
        position = await self._changes.position()
        is_ahead = position.epoch == self._position.epoch and position.sequence >= self.sequence
        if self._replica is not None and is_ahead:
            while self.sequence < position.sequence and await self._apply_changes():
                pass
            if self.sequence >= position.sequence:
                self._current_at = max(self._current_at, read_at)
                return
        records = await self._changes.records()
        if not records and self.size and await self._changes.is_lost():
            if not self._has_told_loss:
                log.error("the database has lost its data", kind=self.kind, kept=self.size)
                self._has_told_loss = True
            return
        self._has_told_loss = False
        replica = await asyncio.to_thread(self._indexed, records, position)
        self._replace(replica, position, self._clock())
        await self._progress.advance()
        log.info("loaded all records", kind=self.kind, count=len(replica))

    def _of_snapshot(self, snapshot: Snapshot, position: Position) -> ReplicaT:
        """The replica of a snapshot, by its columns if they fit."""
        if snapshot.columns:
            try:
                return self._indexed(snapshot.records, position, snapshot.columns)
            except (LookupError, ValueError, TypeError) as error:  # those of another program
                log.warning("cannot use the columns", kind=self.kind, error=repr(error))
        return self._indexed(snapshot.records, position)

    def _indexed(self, records: dict[str, bytes], position: Position, *columns: Arrays) -> ReplicaT:
        """A replica with its indexes; that of words from the disk, if it is of this position."""
        replica = self._build(records.items(), *columns)
        if (texts := replica.texts()) is not None:
            texts.build(self._words_path, f"{position.epoch}:{position.sequence}")
        return replica

    def _replace(self, replica: ReplicaT, position: Position, current_at: dt.datetime) -> None:
        self._replica, self._position, self._current_at = replica, position, current_at
        self._subscribers.publish(None)

    async def _apply_changes(self, *, gives_way: bool = False) -> bool:
        """Wait for changes and apply them; False if some are missing.

        Where it gives way, others have the event loop for as long as many changes took.
        """
        read_at = self._clock()
        changes = await self._changes.next_changes(self.sequence)
        if not changes:
            asked_at = self._clock()
            position = await self._changes.position()
            if position.epoch != self._position.epoch or position.sequence < self.sequence:
                return False
            is_current = position.sequence == self.sequence
            self._current_at = max(self._current_at, asked_at if is_current else read_at)
            return True
        if changes[0][0] != self.sequence + 1:
            return False
        for begin in range(0, len(changes), READ_AT_ONCE):
            block = changes[begin : begin + READ_AT_ONCE]
            # Only the latest record of an id is read: the states between are applied as that one.
            latest = await self._changes.latest(list(dict.fromkeys(id for _, id in block)))
            for first in range(0, len(block), APPLIED_AT_ONCE):
                part = block[first : first + APPLIED_AT_ONCE]
                began_s = steady_s()
                async with self._unchanged:
                    self._apply(part, latest)
                taken_s = steady_s() - began_s
                is_full = len(part) == APPLIED_AT_ONCE
                await asyncio.sleep(taken_s if gives_way and is_full else 0)
        texts = self.replica.texts()
        if texts is not None and (texts.waiting >= SETTLED_AT_ONCE or len(changes) < BATCH):
            await in_thread(texts.settle)
        if len(changes) < BATCH:  # a full batch may have successors that were there before it
            self._current_at = read_at
        await self._progress.advance()
        return True

    def _apply(self, changes: list[tuple[int, str]], latest: Mapping[str, bytes | None]) -> None:
        """Apply changes, by number and id, in one act."""
        ids = dict.fromkeys(id for _, id in changes)
        applied = {
            change.id: change for change in self.replica.apply_all([(id, latest[id]) for id in ids])
        }
        self._position = self._position._replace(sequence=changes[-1][0])
        for number, id in changes:
            change = applied.pop(id, None)
            if change is not None and change.before != change.after:
                self._subscribers.publish(Event(number, change))

    async def _keep_snapshot(self) -> None:
        pause_s = WRITE_EVERY_S
        while True:
            await asyncio.sleep(pause_s)
            began_s = steady_s()
            await self._write_snapshot()
            # A large snapshot takes long: it may take a tenth of the time at most.
            pause_s = max(WRITE_EVERY_S, 10 * (steady_s() - began_s))

    async def _write_snapshot(self) -> None:
        replica = self._replica
        if replica is None or self._position == self._written:
            return
        async with self._unchanged:
            position, current_at = self._position, self._current_at
            records = replica.copied()
            await asyncio.sleep(0)  # each copy takes long of many records
            columns = replica.columns()
            texts, saving = replica.texts(), None
            if texts is not None:
                saving = texts.save(self._words_path, f"{position.epoch}:{position.sequence}")

        def write() -> None:
            snapshot = Snapshot(*position, current_at, records, columns(records))
            write_snapshot(self._path, snapshot)

        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            if texts is not None:
                await in_thread(texts.settle)
            if saving is not None and saving.error:
                log.warning("cannot write the words", kind=self.kind, error=saving.error)
            await asyncio.to_thread(write)
            self._written = position
        except OSError as error:
            log.warning("cannot write the snapshot", kind=self.kind, error=error.strerror)


def stale(current_at: dt.datetime, now: dt.datetime) -> dt.datetime | None:
    """The time `current_at` if it is over `CURRENT_S` before `now`, else None."""
    return current_at if (now - current_at).total_seconds() > CURRENT_S else None
