"""The errors of the aisle service: one class for each `ErrorReason` of its contract."""

import datetime as dt
from collections.abc import Sequence

import grpc

from geodata.floorplans.problems import Problem
from services.chassis.errors import FieldViolation, ServiceError


class NotFound(ServiceError):
    """There is nothing of that name."""

    code = grpc.StatusCode.NOT_FOUND

    def __init__(self, name: str) -> None:
        super().__init__(f"there is no {name}", metadata={"name": name})


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

    code = grpc.StatusCode.INVALID_ARGUMENT
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

    code = grpc.StatusCode.NOT_FOUND
    reason = "LEVEL_NOT_FOUND"


class StartNotOnMap(ServiceError):
    """Where the walk starts is off the map, or shut."""

    code = grpc.StatusCode.FAILED_PRECONDITION
    reason = "START_NOT_ON_MAP"

    def __init__(self) -> None:
        super().__init__("walk.start: is not on the walkable floor of the plan, or is shut now")


class PlaceNotOnPlan(ServiceError):
    """The floor plan in force has no such entrance, till or counter."""

    code = grpc.StatusCode.NOT_FOUND
    reason = "PLACE_NOT_ON_PLAN"

    def __init__(self, field: str, what: str) -> None:
        super().__init__(
            f"{field}: the plan has no {what}",
            violations=[FieldViolation(field, f"the plan has no {what}")],
        )


class NoWay(ServiceError):
    """There is no way to where the walk ends that suits the profile now."""

    code = grpc.StatusCode.FAILED_PRECONDITION
    reason = "NO_WAY"

    def __init__(self, place: str) -> None:
        super().__init__(f"walk.end_place: there is no way to {place} now that suits the profile")


class AnchorInvalid(ServiceError):
    """The token was not signed by this service, or was altered."""

    code = grpc.StatusCode.INVALID_ARGUMENT
    reason = "ANCHOR_INVALID"

    def __init__(self) -> None:
        super().__init__("anchor: was not signed by this service, or was altered")


class AnchorExpired(ServiceError):
    """The anchor has expired."""

    code = grpc.StatusCode.FAILED_PRECONDITION
    reason = "ANCHOR_EXPIRED"

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} has expired", metadata={"name": name})


class AnchorRevoked(ServiceError):
    """The anchor was revoked, or replaced by one of the same name."""

    code = grpc.StatusCode.FAILED_PRECONDITION
    reason = "ANCHOR_REVOKED"

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} was revoked", metadata={"name": name})


class AlreadyExists(ServiceError):
    """There is another one of that name."""

    code = grpc.StatusCode.ALREADY_EXISTS
    reason = "ALREADY_EXISTS"

    def __init__(self, name: str) -> None:
        super().__init__(f"there is another {name}", metadata={"name": name})


class EtagMismatch(ServiceError):
    """It was changed since its etag was read."""

    code = grpc.StatusCode.ABORTED
    reason = "ETAG_MISMATCH"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name} was changed since its etag was read; read it again, then retry",
            metadata={"name": name},
        )


class FeedbackLimit(ServiceError):
    """The caller has reported as much on this product today as is counted."""

    code = grpc.StatusCode.RESOURCE_EXHAUSTED
    reason = "FEEDBACK_LIMIT"

    def __init__(self, most: int) -> None:
        super().__init__(
            f"{most} reports a day are counted of one caller on one product of a store",
            metadata={"limit": str(most)},
            retry_after=dt.timedelta(hours=1),
        )
