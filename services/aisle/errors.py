"""The errors of the aisle service: one class for each `ErrorReason` of its contract."""

import datetime as dt
from collections.abc import Sequence

from geodata.floorplans.problems import Problem
from services.chassis.errors import (
    Code,
    Expired,
    FieldViolation,
    NotFound,
    NotSigned,
    ServiceError,
)


class StoreNotFound(NotFound):
    """There is no store with this name."""

    reason = "STORE_NOT_FOUND"


class FloorPlanNotFound(NotFound):
    """The store has no floor plan with this name, or none in force now."""

    reason = "FLOOR_PLAN_NOT_FOUND"


class BlockedAreaNotFound(NotFound):
    """There is no blocked area with this name."""

    reason = "BLOCKED_AREA_NOT_FOUND"


class AnchorNotFound(NotFound):
    """There is no anchor with this name."""

    reason = "ANCHOR_NOT_FOUND"


class FloorPlanInvalid(ServiceError):
    """The floor plan has errors."""

    code = Code.INVALID_ARGUMENT
    reason = "FLOOR_PLAN_INVALID"

    def __init__(self, faults: Sequence[Problem]) -> None:
        violations = [
            FieldViolation(f"floor_plan.{fault.path}".rstrip("."), f"{fault.code}: {fault.message}")
            for fault in faults
        ]
        first = violations[0]
        super().__init__(
            f"{first.field}: {first.description}; {len(faults)} errors in all, "
            "which validate_only lists",
            violations=violations,
        )


class LevelNotFound(ServiceError):
    """The floor plan in force has no such level, or the level has no geometry."""

    code = Code.NOT_FOUND
    reason = "LEVEL_NOT_FOUND"


class StartNotOnMap(ServiceError):
    """The start of the walk is not on the walkable floor, or is in a blocked area."""

    code = Code.FAILED_PRECONDITION
    reason = "START_NOT_ON_MAP"

    def __init__(self) -> None:
        super().__init__(
            "walk.start: is not on the walkable floor of the plan, or is in a blocked area now"
        )


class PlaceNotOnPlan(ServiceError):
    """The floor plan in force has no such entrance, till or counter."""

    code = Code.NOT_FOUND
    reason = "PLACE_NOT_ON_PLAN"

    def __init__(self, field: str, noun: str) -> None:
        problem = f"the plan has no {noun}"
        super().__init__(f"{field}: {problem}", violations=[FieldViolation(field, problem)])


class NoWay(ServiceError):
    """No walk to the end is possible now for the profile."""

    code = Code.FAILED_PRECONDITION
    reason = "NO_WAY"

    def __init__(self, place: str) -> None:
        super().__init__(f"walk.end_place: no walk to {place} is possible now for the profile")


class AnchorInvalid(NotSigned):
    """The token was not signed by this service, or was altered."""

    reason = "ANCHOR_INVALID"
    field = "anchor"


class AnchorExpired(Expired):
    """The anchor has expired."""

    reason = "ANCHOR_EXPIRED"


class AnchorRevoked(ServiceError):
    """The anchor was revoked, or replaced by an anchor with the same name."""

    code = Code.FAILED_PRECONDITION
    reason = "ANCHOR_REVOKED"

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} was revoked", metadata={"name": name})


class FeedbackLimit(ServiceError):
    """The caller has reached today's limit of reports on this product."""

    code = Code.RESOURCE_EXHAUSTED
    reason = "FEEDBACK_LIMIT"

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"one caller may report {limit} times a day on a product of a store",
            metadata={"limit": str(limit)},
            retry_after=dt.timedelta(hours=1),
        )
