"""Assigns departments to shelves and products to bays."""

import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from geodata.floorplans.placements import Placement
from geodata.floorplans.plan import XY, Department, Face, Fixture, FixtureKind, Side

KINDS = {
    "produce": FixtureKind.TABLE,
    "meat": FixtureKind.FRIDGE,
    "fish": FixtureKind.FRIDGE,
    "dairy": FixtureKind.FRIDGE,
    "frozen": FixtureKind.FREEZER,
}
"""The fixture kinds of departments that do not use plain shelves."""
ON_WALLS = ("bakery", "meat", "fish", "dairy")
"""Departments along the walls, in the order of the walls; the others use the gondolas."""
FIRST, LAST = ("produce", "bakery"), ("household", "garden", "frozen")


@dataclass(frozen=True, slots=True)
class Product:
    """A product to place."""

    sku: str
    name: str
    department: str


@dataclass(frozen=True, slots=True)
class Bay:
    """One bay of one face of one fixture."""

    fixture: int
    face: Face
    number: int


def departments_of(products: Iterable[Product]) -> tuple[Department, ...]:
    """The departments of the products, in the usual order of a shop."""
    names = sorted({product.department for product in products}, key=_turn)
    return tuple(
        Department(id=name, name=name.replace("_", " ").capitalize(), frozen=name == "frozen")
        for name in names
    )


def fill(
    fixtures: Sequence[Fixture], products: Sequence[Product], store: str, rng: random.Random
) -> tuple[list[Fixture], list[Placement]]:
    """Assign each department a run of bays by its number of products, and each product a bay.

    Returns:
        The fixtures with departments and kinds, and one placement per product.
    """
    shelved: dict[str, list[Product]] = defaultdict(list)
    for product in products:
        shelved[product.department].append(product)
    bays = [
        Bay(index, face, face.first_bay + offset)
        for index, fixture in enumerate(fixtures)
        for face in fixture.faces
        for offset in range(face.bays)
    ]
    walls = [bay for bay in bays if not bay.face.aisle.isdigit()]
    gondolas = [bay for bay in bays if bay.face.aisle.isdigit()]
    gondolas.sort(key=lambda bay: (int(bay.face.aisle), bay.face.side is Side.RIGHT, bay.number))
    on_walls = [name for name in ON_WALLS if name in shelved and walls]
    elsewhere = sorted((name for name in shelved if name not in on_walls), key=_turn)
    runs = {
        **_shared_out(walls, {name: len(shelved[name]) for name in on_walls}),
        **_shared_out(gondolas or walls, {name: len(shelved[name]) for name in elsewhere}),
    }
    placements = [
        placement
        for name, run in runs.items()
        for placement in _on_shelves(store, fixtures, run, shelved[name], rng)
    ]
    return _labelled(fixtures, runs), placements


def _shared_out(bays: Sequence[Bay], sizes: dict[str, int]) -> dict[str, Sequence[Bay]]:
    """Consecutive runs of bays, proportional to the sizes; at least one bay each if possible."""
    total, before, runs = sum(sizes.values()), 0, dict[str, Sequence[Bay]]()
    for name, size in sizes.items():
        first = len(bays) * before // total
        last = max(len(bays) * (before + size) // total, first + 1)
        runs[name] = bays[first:last]
        before += size
    return runs


def _on_shelves(
    store: str,
    fixtures: Sequence[Fixture],
    bays: Sequence[Bay],
    products: Sequence[Product],
    rng: random.Random,
) -> Iterable[Placement]:
    if not bays:
        return
    shuffled = rng.sample(products, len(products))
    filled: Counter[Bay] = Counter()
    for number, product in enumerate(shuffled):
        bay = bays[number * len(bays) // len(shuffled)]
        nth, shelves = filled[bay], bay.face.shelves or 1
        filled[bay] += 1
        yield Placement(
            store=store,
            sku=product.sku,
            floor=fixtures[bay.fixture].level,
            aisle=bay.face.aisle,
            side=bay.face.side,
            bay=bay.number,
            shelf=nth % shelves + 1,
            position=nth // shelves + 1,
        )


def _labelled(fixtures: Sequence[Fixture], runs: dict[str, Sequence[Bay]]) -> list[Fixture]:
    owner = {(bay.fixture, bay.face, bay.number): name for name, run in runs.items() for bay in run}
    labelled = []
    for index, fixture in enumerate(fixtures):
        faces = [
            part
            for face in fixture.faces
            for part in _split(
                face, [owner.get((index, face, face.first_bay + n), "") for n in range(face.bays)]
            )
        ]
        kinds = {KINDS.get(face.department, fixture.kind) for face in faces}
        kind = kinds.pop() if len(kinds) == 1 else fixture.kind
        labelled.append(replace(fixture, faces=tuple(faces), kind=kind))
    return labelled


def _split(face: Face, owners: Sequence[str]) -> Iterable[Face]:
    """Split a face into one face for each run of bays of one department."""
    first = 0
    for name, run in groupby(owners):
        after = first + len(list(run))
        yield replace(
            face,
            start=_along(face, first),
            end=_along(face, after),
            bays=after - first,
            first_bay=face.first_bay + first,
            department=name,
        )
        first = after


def _along(face: Face, bays: int) -> XY:
    share = bays / face.bays
    return (
        face.start[0] + share * (face.end[0] - face.start[0]),
        face.start[1] + share * (face.end[1] - face.start[1]),
    )


def _turn(department: str) -> tuple[int, int, str]:
    if department in FIRST:
        return 0, FIRST.index(department), ""
    if department in LAST:
        return 2, LAST.index(department), ""
    return 1, 0, department
