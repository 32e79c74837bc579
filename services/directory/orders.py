"""An order is a hold and the trip to it: what each tells the other.

The hold belongs to stock and lies in its store's slot; the trip belongs to geofence and lies in
its device's. Neither changes the other's record: each keeps facts, which a worker of the other
takes over (`crossing.py`).
"""

from typing import NamedTuple

import orjson

LIVE = "LIVE"
"""The state of a hold in a fact, in whatever live state it is; ended holds have their own."""
ON_THE_WAY, APPROACHING, ARRIVED = "ON_THE_WAY", "APPROACHING", "ARRIVED"
ENDED, ERASED = "ENDED", "ERASED"
"""States of a trip in a fact. ERASED: nothing of the trip may be kept."""


class TripFact(NamedTuple):
    """What a hold is told about a trip to it; lua/library.lua of stock has its short names."""

    reservation: str
    trip: str
    state: str
    arrive_ms: int = 0
    """0: not yet."""
    bay: str = ""
    vehicle: str = ""

    @property
    def text(self) -> bytes:
        """The fact as JSON."""
        parts = {"a": self.arrive_ms, "b": self.bay, "v": self.vehicle}
        kept = {name: part for name, part in parts.items() if part}
        return orjson.dumps({"r": self.reservation, "s": self.state, **kept})


def trip_fact(about: str, text: bytes) -> TripFact:
    """The fact of `TripFact.text` about a trip."""
    fact = orjson.loads(text)
    return TripFact(
        fact["r"], about, fact["s"], fact.get("a", 0), fact.get("b", ""), fact.get("v", "")
    )


class Window(NamedTuple):
    """A pick-up window, in ms since 1970; 0 and 0 if there is none."""

    start_ms: int = 0
    end_ms: int = 0


NO_WINDOW = Window()


class HoldFact(NamedTuple):
    """What a trip is told about its hold; lua/library.lua of stock writes it."""

    reservation: str
    trip: str
    state: str
    """`LIVE`, COLLECTED, CANCELED or EXPIRED."""
    moved_to: str = ""
    """The hold that replaces it after a transfer."""
    window: Window | None = None
    """Its slot; None where the fact says nothing about it."""


def hold_fact(about: str, text: bytes) -> HoldFact:
    """The fact that stock keeps about a hold for a trip."""
    fact = orjson.loads(text)
    window = Window(*fact["w"]) if "w" in fact else None
    return HoldFact(fact["r"], about, fact["s"], fact.get("to", ""), window)
