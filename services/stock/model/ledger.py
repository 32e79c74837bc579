"""Movements as the ledger has them, and whether levels are what they add up to."""

import struct
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

LINE = struct.Struct("<iiiIHI")
FED = ("set", "adjust")


class Line(NamedTuple):
    """What one movement did to one level, and the level after it."""

    sku: str
    on_hand_change: int
    reserved_change: int
    on_hand: int
    reserved: int
    safety: int
    version: int


class Entry(NamedTuple):
    """One movement of one store."""

    id: str
    kind: str
    """`set`, `adjust`, `HANDED`, or the state that a hold came to."""
    store: str
    about: str
    """The hold, or the source of a feed."""
    lines: tuple[Line, ...]

    @property
    def is_fed(self) -> bool:
        """Whether a feed told it; else it is about a hold."""
        return self.kind in FED


@dataclass(frozen=True, slots=True)
class Drift:
    """A figure that is not what the movements or the holds say."""

    store: str
    sku: str
    kind: str
    expected: int
    actual: int


class Counted(NamedTuple):
    """What one store has, read in one act."""

    levels: Mapping[str, tuple[int, int, int]]
    """SKU -> on_hand, reserved (expired holds included until they are swept), version."""
    held: Mapping[str, int]
    """SKU -> units of all holds that were not ended."""
    trimmed: tuple[int, int]
    """What the trimmed part of the ledger adds up to: on_hand, reserved."""


def entry_of(id: bytes, fields: Mapping[bytes, bytes]) -> Entry:
    """An entry of the stream."""
    return Entry(
        id.decode(),
        fields[b"k"].decode(),
        fields[b"s"].decode(),
        fields[b"a"].decode(),
        tuple(lines_of(fields[b"d"])),
    )


def lines_of(packed: bytes) -> Iterator[Line]:
    """The packed lines of an entry."""
    at = 0
    while at < len(packed):
        end = at + 1 + packed[at]
        yield Line(packed[at + 1 : end].decode(), *LINE.unpack_from(packed, end))
        at = end + LINE.size


def drifts(stores: Mapping[str, Counted], entries: Iterable[Entry]) -> Iterator[Drift]:
    """What differs. The entries are all that were not trimmed; later ones than a level is, are left
    out by their version.
    """
    lines: defaultdict[tuple[str, str], list[Line]] = defaultdict(list)
    for entry in entries:
        for line in entry.lines:
            lines[entry.store, line.sku].append(line)
    for store, counted in stores.items():
        on_hand_before = reserved_before = 0
        for sku, (on_hand, reserved, version) in counted.levels.items():
            known = [line for line in lines[store, sku] if line.version <= version]
            yield from _broken_chain(store, sku, known, on_hand, reserved, version)
            on_hand_before += on_hand - sum(line.on_hand_change for line in known)
            reserved_before += reserved - sum(line.reserved_change for line in known)
            held = counted.held.get(sku, 0)
            if held != reserved:
                yield Drift(store, sku, "holds", held, reserved)
        before = (on_hand_before, reserved_before)
        for expected, actual in zip(counted.trimmed, before, strict=True):
            if expected != actual:
                yield Drift(store, "", "total", expected, actual)


def _broken_chain(
    store: str, sku: str, known: list[Line], on_hand: int, reserved: int, version: int
) -> Iterator[Drift]:
    """Each movement must begin where the one before ended, and the last one end at the level."""
    for number, line in enumerate(known):
        after = (
            (
                (n := known[number + 1]).on_hand - n.on_hand_change,
                n.reserved - n.reserved_change,
                n.version - 1,
            )
            if number + 1 < len(known)
            else (on_hand, reserved, version)
        )
        expected = (line.on_hand, line.reserved, line.version)
        if expected != after:
            wrong = next(i for i in range(3) if expected[i] != after[i])
            yield Drift(store, sku, "ledger", expected[wrong], after[wrong])
            return
