"""What answers to reads may say: levels by the log of the database, open states by an oracle.

The oracle is opening-hours-py, for texts that it reads as we do.
"""

import datetime as dt
import functools
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple
from zoneinfo import ZoneInfo

from opening_hours import OpeningHours

from enrayon.hours.v1 import hours_pb2
from enrayon.stock.v1 import stock_pb2 as pb
from tests.simulation.clients import Done
from tests.simulation.mirror import Level, Shop

SKU, HELD, COLLECTED = 0, 2, 3
"""Positions in a line of a hold."""
CURRENT_S = 5.0
"""An answer without `as_of` has all that was acknowledged this long before it."""
ZONE = ZoneInfo("Europe/Helsinki")
OPEN, CLOSED = hours_pb2.STATE_OPEN, hours_pb2.STATE_CLOSED


class Moment(NamedTuple):
    """A level from a moment on."""

    at_ms: float
    level: Level
    ends: tuple[tuple[float, int], ...]
    """End and units of the live holds that have some of it, the first end first."""


class LevelTimes:
    """The levels of all moments, as the log has them."""

    def __init__(self) -> None:
        self._moments: defaultdict[tuple[str, str], list[Moment]] = defaultdict(list)

    def note(self, now_ms: float, store: str, shop: Shop) -> None:
        """Note the levels of a store that has changed."""
        ends: defaultdict[str, list[tuple[float, int]]] = defaultdict(list)
        for hold in shop.live():
            for line in hold["l"]:
                ends[line[SKU]].append((hold["x"], line[HELD] - line[COLLECTED]))
        for sku, level in shop.levels.items():
            self._moments[store, sku].append(Moment(now_ms, level, tuple(sorted(ends[sku]))))

    def has(self, told: pb.StockLevel, began_ms: float, ended_ms: float) -> bool:
        """True if a level that was told was so at a moment between two."""
        key = told.store.partition("/")[2], told.product.partition("/")[2]
        moments = self._moments[key]
        untils = [moment.at_ms for moment in moments[1:]] + [float("inf")]
        return any(
            (told.on_hand, told.safety_stock, told.as_of.seconds, told.reserved)
            == (level.on_hand, level.safety, level.as_of_s, reserved)
            for (at_ms, level, ends), until_ms in zip(moments, untils, strict=True)
            if at_ms <= ended_ms and until_ms >= began_ms
            for reserved in reserved_in(level, ends, max(at_ms, began_ms), min(until_ms, ended_ms))
        )


def reserved_in(
    level: Level, ends: Sequence[tuple[float, int]], from_ms: float, to_ms: float
) -> Iterator[int]:
    """Yields the units that are reserved at times: a hold that has expired counts no more."""
    left = level.reserved
    for end_ms, units in ends:
        if end_ms >= from_ms - 1:
            yield left
        if end_ms > to_ms + 1:
            return
        left -= units
    yield left


class Write(NamedTuple):
    """A change of hours as its client saw it."""

    began_s: float
    ended_s: float
    """When it was acknowledged; infinite: it was not, and may have come to pass or not."""


def written(done: Done) -> Write:
    """When a change came to pass."""
    return Write(done.began_s, done.ended_s if done.outcome == "done" else float("inf"))


class OpenStates:
    """The open states that stores may have, by what was written of them."""

    def __init__(self, done: Sequence[Done]) -> None:
        self._hours: defaultdict[str, list[tuple[Write, str]]] = defaultdict(list)
        self._closures: defaultdict[str, list[tuple[Write, hours_pb2.Closure, str]]] = defaultdict(
            list
        )
        self._cancels: dict[str, list[Write]] = defaultdict(list)
        for each in done:
            if each.outcome.startswith("refused"):
                continue
            if each.kind == "UpdateStoreHours":
                hours = each.request.store_hours
                self._hours[hours.name.split("/")[1]].append((written(each), hours.expression))
            elif each.kind == "CreateClosure":
                store = each.request.parent.split("/")[1]
                name = f"{each.request.parent}/closures/{each.request.closure_id}"
                self._closures[store].append((written(each), each.request.closure, name))
            elif each.kind == "CancelClosure":
                self._cancels[each.request.name].append(written(each))

    def may_be(self, store: str, at: dt.datetime, current_s: float, ended_s: float) -> set[int]:
        """The states at an instant in answers that are complete up to `current_s`."""
        states: set[int] = {
            OPEN if is_open(text, at) else CLOSED
            for write, text in self._hours[store]
            if write.began_s <= ended_s
            and not any(
                later.began_s > write.ended_s and later.ended_s <= current_s
                for later, _ in self._hours[store]
            )
        }
        for write, closure, name in self._closures[store]:
            is_covered = closure.start_time.seconds <= at.timestamp() < closure.end_time.seconds
            if not is_covered or write.began_s > ended_s:
                continue
            cancels = self._cancels.get(name, ())
            if any(cancel.ended_s <= current_s for cancel in cancels):
                continue
            is_sure = write.ended_s <= current_s
            if is_sure and not any(cancel.began_s <= ended_s for cancel in cancels):
                return {CLOSED}
            states.add(CLOSED)
        return states


@functools.cache
def oracle(text: str) -> OpeningHours:
    """The oracle of a text."""
    return OpeningHours(text, timezone=ZONE)


def is_open(text: str, at: dt.datetime) -> bool:
    """True if the hours of a text are open at an instant."""
    return bool(oracle(text).is_open(at.astimezone(ZONE)))
