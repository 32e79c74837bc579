"""Sources of events: the partitions in which they lie, and the types that each tells."""

from collections.abc import Collection
from typing import NamedTuple

from services.directory.events import partitions, stream_key
from services.directory.keys import HOURS, STORES, Keys


class Source(NamedTuple):
    """A service that tells events."""

    name: str
    kinds: tuple[str, ...]
    """The first parts of its types."""
    partitions: tuple[str, ...]
    has_log: bool = False
    """True if its events are the changes of records, which other followers need too."""


FENCES = Source("geofence", ("fence", "trip", "rule"), tuple(partitions("f")))
SOURCES = (
    FENCES,
    Source("stock", ("reservation", "alert"), tuple(partitions("s"))),
    Source("stores", ("store",), (STORES,), has_log=True),
    Source("hours", ("hours", "closure"), (HOURS,), has_log=True),
)
BY_PARTITION = {partition: source for source in SOURCES for partition in source.partitions}
PARTITIONS = tuple(BY_PARTITION)
"""All partitions."""
TRIMMED = tuple(name for name, source in BY_PARTITION.items() if not source.has_log)
"""The partitions whose streams are there for subscriptions alone."""


def kind_of(type: str) -> str:
    """The kind of a type: `trip` of `trip.arrived`."""
    return type.partition(".")[0]


def stream_of(partition: str) -> str:
    """The stream of a partition."""
    if BY_PARTITION[partition].has_log:
        return Keys.of(partition).changes
    return stream_key(partition)


def partitions_for(types: Collection[str]) -> list[str]:
    """The partitions with events of some types; of all types if there is none."""
    kinds = {kind_of(type) for type in types}
    return [
        partition
        for partition, source in BY_PARTITION.items()
        if not types or kinds.intersection(source.kinds)
    ]
