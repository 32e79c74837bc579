"""Counts the reports of shoppers on one product at one store, and revises its placements by them.

How it works: each place of the product has two counts, found and missed, which move its confidence.
The counts belong to the placements that the planogram had then (`basis`); with other placements
they no longer apply. Of a caller only a keyed hash is stored, for a day.
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
"""Places of a product: those of a planogram, at most 20, and those that shoppers add."""
COUNTED_MOST = 100
"""Reports on a place at which its counts are halved, so that new reports still move it."""
CALLERS_MOST = 1000
"""Callers that may report on a product in a day: bounds the record."""
REQUESTS_KEPT = 20
"""Request ids remembered, so that a retry counts once."""

Key = tuple[str, str, str, int]
"""Level, aisle, side and bay, which identify a place of a product."""


@dataclass(frozen=True, slots=True)
class Place:
    """The numbers of reports that found a product at a place, and that missed it there."""

    key: Key
    found: int = 0
    missed: int = 0


@dataclass(frozen=True, slots=True)
class Reports:
    """All reports on a product at a store."""

    basis: str = ""
    """The digest of the placements that the reports were made on."""
    places: tuple[Place, ...] = ()
    day: str = ""
    callers: dict[str, int] = field(default_factory=dict)
    """The number of reports of each caller on that day, by the hash of its id."""
    requests: tuple[str, ...] = ()
    """Hashes of the last `REQUESTS_KEPT` request ids."""


@dataclass(frozen=True, slots=True)
class Shelved:
    """A placement with its confidence after the reports."""

    placement: Placement
    reported: bool = False
    """True if shoppers added it and no planogram has it."""


def encode(reports: Reports) -> bytes:
    """Encode reports for their record."""
    return orjson.dumps(reports)


def decode(encoded: bytes) -> Reports:
    """Decode the reports of a record."""
    fields = orjson.loads(encoded)
    places = tuple(
        Place(tuple(place["key"]), place["found"], place["missed"]) for place in fields["places"]
    )
    return Reports(
        fields["basis"], places, fields["day"], fields["callers"], tuple(fields["requests"])
    )


def key_of(placement: Placement) -> Key:
    """The key of the place of a placement."""
    side = placement.side.value if placement.side else ""
    return placement.floor, placement.aisle, side, placement.bay or 0


def revised(
    sku: str, in_force: Sequence[Placement], known: Sequence[Placement], reports: Reports
) -> list[Shelved]:
    """The placements with the confidence that the reports give them, the highest first.

    Args:
        sku: The SKU of the product.
        in_force: The placements of the planogram that are in force now.
        known: All placements of the planogram, including those of other times.
        reports: The reports on the same basis.
    """
    counts = {place.key: place for place in reports.places}
    unreported = Place(("", "", "", 0))
    shelved = [
        Shelved(_with_counts(placement, counts.get(key_of(placement), unreported)))
        for placement in in_force
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
            shelved.append(Shelved(_with_counts(added, place), reported=True))
    return sorted(shelved, key=lambda each: -each.placement.confidence)


def place_meant(wanted: Placement, known: Sequence[Placement], reports: Reports) -> Key | None:
    """The known place that a report means; a field that the report leaves open fits every place."""
    floor, aisle, side, bay = key_of(wanted)
    keys = [*map(key_of, known), *(place.key for place in reports.places)]
    for key in keys:
        on_level = not (floor and key[0]) or floor == key[0]
        others = ((side, key[2]), (bay, key[3]))
        if aisle == key[1] and on_level and all(not part or part == at for part, at in others):
            return key
    return None


def counted(reports: Reports, key: Key, *, found: bool) -> Reports:
    """The reports with one more; if there are too many places, the least found one is dropped."""
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
    """The reports with one more of this caller today; None if it has made `most` already."""
    day = now.astimezone(dt.UTC).date().isoformat()
    callers = dict(reports.callers) if reports.day == day else {}
    if callers.get(caller, 0) >= most or (caller not in callers and len(callers) >= CALLERS_MOST):
        return None
    callers[caller] = callers.get(caller, 0) + 1
    return dataclasses.replace(reports, day=day, callers=callers)


def remembered(reports: Reports, request: str) -> Reports:
    """The reports with the hash of one more request id."""
    requests = (*reports.requests, request)[-REQUESTS_KEPT:]
    return dataclasses.replace(reports, requests=requests)


def _with_counts(placement: Placement, place: Place) -> Placement:
    confidence = revised_confidence(placement.confidence, place.found, place.missed)
    return dataclasses.replace(placement, confidence=confidence)
