"""The errors of the geofence service: one class for each `ErrorReason` of its contract."""

import datetime as dt

import grpc

from geodata.fences import FenceError
from services.chassis.errors import FieldViolation, ServiceError


class NotFound(ServiceError):
    """There is nothing of that name."""

    code = grpc.StatusCode.NOT_FOUND

    def __init__(self, name: str) -> None:
        super().__init__(f"there is no {name}", metadata={"name": name})


class FenceNotFound(NotFound):
    """There is no fence of that name."""

    reason = "FENCE_NOT_FOUND"


class SubscriptionNotFound(NotFound):
    """There is no subscription of that name."""

    reason = "SUBSCRIPTION_NOT_FOUND"


class TripNotFound(NotFound):
    """There is no trip of that name, or it ended more than a day ago."""

    reason = "TRIP_NOT_FOUND"


class StoreNotFound(NotFound):
    """There is no store of that name, or it has no location."""

    reason = "STORE_NOT_FOUND"


class InvalidFence(ServiceError):
    """A shape or a setting of a fence cannot be used."""

    code = grpc.StatusCode.INVALID_ARGUMENT
    reason = "INVALID_FENCE"

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}", violations=[FieldViolation(field, problem)])

    @classmethod
    def of(cls, fault: FenceError, field: str) -> "InvalidFence":
        """The error for a fault of a shape; `field` is the shape's own."""
        return cls(f"{field}.{fault.field}" if fault.field else field, fault.problem)


class AlreadyExists(ServiceError):
    """Another has that id."""

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


class EventsExpired(ServiceError):
    """Events that the reader had not acknowledged are no longer kept."""

    code = grpc.StatusCode.OUT_OF_RANGE
    reason = "EVENTS_EXPIRED"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"events of {name} that were not acknowledged are no longer kept; go on with from_now",
            metadata={"name": name},
        )


class NotAcknowledged(ServiceError):
    """A reader was told of events and acknowledged none for too long: others may have them."""

    code = grpc.StatusCode.ABORTED
    reason = "NOT_ACKNOWLEDGED"

    def __init__(self, name: str, seconds: float) -> None:
        super().__init__(
            f"this reader of {name} acknowledged nothing for {seconds:g} s; stream again, and "
            "acknowledge what was dealt with",
            metadata={"name": name},
        )


class BacklogFull(ServiceError):
    """So many events wait for delivery that no more are taken."""

    code = grpc.StatusCode.RESOURCE_EXHAUSTED
    reason = "BACKLOG_FULL"

    def __init__(self) -> None:
        super().__init__("too many events wait for delivery", retry_after=dt.timedelta(seconds=5))


class TripEnded(ServiceError):
    """The trip has ended."""

    code = grpc.StatusCode.FAILED_PRECONDITION
    reason = "TRIP_ENDED"

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} has ended", metadata={"name": name})


class WrongPartitions(ServiceError):
    """The data set was made with another number of partitions than this server works with."""

    code = grpc.StatusCode.FAILED_PRECONDITION
    reason = "WRONG_PARTITIONS"

    def __init__(self, there: int, here: int) -> None:
        super().__init__(f"this data set has {there} partitions, this server works with {here}")


class WrongDelivery(ServiceError):
    """The subscription has a webhook, or has none, and that does not fit the method."""

    code = grpc.StatusCode.FAILED_PRECONDITION
    reason = "WRONG_DELIVERY"
