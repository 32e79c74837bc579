"""Finding a place by its name, and names by how they begin."""

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, process

from geodata.gazetteer.countries import country_code
from geodata.gazetteer.folding import checked, fold
from geodata.gazetteer.readings import Reading, readings
from geodata.gazetteer.table import PlaceKind, Table
from geodata.points import Point

_DATA = Path(__file__).parent / "data"
_AROUND_KM = 100.0
"""`Kallio, Helsinki`: how far from Helsinki a Kallio may be."""
_NEAR_KM = 50.0
"""Nearness counts like size: at this distance a place weighs half its population."""
_ALIAS_WEIGHT = 0.1
"""A place known by another name first is rarely meant by this one."""
_BOX_MARGIN = 0.5
_KM_PER_DEGREE = 111.2
_LEAST_WEIGHT = 500.0
"""Postcodes, stations and squares have no population; they rank with small villages."""
_SIMILAR_POOL = 20_000
_SIMILAR_CUTOFF = 70.0


@dataclass(frozen=True, slots=True)
class Place:
    """A named point of the gazetteer."""

    name: str
    country: str
    """ISO 3166-1 alpha-2."""
    admin: str
    """State as in addresses of the US, Canada and Australia (`TX`), else GeoNames' code."""
    admin_name: str
    """State written out, where `admin` is one that addresses use."""
    point: Point
    kind: PlaceKind
    population: int
    """Within 4 %; 0 where there is none."""

    @property
    def label(self) -> str:
        """The name with what tells it from its namesakes: `Paris, TX, US`."""
        admin = self.admin if self.admin_name else ""
        return ", ".join(part for part in (self.name, admin, self.country) if part)


@dataclass(frozen=True, slots=True)
class Box:
    """Bounds in degrees. A west greater than the east means that it spans the antimeridian."""

    south: float
    west: float
    north: float
    east: float

    def contains(self, point: Point) -> bool:
        """Whether the point is inside or on the edge."""
        if not self.south <= point.latitude <= self.north:
            return False
        if self.west <= self.east:
            return self.west <= point.longitude <= self.east
        return point.longitude >= self.west or point.longitude <= self.east


class PlaceNotFound(LookupError):
    """No place has that name; `suggestions` have similar ones."""

    def __init__(self, text: str, suggestions: Sequence[Place]) -> None:
        super().__init__(f"no place is known by {text!r}")
        self.suggestions = tuple(suggestions)


@dataclass(frozen=True, slots=True)
class _Hit:
    """One row of one table, with the weight that ranks it."""

    table: Table
    row: int
    weight: float

    def place(self) -> Place:
        table, row = self.table, self.row
        region = table.regions[table.region[row]]
        return Place(
            table.name(row),
            region.country,
            region.admin,
            region.admin_name,
            Point(round(float(table.latitude[row]), 5), round(float(table.longitude[row]), 5)),
            PlaceKind(int(table.kind[row])),
            round(float(table.population[row])),
        )


class Gazetteer:
    """Towns, postcodes and landmarks by name. Immutable, and safe to share between threads."""

    def __init__(self, tables: Iterable[Table]) -> None:
        self._tables = tuple(tables)

    @classmethod
    def load(cls) -> "Gazetteer":
        """The gazetteer of the package, in less than 0.1 s."""
        return cls(Table.load(path) for path in sorted(_DATA.glob("*.npz")))

    def __len__(self) -> int:
        return sum(map(len, self._tables))

    def find(self, text: str, *, country: str | None = None, near: Point | None = None) -> Place:
        """The place that the text most likely means: the largest, or the nearest large one.

        Args:
            text: a town, postcode or landmark, alone or narrowed: `Paris, TX`, `Lyon 69003`.
            country: ISO 3166-1 alpha-2 code that the place must have.
            near: where the asker is; ranks places, excludes none.

        Raises:
            PlaceNotFound: with suggestions.
            ValueError: when the text is blank, over 200 characters, or has control characters.
        """
        text = checked(text, "place")
        for reading in readings(text):
            hits = self._hits(reading, country, near)
            if hits:
                return max(hits, key=_rank).place()
        raise PlaceNotFound(text, self._similar(text))

    def suggest(self, prefix: str, limit: int = 10, *, near: Point | None = None) -> list[Place]:
        """Places whose names begin so, the likeliest first; case and accents do not matter.

        Raises:
            ValueError: as `find`, or when the limit is not in [1, 100].
        """
        if not 1 <= limit <= 100:
            raise ValueError(f"limit must be in [1, 100], got {limit}")
        key = fold(checked(prefix, "prefix").partition(",")[0])
        if not key:
            return []
        hits = (hit for table in self._tables for hit in _beginning(table, key, 2 * limit, near))
        # A square and the station on it have one name: the first of each label is enough.
        unique: dict[str, Place] = {}
        for hit in sorted(hits, key=_rank, reverse=True):
            place = hit.place()
            unique.setdefault(place.label, place)
        return list(unique.values())[:limit]

    def postcode(self, code: str, country: str) -> Point | None:
        """Where a postcode is, as far as the tables tell."""
        for hit in self._named(code, None):
            place = hit.place()
            if place.kind is PlaceKind.POSTCODE and place.country == country:
                return place.point
        return None

    def box(self, country: str) -> Box | None:
        """The bounds of a country's towns, half a degree wider; None when none is known."""
        return self._boxes.get(country)

    @cached_property
    def _boxes(self) -> dict[str, Box]:
        inside: dict[str, list[NDArray[np.float64]]] = {}
        for table in self._tables:
            for country in {region.country for region in table.regions}:
                numbers = [i for i, region in enumerate(table.regions) if region.country == country]
                rows = np.flatnonzero(
                    np.isin(table.region, numbers) & (table.kind == PlaceKind.TOWN)
                )
                points = np.column_stack((table.latitude[rows], table.longitude[rows]))
                if len(rows):  # postcodes of overseas parts would stretch the country
                    inside.setdefault(country, []).append(points)
        return {country: _box(np.concatenate(points)) for country, points in inside.items()}

    def _hits(self, reading: Reading, country: str | None, near: Point | None) -> list[_Hit]:
        hits = list(self._named(reading.name, near))
        if country:
            hits = [hit for hit in hits if hit.table.regions[_region(hit)].country == country]
        for qualifier in reading.within:
            if not hits:
                break
            hits = self._narrowed(hits, qualifier)
        return hits

    def _named(self, name: str, near: Point | None) -> Iterator[_Hit]:
        for key in _spellings(fold(name)):
            for table in self._tables:
                for row, is_alias in table.rows_named(key):
                    rows = np.array([row])
                    weight = float(_weights(table, rows, near)[0])
                    yield _Hit(table, row, weight * (_ALIAS_WEIGHT if is_alias else 1))

    def _narrowed(self, hits: list[_Hit], qualifier: str) -> list[_Hit]:
        country, key = country_code(qualifier), fold(qualifier)
        inside = [
            hit
            for hit in hits
            for region in (hit.table.regions[_region(hit)],)
            if region.country == country
            or (region.admin_name and key in (fold(region.admin), fold(region.admin_name)))
        ]
        if inside:
            return inside
        towns = list(self._named(qualifier, None))
        if not towns:
            return []
        # All towns of that name: `Kallio, Helsinki` means the Helsinki that has a Kallio.
        return [
            hit
            for hit in hits
            if any(
                _km(town.table, np.array([town.row]), _point(hit))[0] < _AROUND_KM for town in towns
            )
        ]

    def _similar(self, text: str) -> list[Place]:
        key = fold(text.partition(",")[0])
        if not key:
            return []
        same_start = {
            table.keys[row].decode(): _Hit(table, row, float(table.population[row]))
            for table in self._tables
            for row in table.keys.beginning(key[:3])[:3000]
        }
        pool = self._well_known | same_start
        found = process.extract(
            key.decode(), pool.keys(), scorer=fuzz.ratio, limit=20, score_cutoff=_SIMILAR_CUTOFF
        )
        ranked = sorted(found, key=lambda match: (match[1], _rank(pool[match[0]])), reverse=True)
        return [pool[name].place() for name, _, _ in ranked[:5]]

    @cached_property
    def _well_known(self) -> dict[str, _Hit]:
        """The most populous names, by key."""
        known: dict[str, _Hit] = {}
        for table in self._tables:
            named = np.flatnonzero(table.kind != PlaceKind.POSTCODE)
            # Ascending, so that the largest of several towns of one name stays.
            named = named[np.argsort(table.population[named], kind="stable")][-_SIMILAR_POOL:]
            for row, population in zip(
                named.tolist(), table.population[named].tolist(), strict=True
            ):
                known[table.keys[row].decode()] = _Hit(table, row, population)
        return known


def _box(points: NDArray[np.float64]) -> Box:
    """The narrowest bounds of the points, over the antimeridian if that is narrower."""
    longitudes = np.unique(points[:, 1])
    gaps = np.diff(longitudes, append=longitudes[0] + 360)
    widest = int(np.argmax(gaps))
    west, east = longitudes[(widest + 1) % len(longitudes)], longitudes[widest]
    return Box(
        float(points[:, 0].min()) - _BOX_MARGIN,
        float(west) - _BOX_MARGIN,
        float(points[:, 0].max()) + _BOX_MARGIN,
        float(east) + _BOX_MARGIN,
    )


def _beginning(table: Table, key: bytes, limit: int, near: Point | None) -> Iterator[_Hit]:
    """The heaviest rows whose key, or one of whose aliases, begins so."""
    rows, aliases = table.keys.beginning(key), table.aliases.beginning(key)
    # What is suggested should begin as typed, so that an alias counts even less here.
    for candidates, factor in (
        (np.arange(rows.start, rows.stop), 1.0),
        (table.alias_rows[aliases.start : aliases.stop], _ALIAS_WEIGHT**2),
    ):
        weights = _weights(table, candidates, near) * factor
        if len(weights) > limit:
            best = np.argpartition(-weights, limit)[:limit]
        else:
            best = np.arange(len(weights))
        for index in best.tolist():
            yield _Hit(table, int(candidates[index]), float(weights[index]))


def _weights(table: Table, rows: NDArray[Any], near: Point | None) -> NDArray[np.float32]:
    weights: NDArray[np.float32] = np.maximum(table.population[rows], _LEAST_WEIGHT)
    if near is not None:
        weights /= 1 + np.square(_km(table, rows, near) / _NEAR_KM)
    return weights


def _km(table: Table, rows: NDArray[Any], point: Point) -> NDArray[np.float32]:
    """Distances on a map stretched to be true at the point: they rank, they are never shown."""
    north = table.latitude[rows] - point.latitude
    east = np.abs(table.longitude[rows] - point.longitude)
    east = np.minimum(east, 360 - east) * math.cos(math.radians(point.latitude))
    distances: NDArray[np.float32] = _KM_PER_DEGREE * np.hypot(north, east)
    return distances


def _rank(hit: _Hit) -> tuple[float, float, str]:
    """Heavier first; equal ones in an order that does not depend on the tables."""
    return hit.weight, float(hit.table.latitude[hit.row]), hit.table.name(hit.row)


def _region(hit: _Hit) -> int:
    return int(hit.table.region[hit.row])


def _point(hit: _Hit) -> Point:
    return Point(float(hit.table.latitude[hit.row]), float(hit.table.longitude[hit.row]))


def _spellings(key: bytes) -> Iterator[bytes]:
    """The key, and the same with `saint` for `st`, or the other way round."""
    if not key:
        return
    yield key
    for short, long in ((rb"\bst\b", b"saint"), (rb"\bste\b", b"sainte")):
        for pattern, replacement in ((short, long), (rb"\b" + long + rb"\b", short[2:-2])):
            other = re.sub(pattern, replacement, key)
            if other != key:
                yield other
