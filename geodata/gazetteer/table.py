"""A table of named points in flat arrays, sorted by folded name.

A table of 230,000 names loads in tens of milliseconds and takes about 15 MB, because a name
becomes a Python object only when it is read.
"""

import enum
import io
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple, overload

import numpy as np
from numpy.typing import NDArray

from geodata.gazetteer.folding import fold

_NEWLINE = 10
_HEAD = 8
_POPULATION_STEPS = 14.0
"""Populations are stored as ln(1 + n) in rounded steps of 1/14: within 4 %."""


class PlaceKind(enum.IntEnum):
    """The kind of a place; in ties a lower value ranks first."""

    TOWN = 0
    POSTCODE = 1
    STATION = 2
    SUBURB = 3
    SQUARE = 4
    STOP = 5


class Region(NamedTuple):
    """Country and first-level division of a place."""

    country: str
    """ISO 3166-1 alpha-2."""
    admin: str
    """State code used in addresses of the US, Canada and Australia, else GeoNames' code."""
    admin_name: str
    """Full name of the state, if addresses use `admin`; else empty."""


class Row(NamedTuple):
    """One named point, as input of a table."""

    name: str
    latitude: float
    longitude: float
    region: Region
    population: int
    kind: PlaceKind
    aliases: tuple[str, ...] = ()


class Keys(Sequence[bytes]):
    """The lines of a text as a sequence of byte strings, each made when it is read."""

    def __init__(self, text: bytes) -> None:
        self._text = text
        ends = np.flatnonzero(np.frombuffer(text, dtype=np.uint8) == _NEWLINE)
        # A memoryview yields Python integers, which slice faster than numpy's.
        self._starts = np.concatenate(([0], ends + 1)).astype(np.int64).data
        self._ends = np.concatenate((ends, [len(text)])).astype(np.int64).data
        self._size = len(self._starts) if text else 0

    def __len__(self) -> int:
        return self._size

    @overload
    def __getitem__(self, index: int) -> bytes: ...
    @overload
    def __getitem__(self, index: slice) -> list[bytes]: ...
    def __getitem__(self, index: int | slice) -> bytes | list[bytes]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(self._size))]
        return self._text[self._starts[index] : self._ends[index]]

    def equal(self, key: bytes) -> range:
        """The range of lines equal to the key; the lines must be sorted."""
        head = int.from_bytes(key[:_HEAD].ljust(_HEAD, b"\0"))
        first = bisect_left(self._heads, head)
        last = bisect_right(self._heads, head, first)
        if len(key) < _HEAD:  # the bytes after its end are those of no other line
            return range(first, last)
        first = bisect_left(self, key, first, last)
        return range(first, bisect_right(self, key, first, last))

    @cached_property
    def _heads(self) -> memoryview:
        """The first bytes of each line as numbers in the order of the lines.

        They find one line of many in a microsecond, without a Python object for each one tried.
        """
        text = np.frombuffer(self._text + bytes(_HEAD), np.uint8)
        starts, ends = (np.asarray(part)[: self._size] for part in (self._starts, self._ends))
        heads = np.zeros(self._size, np.uint64)
        for place in range(_HEAD):
            at = starts + place
            heads = heads << np.uint64(8) | np.where(at < ends, text[at], np.uint8(0))
        return heads.data

    def beginning(self, prefix: bytes) -> range:
        """The range of lines that begin with the prefix; the lines must be sorted."""
        return range(bisect_left(self, prefix), bisect_left(self, prefix + b"\xff"))


class Table:
    """Named points from one source; rows are sorted by key, and aliases refer to rows."""

    def __init__(self, columns: Mapping[str, NDArray[Any]]) -> None:
        names = columns["names"].tobytes()
        self._names = Keys(names)
        self.keys = Keys(fold(names.decode()))
        self.aliases = Keys(columns["aliases"].tobytes())
        self.alias_rows: NDArray[np.int32] = columns["alias_rows"]
        scale = float(columns["scale"])
        self.latitude = _from_planes(columns["latitude"]) / scale - 90
        self.longitude = _from_planes(columns["longitude"]) / scale - 180
        self.population = np.expm1(columns["population"].astype(np.float32) / _POPULATION_STEPS)
        self.kind: NDArray[np.uint8] = columns["kind"]
        self.region: NDArray[np.uint16] = columns["region"]
        self.regions = [
            Region(*line.decode().split("|")) for line in Keys(columns["regions"].tobytes())
        ]

    @classmethod
    def load(cls, path: Path) -> "Table":
        """Read a table written by `save`."""
        with np.load(path, allow_pickle=False) as columns:
            return cls(columns)

    def __len__(self) -> int:
        return len(self._names)

    def name(self, row: int) -> str:
        """The name as written in the source."""
        return self._names[row].decode()

    def rows_named(self, key: bytes) -> Iterator[tuple[int, bool]]:
        """The rows of a key, each with True if the key is only an alias."""
        for row in self.keys.equal(key):
            yield row, False
        for alias in self.aliases.equal(key):
            yield int(self.alias_rows[alias]), True


def save(rows: Sequence[Row], path: Path, *, per_degree: int = 1000) -> None:
    """Write a table with coordinates rounded to 1 / `per_degree` degrees.

    The same rows give the same bytes.
    """
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **_columns(rows, per_degree))
    path.write_bytes(buffer.getvalue())


def _columns(rows: Sequence[Row], per_degree: int) -> dict[str, NDArray[Any]]:
    # A name without a Latin letter has no key and cannot be found.
    rows = sorted(
        (row for row in rows if fold(row.name)),
        key=lambda row: (fold(row.name), row.region, -row.population),
    )
    regions = sorted({row.region for row in rows})
    number = {region: index for index, region in enumerate(regions)}
    aliases = sorted(
        {
            (key, index)
            for index, row in enumerate(rows)
            for key in map(fold, row.aliases)
            if key and key != fold(row.name)
        }
    )
    return {
        "names": _text([row.name.encode() for row in rows]),
        "latitude": _planes([round((row.latitude + 90) * per_degree) for row in rows]),
        "longitude": _planes([round((row.longitude + 180) * per_degree) for row in rows]),
        "scale": np.array(per_degree),
        "region": np.array([number[row.region] for row in rows], dtype=np.uint16),
        "population": np.round(
            np.log1p([row.population for row in rows]) * _POPULATION_STEPS
        ).astype(np.uint8),
        "kind": np.array([row.kind for row in rows], dtype=np.uint8),
        "regions": _text(["|".join(region).encode() for region in regions]),
        "aliases": _text([key for key, _ in aliases]),
        "alias_rows": np.array([index for _, index in aliases], dtype=np.int32),
    }


def _text(lines: Sequence[bytes]) -> NDArray[np.uint8]:
    return np.frombuffer(b"\n".join(lines), dtype=np.uint8)


def _planes(values: Sequence[int]) -> NDArray[np.uint8]:
    """The four bytes of each value in separate planes: planes of high bytes compress well."""
    return np.array(values, dtype="<u4").view(np.uint8).reshape(-1, 4).T.copy()


def _from_planes(planes: NDArray[np.uint8]) -> NDArray[np.float64]:
    values = np.ascontiguousarray(planes.T).view("<u4").reshape(-1)
    return values.astype(np.float64)
