"""A shopping list, and the walk that answers it."""

from dataclasses import dataclass

from geodata.floorplans.placements import MAX_TEXT
from geodata.floorplans.plan import Place, Position
from geodata.floorplans.shelves import Spot
from geodata.wayfinding.walks import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A line of a shopping list.

    Raises:
        ValueError: naming the field that is empty or too long.
    """

    sku: str
    name: str = ""
    department: str = ""
    """The product's department, by the plan's id: said when nothing else is known."""
    frozen: bool = False
    """Fetched last, wherever it stands."""
    in_stock: bool | None = None
    """What the caller knows of it at this store; None is not known."""

    def __post_init__(self) -> None:
        if not self.sku:
            raise ValueError("sku must not be empty")
        for name in ("sku", "name", "department"):
            if len(getattr(self, name)) > MAX_TEXT:
                raise ValueError(f"{name} must have at most {MAX_TEXT} characters")

    @property
    def label(self) -> str:
        """What to call it."""
        return self.name or self.sku


@dataclass(frozen=True, slots=True)
class Stop:
    """One place to stand, and what to take there."""

    items: tuple[Item, ...]
    spots: tuple[Spot, ...]
    """Where each of the items is, in the same order."""
    frozen: bool
    position: Position | None
    """None without a map."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A list's walk. Each item asked for is in exactly one of the stops and the lists after."""

    stops: tuple[Stop, ...] = ()
    unlocated: tuple[Item, ...] = ()
    """No placement known, or none that the plan knows."""
    unreachable: tuple[Item, ...] = ()
    """Placed, but behind something blocked, or closed to the profile."""
    out_of_stock: tuple[Item, ...] = ()
    """Known to be missing at this store: left out of the walk."""
    legs: tuple[Path, ...] = ()
    """From the start to the first stop, between stops, to the end; empty without a map.

    The first is missing where the plan has no entrance and no start was given, the last where the
    walk may end anywhere.
    """
    length_m: float | None = None
    """None without a map."""
    lower_bound_m: float | None = None
    """No order of these stops is shorter; equal to the length when the order is proved best."""
    heading_deg: float | None = None
    """Which way one faces at the start, clockwise from the plan's y axis; None is not known."""
    end: Place | None = None

    @property
    def gap(self) -> float | None:
        """How much longer than the best order this is at most, as a share; 0 is proved best."""
        if self.length_m is None or self.lower_bound_m is None:
            return None
        return self.length_m / self.lower_bound_m - 1 if self.lower_bound_m else 0.0
