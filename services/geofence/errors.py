"""The errors of the geofence service: one class for each `ErrorReason` of its contract."""

import datetime as dt
from collections.abc import Iterable

from geodata.fences import FenceError
from services.chassis import errors as shapes
from services.chassis.errors import Code, FieldViolation, NotFound, NotSigned, ServiceError


class FenceNotFound(NotFound):
    """There is no fence of that name."""

    reason = "FENCE_NOT_FOUND"


class RuleNotFound(NotFound):
    """There is no rule of that name."""

    reason = "RULE_NOT_FOUND"


class TripNotFound(NotFound):
    """There is no trip of that name, or it ended more than a day ago."""

    reason = "TRIP_NOT_FOUND"


class StoreNotFound(NotFound):
    """There is no store of that name, or it has no location."""

    reason = "STORE_NOT_FOUND"


class DeviceNotFound(NotFound):
    """The device is not registered, or its record ended."""

    reason = "DEVICE_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("the device")  # its id is private


class DeviceKeysMissing(ServiceError):
    """Records of devices stand under a signing key that this process does not have."""

    code = Code.FAILED_PRECONDITION
    reason = "DEVICE_KEYS_MISSING"

    def __init__(self, versions: Iterable[int]) -> None:
        missing = ", ".join(map(str, sorted(versions)))
        super().__init__(
            f"records of registered devices stand under the signing key {missing}, which is not in "
            "the key ring: put it back behind the current key until none does; if it is lost, "
            "`enrayon repair --adopt-keys`"
        )


class InvalidFence(ServiceError):
    """A shape or a setting of a fence cannot be used."""

    code = Code.INVALID_ARGUMENT
    reason = "INVALID_FENCE"

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}", violations=[FieldViolation(field, problem)])

    @classmethod
    def of(cls, fault: FenceError, field: str) -> "InvalidFence":
        """The error for a fault of a shape or setting, below the path of a field."""
        return cls(f"{field}.{fault.field}" if fault.field else field, fault.problem)


class BacklogFull(ServiceError):
    """Too many events wait for delivery; no more are taken."""

    code = Code.RESOURCE_EXHAUSTED
    reason = "BACKLOG_FULL"

    def __init__(self) -> None:
        super().__init__("too many events wait for delivery", retry_after=dt.timedelta(seconds=5))


class TripEnded(ServiceError):
    """The trip has ended."""

    code = Code.FAILED_PRECONDITION
    reason = "TRIP_ENDED"

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} has ended", metadata={"name": name})


class TripTokenInvalid(NotSigned):
    """The trip token was not signed for this hold and caller, was altered, or has expired."""

    reason = "TRIP_TOKEN_INVALID"
    field = "trip_token"


class WrongPartitions(shapes.PartitionsDiffer):
    """The data set has another number of partitions than this version works with."""

    reason = "WRONG_PARTITIONS"
