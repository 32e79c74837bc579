"""The errors of the hours service: one class for each `ErrorReason` of its contract.

PLACE_NOT_FOUND is `directory.origins.UnknownPlace`, CHANGES_EXPIRED `directory.watching`'s.
"""

from geodata.schedule.errors import ScheduleError
from services.chassis.errors import Code, FieldViolation, NotFound, ServiceError


class StoreNotFound(NotFound):
    """There is no store of that name, or it is private."""

    reason = "STORE_NOT_FOUND"


class ServiceNotFound(ServiceError):
    """The store has no service of that id."""

    code = Code.NOT_FOUND
    reason = "SERVICE_NOT_FOUND"

    def __init__(self, store: str, service: str) -> None:
        super().__init__(
            f"{store} has no service {service!r}", metadata={"name": store, "service": service}
        )


class ClosureNotFound(NotFound):
    """The store has no closure of that name."""

    reason = "CLOSURE_NOT_FOUND"


class StoreEventNotFound(NotFound):
    """There is no store event of that name."""

    reason = "STORE_EVENT_NOT_FOUND"


class InvalidSchedule(ServiceError):
    """Hours that cannot be evaluated: says where, and what to write instead."""

    code = Code.INVALID_ARGUMENT
    reason = "INVALID_SCHEDULE"

    def __init__(self, fault: ScheduleError, prefix: str = "") -> None:
        field = f"{prefix}{fault.field}"
        where = "" if fault.position is None else f", at character {fault.position}"
        instead = f"; try {fault.suggestion!r}" if fault.suggestion else ""
        metadata = {"field": field, "suggestion": fault.suggestion}
        if fault.position is not None:
            metadata["position"] = str(fault.position)
        description = f"{fault.message}{where}{instead}"
        super().__init__(
            f"{field}: {description}",
            metadata={key: value for key, value in metadata.items() if value},
            violations=[FieldViolation(field, description)],
        )


class TooManyClosures(ServiceError):
    """The store has as many closures as it may have."""

    code = Code.FAILED_PRECONDITION
    reason = "TOO_MANY_CLOSURES"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name} has as many closures as it may have; cancel some", metadata={"name": name}
        )
