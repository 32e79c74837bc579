"""Placements of products on shelves: which of them are in force, and their confidence."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from geodata.floorplans.plan import Side

MAX_TEXT = 500
PRIOR_WEIGHT = 4.0
"""Weight of the planogram's confidence, in number of shoppers' reports."""
REPORTED_CONFIDENCE = 0.5
"""Prior confidence of a placement that only a shopper has reported."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """A shelf position where a store (or a whole chain, if `store` is empty) keeps a product.

    Raises:
        ValueError: a field is out of range or too long; the message names it.
    """

    sku: str
    store: str = ""
    """Empty in a chain's planogram, which a store's own placements override."""
    floor: str = ""
    """Id of a level; may be empty if the aisle is unique in the store."""
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
    """In [0, 1]; 0 means that the product is not here."""

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
        """True if the placement is valid at the instant; `valid_until` is exclusive."""
        return (self.valid_from is None or self.valid_from <= at) and (
            self.valid_until is None or at < self.valid_until
        )


def placements_in_force(
    chain: Iterable[Placement], store: Iterable[Placement], at: dt.datetime
) -> Mapping[str, tuple[Placement, ...]]:
    """The placements of each SKU in force at an instant, by descending confidence.

    The store's placements of a SKU replace all of the chain's placements of it. A placement with
    confidence 0 ("not here") counts for this rule and is then left out.
    """
    own = _by_sku(store, at)
    merged = {**_by_sku(chain, at), **own}
    kept = {
        sku: tuple(sorted((p for p in found if p.confidence > 0), key=lambda p: -p.confidence))
        for sku, found in merged.items()
    }
    return {sku: found for sku, found in kept.items() if found}


def revised_confidence(confidence: float, found: int, not_found: int) -> float:
    """The confidence in a placement after reports of shoppers.

    It is the mean of a beta distribution: the planogram's `confidence` counts as `PRIOR_WEIGHT`
    reports, each shopper as one. So the order of reports does not matter, one report moves the
    result by at most 1/(1 + PRIOR_WEIGHT) = 0.2, and the result stays in [0, 1] (inside (0, 1) for
    a prior inside (0, 1)).

    Args:
        confidence: the planogram's confidence, in [0, 1].
        found: the number of shoppers who found the product there.
        not_found: the number of shoppers who did not.

    Raises:
        ValueError: a number is negative.
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
