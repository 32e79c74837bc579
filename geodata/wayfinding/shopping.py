"""The data types of a shopping list and of its route."""

from dataclasses import dataclass

from geodata.floorplans.placements import MAX_TEXT
from geodata.floorplans.plan import Place, Position
from geodata.floorplans.shelves import Spot
from geodata.wayfinding.walks import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A line of a shopping list.

    Raises:
        ValueError: a field is empty or too long; the message names it.
    """

    sku: str
    name: str = ""
    department: str = ""
    """Id of the product's department in the plan; reported if the item has no placement."""
    frozen: bool = False
    """True to fetch the item last."""
    in_stock: bool | None = None
    """Stock at this store as the caller knows it; None if unknown."""

    def __post_init__(self) -> None:
        if not self.sku:
            raise ValueError("sku must not be empty")
        for name in ("sku", "name", "department"):
            if len(getattr(self, name)) > MAX_TEXT:
                raise ValueError(f"{name} must have at most {MAX_TEXT} characters")

    @property
    def label(self) -> str:
        """The name, or the SKU without a name."""
        return self.name or self.sku


@dataclass(frozen=True, slots=True)
class Stop:
    """A position to stand at, and the items to take there."""

    items: tuple[Item, ...]
    spots: tuple[Spot, ...]
    """The spots of the items, in the same order."""
    frozen: bool
    position: Position | None
    """None without a map."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """The route of a list; each item is in exactly one of the stops and the three item lists."""

    stops: tuple[Stop, ...] = ()
    unlocated: tuple[Item, ...] = ()
    """Items without a placement that the plan can locate."""
    unreachable: tuple[Item, ...] = ()
    """Items in a blocked area, or not reachable for the profile."""
    out_of_stock: tuple[Item, ...] = ()
    """Items with `in_stock` False: left out of the walk."""
    legs: tuple[Path, ...] = ()
    """From the start to the first stop, between stops, and to the end; empty without a map.

    There is no first leg if the plan has no entrance and no start was given, and no last leg if
    the walk may end anywhere.
    """
    length_m: float | None = None
    """None without a map."""
    lower_bound_m: float | None = None
    """Lower bound for any order of these stops; equals `length_m` for a proved best order."""
    heading_deg: float | None = None
    """Heading at the start, clockwise from the plan's y axis; None if unknown."""
    end: Place | None = None
