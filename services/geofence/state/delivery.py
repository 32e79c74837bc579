"""Where each subscription stands in the events of each partition, and what waits of them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from services.chassis.database.client import Client, Value, many_script, script
from services.geofence.model.partitions import PARTITIONS, DeliveryKeys, Keys, queue_key
from services.geofence.state.devices import PACKAGE

TRIM_AT_ONCE = 10_000

Entry = tuple[str, bytes]
"""Id and event."""


class Place(NamedTuple):
    """A subscription in a partition."""

    subscription: str
    partition: int


class Batch(NamedTuple):
    """What comes next for a subscription in a partition whose lease is held."""

    cursor: str
    entries: list[Entry]
    held: frozenset[str]
    """Subjects of which earlier events wait: later ones must wait too."""


class Expired(NamedTuple):
    """The subscription was away for too long."""


class Waiting(NamedTuple):
    """The first event that waits of a subject, and how often it was tried."""

    place: Place
    subject: str
    event: bytes
    tries: int


class Letter(NamedTuple):
    """A dead letter."""

    place: Place
    id: str
    event: bytes
    reason: str


class Delivery:
    """Cursors, leases, queues and dead letters."""

    def __init__(
        self, client: Client, queue: int, dead_letters: int, lease_ms: int = 20_000
    ) -> None:
        self._client = client
        self._queue = queue
        self._dead_letters = dead_letters
        self.lease_ms = lease_ms
        """So long after its last sign of life another may take over from a deliverer."""
        self._follow = many_script(client, PACKAGE, "follow")
        self._begin = many_script(client, PACKAGE, "begin")
        self._advance = many_script(client, PACKAGE, "advance")
        self._release = many_script(client, PACKAGE, "release")
        self._trim = many_script(client, PACKAGE, "trim")
        self._settle = script(client, PACKAGE, "settle")
        self._retried = script(client, PACKAGE, "retried")
        self._replay = script(client, PACKAGE, "replay")

    async def begin(self, subscription: str, now_ms: int, *, anew: bool = False) -> None:
        """Let a subscription begin with what comes now, unless it has begun and is not to anew."""
        args: list[Value] = [subscription, now_ms, int(anew)]
        keys = [Keys.of(partition) for partition in range(PARTITIONS)]
        await self._begin([((of.cursors, of.used, of.events), args) for of in keys])

    async def follow(
        self, wanted: Mapping[Place, tuple[str, int]], holder: str, now_ms: int
    ) -> dict[Place, Batch | Expired]:
        """Take or renew leases, and read so many entries after the ids; "" is the cursor.

        Places whose lease another has are left out.
        """
        calls = []
        for (subscription, partition), (after, count) in wanted.items():
            of, delivery = Keys.of(partition), DeliveryKeys.of(partition, subscription)
            keys = (delivery.lease, of.cursors, of.used, of.events, delivery.retry)
            calls.append((keys, (subscription, holder, self.lease_ms, now_ms, after, count)))
        found: dict[Place, Batch | Expired] = {}
        for place, answer in zip(wanted, await self._follow(calls), strict=True):
            if answer[0] == 2:
                found[place] = Expired()
            elif answer[0] == 1:
                _, cursor, entries, held = answer
                found[place] = Batch(
                    cursor.decode(),
                    [(id.decode(), fields[1]) for id, fields in entries],
                    frozenset(subject.decode() for subject in held),
                )
        return found

    async def advance(self, moves: Mapping[Place, str]) -> None:
        """Move cursors forward to entries that are done with."""
        await self._advance(
            [
                ((Keys.of(partition).cursors,), (subscription, id))
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
        """Move a cursor past entries, those that failed to the queues of their subjects.

        False when the lease is lost: then nothing has changed.
        """
        of = DeliveryKeys.of(place.partition, place.subscription)
        keys = [of.lease, Keys.of(place.partition).cursors, of.retry, of.tries, of.queued, of.dead]
        args: list[Value] = [place.subscription, holder, last_id, self._queue]
        args += [self._dead_letters, again_ms]
        for subject, event in failed:
            args += [place_of(keys, place, subject), subject, event]
        return bool(await self._settle(keys, args))

    async def waiting(self, places: Sequence[Place], now_ms: int, limit: int) -> list[Waiting]:
        """The events that are to be tried again by now."""
        pipeline = self._client.pipeline(transaction=False)
        for place in places:
            key = DeliveryKeys.of(place.partition, place.subscription).retry
            pipeline.zrange(key, "-inf", now_ms, byscore=True, offset=0, num=limit)
        due = [
            (place, subject.decode())
            for place, subjects in zip(places, await pipeline.execute(), strict=True)
            for subject in subjects
        ]
        pipeline = self._client.pipeline(transaction=False)
        for (subscription, partition), subject in due:
            pipeline.lindex(queue_key(partition, subscription, subject), 0)
            pipeline.hget(DeliveryKeys.of(partition, subscription).tries, subject)
        answers = await pipeline.execute() if due else []
        return [
            Waiting(place, subject, event or b"", int(tries or 0))
            for (place, subject), event, tries in zip(due, answers[::2], answers[1::2], strict=True)
        ]

    async def retried(
        self, waiting: Waiting, holder: str, outcome: str, again_ms: int, reason: str = ""
    ) -> bool:
        """What became of another attempt: `ok`, `later` or `dead`; False when the lease is lost."""
        place = waiting.place
        of = DeliveryKeys.of(place.partition, place.subscription)
        queue = queue_key(place.partition, place.subscription, waiting.subject)
        keys = [of.lease, of.retry, of.tries, of.queued, of.dead, queue]
        args: list[Value] = [holder, waiting.subject, outcome, again_ms]
        return bool(await self._retried(keys, [*args, self._dead_letters, reason]))

    async def letters(self, subscription: str) -> list[Letter]:
        """The dead letters of a subscription, those given up first first."""
        pipeline = self._client.pipeline(transaction=False)
        for partition in range(PARTITIONS):
            pipeline.xrange(DeliveryKeys.of(partition, subscription).dead)
        found = [
            Letter(Place(subscription, partition), id.decode(), fields[b"e"], fields[b"r"].decode())
            for partition, entries in enumerate(await pipeline.execute())
            for id, fields in entries
        ]
        return sorted(found, key=lambda letter: (position(letter.id), letter.place.partition))

    async def replay(self, place: Place, letters: Sequence[tuple[Letter, str]], at_ms: int) -> int:
        """Queue dead letters of one place once more, each with its subject; how many."""
        of = DeliveryKeys.of(place.partition, place.subscription)
        keys = [of.retry, of.tries, of.queued, of.dead]
        args: list[Value] = [at_ms]
        for letter, subject in letters:
            args += [letter.id, place_of(keys, place, subject), subject, letter.event]
        return int(await self._replay(keys, args))

    async def delete_letters(self, letters: Iterable[Letter]) -> None:
        """Delete dead letters."""
        for letter in letters:
            place = letter.place
            await self._client.xdel(
                DeliveryKeys.of(place.partition, place.subscription).dead, letter.id
            )

    async def release(self, places: Iterable[Place], holder: str) -> None:
        """Give leases back, so that another need not wait."""
        await self._release(
            [((DeliveryKeys.of(p.partition, p.subscription).lease,), (holder,)) for p in places]
        )

    async def trim(self, now_ms: int, idle_ms: int, backlog: int) -> tuple[int, int]:
        """Drop what nobody needs; how many events were dropped, how many places expired."""
        args: list[Value] = [now_ms, idle_ms, backlog, TRIM_AT_ONCE]
        keys = [Keys.of(partition) for partition in range(PARTITIONS)]
        answers = await self._trim([((of.events, of.cursors, of.used), args) for of in keys])
        return sum(answer[0] for answer in answers), sum(answer[1] for answer in answers)

    async def forget(self, subscription: str) -> None:
        """Delete all that is kept for a subscription."""
        for partition in range(PARTITIONS):
            of, keys = DeliveryKeys.of(partition, subscription), Keys.of(partition)
            subjects = await self._client.zrange(of.retry, 0, -1)
            pipeline = self._client.pipeline(transaction=False)
            pipeline.hdel(keys.cursors, subscription)
            pipeline.hdel(keys.used, subscription)
            doomed = [queue_key(partition, subscription, s.decode()) for s in subjects]
            pipeline.delete(*of, *doomed)
            await pipeline.execute()

    async def figures(self, subscription: str, now_ms: int) -> dict[str, float]:
        """How far a subscription lags: events (up to 100 a partition), waiting, dead, oldest."""
        pipeline = self._client.pipeline(transaction=False)
        for partition in range(PARTITIONS):
            pipeline.hget(Keys.of(partition).cursors, subscription)
        cursors = await pipeline.execute()
        pipeline = self._client.pipeline(transaction=False)
        for partition, cursor in enumerate(cursors):
            of = DeliveryKeys.of(partition, subscription)
            known = cursor.decode() if cursor and cursor != b"-" else "0-0"
            pipeline.xrange(Keys.of(partition).events, min=f"({known}", count=100)
            pipeline.get(of.queued)
            pipeline.xlen(of.dead)
        answers = await pipeline.execute()
        lagging = answers[::3]
        oldest = [position(entries[0][0].decode())[0] for entries in lagging if entries]
        return {
            "lag": float(sum(map(len, lagging))),
            "queued": float(sum(int(count or 0) for count in answers[1::3])),
            "dead": float(sum(answers[2::3])),
            "oldest_s": (now_ms - min(oldest)) / 1000 if oldest else 0.0,
        }


def place_of(keys: list[str], place: Place, subject: str) -> int:
    """The place in KEYS of a subject's queue, which is added when it is not there."""
    key = queue_key(place.partition, place.subscription, subject)
    if key not in keys:
        keys.append(key)
    return keys.index(key) + 1


def position(id: str) -> tuple[int, int]:
    """An entry's id as numbers that can be compared."""
    milliseconds, _, number = id.partition("-")
    return int(milliseconds), int(number or 0)
