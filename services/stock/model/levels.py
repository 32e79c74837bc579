"""Levels as they lie in Redis, and what they mean to people."""

import datetime as dt
import enum
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

HEADER = struct.Struct("<iIHIIBBB")
SOURCED = struct.Struct("<iIHIIBBBH")
"""A header with the number of the source that spoke last."""
SOURCE = struct.Struct("<H6s")
FUTURE = struct.Struct("<HI")
ROW = struct.Struct("<iHBB")
EPOCH = dt.date(2020, 1, 1)
"""Day 0 of the dates of futures."""
MOST_DAYS = 65_535


class Band(enum.IntEnum):
    """How much there is; the values are the contract's."""

    IN_STOCK = 1
    LIMITED = 2
    OUT_OF_STOCK = 3
    UNKNOWN = 4


class Sell(enum.IntEnum):
    """Whether more than what is there may be sold; the values are the contract's."""

    DEFAULT = 0
    DENY = 1
    BACK_ORDER = 2
    PRE_ORDER = 3


SELLS = tuple(Sell)
"""By value."""


class Future(NamedTuple):
    """Units dated to come."""

    date: dt.date
    units: int


@dataclass(frozen=True, slots=True)
class Policy:
    """How a store sells and hands over; the names of its fields in Redis are those of `of_json`."""

    sell: Sell = Sell.DEFAULT
    least: int = 1
    most: int = 0
    """0: no limit."""
    limited_up_to: int = 3
    bands_only: bool = False
    fresh_ms: int | None = None
    """None: as the server is set."""
    methods: tuple[int, ...] = (1,)
    preparation_s: float = 3600.0
    cutoff_minute: int | None = None
    transfer_s: float | None = None
    keep_s: float = 86_400.0


DEFAULT_POLICY = Policy()


class Level(NamedTuple):
    """How much of a product there is at a store, expired holds left out."""

    on_hand: int
    reserved: int
    safety: int
    as_of_s: int
    version: int
    sell: Sell = Sell.DEFAULT
    source: int = 0
    """The number of who stated it last."""
    futures: tuple[Future, ...] = ()

    @property
    def available(self) -> int:
        """Units that can be promised now; below 0 when more are held than are there."""
        return self.on_hand - self.reserved - self.safety

    @property
    def available_to_order(self) -> int:
        """Units that can be promised with those dated to come."""
        if not self.futures:
            return self.available
        return self.available + sum(future.units for future in self.futures)

    def is_fresh(self, now_ms: int, fresh_ms: int) -> bool:
        """Whether its feed has spoken lately enough."""
        return self.as_of_s * 1000 + fresh_ms >= now_ms

    def room(self, policy: Policy) -> int:
        """Units that a hold could take now."""
        sell = self.sell or policy.sell or Sell.DENY
        units = self.available if sell == Sell.DENY else self.available_to_order
        return units if units > 0 else 0


def decoded(raw: bytes, given_back: int = 0) -> Level:
    """The level in a packed field; `given_back` is what its expired holds still seem to hold."""
    if len(raw) < SOURCED.size:
        raw += bytes(SOURCED.size - len(raw))
    (on_hand, reserved, safety, as_of_s, version, sell, futures, sources, source) = (
        SOURCED.unpack_from(raw)
    )
    return Level(
        on_hand,
        reserved - given_back,
        safety,
        as_of_s,
        version,
        SELLS[sell],
        source if sources else 0,
        _futures(raw, HEADER.size + sources * SOURCE.size, futures) if futures else (),
    )


def _futures(raw: bytes, at: int, count: int) -> tuple[Future, ...]:
    packed = raw[at : at + count * FUTURE.size]
    return tuple(
        Future(EPOCH + dt.timedelta(days), units) for days, units in FUTURE.iter_unpack(packed)
    )


def band_of(level: Level | None, policy: Policy, now_ms: int, fresh_ms: int) -> Band:
    """What people are told of a level."""
    if level is None or not level.is_fresh(now_ms, policy.fresh_ms or fresh_ms):
        return Band.UNKNOWN
    available = level.available
    if available <= 0:
        return Band.OUT_OF_STOCK
    return Band.LIMITED if available <= policy.limited_up_to else Band.IN_STOCK


def summed(levels: Iterable[Level]) -> Level | None:
    """The sum of the levels of a group's members, as old as the oldest; None of none."""
    found = list(levels)
    if not found:
        return None
    futures: dict[dt.date, int] = {}
    for level in found:
        for future in level.futures:
            futures[future.date] = futures.get(future.date, 0) + future.units
    return Level(
        sum(level.on_hand for level in found),
        sum(level.reserved for level in found),
        sum(level.safety for level in found),
        min(level.as_of_s for level in found),
        0,
        futures=tuple(Future(*item) for item in sorted(futures.items())),
    )


def packed_row(
    sku: str, on_hand: int, safety: int, sell: int, futures: Sequence[Future] = ()
) -> bytes:
    """A row of a snapshot as `lua/set.lua` reads it."""
    name = sku.encode()
    row = bytes((len(name),)) + name + ROW.pack(on_hand, safety, sell, len(futures))
    for future in futures:
        row += FUTURE.pack((future.date - EPOCH).days, future.units)
    return row
