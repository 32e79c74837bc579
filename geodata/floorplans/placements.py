"""On which shelf a product stands: what is said of it, which word counts, how sure it is."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from geodata.floorplans.plan import Side

MAX_TEXT = 500
PRIOR_WEIGHT = 4.0
"""How many shoppers the planogram's own word is worth against what shoppers report."""
REPORTED_CONFIDENCE = 0.5
"""What a place is worth that nobody but a shopper has named, before it is counted as found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """One place where a store (or a whole chain, `store` empty) keeps a product.

    Raises:
        ValueError: naming the field that is out of range or too long.
    """

    sku: str
    store: str = ""
    """Empty in a chain's planogram, which a store's own placements override."""
    floor: str = ""
    """A level's id; may be empty where the aisle alone is unique."""
    aisle: str = ""
    side: Side | None = None
    bay: int | None = None
    """Counted in the aisle's direction, from 1."""
    shelf: int | None = None
    """Counted from the floor, from 1."""
    position: int | None = None
    """Counted along the shelf in the direction of the bays, from 1."""
    description: str = ""
    valid_from: dt.datetime | None = None
    valid_until: dt.datetime | None = None
    confidence: float = 1.0
    """In [0, 1]; at 0 it says that the product is not kept here."""

    def __post_init__(self) -> None:
        if not self.sku:
            raise ValueError("sku must not be empty")
        for name in ("sku", "store", "floor", "aisle", "description"):
            if len(getattr(self, name)) > MAX_TEXT:
                raise ValueError(f"{name} must have at most {MAX_TEXT} characters")
        for name in ("bay", "shelf", "position"):
            if (number := getattr(self, name)) is not None and not 1 <= number <= 10_000:
                raise ValueError(f"{name} must be in [1, 10000], got {number}")
        if not 0 <= self.confidence <= 1:
            raise ValueError(f"confidence must be in [0, 1], got {self.confidence}")
        for name in ("valid_from", "valid_until"):
            if (instant := getattr(self, name)) is not None and instant.tzinfo is None:
                raise ValueError(f"{name} must have a UTC offset")
        if self.valid_from and self.valid_until and self.valid_until <= self.valid_from:
            raise ValueError("valid_until must be after valid_from")

    def valid(self, at: dt.datetime) -> bool:
        """Whether it holds at that instant; from is inclusive, until is not."""
        return (self.valid_from is None or self.valid_from <= at) and (
            self.valid_until is None or at < self.valid_until
        )


def placements_in_force(
    chain: Iterable[Placement], store: Iterable[Placement], at: dt.datetime
) -> Mapping[str, tuple[Placement, ...]]:
    """The placements of each SKU that count at an instant, the surest first.

    What the store itself says of a SKU replaces all that the chain says of it. A placement of
    confidence 0 is an answer too ("not here") and leaves nothing.
    """
    own = _by_sku(store, at)
    merged = {**_by_sku(chain, at), **own}
    kept = {
        sku: tuple(sorted((p for p in found if p.confidence > 0), key=lambda p: -p.confidence))
        for sku, found in merged.items()
    }
    return {sku: found for sku, found in kept.items() if found}


def revised_confidence(confidence: float, found: int, not_found: int) -> float:
    """How sure a placement is after shoppers have looked.

    The mean of a beta distribution: the planogram's own `confidence` counts as `PRIOR_WEIGHT`
    shoppers, each report as one. So the order of reports does not matter, one report moves the
    result by at most 1/(1 + PRIOR_WEIGHT) = 0.2, and it never leaves [0, 1] nor, from a prior
    inside (0, 1), reaches either end.

    Args:
        confidence: The word of the planogram, in [0, 1].
        found: Shoppers who found the product there.
        not_found: Shoppers who did not.
    """
    if found < 0 or not_found < 0:
        raise ValueError("found and not_found must not be negative")
    return (PRIOR_WEIGHT * confidence + found) / (PRIOR_WEIGHT + found + not_found)


def _by_sku(placements: Iterable[Placement], at: dt.datetime) -> dict[str, list[Placement]]:
    grouped: dict[str, list[Placement]] = defaultdict(list)
    for placement in placements:
        if placement.valid(at):
            grouped[placement.sku].append(placement)
    return grouped
