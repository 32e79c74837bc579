"""Fences as they are created and changed, found by place, and listed."""

from collections.abc import Iterable

from enrayon.geofence.v1 import geofence_pb2 as pb
from enrayon.type.v1 import geometry_pb2
from geodata.fences import FenceIndex
from geodata.fences.cover import cover
from geodata.fences.shape import FenceError
from geodata.points import Point
from services.chassis.errors import InvalidArgument, ResourceExhausted
from services.directory.keys import store_name
from services.geofence import convert
from services.geofence.book import EVERY_FIX_MOST, FencesReplica, compiled
from services.geofence.errors import InvalidFence
from services.geofence.feeds import Feeds
from services.geofence.writer import Check

IOS_REGIONS = 20


def checker(feeds: Feeds) -> Check[pb.Fence]:
    """What refuses fences that could not be used: their shapes, hours and settings."""

    def check(id: str, message: pb.Fence) -> None:
        compiled(id, message)
        if message.WhichOneof("area") != "around_stores":
            try:
                cover(convert.shape(message))
            except FenceError as fault:
                raise InvalidFence.of(fault, "fence") from None
        telling = feeds.fences.replica.every_fix
        if message.report_every_fix and id not in telling and len(telling) >= EVERY_FIX_MOST:
            raise ResourceExhausted(f"{EVERY_FIX_MOST} fences tell of each fix; no more may")

    return check


def match(book: FencesReplica, request: pb.MatchFencesRequest) -> Iterable[pb.MatchedFence]:
    """The fences that a point lies in, or a line meets, by fence, then store."""
    if request.WhichOneof("place") == "point":
        keys = book.index.match(Point(request.point.latitude, request.point.longitude))
    else:
        keys = book.index.match_line(list(places(request.line)))
    for fence, store in sorted(map(named, keys)):
        yield pb.MatchedFence(fence=fence, store=store)


def places(line: geometry_pb2.Path) -> Iterable[Point]:
    """The points of a line.

    Raises:
        InvalidArgument: one is not on the earth.
    """
    for number, point in enumerate(line.points):
        try:
            yield Point(point.latitude, point.longitude)
        except ValueError as error:
            raise InvalidArgument.field(f"line.points[{number}]", str(error)) from None


def nearest(book: FencesReplica, point: Point, limit: int) -> pb.ListNearestFencesResponse:
    """The fences whose edges are nearest."""
    response = pb.ListNearestFencesResponse()
    index: FenceIndex = book.index
    found = index.nearest(point, limit or IOS_REGIONS)
    for key, distance_m in found.fences:
        fence, store = named(key)
        bounds = index[key].bounds
        center = {"latitude": bounds.center.latitude, "longitude": bounds.center.longitude}
        response.fences.add(
            fence=fence,
            store=store,
            distance_to_edge_m=distance_m,
            circle=pb.Circle(center=center, radius_m=bounds.radius_m),
        )
    if found.ask_again_m < float("inf"):
        response.ask_again_m = found.ask_again_m
    return response


def named(key: str) -> tuple[str, str]:
    """The names of the fence and of the store that a shape is of."""
    id, _, store = key.partition("@")
    return f"fences/{id}", store_name(store) if store else ""
