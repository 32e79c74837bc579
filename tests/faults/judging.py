"""Judges deliveries of events by what their readers received."""

from collections import defaultdict
from collections.abc import Sequence

Told = tuple[str, int, str]
"""The device, the number of the event for that device, and the id of the event."""


def judge(told: Sequence[Told], expected: int) -> tuple[int, int, int]:
    """Lost events, duplicates, and devices out of order.

    Raises:
        AssertionError: a duplicate came under another id.
    """
    ids: defaultdict[tuple[str, int], set[str]] = defaultdict(set)
    first: defaultdict[str, list[int]] = defaultdict(list)
    for device, number, id in told:
        if (device, number) not in ids:
            first[device].append(number)
        ids[device, number].add(id)
    assert all(len(some) == 1 for some in ids.values()), "a duplicate came with another id"
    out_of_order = sum(numbers != sorted(numbers) for numbers in first.values())
    return expected - len(ids), len(told) - len(ids), out_of_order
