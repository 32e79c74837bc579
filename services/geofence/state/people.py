"""Records of people in the database, and the sets of who is inside."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import structlog

from services.chassis.database.client import Client, script
from services.geofence.model.partitions import PARTITIONS, partition_of
from services.geofence.model.people import Person, unpack
from services.geofence.state.devices import LIBRARY, PACKAGE
from services.geofence.state.keys import Keys, inside_key

ENDED_AT_ONCE = 1_000

log = structlog.get_logger()


class Inside(NamedTuple):
    """A device that a set of who is inside holds."""

    partition: int
    hash: bytes


class PeopleRecords:
    """The records of people of all partitions."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._outlived = script(client, PACKAGE, "outlived", (LIBRARY,))

    async def read(self, hashes: Iterable[bytes], now_ms: int) -> dict[bytes, Person]:
        """The people of the hashes that have a record, in one round trip."""
        by_partition: defaultdict[int, list[bytes]] = defaultdict(list)
        for hash in hashes:
            by_partition[partition_of(hash)].append(hash)
        if not by_partition:
            return {}
        pipeline = self._client.pipeline(transaction=False)
        for partition, some in by_partition.items():
            pipeline.hmget(Keys.of(partition).people, some)
        people = {}
        for some, records in zip(by_partition.values(), await pipeline.execute(), strict=True):
            for hash, record in zip(some, records, strict=True):
                person = None if record is None else readable(record)
                if person and not person.is_expired(now_ms):
                    people[hash] = person
        return people

    async def end(self, partition: int, now_ms: int) -> int:
        """Delete the records of a partition whose time is over; answers how many."""
        of = Keys.of(partition)
        keys = [of.people, of.ends, of.keyed, of.known]
        count = 0
        while ended := int(await self._outlived(keys, [now_ms, ENDED_AT_ONCE])):
            count += ended
        return count

    async def by_key(self) -> Counter[int]:
        """How many records stand under each version of the hash key."""
        pipeline = self._client.pipeline(transaction=False)
        for partition in range(PARTITIONS):
            pipeline.hgetall(Keys.of(partition).keyed)
        found: Counter[int] = Counter()
        for counts in await pipeline.execute():
            found.update({int(version): int(count) for version, count in counts.items()})
        return found

    async def adopt(self) -> None:
        """Count no records by their keys any more: those keys are lost, and the records end."""
        pipeline = self._client.pipeline(transaction=False)
        for partition in range(PARTITIONS):
            pipeline.delete(Keys.of(partition).keyed)
        await pipeline.execute()

    async def inside(self, shapes: Sequence[str], after: Inside, limit: int) -> list[Inside]:
        """The next devices that sets of some shapes hold, each once, in order.

        It reads up to `limit` hashes of each partition and shape, in one round trip.
        """
        pipeline = self._client.pipeline(transaction=False)
        partitions = range(after.partition, PARTITIONS)
        for partition in partitions:
            begin = b"(" + after.hash if partition == after.partition and after.hash else b"-"
            for shape in shapes:
                pipeline.zrangebylex(inside_key(partition, shape), begin, b"+", 0, limit)
        answers = iter(await pipeline.execute())
        found: list[Inside] = []
        for partition in partitions:
            hashes = {hash for _ in shapes for hash in next(answers)}
            found += (Inside(partition, hash) for hash in sorted(hashes))
        return found[:limit]


def readable(record: bytes) -> Person | None:
    """The person of a record; None, logged, if it is damaged."""
    try:
        return unpack(record)
    except ValueError:
        log.error("the record of a registered device is damaged and is left out")
        return None
