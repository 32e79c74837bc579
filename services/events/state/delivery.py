"""Deliveries in the database: cursors and leases of subscriptions, retry queues, dead letters."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from services.chassis.database.client import Client, Value, grouped_script, many_script, script
from services.directory.deliveries import SubscriptionKeys, cursors_key, queue_key
from services.events.model.sources import BY_PARTITION, PARTITIONS, TRIMMED, stream_of

PACKAGE = "services.events"

TRIM_AT_ONCE = 10_000
"""The most events that one trim of a partition looks at."""

Entry = tuple[str, Mapping[bytes, bytes]]
"""The id of an entry of a stream, and its fields."""


class Place(NamedTuple):
    """A subscription in one partition. Each place has a lease of its own."""

    subscription: str
    partition: str


class Batch(NamedTuple):
    """The next events of a subscription in a partition whose lease this process holds."""

    cursor: str
    entries: list[Entry]
    queued_subjects: frozenset[str]
    """Subjects with events in the retry queue: their later events must queue up behind them."""


class Expired(NamedTuple):
    """The subscription was not read for too long: events that it needs are gone."""


class QueueHead(NamedTuple):
    """The first event in the retry queue of a subject."""

    place: Place
    subject: str
    event: bytes
    """Empty when the queue is."""
    tries: int


class DeadLetter(NamedTuple):
    """An event that could not be delivered."""

    place: Place
    id: str
    event: bytes
    reason: str


class Delivery:
    """Cursors, leases, retry queues and dead letters of all subscriptions."""

    def __init__(
        self, client: Client, queue: int, dead_letters: int, lease_ms: int = 20_000
    ) -> None:
        """Prepare the scripts.

        Args:
            client: Of the database.
            queue: The most events in the retry queues of a place.
            dead_letters: The most dead letters of a place.
            lease_ms: How long a lease lasts unless it is renewed.
        """
        self._client = client
        self._queue = queue
        self._dead_letters = dead_letters
        self.lease_ms = lease_ms
        self._follow = many_script(client, PACKAGE, "follow")
        self._begin = many_script(client, PACKAGE, "begin")
        self._advance = many_script(client, PACKAGE, "advance")
        self._release = many_script(client, "services.chassis.database", "release")
        self._trim = grouped_script(client, PACKAGE, "trim")
        self._settle = script(client, PACKAGE, "settle")
        self._retried = script(client, PACKAGE, "retried")
        self._replay = script(client, PACKAGE, "replay")

    async def begin(
        self, subscription: str, partitions: Iterable[str], now_ms: int, *, from_now: bool = False
    ) -> None:
        """Set the cursors of a subscription that has none, or all with `from_now`, to the end."""
        args: list[Value] = [subscription, now_ms, int(from_now)]
        await self._begin([(begin_keys(partition), args) for partition in partitions])

    async def follow(
        self, wanted: Mapping[Place, tuple[str, int]], holder: str, now_ms: int
    ) -> dict[Place, Batch | Expired]:
        """Take or renew leases, and read the next entries of each place.

        Args:
            wanted: By place, the id to read after ("" for the cursor) and the number of entries.
            holder: This reader or deliverer.
            now_ms: The server's clock.

        Returns:
            By place, without the places whose lease another holds.
        """
        calls = []
        for (subscription, partition), (after, count) in wanted.items():
            of = SubscriptionKeys.of(partition, subscription)
            keys = (of.lease, *begin_keys(partition), of.retry)
            calls.append((keys, (subscription, holder, self.lease_ms, now_ms, after, count)))
        found: dict[Place, Batch | Expired] = {}
        for place, answer in zip(wanted, await self._follow(calls), strict=True):
            if answer[0] == 2:
                found[place] = Expired()
            elif answer[0] == 1:
                batch = batch_of(answer)
                is_log = BY_PARTITION[place.partition].has_log
                found[place] = unbroken(batch, wanted[place][0]) if is_log else batch
        return found

    async def advance(self, moves: Mapping[Place, str]) -> None:
        """Move cursors forward to entries that are finished with."""
        await self._advance(
            [
                ((cursors_key(partition),), (subscription, id))
                for (subscription, partition), id in moves.items()
            ]
        )

    async def settle(
        self,
        place: Place,
        holder: str,
        last_id: str,
        failed: Iterable[tuple[str, bytes]],
        again_ms: int,
    ) -> bool:
        """Move a cursor past entries, and failed events to the retry queues of their subjects.

        Args:
            place: The place.
            holder: This deliverer.
            last_id: The last entry that is finished with.
            failed: Subject and event.
            again_ms: When to try them again, those whose subjects do not wait already.

        Returns:
            False when the lease is lost: nothing has changed then.
        """
        of = SubscriptionKeys.of(place.partition, place.subscription)
        keys = [of.lease, cursors_key(place.partition), of.retry, of.tries, of.queued, of.dead]
        args: list[Value] = [place.subscription, holder, last_id, self._queue]
        args += [self._dead_letters, again_ms]
        for subject, event in failed:
            args += [queue_number(keys, place, subject), subject, event]
        return bool(await self._settle(keys, args))

    async def due(self, places: Sequence[Place], now_ms: int, limit: int) -> list[QueueHead]:
        """The events whose next attempt is due, the first of each subject, longest due first."""
        pipeline = self._client.pipeline(transaction=False)
        for place in places:
            key = SubscriptionKeys.of(place.partition, place.subscription).retry
            pipeline.zrange(key, "-inf", now_ms, byscore=True, withscores=True, offset=0, num=limit)
        due = [
            (place, subject.decode(), int(due_ms))
            for place, subjects in zip(places, await pipeline.execute(), strict=True)
            for subject, due_ms in subjects
        ]
        due.sort(key=lambda each: each[2])
        pipeline = self._client.pipeline(transaction=False)
        for (subscription, partition), subject, _ in due:
            pipeline.lindex(queue_key(partition, subscription, subject), 0)
            pipeline.hget(SubscriptionKeys.of(partition, subscription).tries, subject)
        answers = await pipeline.execute() if due else []
        return [
            QueueHead(place, subject, event or b"", int(tries or 0))
            for (place, subject, _), event, tries in zip(
                due, answers[::2], answers[1::2], strict=True
            )
        ]

    async def retried(
        self, head: QueueHead, holder: str, outcome: str, again_ms: int, reason: str = ""
    ) -> bool:
        """Note the outcome of another attempt.

        Args:
            head: The event that was tried.
            holder: This deliverer.
            outcome: `ok` delivered, `later` to be tried again, `probed` the same of an endpoint
                that fails, `dead` given up.
            again_ms: When to try the event again, or the next one of the subject.
            reason: Why the event is given up.

        Returns:
            False when the lease is lost or nothing waits any more.
        """
        place = head.place
        of = SubscriptionKeys.of(place.partition, place.subscription)
        queue = queue_key(place.partition, place.subscription, head.subject)
        keys = [of.lease, of.retry, of.tries, of.queued, of.dead, queue]
        args: list[Value] = [holder, head.subject, outcome, again_ms]
        return bool(await self._retried(keys, [*args, self._dead_letters, reason]))

    async def dead_letters(self, subscription: str) -> list[DeadLetter]:
        """The dead letters of a subscription, in the order in which they were given up."""
        pipeline = self._client.pipeline(transaction=False)
        for partition in PARTITIONS:
            pipeline.xrange(SubscriptionKeys.of(partition, subscription).dead)
        found = [
            DeadLetter(
                Place(subscription, partition), id.decode(), fields[b"e"], fields[b"r"].decode()
            )
            for partition, entries in zip(PARTITIONS, await pipeline.execute(), strict=True)
            for id, fields in entries
        ]
        return sorted(found, key=order_of)

    async def replay(
        self, place: Place, letters: Sequence[tuple[DeadLetter, str]], at_ms: int
    ) -> int:
        """Queue dead letters of one place again, each with its subject; answers how many."""
        of = SubscriptionKeys.of(place.partition, place.subscription)
        keys = [of.retry, of.tries, of.queued, of.dead]
        args: list[Value] = [at_ms]
        for letter, subject in letters:
            args += [letter.id, queue_number(keys, place, subject), subject, letter.event]
        return int(await self._replay(keys, args))

    async def release(self, places: Iterable[Place], holder: str) -> None:
        """Give leases back, so that another process need not wait for their end."""
        await self._release(
            [((SubscriptionKeys.of(p.partition, p.subscription).lease,), (holder,)) for p in places]
        )

    async def trim(self, now_ms: int, idle_ms: int, backlog: int) -> tuple[int, int]:
        """Drop events that no subscription needs; answers how many, and how many places expired."""
        args: list[Value] = [now_ms, idle_ms, backlog, TRIM_AT_ONCE]
        keys = [list(trim_keys(partition)) for partition in TRIMMED]
        answers = await self._trim(keys, args)
        return sum(answer[0] for answer in answers), sum(answer[1] for answer in answers)

    async def forget(self, subscription: str, partitions: Iterable[str] = PARTITIONS) -> None:
        """Delete all that is kept for a subscription in the partitions."""
        for partition in partitions:
            of = SubscriptionKeys.of(partition, subscription)
            subjects = await self._client.zrange(of.retry, 0, -1)
            cursors, used, _ = begin_keys(partition)
            pipeline = self._client.pipeline(transaction=False)
            pipeline.hdel(cursors, subscription)
            pipeline.hdel(used, subscription)
            doomed = [queue_key(partition, subscription, s.decode()) for s in subjects]
            pipeline.delete(*of, *doomed)
            await pipeline.execute()

    async def standing(
        self, subscription: str, partitions: Sequence[str], now_ms: int
    ) -> dict[str, float]:
        """The values of `metrics.STANDING`; at most 100 events a partition are counted."""
        pipeline = self._client.pipeline(transaction=False)
        for partition in partitions:
            pipeline.hget(cursors_key(partition), subscription)
        cursors = await pipeline.execute()
        pipeline = self._client.pipeline(transaction=False)
        for partition, cursor in zip(partitions, cursors, strict=True):
            of = SubscriptionKeys.of(partition, subscription)
            known = cursor.decode() if cursor and cursor != b"-" else "0-0"
            pipeline.xrange(stream_of(partition), min=f"({known}", count=100)
            pipeline.get(of.queued)
            pipeline.xlen(of.dead)
        answers = await pipeline.execute()
        lagging = answers[::3]
        oldest = [time_of(*entries[0]) for entries in lagging if entries]
        return {
            "lag": float(sum(map(len, lagging))),
            "queued": float(sum(int(count or 0) for count in answers[1::3])),
            "dead": float(sum(answers[2::3])),
            "oldest_s": max(0.0, (now_ms - min(oldest)) / 1000) if oldest else 0.0,
        }


def begin_keys(partition: str) -> tuple[str, str, str]:
    """The keys of `begin.lua`: cursors, times of use, and the stream."""
    return cursors_key(partition), f"{{{partition}}}:used", stream_of(partition)


def trim_keys(partition: str) -> tuple[str, str, str]:
    """The keys of `trim.lua` for a partition."""
    cursors, used, stream = begin_keys(partition)
    return stream, cursors, used


def batch_of(answer: Sequence[Any]) -> Batch:
    """The batch of an answer of `follow.lua`."""
    _, cursor, entries, queued = answer
    return Batch(
        cursor.decode(),
        [
            (id.decode(), dict(zip(fields[::2], fields[1::2], strict=True)))
            for id, fields in entries
        ],
        frozenset(subject.decode() for subject in queued),
    )


def unbroken(batch: Batch, after: str) -> Batch | Expired:
    """A batch of a log of changes, unless changes before it are no longer kept.

    Changes are numbered without gaps, and the log keeps the latest, whoever has read them.
    """
    if not batch.entries:
        return batch
    reached, _ = entry_id(after or batch.cursor)
    first, _ = entry_id(batch.entries[0][0])
    return batch if first == reached + 1 else Expired()


def time_of(id: bytes, fields: Mapping[bytes, bytes]) -> int:
    """When an entry was written, in ms; changes of records say it, for others it is in the id."""
    return int(fields.get(b"at", 0)) if b"op" in fields else entry_id(id.decode())[0]


def queue_number(keys: list[str], place: Place, subject: str) -> int:
    """The index of a subject's queue in KEYS, which count from 1; added when it is missing."""
    key = queue_key(place.partition, place.subscription, subject)
    if key not in keys:
        keys.append(key)
    return keys.index(key) + 1


def order_of(letter: DeadLetter) -> tuple[tuple[int, int], str]:
    """The key that orders dead letters: when they were given up, then the partition."""
    return entry_id(letter.id), letter.place.partition


def entry_id(text: str) -> tuple[int, int]:
    """The id of an entry of a stream, as numbers that compare in the order of the stream."""
    milliseconds, _, number = text.partition("-")
    return int(milliseconds), int(number or 0)
