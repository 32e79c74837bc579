"""Finds places by name, and suggests places by the beginning of a name."""

import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, process

from geodata.gazetteer.codes import TOWN_ONLY, parts_of
from geodata.gazetteer.countries import country_code
from geodata.gazetteer.folding import checked, fold
from geodata.gazetteer.place import Box, Place, PlaceNotFound
from geodata.gazetteer.ranking import Hit, beginning, distances_km, named
from geodata.gazetteer.readings import (
    MAX_WORDS,
    POSTCODE,
    Reading,
    readings,
    whole_readings,
)
from geodata.gazetteer.table import PlaceKind, Table
from geodata.points import Point

_DATA = Path(__file__).parent / "data"
_AROUND_KM = 100.0
"""In `Kallio, Helsinki`: the largest distance between Kallio and Helsinki."""
_CEDEX = re.compile(r"\s+cedex(?:\s+\d{1,2})?\b", re.IGNORECASE)
_PLUS_FOUR = re.compile(r"(\d{5})-\d{4}")
_SIMILAR_POOL = 20_000
_SIMILAR_START = 3_000
_SIMILAR_CUTOFF = 70.0
_MAX_SUGGESTIONS = 5


class Gazetteer:
    """Towns, postcodes and landmarks by name; immutable and thread-safe."""

    def __init__(self, tables: Iterable[Table]) -> None:
        self._tables = tuple(tables)

    @classmethod
    def load(cls) -> "Gazetteer":
        """Load the tables of the package: about 80 ms and 30 MB."""
        return cls(Table.load(path) for path in sorted(_DATA.glob("*.npz")))

    def __len__(self) -> int:
        return sum(map(len, self._tables))

    def find(self, text: str, *, country: str | None = None, near: Point | None = None) -> Place:
        """The most likely place for a text, ranked by population and by nearness to `near`.

        Args:
            text: a town, postcode or landmark, alone or qualified: `Paris, TX`, `Lyon 69003`.
            country: ISO 3166-1 alpha-2 code that the place must have.
            near: the user's position; it ranks places and excludes none.

        Raises:
            PlaceNotFound: no place has the name; the error has suggestions.
            ValueError: the text is blank, has over 200 characters, or has control characters.
        """
        text = checked(text, "place")
        # The number of a CEDEX is that of a sorting office.
        plain = _CEDEX.sub("", text).strip(" ,") or text
        for reading in readings(plain):
            hits = self._hits(reading, country, near)
            if hits:
                return max(hits, key=lambda hit: hit.rank).place()
        if hit := self._by_postcode(plain, country, near):
            return hit.place()
        raise PlaceNotFound(text, self._similar(text))

    def whole(self, text: str, *, near: Point | None = None) -> list[Place]:
        """The places with this name, each word of which counts, most likely first.

        Unlike in `find`, a street or other words beside the name make it unknown. A text that
        cannot be a place has none.
        """
        for reading in whole_readings(text):
            if hits := self._hits(reading, None, near):
                return [hit.place() for hit in sorted(hits, key=lambda hit: hit.rank, reverse=True)]
        return []

    def suggest(self, prefix: str, limit: int = 10, *, near: Point | None = None) -> list[Place]:
        """Places whose name begins with the prefix, most likely first; case and accents are
        ignored.

        Raises:
            ValueError: the prefix is invalid (as in `find`), or the limit is not in [1, 100].
        """
        if not 1 <= limit <= 100:
            raise ValueError(f"limit must be in [1, 100], got {limit}")
        key = fold(checked(prefix, "prefix").partition(",")[0])
        if not key:
            return []
        hits = (hit for table in self._tables for hit in beginning(table, key, 2 * limit, near))
        # A square and its station have the same name: keep the first place per label.
        unique: dict[str, Place] = {}
        for hit in sorted(hits, key=lambda hit: hit.rank, reverse=True):
            place = hit.place()
            unique.setdefault(place.label, place)
        return list(unique.values())[:limit]

    def postcode(self, code: str, country: str) -> Point | None:
        """The position of a postcode; None if the tables do not have it, or only its town."""
        if country in TOWN_ONLY:
            return None
        for hit in self._codes(code, None):
            is_postcode = hit.table.kind[hit.row] == PlaceKind.POSTCODE
            if is_postcode and hit.region.country == country:
                return hit.point
        return None

    def towns(self, name: str, country: str = "") -> list[Point]:
        """The positions of all towns of a name, in a country or anywhere."""
        return [
            hit.point
            for key in _spellings(fold(name))
            for table in self._town_tables
            for row, _ in table.rows_named(key)
            if table.kind[row] == PlaceKind.TOWN
            for hit in (Hit(table, row, 0.0),)
            if not country or hit.region.country == country
        ]

    def box(self, country: str) -> Box | None:
        """The bounds of a country's towns plus half a degree; None for an unknown country."""
        return self._boxes.get(country)

    @cached_property
    def _town_tables(self) -> list[Table]:
        return [table for table in self._tables if np.any(table.kind == PlaceKind.TOWN)]

    @cached_property
    def _postcode_tables(self) -> list[Table]:
        return [table for table in self._tables if np.any(table.kind == PlaceKind.POSTCODE)]

    @cached_property
    def _boxes(self) -> dict[str, Box]:
        inside: dict[str, list[NDArray[np.float64]]] = {}
        for table in self._tables:
            # Postcodes are left out: overseas territories would widen the box.
            is_town = table.kind == PlaceKind.TOWN
            for country in {region.country for region in table.regions}:
                numbers = [i for i, region in enumerate(table.regions) if region.country == country]
                rows = np.flatnonzero(is_town & np.isin(table.region, numbers))
                if len(rows):
                    points = np.column_stack((table.latitude[rows], table.longitude[rows]))
                    inside.setdefault(country, []).append(points)
        return {country: Box.around(np.concatenate(points)) for country, points in inside.items()}

    def _hits(self, reading: Reading, country: str | None, near: Point | None) -> list[Hit]:
        hits = list(self._named(reading.name, near))
        # A town that the text names is nearer than the area of its postcode.
        hits += [
            hit
            for hit in self._parts(reading.name, near)
            if not reading.within or hit.region.country not in TOWN_ONLY
        ]
        if country:
            hits = [hit for hit in hits if hit.region.country == country]
        for qualifier in reading.within:
            hits = self._narrowed(hits, qualifier) if hits else []
        return hits

    def _by_postcode(self, text: str, country: str | None, near: Point | None) -> Hit | None:
        """The known postcode in a longer text, if the other words agree or name no other place."""
        words = re.split(r"[\s,]+", text)[:MAX_WORDS]
        for size, start in itertools.product((2, 1), range(len(words))):
            code = _PLUS_FOUR.sub(r"\1", "".join(words[start : start + size]))
            if not POSTCODE.fullmatch(code):
                continue
            hits = [
                hit
                for hit in self._codes(code, near)
                if hit.table.kind[hit.row] == PlaceKind.POSTCODE
                and (not country or hit.region.country == country)
            ]
            rest = words[:start] + words[start + size :]
            if hits and (agreed := self._agreed(hits, rest)):
                return max(agreed, key=lambda hit: hit.rank)
        return None

    def _agreed(self, hits: list[Hit], words: list[str]) -> list[Hit]:
        """The hits that other words of the text confirm; all if these words name no place."""
        names_town = False
        for size, start in itertools.product((3, 2, 1), range(len(words))):
            name = " ".join(words[start : start + size])
            if len(words[start : start + size]) < size or re.fullmatch(r"\d+", name):
                continue
            if inside := self._narrowed(hits, name):
                return inside
            names_town = names_town or (len(name) > 3 and any(self.towns(name)))
        return [] if names_town or len({hit.region.country for hit in hits}) > 1 else hits

    def _codes(self, code: str, near: Point | None) -> Iterator[Hit]:
        """The rows of a postcode, or of the part of it that the tables have."""
        yield from self._named(code, near, self._postcode_tables)
        yield from self._parts(code, near)

    def _parts(self, code: str, near: Point | None) -> Iterator[Hit]:
        for country, part in parts_of(code.replace(" ", "")):
            for hit in self._named(part, near, self._postcode_tables):
                if hit.region.country == country:
                    yield hit

    def _named(
        self, name: str, near: Point | None, tables: Sequence[Table] | None = None
    ) -> Iterator[Hit]:
        for key in _spellings(fold(name)):
            for table in self._tables if tables is None else tables:
                yield from named(table, key, near)

    def _narrowed(self, hits: list[Hit], qualifier: str) -> list[Hit]:
        country, key = country_code(qualifier), fold(qualifier)
        inside = [
            hit
            for hit in hits
            if hit.region.country == country
            or (
                hit.region.admin_name
                and key in (fold(hit.region.admin), fold(hit.region.admin_name))
            )
        ]
        # Try all towns of that name: `Kallio, Helsinki` means the Helsinki with a Kallio near by.
        return inside or [
            hit
            for town in self._named(qualifier, None)
            for hit in hits
            if distances_km(town.table, np.array([town.row]), hit.point)[0] < _AROUND_KM
        ]

    def _similar(self, text: str) -> list[Place]:
        key = fold(text.partition(",")[0])
        if not key:
            return []
        same_start = [
            Hit(table, row, float(table.population[row]))
            for table in self._tables
            for row in table.keys.beginning(key[:3])[:_SIMILAR_START]
        ]
        pool = _by_key(same_start) | self._well_known
        found = process.extract(
            key.decode(), pool.keys(), scorer=fuzz.ratio, limit=20, score_cutoff=_SIMILAR_CUTOFF
        )
        ranked = sorted(found, key=lambda match: (match[1], pool[match[0]].rank), reverse=True)
        return [pool[name].place() for name, _, _ in ranked[:_MAX_SUGGESTIONS]]

    @cached_property
    def _well_known(self) -> dict[str, Hit]:
        """The most populous names, by key."""
        known: list[Hit] = []
        for table in self._tables:
            rows = np.flatnonzero(table.kind != PlaceKind.POSTCODE)
            rows = rows[np.argsort(table.population[rows], kind="stable")][-_SIMILAR_POOL:]
            populations = table.population[rows].tolist()
            known += map(Hit, itertools.repeat(table), rows.tolist(), populations)
        return _by_key(known)


def _by_key(hits: Iterable[Hit]) -> dict[str, Hit]:
    """Hits by key; of hits with the same key, the one with the greatest weight."""
    ascending = sorted(hits, key=lambda hit: hit.weight)
    return {hit.table.keys[hit.row].decode(): hit for hit in ascending}


def _spellings(key: bytes) -> Iterator[bytes]:
    """The key, and its variants with `saint` for `st` and `st` for `saint`."""
    if not key:
        return
    yield key
    if b"st" not in key and b"saint" not in key:
        return
    for short, long in ((rb"\bst\b", b"saint"), (rb"\bste\b", b"sainte")):
        for pattern, replacement in ((short, long), (rb"\b" + long + rb"\b", short[2:-2])):
            other = re.sub(pattern, replacement, key)
            if other != key:
                yield other
