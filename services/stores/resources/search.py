"""Searches stores by text, area and route, counts them by cell, and suggests names."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import h3
import numpy as np

from enrayon.stores.v1 import stores_pb2
from geodata.distance import Floats
from geodata.gazetteer import Gazetteer, Place
from geodata.nearest import Rows
from geodata.points import Point
from geodata.regions import along_route, in_shape, in_viewport
from geodata.steps import Steps
from services.chassis.errors import FieldViolation, InvalidArgument
from services.directory.filters import StoreFilter
from services.directory.service_areas import polygon_of
from services.directory.stores import StoresReplica
from services.stores.convert.filters import point
from services.stores.errors import InvalidGeometry, TooManyCells
from services.stores.model.matches import BY_ID, Cell, Match, Rank

CELLS_MOST = 10_000
"""Cells of an answer, at most."""


def search(
    replica: StoresReplica, request: stores_pb2.SearchStoresRequest, wanted: StoreFilter
) -> Steps[list[Match]]:
    """All stores that match, in the order of the answer.

    That is by text, else by route position or distance, else by id.

    Raises:
        InvalidGeometry: the area or the route cannot be used.
    """
    area = request.WhichOneof("area")
    ranks: dict[str, Rank] = {}
    if request.query:
        ranks = {match.id: (match.tier, match.length) for match in replica.matching(request.query)}
    if area is None and request.query:
        return [Match(ranks[id], id) for id in replica.ids(wanted, among=list(ranks))]
    if area == "route":
        matches = yield from route_matches(replica, request.route, wanted)
    elif area == "circle":
        matches = circle_matches(replica, request.circle, wanted)
    elif area:
        rows = yield from area_rows(replica, request, wanted)
        matches = [Match(BY_ID, id) for id in sorted(replica.ids_of_rows(rows))]
    else:
        matches = [Match(BY_ID, id) for id in replica.ids(wanted)]
    if not request.query:
        return matches
    matching = [match for match in matches if match.id in ranks]
    if area == "route":
        return matching
    return sorted(match._replace(rank=ranks[match.id]) for match in matching)


def count(
    replica: StoresReplica, request: stores_pb2.CountStoresRequest, wanted: StoreFilter
) -> Steps[list[Cell]]:
    """The cells of an area with their numbers of stores, most stores first.

    Raises:
        InvalidGeometry: the area cannot be used.
        TooManyCells: the resolution is too fine for the area.
    """
    rows = yield from area_rows(replica, request, wanted)
    cells = replica.cells(request.h3_resolution)[rows]
    distinct, inverse, counts = np.unique(cells, return_inverse=True, return_counts=True)
    if len(distinct) > CELLS_MOST:
        raise TooManyCells(
            f"h3_resolution: the answer would have {len(distinct)} cells, the limit is "
            f"{CELLS_MOST}; ask for a coarser resolution or a smaller area"
        )
    # A cell is small beside the earth, so the mean of unit vectors gives the mean position.
    means = np.zeros((len(distinct), 3))
    np.add.at(
        means, inverse, unit_vectors(replica.index.latitudes[rows], replica.index.longitudes[rows])
    )
    latitudes = np.degrees(np.arctan2(means[:, 2], np.hypot(means[:, 0], means[:, 1])))
    longitudes = np.degrees(np.arctan2(means[:, 1], means[:, 0]))
    cells_found = [
        Cell(h3.int_to_str(cell), number, latitude, longitude)
        for cell, number, latitude, longitude in zip(
            distinct.tolist(), counts.tolist(), latitudes.tolist(), longitudes.tolist(), strict=True
        )
    ]
    return sorted(cells_found, key=lambda cell: (-cell.stores, cell.h3_cell))


def suggest(
    replica: StoresReplica, gazetteer: Gazetteer, query: str, limit: int, near: Point | None
) -> tuple[list[Place], list[str]]:
    """Places and ids of stores whose names begin with a text, the best of each first.

    Raises:
        InvalidArgument: the text cannot be a place.
    """
    try:
        places = gazetteer.suggest(query, limit, near=near)
    except ValueError as error:
        raise InvalidArgument.field("query", str(error)) from None
    return places, [match.id for match in replica.matching(query)[:limit]]


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
    if area is None:
        return np.flatnonzero(replica.mask(wanted))
    with geometry_errors(area):
        if area == "viewport":
            low, high = request.viewport.low, request.viewport.high
            rows = in_viewport(replica.index, point(low), point(high))
        else:
            shape = yield partial(polygon_of, request.polygon)
            rows = yield from in_shape(replica.index, shape)
    return rows[replica.mask(wanted)[rows]]


def circle_matches(
    replica: StoresReplica, circle: stores_pb2.Circle, wanted: StoreFilter
) -> list[Match]:
    """The stores in a circle, the nearest first."""
    everything = max(1, len(replica.index))
    hits = replica.nearest(point(circle.center), everything, wanted, radius_m=circle.radius_m)
    return [Match((distance_m,), id, distance_m) for id, distance_m in hits]


def route_matches(
    replica: StoresReplica, route: stores_pb2.RouteCorridor, wanted: StoreFilter
) -> Steps[list[Match]]:
    """The stores along a route, by their position on it.

    Raises:
        InvalidGeometry: the route cannot be used.
    """
    with geometry_errors("route"):
        path: list[Point] = yield partial(list, map(point, route.path.points))
        hits = yield from along_route(replica.index, path, route.max_distance_m)
    mask = replica.mask(wanted)
    return [
        Match(
            (hit.position_m,),
            replica.index.id(hit.row),
            hit.distance_m,
            hit.position_m,
            hit.detour_m,
        )
        for hit in hits
        if mask[hit.row]
    ]


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
