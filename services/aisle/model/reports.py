"""What shoppers reported of one product at one store: how it is counted, and what it changes.

The reports belong to what the planogram said when they were made. Once it says something else they
count no more. Nothing about people is kept: of a caller a keyed hash, for a day.
"""

import dataclasses
import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

import orjson

from geodata.floorplans.placements import (
    REPORTED_CONFIDENCE,
    Placement,
    revised_confidence,
)
from geodata.floorplans.plan import Side

PLACES_MOST = 28
"""Those of a planogram, at most 20, and what shoppers add."""
COUNTED_MOST = 100
"""Beyond, the counts of a place are halved, so that it can still be put right."""
CALLERS_MOST = 1000
REQUESTS_KEPT = 20

Key = tuple[str, str, str, int]
"""Level, aisle, side and bay: what tells the places of a product apart."""


@dataclass(frozen=True, slots=True)
class Place:
    """How often a product was found at a place, and how often not."""

    key: Key
    found: int = 0
    missed: int = 0


@dataclass(frozen=True, slots=True)
class Reports:
    """All reports on a product at a store."""

    basis: str = ""
    """What the planogram said, as a digest."""
    places: tuple[Place, ...] = ()
    day: str = ""
    callers: dict[str, int] = field(default_factory=dict)
    """How often each has reported on that day, by the hash of its id."""
    requests: tuple[str, ...] = ()
    """Hashes of the last request ids."""


@dataclass(frozen=True, slots=True)
class Shelved:
    """A placement as it counts now."""

    placement: Placement
    reported: bool = False
    """Whether shoppers named it, and no planogram."""


def encode(reports: Reports) -> bytes:
    """The reports as they are kept."""
    return orjson.dumps(reports)


def decode(encoded: bytes) -> Reports:
    """The reports that `encode` made bytes of."""
    kept = orjson.loads(encoded)
    places = tuple(
        Place(tuple(place["key"]), place["found"], place["missed"]) for place in kept["places"]
    )
    return Reports(kept["basis"], places, kept["day"], kept["callers"], tuple(kept["requests"]))


def key_of(placement: Placement) -> Key:
    """What tells a placement from others of its product."""
    side = placement.side.value if placement.side else ""
    return placement.floor, placement.aisle, side, placement.bay or 0


def revised(
    sku: str, in_force: Sequence[Placement], known: Sequence[Placement], reports: Reports
) -> list[Shelved]:
    """Placements as shoppers' reports leave them, the surest first.

    Args:
        sku: The product's.
        in_force: What the planogram says now.
        known: All that it says, of other times too.
        reports: On the same basis; else they are to be left out by the caller.
    """
    counts = {place.key: place for place in reports.places}
    none = Place(("", "", "", 0))
    found = [
        Shelved(_moved(placement, counts.get(key_of(placement), none))) for placement in in_force
    ]
    planned = {key_of(placement) for placement in known}
    for place in reports.places:
        if place.key not in planned:
            floor, aisle, side, bay = place.key
            added = Placement(
                sku=sku,
                floor=floor,
                aisle=aisle,
                side=Side(side) if side else None,
                bay=bay or None,
                confidence=REPORTED_CONFIDENCE,
            )
            found.append(Shelved(_moved(added, place), reported=True))
    return sorted(found, key=lambda shelved: -shelved.placement.confidence)


def place_meant(wanted: Placement, known: Sequence[Placement], reports: Reports) -> Key | None:
    """The place of those known that a report means; what it leaves open fits all."""
    floor, aisle, side, bay = key_of(wanted)
    keys = [*map(key_of, known), *(place.key for place in reports.places)]
    for key in keys:
        on_level = not (floor and key[0]) or floor == key[0]
        given = ((side, key[2]), (bay, key[3]))
        if aisle == key[1] and on_level and all(not asked or asked == at for asked, at in given):
            return key
    return None


def counted(reports: Reports, key: Key, *, found: bool) -> Reports:
    """The reports with one more; of too many places the least found one makes room."""
    places = {place.key: place for place in reports.places}
    place = places.pop(key, Place(key))
    if found:
        place = dataclasses.replace(place, found=place.found + 1)
    else:
        place = dataclasses.replace(place, missed=place.missed + 1)
    if place.found + place.missed > COUNTED_MOST:
        place = dataclasses.replace(place, found=place.found // 2, missed=place.missed // 2)
    if len(places) >= PLACES_MOST:
        del places[min(places.values(), key=lambda each: each.found - each.missed).key]
    return dataclasses.replace(reports, places=(*places.values(), place))


def admitted(reports: Reports, caller: str, now: dt.datetime, most: int) -> Reports | None:
    """The reports with one more of a caller's day counted; None when it has had them all."""
    day = now.astimezone(dt.UTC).date().isoformat()
    callers = dict(reports.callers) if reports.day == day else {}
    if callers.get(caller, 0) >= most or (caller not in callers and len(callers) >= CALLERS_MOST):
        return None
    callers[caller] = callers.get(caller, 0) + 1
    return dataclasses.replace(reports, day=day, callers=callers)


def remembered(reports: Reports, request: str) -> Reports:
    """The reports with the hash of a request id."""
    kept = (*reports.requests, request)[-REQUESTS_KEPT:]
    return dataclasses.replace(reports, requests=kept)


def _moved(placement: Placement, place: Place) -> Placement:
    confidence = revised_confidence(placement.confidence, place.found, place.missed)
    return dataclasses.replace(placement, confidence=confidence)
