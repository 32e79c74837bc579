"""What the log of the database says of stock: levels, holds, slots, movements and events.

It is read apart from the code under test: by the commands that the database itself has logged.
"""

import struct
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import hiredis
import orjson

LIVE = {"CONFIRMED", "PREPARING", "READY"}
HEADER = struct.Struct("<iIHIIBBB")
FUTURE = struct.Struct("<HI")
SOURCE_BYTES = 8


class Level(NamedTuple):
    """The units of a product at a store."""

    on_hand: int
    reserved: int
    safety: int
    version: int
    sell: int
    future_units: int
    as_of_s: int

    @property
    def free(self) -> int:
        """Units that nobody has, those to come included; below 0 when more are promised."""
        return self.on_hand - self.safety - self.reserved + self.future_units


def level_of(raw: bytes) -> Level:
    """The level in a packed field."""
    on_hand, reserved, safety, as_of_s, version, sell, futures, sources = HEADER.unpack_from(raw)
    at = HEADER.size + SOURCE_BYTES * sources
    units = sum(FUTURE.unpack_from(raw, at + FUTURE.size * n)[1] for n in range(futures))
    return Level(on_hand, reserved, safety, version, sell, units, as_of_s)


READ: Mapping[str, Callable[[bytes], Any]] = {
    "levels": level_of,
    "holds": orjson.loads,
    "slots": int,
}
"""Kind of a hash -> what reads its fields."""


@dataclass
class Shop:
    """The stock of one store."""

    levels: dict[str, Level] = field(default_factory=dict)
    holds: dict[str, dict[str, Any]] = field(default_factory=dict)
    slots: dict[str, int] = field(default_factory=dict)
    """Method and start of a slot -> places that are counted as taken."""

    def live(self) -> Iterator[dict[str, Any]]:
        """The holds that have not ended."""
        return (hold for hold in self.holds.values() if hold["st"] in LIVE)


class Told(NamedTuple):
    """An entry of a stream of events."""

    place: int
    """In the log."""
    stream: str
    id: str
    event: dict[str, Any]
    """Empty where it is not JSON."""


class Change(NamedTuple):
    """A field of a store before and after one act of the database."""

    store: str
    kind: str
    """`level`, `hold` or `slot`."""
    name: str
    before: Any
    after: Any


class Mirror:
    """The state that a log tells."""

    def __init__(self) -> None:
        self.place = 0
        self.shops: defaultdict[str, Shop] = defaultdict(Shop)
        self.policies: dict[str, dict[str, Any]] = {}
        self.alerts: dict[str, dict[str, Any]] = {}
        """Owner and id of an alert -> its record."""
        self.told: list[Told] = []

    def apply(self, chunk: bytes) -> tuple[list[Change], list[Told]]:
        """Apply the next part of a log: one act of the database; answers what it changed."""
        reader = hiredis.Reader()
        reader.feed(chunk)
        self.place += len(chunk)
        changes: list[Change] = []
        first = len(self.told)
        while (command := reader.gets()) is not False:
            if len(command) < 3:
                continue  # MULTI, EXEC
            name, key, rest = command[0].upper(), command[1], command[2:]
            kind, store = kind_of(key)
            if kind in ("levels", "holds", "slots"):
                changes += self._hash(kind, store, name, rest)
            elif kind == "policies" and name == b"HSET":
                for each, raw in pairs(rest):
                    self.policies[each.decode()] = orjson.loads(raw)
            elif kind == "alerts":
                self._alert(key.decode(), name, rest)
            elif kind == "events" and name == b"XADD":
                self._event(key.decode(), rest)
        return changes, self.told[first:]

    def _hash(self, kind: str, store: str, name: bytes, rest: list[bytes]) -> list[Change]:
        fields: dict[str, Any] = getattr(self.shops[store], kind)
        changes = []

        def put(field: bytes, after: Any) -> None:
            named = field.decode()
            changes.append(Change(store, kind[:-1], named, fields.get(named), after))
            if after is None:
                fields.pop(named, None)
            else:
                fields[named] = after

        if name in (b"HSET", b"HMSET", b"HSETNX"):
            for each, raw in pairs(rest):
                put(each, READ[kind](raw))
        elif name == b"HINCRBY":
            put(rest[0], fields.get(rest[0].decode(), 0) + int(rest[1]))
        elif name == b"HDEL":
            for each in rest:
                put(each, None)
        return changes

    def _alert(self, key: str, name: bytes, rest: list[bytes]) -> None:
        owner = key[3 : key.index("}")]
        if name in (b"HSET", b"HSETNX"):
            for each, raw in pairs(rest):
                self.alerts[f"{owner} {each.decode()}"] = orjson.loads(raw)
        elif name == b"HDEL":
            for each in rest:
                self.alerts.pop(f"{owner} {each.decode()}", None)

    def _event(self, key: str, rest: list[bytes]) -> None:
        at = next(n for n, word in enumerate(rest) if b"-" in word or word == b"*")
        fields = dict(pairs(rest[at + 1 :]))
        event = orjson.loads(fields[b"j"]) if b"j" in fields else {}
        self.told.append(Told(self.place, key, rest[at].decode(), event))


def pairs(words: list[bytes]) -> Iterator[tuple[bytes, bytes]]:
    """Names with their values."""
    return zip(words[::2], words[1::2], strict=True)


def kind_of(key: bytes) -> tuple[str, str]:
    """The kind of a key of the suite, and the store that it names."""
    _, _, name = key.partition(b"}:")
    kind, _, rest = name.partition(b":")
    return kind.decode(), rest.decode()
