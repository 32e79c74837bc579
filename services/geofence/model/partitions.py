"""Partitions: devices hash into them, and the keys of one lie in one slot of a cluster."""

PARTITIONS = 64
"""Fixed when a data set is created, and checked when it is used."""


def partition_of(hash: bytes) -> int:
    """The partition of a device, by the keyed hash of its id."""
    return hash[0] % PARTITIONS
