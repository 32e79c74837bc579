"""Names of the keys of a partition; `services.geofence` describes the content of each."""

from typing import NamedTuple


def tag(partition: int) -> str:
    """The hash tag of a partition."""
    return f"{{f{partition:02}}}"


class Keys(NamedTuple):
    """The keys of one partition."""

    devices: str
    timers: str
    events: str
    cursors: str
    used: str
    wake: str
    crossing: str
    people: str
    ends: str
    keyed: str
    known: str

    @classmethod
    def of(cls, partition: int) -> "Keys":
        """The keys of a partition."""
        return cls(*(f"{tag(partition)}:{name}" for name in cls._fields))


class DeliveryKeys(NamedTuple):
    """The keys of one partition for one subscription."""

    lease: str
    retry: str
    tries: str
    queued: str
    dead: str

    @classmethod
    def of(cls, partition: int, subscription: str) -> "DeliveryKeys":
        """The keys of a partition and a subscription."""
        return cls(*(f"{tag(partition)}:{name}:{subscription}" for name in cls._fields))


def queue_key(partition: int, subscription: str, subject: str) -> str:
    """The list of a subject's events that wait for another attempt."""
    return f"{tag(partition)}:queue:{subscription}:{subject}"


def trips_key(partition: int, store: str) -> str:
    """The trips of a partition to a store."""
    return f"{tag(partition)}:trips:{store}"


def inside_key(partition: int, shape: str) -> str:
    """The registered devices of a partition that are inside a shape, by its key."""
    return f"{tag(partition)}:inside:{shape}"
