"""Publishes, reads and deletes versions of floor plans."""

from collections.abc import Sequence

from enrayon.aisle.v1 import aisle_pb2 as pb
from geodata.floorplans.plan import FloorPlan
from geodata.floorplans.problems import Problem, Severity, has_errors
from geodata.floorplans.validation import plan_problems
from geodata.wayfinding.reachability import reach_problems
from services.aisle.convert import plans
from services.aisle.errors import FloorPlanInvalid, FloorPlanNotFound
from services.aisle.replica.feeds import Feeds
from services.aisle.replica.plans import summary_of
from services.aisle.replica.shops import Shops
from services.chassis.clock import Clock
from services.chassis.errors import ResourceExhausted
from services.chassis.messages.times import check_instants
from services.directory.keys import store_name
from services.directory.kind import Kind
from services.directory.messages.plans import problem_message
from services.directory.resources import Resources
from services.directory.writer import Writer

CURRENT = "current"
"""The id that stands for the version in force now."""
VERSIONS_MOST = 100
"""Versions of a store's plan, at most."""

FLOOR_PLAN = Kind(
    message=pb.FloorPlan,
    field="floor_plan",
    record_id=str,
    not_found=FloorPlanNotFound,
)


class FloorPlans:
    """Publishes, reads and deletes versions of floor plans."""

    def __init__(self, writer: Writer, feeds: Feeds, shops: Shops, clock: Clock) -> None:
        self._resources = Resources(FLOOR_PLAN, writer, clock)
        self._feeds = feeds
        self._shops = shops

    def get(self, name: str) -> pb.FloorPlan:
        """A version by name; the id `current` is the one in force now.

        Raises:
            StoreNotFound, FloorPlanNotFound: there is no such store or version.
        """
        store, _, id = name.partition("/floorPlans/")
        version = self._shops.current(self._shops.check_store(store)) if id == CURRENT else None
        encoded = self._feeds.plans.replica.record(version.name if version else name)
        if encoded is None:
            raise FloorPlanNotFound(name)
        return pb.FloorPlan.FromString(encoded)

    async def publish(self, request: pb.PublishFloorPlanRequest) -> pb.PublishFloorPlanResponse:
        """Check a version and store it, if it has no errors.

        Raises:
            StoreNotFound: there is no such store.
            FloorPlanInvalid: the plan has errors.
            EtagMismatch: the stored version has another etag.
            ResourceExhausted: the store has `VERSIONS_MOST` versions.
        """
        store = self._shops.check_store(request.parent)
        times = ("effective_start_time", "effective_end_time")
        check_instants(request.floor_plan, "floor_plan", *times)
        plan = pb.FloorPlan()
        plan.CopyFrom(request.floor_plan)
        plan.name = f"{request.parent}/floorPlans/{request.floor_plan_id}"
        problems = await self._shops.compute(problems_of, plans.plan(plan, request.parent))
        faults = [each for each in problems if each.severity is Severity.ERROR]
        if faults and not request.validate_only:
            raise FloorPlanInvalid(faults)
        names = self._feeds.plans.replica.names(f"{store_name(store)}/floorPlans")
        if plan.name not in names and len(names) >= VERSIONS_MOST:
            raise ResourceExhausted(f"{request.parent} has {VERSIONS_MOST} versions: delete some")
        stored = await self._resources.put(plan, validate_only=request.validate_only)
        return pb.PublishFloorPlanResponse(
            floor_plan=summary_of(stored), problems=map(problem_message, problems)
        )

    async def delete(self, request: pb.DeleteFloorPlanRequest) -> None:
        """Delete a version.

        Raises:
            FloorPlanNotFound: there is none, and `allow_missing` is false.
            EtagMismatch: the stored version has another etag.
        """
        await self._resources.delete(
            request.name, etag=request.etag, allow_missing=request.allow_missing
        )


def problems_of(plan: FloorPlan) -> Sequence[Problem]:
    """All problems of a plan; its paths are checked only if its drawing has no errors."""
    problems = plan_problems(plan)
    return problems if has_errors(problems) else (*problems, *reach_problems(plan))
