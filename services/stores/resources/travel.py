"""Travel times between points and stores, and what can be reached within a time."""

from collections.abc import Iterable, Sequence
from functools import partial

import h3
import shapely

from enrayon.stores.v1 import stores_pb2
from geodata.distance import GEOD
from geodata.points import Point
from geodata.roads import Mode
from services.chassis.processor import in_thread
from services.chassis.serving.turns import Turns
from services.directory.directory import Directory
from services.directory.estimated_journeys import Area
from services.directory.journeys import MODES, journey_message, seconds_of
from services.directory.keys import parse_store, store_id
from services.stores.convert.filters import point
from services.stores.errors import StoreNotFound, StoreNotLocated, TooManyCells
from services.stores.resources.search import CELLS_MOST


async def travel_times(
    directory: Directory, request: stores_pb2.ComputeTravelTimesRequest
) -> stores_pb2.ComputeTravelTimesResponse:
    """The journeys from each origin to each destination.

    Raises:
        StoreNotFound: there is no store of one name.
        StoreNotLocated: a store has no location.
    """
    origins, destinations = (
        list(points(directory, waypoints)) for waypoints in (request.origins, request.destinations)
    )
    found = await directory.roads.matrix(
        MODES[request.mode], origins, destinations, has_lines=request.with_lines
    )
    response, turns, all_are_estimates = stores_pb2.ComputeTravelTimesResponse(), Turns(), True
    for row in found:
        response.origins.add(journeys=map(journey_message, row))
        all_are_estimates &= all(journey.is_estimate for journey in row)
        await turns.give()
    if not all_are_estimates:
        response.road_attribution = directory.roads.attribution
    return response


async def isochrone(
    directory: Directory, request: stores_pb2.ComputeIsochroneRequest
) -> stores_pb2.ComputeIsochroneResponse:
    """The area that can be reached within a time.

    Raises:
        StoreNotFound: there is no store of the name.
        StoreNotLocated: the store has no location.
        TooManyCells: the resolution is too fine for the area.
    """
    [center] = points(directory, [request.center])
    limit_s = seconds_of(request.max_travel_time)
    area = await directory.roads.area(
        MODES[request.mode], center, limit_s, towards=request.towards_center
    )
    cells: Sequence[str] = []
    border: Sequence[str] = []
    if request.HasField("h3_resolution"):
        cells, border = await in_thread(partial(bounded_cells, area, request.h3_resolution))
    # An outline has thousands of corners: a tenth of a second.
    return await in_thread(
        partial(isochrone_message, area, MODES[request.mode], limit_s, cells, border)
    )


def isochrone_message(
    area: Area, mode: Mode, limit_s: float, cells: Sequence[str], border: Sequence[str]
) -> stores_pb2.ComputeIsochroneResponse:
    """The answer for an area."""
    # RFC 7946: outlines run counter-clockwise, and more digits than seven say nothing.
    drawn = shapely.orient_polygons(shapely.set_precision(area.polygons, 1e-7))
    response = stores_pb2.ComputeIsochroneResponse(
        h3_cells=cells,
        border_h3_cells=border,
        is_estimate=area.is_estimate,
        may_be_clipped=area.may_be_clipped,
        network_version=area.version,
        road_attribution=area.attribution,
    )
    response.geo_json.update(
        {
            "type": "Feature",
            "geometry": shapely.geometry.mapping(drawn),
            "properties": {
                "mode": str(mode),
                "max_travel_time_s": limit_s,
                "is_estimate": area.is_estimate,
                "may_be_clipped": area.may_be_clipped,
                "attribution": area.attribution,
            },
        }
    )
    return response


def points(directory: Directory, waypoints: Iterable[stores_pb2.Waypoint]) -> Iterable[Point]:
    """Yields the points of waypoints.

    Raises:
        StoreNotFound: there is no store of one name.
        StoreNotLocated: a store has no location.
    """
    for waypoint in waypoints:
        if waypoint.HasField("point"):
            yield point(waypoint.point)
            continue
        encoded = directory.stores.replica.public(store_id(waypoint.store))
        if encoded is None:
            raise StoreNotFound(waypoint.store)
        store = parse_store(encoded)
        if not store.HasField("location"):
            raise StoreNotLocated(f"{waypoint.store} has no location")
        yield point(store.location)


def bounded_cells(area: Area, resolution: int) -> tuple[Sequence[str], Sequence[str]]:
    """The cells of an area, and those of its border.

    Raises:
        TooManyCells: there would be too many.
    """
    area_m2 = sum(abs(GEOD.geometry_area_perimeter(part)[0]) for part in area.polygons.geoms)
    count = area_m2 / h3.average_hexagon_area(resolution, unit="m^2")
    if count > CELLS_MOST:
        raise TooManyCells(
            f"h3_resolution: the answer would have about {count:.0f} cells, the limit is "
            f"{CELLS_MOST}; ask for a coarser resolution or a shorter time"
        )
    try:
        return area.cells(resolution)
    except ValueError as error:  # many more on the border than inside
        raise TooManyCells(f"h3_resolution: {error}") from None
