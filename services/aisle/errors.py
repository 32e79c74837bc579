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
    """There is no store of that name."""

    reason = "STORE_NOT_FOUND"


class FloorPlanNotFound(NotFound):
    """The store has no floor plan of that name, or none in force now."""

    reason = "FLOOR_PLAN_NOT_FOUND"


class BlockedAreaNotFound(NotFound):
    """There is no blocked area of that name."""

    reason = "BLOCKED_AREA_NOT_FOUND"


class AnchorNotFound(NotFound):
    """There is no anchor of that name."""

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
            "validate_only lists them",
            violations=violations,
        )


class LevelNotFound(ServiceError):
    """The floor plan in force has no such level, or nothing is drawn on it."""

    code = Code.NOT_FOUND
    reason = "LEVEL_NOT_FOUND"


class StartNotOnMap(ServiceError):
    """Where the walk starts is off the map, or shut."""

    code = Code.FAILED_PRECONDITION
    reason = "START_NOT_ON_MAP"

    def __init__(self) -> None:
        super().__init__("walk.start: is not on the walkable floor of the plan, or is shut now")


class PlaceNotOnPlan(ServiceError):
    """The floor plan in force has no such entrance, till or counter."""

    code = Code.NOT_FOUND
    reason = "PLACE_NOT_ON_PLAN"

    def __init__(self, field: str, what: str) -> None:
        super().__init__(
            f"{field}: the plan has no {what}",
            violations=[FieldViolation(field, f"the plan has no {what}")],
        )


class NoWay(ServiceError):
    """There is no way to where the walk ends that suits the profile now."""

    code = Code.FAILED_PRECONDITION
    reason = "NO_WAY"

    def __init__(self, place: str) -> None:
        super().__init__(f"walk.end_place: there is no way to {place} now that suits the profile")


class AnchorInvalid(NotSigned):
    """The token was not signed by this service, or was altered."""

    reason = "ANCHOR_INVALID"
    field = "anchor"


class AnchorExpired(Expired):
    """The anchor has expired."""

    reason = "ANCHOR_EXPIRED"


class AnchorRevoked(ServiceError):
    """The anchor was revoked, or replaced by one of the same name."""

    code = Code.FAILED_PRECONDITION
    reason = "ANCHOR_REVOKED"

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} was revoked", metadata={"name": name})


class FeedbackLimit(ServiceError):
    """The caller has reported as much on this product today as is counted."""

    code = Code.RESOURCE_EXHAUSTED
    reason = "FEEDBACK_LIMIT"

    def __init__(self, most: int) -> None:
        super().__init__(
            f"{most} reports a day are counted of one caller on one product of a store",
            metadata={"limit": str(most)},
            retry_after=dt.timedelta(hours=1),
        )
