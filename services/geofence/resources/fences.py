"""Fences: created, changed, listed, and found by place."""

import dataclasses
from collections.abc import Iterator, Sequence

from enrayon.geofence.v1 import geofence_pb2 as pb
from enrayon.type.v1 import geometry_pb2
from geodata.fences import FenceError
from geodata.fences.cover import cover
from geodata.points import Point
from services.chassis.caller import current_caller
from services.chassis.clock import Clock
from services.chassis.errors import FieldViolation, InvalidArgument, ResourceExhausted
from services.chassis.serving.requests import violations_of
from services.directory.directory import Directory
from services.directory.ids import new_id
from services.directory.journeys import MODES
from services.directory.kind import Kind
from services.directory.resources import Resources
from services.directory.unmatched import unmatched
from services.directory.writer import Writer
from services.geofence.convert.fences import shape
from services.geofence.convert.names import fence_id, fence_name, shape_names
from services.geofence.errors import FenceNotFound, InvalidFence
from services.geofence.replica.feeds import Feeds
from services.geofence.replica.fences import EVERY_FIX_MOST, FencesReplica, compiled

IOS_REGIONS = 20
"""The fences that an iPhone watches at most."""

FENCE = Kind(
    message=pb.Fence,
    field="fence",
    record_id=fence_id,
    not_found=FenceNotFound,
    output=("etag", "update_time", "warnings"),
)


class Fences:
    """Reads and changes fences."""

    def __init__(self, writer: Writer, feeds: Feeds, directory: Directory, clock: Clock) -> None:
        self._feeds = feeds
        self._directory = directory
        kind = dataclasses.replace(FENCE, violations=self._violations)
        self._resources = Resources(kind, writer, clock)

    async def create(
        self, requests: Sequence[pb.CreateFenceRequest], *, validate_only: bool
    ) -> list[pb.Fence]:
        """Create fences, all or none; a retry finds those of the first attempt.

        Raises:
            InvalidArgument: one breaks the contract.
            InvalidFence: one cannot be used.
            AlreadyExists: one id is taken by another content.
        """
        fences = await self._resources.create(
            [created(request) for request in requests], validate_only=validate_only
        )
        return [self._warned(fence) for fence in fences]

    async def update(self, request: pb.UpdateFenceRequest) -> pb.Fence:
        """Change a fence, or create it when the request allows that.

        Raises:
            InvalidArgument: the changed fence breaks the contract.
            InvalidFence: it cannot be used.
            FenceNotFound: there is none, and none may be created.
            EtagMismatch: it was changed by another call.
        """
        fence = await self._resources.update(
            request.fence,
            request.update_mask,
            allow_missing=request.allow_missing,
            validate_only=request.validate_only,
        )
        return self._warned(fence)

    async def delete(self, request: pb.DeleteFenceRequest) -> None:
        """Delete a fence; the worker ends the visits to it.

        Raises:
            FenceNotFound: there is none, and that is not allowed.
            EtagMismatch: it was changed by another call.
        """
        await self._resources.delete(
            request.name, etag=request.etag, allow_missing=request.allow_missing
        )

    def _warned(self, fence: pb.Fence) -> pb.Fence:
        around = fence.around_stores
        found = unmatched(self._directory, around.brands, around.stores)
        fence.warnings.extend(f"around_stores.{warning}" for warning in found)
        if around.HasField("travel_area") and not self._directory.roads.knows(
            MODES[around.travel_area.mode]
        ):
            fence.warnings.append(
                "around_stores.travel_area: no network of roads for this way of travelling is "
                "loaded, so no point is inside"
            )
        return fence

    def _violations(self, fence: pb.Fence) -> Sequence[FieldViolation]:
        """The violations of the contract. Raises for a fence that has none and cannot be used."""
        if found := violations_of(fence):
            return found
        id = fence_id(fence.name)
        compiled(id, fence)
        if fence.WhichOneof("area") != "around_stores":
            try:
                cover(shape(fence))
            except FenceError as fault:
                raise InvalidFence.of(fault, "fence") from None
        reporting = self._feeds.fences.replica.every_fix
        if fence.report_every_fix and id not in reporting and len(reporting) >= EVERY_FIX_MOST:
            raise ResourceExhausted(f"{EVERY_FIX_MOST} fences report every fix; no more may")
        return ()


def created(request: pb.CreateFenceRequest) -> pb.Fence:
    """The fence of a request, with its name."""
    scope = (current_caller().id, "fences")
    fence = pb.Fence()
    fence.CopyFrom(request.fence)
    fence.name = fence_name(new_id(request.fence_id, request.request_id, scope))
    return fence


def labelled(replica: FencesReplica, request: pb.ListFencesRequest) -> list[pb.Fence]:
    """The fences with all the labels of a request, by name."""
    wanted = request.labels.items()
    found = (each.message for _, each in sorted(replica.by_id.items()))
    return [fence for fence in found if wanted <= fence.labels.items()]


def match(replica: FencesReplica, request: pb.MatchFencesRequest) -> Iterator[pb.MatchedFence]:
    """The fences that contain a point or touch a line, by fence, then store.

    Raises:
        InvalidArgument: a point of the line is not on the earth.
    """
    if request.WhichOneof("place") == "point":
        keys = replica.index.match(Point(request.point.latitude, request.point.longitude))
    else:
        keys = replica.index.match_line(points_of(request.line))
    for fence, store in sorted(map(shape_names, keys)):
        yield pb.MatchedFence(fence=fence, store=store)


def points_of(line: geometry_pb2.Path) -> list[Point]:
    """The points of a line.

    Raises:
        InvalidArgument: one is not on the earth.
    """
    points = []
    for number, point in enumerate(line.points):
        try:
            points.append(Point(point.latitude, point.longitude))
        except ValueError as error:
            raise InvalidArgument.field(f"line.points[{number}]", str(error)) from None
    return points


def nearest(
    replica: FencesReplica, request: pb.ListNearestFencesRequest
) -> pb.ListNearestFencesResponse:
    """The fences with the nearest edges, as circles that a phone can watch."""
    response = pb.ListNearestFencesResponse()
    point = Point(request.point.latitude, request.point.longitude)
    found = replica.index.nearest(point, request.limit or IOS_REGIONS)
    for key, distance_m in found.fences:
        fence, store = shape_names(key)
        bounds = replica.index[key].bounds
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
