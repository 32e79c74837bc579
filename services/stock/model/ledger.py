"""Entries of the ledger, and the reconciliation of levels with them."""

import struct
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

LINE = struct.Struct("<iiiIHI")
"""The layout of lua/library.lua, past the SKU."""
FED = ("set", "adjust")
"""Kinds of entries that feeds cause; all others are about a hold."""

EntryId = tuple[int, int]
"""The id of a stream's entry in an order that can be compared: milliseconds, then a number."""


class Line(NamedTuple):
    """The change of one level by a movement, and the level after it."""

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
    """`set`, `adjust`, `HANDED`, `RETURNED`, `RELEASED`, or the state that a hold came to."""
    store: str
    about: str
    """The hold, or the source of a feed."""
    lines: tuple[Line, ...]

    @property
    def is_fed(self) -> bool:
        """True if a feed caused it; else it is about a hold."""
        return self.kind in FED


@dataclass(frozen=True, slots=True)
class Drift:
    """A figure that differs from the sum of movements or holds."""

    store: str
    sku: str
    kind: str
    """`ledger`, `holds` or `total`."""
    expected: int
    actual: int


class Counted(NamedTuple):
    """The levels, holds and checkpoint of one store at one moment."""

    levels: Mapping[str, tuple[int, int, int]]
    """SKU -> on_hand, reserved (expired holds included until they are swept), version."""
    held: Mapping[str, int]
    """SKU -> units of all holds that are not ended."""
    trimmed: tuple[int, int]
    """Sums of the trimmed part of the ledger: on_hand, reserved."""


def entry_id(id: str) -> EntryId:
    """The id of an entry, from its text `milliseconds-number`."""
    milliseconds, _, number = id.partition("-")
    return int(milliseconds), int(number or 0)


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
    """The figures that differ.

    Args:
        stores: Store -> its figures.
        entries: All that are not trimmed. Entries later than a level are left out by version.
    """
    lines: defaultdict[tuple[str, str], list[Line]] = defaultdict(list)
    for entry in entries:
        for line in entry.lines:
            lines[entry.store, line.sku].append(line)
    for store, counted in stores.items():
        on_hand_before = reserved_before = 0
        for sku, (on_hand, reserved, version) in counted.levels.items():
            past = [line for line in lines[store, sku] if line.version <= version]
            yield from _broken_chain(store, sku, past, on_hand, reserved, version)
            on_hand_before += on_hand - sum(line.on_hand_change for line in past)
            reserved_before += reserved - sum(line.reserved_change for line in past)
            held = counted.held.get(sku, 0)
            if held != reserved:
                yield Drift(store, sku, "holds", held, reserved)
        before = (on_hand_before, reserved_before)
        for expected, actual in zip(counted.trimmed, before, strict=True):
            if expected != actual:
                yield Drift(store, "", "total", expected, actual)


def _broken_chain(
    store: str, sku: str, lines: list[Line], on_hand: int, reserved: int, version: int
) -> Iterator[Drift]:
    """The first movement that does not end where the next one begins, or the last at the level."""
    ends = [
        (line.on_hand - line.on_hand_change, line.reserved - line.reserved_change, line.version - 1)
        for line in lines[1:]
    ]
    ends.append((on_hand, reserved, version))
    for line, expected in zip(lines, ends, strict=False):  # no lines: all are trimmed
        for told, found in zip((line.on_hand, line.reserved, line.version), expected, strict=True):
            if told != found:
                yield Drift(store, sku, "ledger", told, found)
                return
