"""Keys of deliveries beside the events of a partition, and the erasure of a subject from them.

The service of events delivers; who owns a subject erases it in the slot where it lies.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from google.protobuf.message import DecodeError

from enrayon.geofence.v1 import geofence_pb2
from services.chassis.database.client import Client
from services.directory.events import event_of


class SubscriptionKeys(NamedTuple):
    """The keys of a partition for one subscription."""

    lease: str
    retry: str
    tries: str
    queued: str
    dead: str

    @classmethod
    def of(cls, partition: str, subscription: str) -> "SubscriptionKeys":
        """The keys of a partition, such as `f17`, and a subscription."""
        return cls(*(f"{{{partition}}}:{name}:{subscription}" for name in cls._fields))


def cursors_key(partition: str) -> str:
    """The cursors of all subscriptions in a partition."""
    return f"{{{partition}}}:cursors"


def queue_key(partition: str, subscription: str, subject: str) -> str:
    """The list of a subject's events that wait for another attempt."""
    return f"{{{partition}}}:queue:{subscription}:{subject}"


def queue_subject(name: str) -> str:
    """The subject of a queue: the name of the resource, of a device without its collection."""
    return name.removeprefix("devices/")


def subject_of(kept: bytes) -> str:
    """The subject of an event as queues and dead letters keep it; empty if it cannot be read."""
    try:
        if kept.startswith(b"{"):
            return event_of(kept).subject
        return geofence_pb2.FenceEvent.FromString(kept).subject
    except (ValueError, DecodeError):
        return ""


async def subscriptions_in(client: Client, partitions: Sequence[str]) -> list[str]:
    """The ids of the subscriptions that have cursors in any of the partitions."""
    pipeline = client.pipeline(transaction=False)
    for partition in partitions:
        pipeline.hkeys(cursors_key(partition))
    return sorted({id.decode() for ids in await pipeline.execute() for id in ids})


async def erase_dead_letters(
    client: Client, partitions: Sequence[str], subscriptions: Iterable[str], subject: str
) -> None:
    """Delete the dead letters about a subject, such as `devices/{subject}`."""
    for subscription in subscriptions:
        keys = [SubscriptionKeys.of(each, subscription).dead for each in partitions]
        pipeline = client.pipeline(transaction=False)
        for key in keys:
            pipeline.xrange(key)
        for key, letters in zip(keys, await pipeline.execute(), strict=True):
            for id, fields in letters:
                if subject_of(fields[b"e"]) == subject:
                    await client.xdel(key, id)
