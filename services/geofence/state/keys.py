"""Names of the keys of a partition; `services.geofence` describes the content of each."""

from functools import cache
from typing import NamedTuple


def partition_name(partition: int) -> str:
    """The name of a partition, for example `f17`."""
    return f"f{partition:02}"


def tag(partition: int) -> str:
    """The hash tag of a partition."""
    return f"{{{partition_name(partition)}}}"


class Keys(NamedTuple):
    """The keys of one partition."""

    devices: str
    timers: str
    events: str
    wake: str
    crossing: str
    people: str
    ends: str
    keyed: str
    known: str

    @classmethod
    @cache
    def of(cls, partition: int) -> "Keys":
        """The keys of a partition."""
        return cls(*(f"{tag(partition)}:{name}" for name in cls._fields))


def trips_key(partition: int, store: str) -> str:
    """The trips of a partition to a store."""
    return f"{tag(partition)}:trips:{store}"


def inside_key(partition: int, shape: str) -> str:
    """The registered devices of a partition that are inside a shape, by its key."""
    return f"{tag(partition)}:inside:{shape}"
