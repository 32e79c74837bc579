"""The outboxes of facts that holds and trips keep for each other."""

from services.chassis.clock import Clock
from services.chassis.database.client import Client
from services.chassis.database.outbox import Outbox

PARTITIONS = 64
"""Of stores, and of devices; both services have as many."""
ERASED_MARK = "{fences}:erased"
"""Set while the log of the database holds something erased. The value is a time: a later erasure
sets another."""


async def mark_erased(client: Client, clock: Clock) -> None:
    """Note that something was erased, so that the log of the database is rewritten without it."""
    await client.set(ERASED_MARK, round(clock().timestamp() * 1000))


def trip_facts(client: Client) -> Outbox:
    """What trips tell holds."""
    return _outbox(client, "f")


def hold_facts(client: Client) -> Outbox:
    """What holds tell trips."""
    return _outbox(client, "s")


def _outbox(client: Client, kind: str) -> Outbox:
    tags = [f"{{{kind}{partition:02}}}" for partition in range(PARTITIONS)]
    keys, wakes = ([f"{tag}:{name}" for tag in tags] for name in ("crossing", "wake"))
    return Outbox(client, keys, wakes)
