"""Judges coordinates that no address proves by the other rows of the feed and by the coast.

A shop at sea, or alone in a country where no other shop of the feed is, has swapped coordinates if
the swapped point lies among the others. Elsewhere it is in doubt.
"""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from geodata.importers.address import region_code_at
from geodata.importers.coordinates import SWAPPED
from geodata.points import Point

_FEWEST_ROWS = 10
"""A feed with fewer located rows proves nothing about one of them, except at sea."""
_MOST_STRAYS = 0.1
"""The largest share of rows in other countries of a feed that has a home country."""


class Row(NamedTuple):
    """The location of a row, and what is known about it."""

    point: Point | None
    country: str
    """The country of the point; empty at sea."""
    checked: bool
    """True if the address of the row agrees with the point."""


class Verdict(NamedTuple):
    """A change of a row's location; the point is the given one where it is only in doubt."""

    point: Point | None
    note: str
    repaired: bool = False


def judge(rows: Sequence[Row]) -> dict[int, Verdict]:
    """The rows whose location is wrong or in doubt, by their number."""
    unchecked = [i for i, row in enumerate(rows) if row.point and not row.checked]
    if not unchecked:
        return {}
    cells = Counter(_cell(row.point) for row in rows if row.point and row.country)
    countries = Counter(row.country for row in rows if row.point and row.country)
    at_sea = [i for i in unchecked if not rows[i].country]
    is_all_swapped = _is_all_swapped(rows, at_sea)
    verdicts: dict[int, Verdict] = {}
    for i in unchecked:
        point = rows[i].point
        assert point
        given = f"{point.latitude}, {point.longitude}"
        if not rows[i].country:
            verdicts[i] = _at_sea(point, given, cells, is_all_swapped)
        elif verdict := _abroad(point, given, rows[i].country, cells, countries):
            verdicts[i] = verdict
    return verdicts


def _at_sea(
    point: Point, given: str, cells: Counter[tuple[int, int]], all_swapped: bool
) -> Verdict:
    other = _swapped(point)
    if other and (all_swapped or _around(other, cells)) and region_code_at(other):
        return Verdict(other, f"{given} is at sea: {SWAPPED}", repaired=True)
    country = region_code_at(other) if other else ""
    hint = f"; swapped it is in {country}" if country else ""
    return Verdict(None, f"{given} is at sea{hint}: kept without a location")


def _abroad(
    point: Point,
    given: str,
    country: str,
    cells: Counter[tuple[int, int]],
    countries: Counter[str],
) -> Verdict | None:
    total = sum(countries.values())
    (home, at_home), *_ = countries.most_common(1)
    is_stray = country != home and countries[country] <= _MOST_STRAYS * total
    if total < _FEWEST_ROWS or not is_stray or _around(point, cells) > countries[country]:
        return None
    other = _swapped(point)
    if other and _around(other, cells) and region_code_at(other) == home:
        return Verdict(other, f"{given} is in {country}, the others in {home}: {SWAPPED}", True)
    if at_home >= (1 - _MOST_STRAYS) * total and countries[country] == 1:
        note = f"{given} is in {country}, {at_home} of {total} rows in {home}: kept as given"
        return Verdict(point, note)
    return None


def _is_all_swapped(rows: Sequence[Row], at_sea: list[int]) -> bool:
    """True if most rows are at sea, and all of these are on land when they are swapped."""
    located = sum(row.point is not None for row in rows)
    if len(at_sea) < 3 or 2 * len(at_sea) <= located:
        return False
    others = [_swapped(point) for i in at_sea if (point := rows[i].point)]
    return all(other is not None and region_code_at(other) for other in others)


def _swapped(point: Point) -> Point | None:
    try:
        return Point(point.longitude, point.latitude)
    except ValueError:
        return None


def _cell(point: Point) -> tuple[int, int]:
    return int(point.latitude // 1), int(point.longitude // 1)


def _around(point: Point, cells: Counter[tuple[int, int]]) -> int:
    """Rows in the degree of the point and the eight around it."""
    north, east = _cell(point)
    return sum(cells[north + dn, east + de] for dn in (-1, 0, 1) for de in (-1, 0, 1))
