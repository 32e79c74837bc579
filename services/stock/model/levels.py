"""Levels as the database keeps them, packed, and the bands that callers see."""

import datetime as dt
import enum
import struct
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from services.stock.model.policies import Policy, Sell

# The layouts of lua/library.lua and lua/set.lua.
HEADER = struct.Struct("<iIHIIBBB")
SOURCED = struct.Struct("<iIHIIBBBH")
"""A header and the number of the source that stated the level last."""
SOURCE = struct.Struct("<H6s")
FUTURE = struct.Struct("<HI")
ROW = struct.Struct("<iHBB")
UNKNOWN_UNITS = -(2**31)
"""In a row of a snapshot, instead of the units: the source does not know them."""
EPOCH = dt.date(2020, 1, 1)
"""Day 0 of the dates of futures."""
MOST_DAYS = 65_535
"""Days that 2 bytes can count: to 6 June 2199."""


class Band(enum.IntEnum):
    """The coarse quantity that every caller may see; the values are the contract's."""

    IN_STOCK = 1
    LIMITED = 2
    OUT_OF_STOCK = 3
    UNKNOWN = 4


SELLS = tuple(Sell)
"""The sell policies by value."""


class Future(NamedTuple):
    """Units dated to come."""

    date: dt.date
    units: int


class Level(NamedTuple):
    """The quantity of a product at a store; expired holds do not count."""

    on_hand: int
    reserved: int
    safety: int
    as_of_s: int
    version: int
    sell: Sell = Sell.DEFAULT
    source: int = 0
    """The number of the source that stated it last, in its partition; 0: none did."""
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

    def expected(self, units: int | None, today: dt.date) -> dt.date | None:
        """The date from today on at which so many units are there; None when none is known.

        Units dated before today are late, so they do not count. With None for the units: the date
        of the next ones.
        """
        there = self.available
        for future in sorted(self.futures):
            if future.date >= today:
                there += future.units
                if units is None or there >= units:
                    return future.date
        return None

    def is_fresh(self, now_ms: int, fresh_ms: int) -> bool:
        """True if a feed has stated it within the freshness limit."""
        return self.as_of_s * 1000 + fresh_ms >= now_ms

    def room(self, policy: Policy) -> int:
        """Units that a hold can take now."""
        sell = self.sell or policy.sell or Sell.DENY
        units = self.available if sell == Sell.DENY else self.available_to_order
        return units if units > 0 else 0


def decoded(raw: bytes, expired_units: int = 0) -> Level:
    """The level in a packed field, without the units that expired holds still hold in it."""
    if len(raw) < SOURCED.size:
        raw += bytes(SOURCED.size - len(raw))
    (on_hand, reserved, safety, as_of_s, version, sell, futures, sources, source) = (
        SOURCED.unpack_from(raw)
    )
    return Level(
        on_hand,
        reserved - expired_units,
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
    """The band of a level."""
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
    """A row of a snapshot for `lua/set.lua`."""
    name = sku.encode()
    row = bytes((len(name),)) + name + ROW.pack(on_hand, safety, sell, len(futures))
    for future in futures:
        row += FUTURE.pack((future.date - EPOCH).days, future.units)
    return row
