"""Keeps a replica of one kind of record current: loads it, follows its changes, knows its age."""

import asyncio
import datetime as dt
import secrets
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, Protocol, TypeVar

import redis.exceptions
import structlog

from services.chassis.clock import Clock, utc_now
from services.chassis.database.client import Client
from services.chassis.errors import Unavailable
from services.chassis.loops.tasks import end
from services.directory import metrics
from services.directory.keys import Keys, decode_record
from services.directory.snapshot import Snapshot, read_snapshot, write_snapshot

BLOCK_MS = 1000
BATCH = 1000
SCAN = 5000
CURRENT_S = 5.0
"""Without a word from Redis for longer, answers say as of when they are."""
WRITE_EVERY_S = 30.0
SUBSCRIBER_QUEUE = 10_000

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Change:
    """A record before and after, encoded; None where it did not exist."""

    id: str
    before: bytes | None
    after: bytes | None


class Replica(Protocol):
    """All records of one kind in memory."""

    def __len__(self) -> int: ...

    def apply(self, id: str, after: bytes | None) -> Change:
        """Add, change or (None) delete one record."""

    def record(self, id: str) -> bytes | None:
        """One encoded record; None when there is none."""

    def records(self) -> Iterable[tuple[str, bytes]]:
        """All ids with their encoded records."""


ReplicaT = TypeVar("ReplicaT", bound=Replica)


@dataclass(frozen=True, slots=True)
class Event:
    """A change as this process applied it."""

    sequence: int
    change: Change


Listener = Callable[[Change | None], None]
"""Told of each change as it is applied; None means that the replica is another."""


class Feed(Generic[ReplicaT]):
    """The replica of one process. `start` it once; then read `replica` without waiting."""

    def __init__(
        self,
        client: Client,
        kind: str,
        build: Callable[[Iterable[tuple[str, bytes]]], ReplicaT],
        folder: Path,
        clock: Clock = utc_now,
    ) -> None:
        self._client = client
        self.kind = kind
        self._keys = Keys.of(kind)
        self._build = build
        self._path = folder / f"{kind}.snapshot"
        self._clock = clock
        self._replica: ReplicaT | None = None
        self._epoch = ""
        self._sequence = 0
        self._written = (self._epoch, self._sequence)
        self._current_at = dt.datetime.fromtimestamp(0, dt.UTC)
        self._advanced = asyncio.Condition()
        self._subscribers: set[asyncio.Queue[Event | None]] = set()
        self._listeners: list[Listener] = []
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def replica(self) -> ReplicaT:
        """The records.

        Raises:
            Unavailable: nothing could be loaded yet, neither from Redis nor from disk.
        """
        if self._replica is None:
            raise Unavailable(f"the {self.kind} are not loaded yet: their store cannot be reached")
        return self._replica

    @property
    def is_loaded(self) -> bool:
        """Whether there are records to read."""
        return self._replica is not None

    @property
    def sequence(self) -> int:
        """The number of the last change that the replica has."""
        return self._sequence

    @property
    def stale_as_of(self) -> dt.datetime | None:
        """When the replica was last known to be current; None while it is."""
        return stale(self._current_at, self._clock())

    @property
    def current_at(self) -> dt.datetime:
        """When the replica was last known to be current."""
        return self._current_at

    async def start(self) -> None:
        """Load from disk and from Redis, whichever can be had, and go on following."""
        metrics.watch(self.kind, self)
        snapshot = await asyncio.to_thread(read_snapshot, self._path)
        if snapshot is not None:
            self._replica = await asyncio.to_thread(self._build, snapshot.records.items())
            self._epoch, self._sequence = snapshot.epoch, snapshot.sequence
            self._written = (self._epoch, self._sequence)
            self._current_at = snapshot.as_of
            self._publish(None)
        with suppress(redis.exceptions.RedisError, OSError):
            await self._synchronise()
        self._tasks = [
            asyncio.create_task(self._follow(), name=f"follows {self.kind}"),
            asyncio.create_task(self._keep_snapshot(), name=f"keeps the snapshot of {self.kind}"),
        ]

    async def stop(self) -> None:
        """Stop following, and leave a snapshot on disk."""
        await end(self._tasks)
        await self._write_snapshot()

    async def caught_up(self, sequence: int, timeout_s: float = 2.0) -> bool:
        """Wait until the replica has a change, so that its writer reads what it wrote."""
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s), self._advanced:
                await self._advanced.wait_for(lambda: self._sequence >= sequence)
        return self._sequence >= sequence

    async def catch_up(self, timeout_s: float = 2.0) -> bool:
        """Wait until the replica has every change made until now, by whichever process."""
        _, sequence = await self._position()
        return await self.caught_up(sequence, timeout_s)

    def listen(self, listener: Listener) -> None:
        """Have a function of this process told of each change, at once."""
        self._listeners.append(listener)

    @contextmanager
    def subscription(self) -> Iterator[asyncio.Queue[Event | None]]:
        """Changes as they are applied; None means that some were lost, and is the last."""
        queue: asyncio.Queue[Event | None] = asyncio.Queue(SUBSCRIBER_QUEUE)
        self._subscribers.add(queue)
        try:
            yield queue
        finally:
            self._subscribers.discard(queue)

    async def changes_since(self, sequence: int) -> AsyncIterator[tuple[int, str, str]]:
        """Sequence, operation (`c`, `u`, `d`) and id of the kept changes past a number.

        Raises:
            LookupError: the first of them is no longer kept.
        """
        if sequence > self._sequence:
            raise LookupError("no such change yet")
        expected = sequence + 1
        while True:
            entries = await self._client.xrange(
                self._keys.changes, min=f"{expected}-0", count=BATCH
            )
            if not entries:
                if expected <= self._sequence:
                    raise LookupError(f"change {expected} is no longer kept")
                return
            for entry_id, fields in entries:
                number = int(entry_id.partition(b"-")[0])
                if number != expected:
                    raise LookupError(f"change {expected} is no longer kept")
                yield number, fields[b"op"].decode(), fields[b"id"].decode()
                expected += 1

    async def _follow(self) -> None:
        pause_s = 0.05
        reachable = True
        while True:
            try:
                await self._synchronise()
                if not reachable:
                    log.info("following changes again", kind=self.kind)
                pause_s, reachable = 0.05, True
                while await self._read_changes():
                    pass
            except (redis.exceptions.RedisError, OSError) as error:
                if reachable:
                    log.warning("cannot follow changes", kind=self.kind, error=type(error).__name__)
                reachable = False
                await asyncio.sleep(pause_s)
                pause_s = min(1.0, pause_s * 2)

    async def _synchronise(self) -> None:
        """Load everything, unless the changes since the replica's are all still there."""
        epoch, sequence = await self._position()
        if self._replica is not None and epoch == self._epoch and sequence >= self._sequence:
            oldest = await self._client.xrange(self._keys.changes, count=1)
            kept_from = int(oldest[0][0].partition(b"-")[0]) if oldest else sequence + 1
            if kept_from <= self._sequence + 1:
                if sequence == self._sequence:
                    self._current_at = self._clock()
                return
        records: dict[str, bytes] = {}
        cursor = 0
        while True:
            cursor, page = await self._client.hscan(self._keys.records, cursor, count=SCAN)
            records.update((id.decode(), decode_record(record)) for id, record in page.items())
            if cursor == 0:
                break
        replica = await asyncio.to_thread(self._build, records.items())
        self._replica, self._epoch, self._sequence = replica, epoch, sequence
        self._current_at = self._clock()
        self._publish(None)
        log.info("loaded all records", kind=self.kind, count=len(replica))

    async def _position(self) -> tuple[str, int]:
        epoch, sequence = await self._client.mget(self._keys.epoch, self._keys.sequence)
        if epoch is None:  # a new data set
            await self._client.set(self._keys.epoch, secrets.token_hex(8), nx=True)
            epoch = await self._client.get(self._keys.epoch)
        return epoch.decode(), int(sequence or 0)

    async def _read_changes(self) -> bool:
        """Wait for changes and apply them; False when some were missed."""
        asked_at = self._clock()
        answer = await self._client.xread(
            {self._keys.changes: f"{self._sequence}-0"}, count=BATCH, block=BLOCK_MS
        )
        if not answer:
            epoch, sequence = await self._position()
            if epoch != self._epoch or sequence < self._sequence:
                return False
            self._current_at = max(self._current_at, asked_at)
            return True
        entries = answer[0][1] if isinstance(answer, list) else next(iter(answer.values()))
        sequences = [int(entry_id.partition(b"-")[0]) for entry_id, _ in entries]
        if sequences[0] != self._sequence + 1:
            return False
        ids = [fields[b"id"].decode() for _, fields in entries]
        distinct = list(dict.fromkeys(ids))
        values = await self._client.hmget(self._keys.records, distinct)
        latest = dict(zip(distinct, values, strict=True))
        for number, id in zip(sequences, ids, strict=True):
            record = latest[id]
            change = self.replica.apply(id, None if record is None else decode_record(record))
            self._sequence = number
            if change.before != change.after:
                self._publish(Event(number, change))
        if len(entries) < BATCH:
            self._current_at = asked_at
        async with self._advanced:
            self._advanced.notify_all()
        return True

    def _publish(self, event: Event | None) -> None:
        for listener in self._listeners:
            listener(event.change if event else None)
        for queue in list(self._subscribers):
            if event is not None and queue.qsize() < SUBSCRIBER_QUEUE - 1:
                queue.put_nowait(event)
            else:
                queue.put_nowait(None)
                self._subscribers.discard(queue)

    async def _keep_snapshot(self) -> None:
        while True:
            await asyncio.sleep(WRITE_EVERY_S)
            await self._write_snapshot()

    async def _write_snapshot(self) -> None:
        position = (self._epoch, self._sequence)
        if self._replica is None or position == self._written:
            return
        snapshot = Snapshot(*position, self._current_at, dict(self._replica.records()))
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            await asyncio.to_thread(write_snapshot, self._path, snapshot)
            self._written = position
        except OSError as error:
            log.warning("cannot write the snapshot", kind=self.kind, error=error.strerror)


def stale(current_at: dt.datetime, now: dt.datetime) -> dt.datetime | None:
    """When something was last known to be current; None while that is not long ago."""
    return current_at if (now - current_at).total_seconds() > CURRENT_S else None
