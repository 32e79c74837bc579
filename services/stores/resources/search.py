"""Searches stores by text, area, route and distance, and counts them by cell."""

from bisect import bisect_right
from collections.abc import Callable, Collection, Iterator, Sequence, Set
from contextlib import contextmanager
from functools import partial

import h3
import numpy as np
from numpy.typing import NDArray

from enrayon.stores.v1 import stores_pb2
from geodata.distance import Floats, chord_core_m, chord_reach_m, distances_m, ecef
from geodata.nearest import Rows
from geodata.points import Point
from geodata.regions import along_route, in_shape, in_viewport, points_at
from geodata.roads import Mode
from geodata.steps import Steps
from geodata.words import folded
from services.chassis.errors import FieldViolation
from services.directory.columns import rows_mask
from services.directory.filters import Mask, StoreFilter
from services.directory.journeys import MODES, Journey
from services.directory.service_areas import polygon_of
from services.directory.stores import StoresReplica
from services.directory.text import ALL
from services.directory.text import Match as TextMatch
from services.stores.convert.filters import point
from services.stores.errors import InvalidGeometry, TooManyCells, TooManyDetours
from services.stores.model.matches import BY_ID, Cell, Found, Match, Total

Detours = Callable[[Mode, Sequence[Point], Sequence[Point]], list[Journey]]
"""For each pair of points the way there and back."""
CELLS_MOST = 10_000
"""Cells of an answer, at most."""
COUNTED = 10_000
"""Matches of words that are counted one by one; the number of more is an estimate."""
SAMPLED = 30_000
"""Matches of words from which the number of admitted ones is estimated, at most."""
ADMITTED_ENOUGH = 1000
"""Admitted ones among them after which no more are looked at."""
IDS_AT_ONCE = 4096
"""Matches, or ids, that are looked at before other calls have their turn."""
DETOURS_MOST = 2000
"""Stores along a route whose detours are computed, at most."""
SORTED = 10_000
"""Stores of an area that are sorted; of more, the ids of all stores are followed in order."""
LOCATED, UNLOCATED = 0.0, 1.0
"""The first part of a rank from an origin."""
PUBLIC = StoreFilter(statuses=frozenset(stores_pb2.StoreStatus.values()))
"""Admits every public store."""


def search(
    replica: StoresReplica,
    detours: Detours,
    request: stores_pb2.SearchStoresRequest,
    wanted: StoreFilter,
    after: Match | None,
    size: int,
    total: Total | None,
) -> Steps[Found]:
    """The matches after another one, in the order of the answer, at most `size`.

    That is by text, else by route position or distance, else by id. `total` is that of the page
    before, which is kept.

    Raises:
        InvalidGeometry: the area or the route cannot be used.
    """
    area = request.WhichOneof("area")
    if area == "route":
        matches = yield from route_matches(replica, request, wanted)
        if request.route.mode:
            matches = yield from by_detour(replica, detours, request.route, matches)
        return page_of(matches, after, size)
    if area == "circle" and not request.query:
        return (yield from circle_page(replica, request.circle, wanted, after, size, total))
    among = None
    if area:
        rows = yield from area_rows(replica, request, wanted)
        if not request.query and len(rows) <= SORTED:
            ids = sorted(replica.ids_of_rows(rows))
            return page_of([Match(BY_ID, id) for id in ids], after, size)
        among = rows_mask(rows, replica.index.row_count)
        total = Total(len(rows)) if not request.query else total
    if request.query:
        return (yield from text_page(replica, request.query, wanted, among, after, size, total))
    return (yield from id_page(replica, wanted, among, after, size, total))


def page_of(matches: list[Match], after: Match | None, size: int) -> Found:
    """The page of a whole list after a match."""
    start = bisect_right(matches, after[:2], key=lambda match: match[:2]) if after else 0
    page = matches[start : start + size]
    return Found(page, start + size < len(matches), Total(len(matches)))


def id_page(
    replica: StoresReplica,
    wanted: StoreFilter,
    among: Mask | None,
    after: Match | None,
    size: int,
    total: Total | None,
) -> Steps[Found]:
    """The stores after a match that a filter admits, in order of their ids."""
    if wanted.names_stores and among is None:
        ids = yield from replica.named(wanted)
        return page_of([Match(BY_ID, id) for id in ids], after, size)
    if total is None:
        total = Total((yield from replica.count(wanted)))
    found: list[str] = []
    last, block = after.id if after else "", size + 1
    while ids := replica.ids_after(last, block):
        found += replica.admitted(ids, wanted, among)
        if len(found) > size or len(ids) < block:
            break
        last, block = ids[-1], IDS_AT_ONCE
        yield None
    return Found([Match(BY_ID, id) for id in found[:size]], len(found) > size, total)


def text_page(
    replica: StoresReplica,
    query: str,
    wanted: StoreFilter,
    among: Mask | None,
    after: Match | None,
    size: int,
    total: Total | None,
) -> Steps[Found]:
    """The stores after a match that have the words of a query, the best first.

    All matches are looked at until the page is full. Those of the first page are counted up to
    `COUNTED`; of more, the number that a filter or an area admits is an estimate from a sample.
    """
    texts = replica.texts()
    cursor = TextMatch(int(after.rank[0]), int(after.rank[1]), after.id) if after else None
    found: list[TextMatch] = []
    seen = admitted = 0
    block, is_end = size + 1, False
    while not is_end and (len(found) <= size or (total is None and seen < COUNTED)):
        part = yield partial(texts.page, query, cursor, block)
        is_end = len(part) < block
        by_id = {match.id: match for match in part}
        of_part = [by_id[id] for id in replica.admitted(by_id, wanted, among)]
        seen, admitted = seen + len(part), admitted + len(of_part)
        found += of_part[: max(0, size + 1 - len(found))]
        if part:
            cursor, block = part[-1], IDS_AT_ONCE
    if total is None:
        total = Total(admitted)
        if not is_end:
            number = yield from estimated(replica, query, wanted, among)
            total = Total(max(admitted, number), is_estimate=True)
    page = [Match((match.tier, match.number), match.id) for match in found[:size]]
    return Found(page, len(found) > size, total)


def estimated(
    replica: StoresReplica, query: str, wanted: StoreFilter, among: Mask | None
) -> Steps[int]:
    """The number of stores that have the words of a query and are admitted, from a sample.

    Its standard error is a part of 1 / sqrt(n), n the admitted stores in the sample: 3 % where
    `ADMITTED_ENOUGH` are found among the `SAMPLED` ones. The first matches would be no sample:
    they have the shortest names, which other countries have more of.
    """
    matching, sample = yield partial(replica.texts().sample, query, SAMPLED)
    looked = admitted = 0
    while looked < len(sample) and admitted < ADMITTED_ENOUGH:
        part = sample[looked : looked + IDS_AT_ONCE]
        admitted += len(replica.admitted(part, wanted, among))
        looked += len(part)
        yield None
    number: int = round(matching * admitted / max(looked, 1))
    return number


def from_origin(
    replica: StoresReplica,
    origin: Point,
    request: stores_pb2.SearchStoresRequest,
    wanted: StoreFilter,
    after: Match | None,
    size: int,
    total: Total | None,
) -> Steps[Found]:
    """The stores after a match, those nearest to an origin first, those without a location last.

    Raises:
        InvalidGeometry: the area cannot be used.
    """
    ids: Set[str] | None = None
    if request.query:
        ids = yield from ids_with_words(replica, request.query)
    is_anywhere = request.WhichOneof("area") is None
    if not is_anywhere:
        inside = yield from area_rows(replica, request, PUBLIC)
        of_area = set[str]()
        for begin in range(0, len(inside), IDS_AT_ONCE):
            of_area.update(replica.ids_of_rows(inside[begin : begin + IDS_AT_ONCE]))
            yield None
        ids = of_area if ids is None else ids & of_area
    unlocated = []
    if is_anywhere:
        without = yield from replica.unlocated(wanted)
        unlocated = sorted(without if ids is None else ids & {*without})
    if total is None:
        number = 0
        if ids is None:
            every = np.arange(replica.index.row_count)
            number = len((yield from replica.admitted_rows(wanted, every))) + len(unlocated)
        else:
            for part in parts([*ids]):
                number += len(replica.admitted(part, wanted))
                yield None
        total = Total(number)
    # From here on nothing yields: rows do not change.
    page: list[Match] = []
    if after is None or after.rank[0] == LOCATED:
        hits = replica.nearest(
            origin,
            size + 1,
            wanted,
            after=(float(after.rank[1]), after.id) if after else None,
            also=None if ids is None else among(replica, ids),
        )
        page = [Match((LOCATED, distance_m), id, distance_m) for id, distance_m in hits]
        after = None
    page += [Match((UNLOCATED, 0.0), id) for id in unlocated if after is None or id > after.id][
        : size + 1 - len(page)
    ]
    return Found(page[:size], len(page) > size, total)


def ids_with_words(replica: StoresReplica, query: str) -> Steps[frozenset[str]]:
    """The ids of all public stores with the words of a query in name or brand.

    If there are none, those with words that begin so anywhere.
    """
    texts, found = replica.texts(), list[str]()
    named: list[str] = yield partial(texts.named, folded(query), most=ALL)
    for ids in parts(named):
        found += [id for id in ids if replica.public(id) is not None]
        yield None
    if found:
        return frozenset((yield partial(frozenset, found)))
    cursor: TextMatch | None = None
    while True:
        part: list[TextMatch] = yield partial(texts.page, query, cursor, IDS_AT_ONCE)
        found += [match.id for match in part]
        if len(part) < IDS_AT_ONCE:
            return frozenset((yield partial(frozenset, found)))
        cursor = part[-1]


def parts(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    """Ids in parts between which other calls have their turn."""
    return (ids[begin : begin + IDS_AT_ONCE] for begin in range(0, len(ids), IDS_AT_ONCE))


def among(replica: StoresReplica, ids: Set[str]) -> Callable[[Rows], Mask]:
    """A condition of a search: the rows of some stores. Use it before the rows change.

    Of many stores, only the rows that the search comes to are looked up.
    """
    if len(ids) > IDS_AT_ONCE:
        return lambda rows: np.array([id in ids for id in replica.ids_of_rows(rows)], np.bool_)
    mask = rows_mask(replica.rows(ids), replica.index.row_count)
    return lambda rows: mask[rows]


def count(
    replica: StoresReplica, request: stores_pb2.CountStoresRequest, wanted: StoreFilter
) -> Steps[list[Cell]]:
    """The cells of an area with their numbers of stores, most stores first.

    Raises:
        InvalidGeometry: the area cannot be used.
        TooManyCells: the resolution is too fine for the area.
    """
    rows = yield from area_rows(replica, request, wanted)
    column = yield from replica.cells(request.h3_resolution)
    latitudes, longitudes = replica.index.latitudes[rows], replica.index.longitudes[rows]
    cells: list[Cell] = yield partial(counted, column[rows], latitudes, longitudes)
    return cells


def counted(cells: NDArray[np.uint64], latitudes: Floats, longitudes: Floats) -> list[Cell]:
    """The distinct cells of stores, most stores first.

    Raises:
        TooManyCells: there are too many.
    """
    distinct, inverse, counts = np.unique(cells, return_inverse=True, return_counts=True)
    if len(distinct) > CELLS_MOST:
        raise TooManyCells(
            f"h3_resolution: the answer would have {len(distinct)} cells, the limit is "
            f"{CELLS_MOST}; ask for a coarser resolution or a smaller area"
        )
    # A cell is small beside the earth, so the mean of unit vectors gives the mean position.
    x, y, z = (
        np.bincount(inverse, weights=axis, minlength=len(distinct))
        for axis in unit_vectors(latitudes, longitudes).T
    )
    middles = np.degrees(np.arctan2(z, np.hypot(x, y))), np.degrees(np.arctan2(y, x))
    cells_found = [
        Cell(h3.int_to_str(cell), number, latitude, longitude)
        for cell, number, latitude, longitude in zip(
            distinct.tolist(), counts.tolist(), *(each.tolist() for each in middles), strict=True
        )
    ]
    return sorted(cells_found, key=lambda cell: (-cell.stores, cell.h3_cell))


def area_rows(
    replica: StoresReplica,
    request: stores_pb2.SearchStoresRequest | stores_pb2.CountStoresRequest,
    wanted: StoreFilter,
) -> Steps[Rows]:
    """The rows in the request's area that the filter admits; without an area, of all stores.

    Raises:
        InvalidGeometry: the area cannot be used.
    """
    area = request.WhichOneof("area")
    rows: Rows
    if area is None:
        every = np.arange(replica.index.row_count)
        return (yield from replica.admitted_rows(wanted, every))
    with geometry_errors(area):
        if area == "viewport":
            low, high = request.viewport.low, request.viewport.high
            rows = in_viewport(replica.index, point(low), point(high))
        elif isinstance(request, stores_pb2.SearchStoresRequest) and area == "circle":
            rows = circle_rows(replica, request.circle)
        else:
            shape = yield partial(polygon_of, request.polygon)
            rows = yield from in_shape(replica.index, shape)
    return (yield from replica.admitted_rows(wanted, rows))


def circle_page(
    replica: StoresReplica,
    circle: stores_pb2.Circle,
    wanted: StoreFilter,
    after: Match | None,
    size: int,
    total: Total | None,
) -> Steps[Found]:
    """The stores in a circle after a match, the nearest first."""
    if total is None:
        rows = circle_rows(replica, circle)
        total = Total(len((yield from replica.admitted_rows(wanted, rows))))
    hits = replica.nearest(
        point(circle.center),
        size + 1,
        wanted,
        radius_m=circle.radius_m,
        after=(float(after.rank[0]), after.id) if after else None,
    )
    page = [Match((distance_m,), id, distance_m) for id, distance_m in hits[:size]]
    return Found(page, len(hits) > size, total)


def circle_rows(replica: StoresReplica, circle: stores_pb2.Circle) -> Rows:
    """The rows in a circle."""
    index, centre = replica.index, point(circle.center)
    xyz = np.array(ecef(centre.latitude, centre.longitude))
    rows, chords = index.within_chord(xyz, chord_reach_m(circle.radius_m))
    inside = chords <= chord_core_m(circle.radius_m)
    doubt = rows[~inside]
    off_m = distances_m(
        centre.latitude, centre.longitude, index.latitudes[doubt], index.longitudes[doubt]
    )
    inside[~inside] = off_m <= circle.radius_m
    return rows[inside]


def route_matches(
    replica: StoresReplica, request: stores_pb2.SearchStoresRequest, wanted: StoreFilter
) -> Steps[list[Match]]:
    """The stores along a route that match the query, by their position on it.

    Raises:
        InvalidGeometry: the route cannot be used.
    """
    route = request.route
    with geometry_errors("route"):
        path: list[Point] = yield partial(list, map(point, route.path.points))
        hits = yield from along_route(replica.index, path, route.max_distance_m)
    along = np.array([hit.row for hit in hits], np.int64)
    ids = dict(zip(along.tolist(), replica.ids_of_rows(along), strict=True))
    rows = set((yield from replica.admitted_rows(wanted, along)).tolist())
    matching = set(ids.values())
    if request.query:
        matching = yield partial(with_words, replica, request.query, matching)
    return [
        Match((hit.position_m,), ids[hit.row], hit.distance_m, hit.position_m, hit.detour_m)
        for hit in hits
        if hit.row in rows and ids[hit.row] in matching
    ]


def by_detour(
    replica: StoresReplica,
    detours: Detours,
    route: stores_pb2.RouteCorridor,
    matches: list[Match],
) -> Steps[list[Match]]:
    """The stores along a route by the time from it and back, estimates last of equal ones.

    Raises:
        TooManyDetours: there are too many.
    """
    if len(matches) > DETOURS_MOST:
        raise TooManyDetours(
            f"route: {len(matches)} stores lie along it, the limit with a mode is {DETOURS_MOST}; "
            "use a smaller max_distance_m"
        )
    rows = [replica.index.row(match.id) for match in matches]
    stores = [replica.index.point(row) for row in rows]
    positions = np.array([match.route_position_m for match in matches], np.float64)
    path = [point(each) for each in route.path.points]
    latitudes, longitudes = points_at(path, positions)
    leaving = list(map(Point, latitudes.tolist(), longitudes.tolist()))
    journeys: list[Journey] = yield partial(detours, MODES[route.mode], leaving, stores)
    found = [
        match._replace(rank=(detour.seconds, detour.is_estimate), detour=detour)
        for match, detour in zip(matches, journeys, strict=True)
    ]
    return sorted(found, key=lambda match: match[:2])


def with_words(replica: StoresReplica, query: str, ids: Collection[str]) -> set[str]:
    """Those of the ids whose stores have the words of a query."""
    return {match.id for match in replica.texts().search(query) if match.id in ids}


@contextmanager
def geometry_errors(field: str) -> Iterator[None]:
    """Turn a ValueError of geodata into InvalidGeometry, which names the field."""
    try:
        yield
    except ValueError as error:
        violation = FieldViolation(field, str(error))
        raise InvalidGeometry(f"{field}: {error}", violations=[violation]) from None


def unit_vectors(latitudes: Floats, longitudes: Floats) -> Floats:
    """Points of the sphere as vectors of length 1, shape (n, 3)."""
    latitude, longitude = np.radians(latitudes), np.radians(longitudes)
    cosine = np.cos(latitude)
    return np.column_stack(
        [cosine * np.cos(longitude), cosine * np.sin(longitude), np.sin(latitude)]
    )
